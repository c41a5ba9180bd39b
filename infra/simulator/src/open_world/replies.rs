//! The undocumented formats of the reply to an accepted send.

use rand::RngExt;
use serde_json::{Value, json};

use super::{HALF, OpenWorld, reply};
use crate::http_reply::HttpReply;
use crate::ids::Ids;
use crate::message::Message;
use crate::provider::Provider;

/// The share of replies in an undocumented format.
const SHARE: f64 = 0.8;

impl OpenWorld {
    /// The reply to an accepted message, with its id; none if it is as documented.
    pub fn accepted(&self, message: &Message, ids: &Ids) -> Option<HttpReply> {
        let mut rng = self.draw(message, "reply");
        if !rng.random_bool(SHARE) {
            return None;
        }
        let shape = rng.random_range(0..6);
        let (status, body) = match message.provider {
            Provider::OneMsg => (200, one_msg(shape, &ids.reply).to_string()),
            Provider::Kaleyra if shape == 0 => (202, printed(&ids.reply)),
            Provider::Kaleyra => (202, kaleyra(shape, &ids.reply).to_string()),
            Provider::Meta => (200, meta(shape, &ids.reply, message.recipient.digits()).to_string()),
        };
        Some(reply(&mut rng, status, &body))
    }

    /// 1MSG's reply to polling about a message, in an unusual form.
    pub fn hook_info(&self, message: &Message, usual: &Value) -> HttpReply {
        reply(&mut self.draw(message, "asked"), 200, &usual.to_string())
    }
}

fn one_msg(shape: u32, id: &str) -> Value {
    match shape {
        0 => json!({"sent": true, "messages": [{"id": id}]}),
        1 => json!({"sent": true, "id": id, "error": ""}),
        2 => json!({"sent": true, "id": id, "error": null, "jobId": ""}),
        3 => json!({"sent": true, "id": id, "error": {"code": 0, "message": ""}}),
        4 => json!({"sent": true, "id": id, "message": format!("Sent to Ana {HALF}")}),
        _ => json!({"id": id, "sent": true}),
    }
}

/// The documentation prints it without two of its commas.
fn printed(id: &str) -> String {
    format!(
        "{{\n\"code\":\"WA202\"\n\"message\":\"Request Accepted\",\n\"data\":{{\n\"message_id\":\"{id}\"\n}}\n\"error\":{{}}\n}}\n"
    )
}

fn kaleyra(shape: u32, id: &str) -> Value {
    let (code, message) = ("WA202", "Request Accepted");
    match shape {
        1 => json!({"code": code, "message": message, "data": [{"message_id": id}], "error": {}}),
        2 => json!({"code": "WA200", "messages": [{"id": id}], "error": null}),
        3 => json!({"code": code, "message": message, "id": id, "error": {"error": ""}}),
        4 => json!({"code": code, "message": message, "data": {"message_id": id}, "error": []}),
        _ => json!({"code": code, "message": format!("{message} {HALF}"), "data": {"message_id": id}}),
    }
}

fn meta(shape: u32, id: &str, recipient: &str) -> Value {
    let messages = json!([{"id": id}]);
    match shape {
        0 => {
            json!({"messages": messages, "contacts": [{"input": recipient, "profile": {"name": format!("Ana {HALF}")}}]})
        }
        1 => json!({"messages": [{"id": id, "message_status": "held_for_quality_assessment"}], "error": {}}),
        2 => json!({"messages": [{"id": id, "message_status": "something_new"}], "errors": []}),
        3 => json!({"messages": {"id": id}, "error": {"code": 0, "message": ""}}),
        4 => json!({"messaging_product": "whatsapp", "messages": messages, "error": null}),
        _ => json!({"messages": messages}),
    }
}
