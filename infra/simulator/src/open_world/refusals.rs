//! Temporary refusals: throttles and outages of a platform, troubles that an operator removes, and undocumented codes
//! and texts.

use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use super::{OpenWorld, reply};
use crate::http_reply::HttpReply;
use crate::message::{Content, Message};
use crate::provider::Provider;

/// The share of messages that are refused first.
const SHARE: f64 = 0.4;
/// A refusal ends after at most this many tries.
const LONGEST: u32 = 3;

impl OpenWorld {
    /// The refusal of this try; none if the recipient's own behaviour applies.
    pub fn refusal(&self, message: &Message) -> Option<HttpReply> {
        if !self.strangeness.refuses {
            return None;
        }
        let mut rng = self.draw(message, "refusal");
        let lasts = if rng.random_bool(SHARE) { rng.random_range(1..=LONGEST) } else { 0 };
        let shape = rng.random();
        (self.next_try(message) <= lasts).then(|| match message.provider {
            Provider::OneMsg => one_msg(&mut rng, shape, message),
            Provider::Kaleyra => kaleyra(&mut rng, shape),
            Provider::Meta => meta(&mut rng, shape),
        })
    }
}

/// 1MSG refuses in plain text, mostly with 200.
fn one_msg(rng: &mut StdRng, shape: u8, message: &Message) -> HttpReply {
    let (status, body) = match shape % 12 {
        0 => (200, json!({"message": "template is not defined"})),
        1 => (
            200,
            json!({"error": "Your instance has been stopped due to non-payment. Extend your subscription."}),
        ),
        2 => (200, json!({"sent": "false", "message": "Too many requests, slow down"})),
        3 => (200, json!({"sent": false, "error": {"code": "130429"}, "message": "Rate limit hit"})),
        4 => (
            200,
            json!({"sent": false, "error": {"error_code": 131_016, "error_user_msg": "Service unavailable"}}),
        ),
        5 => (200, json!({"response": {"error": {"code": 131_042, "message": "payment issue"}}})),
        6 => (200, json!({"sent": false, "message": "Something that nobody has seen before"})),
        7 => (200, json!({"message": format!("body: Param text: {} is odd", first_value(message))})),
        8 => (400, json!({"message": "instance is not active"})),
        9 => (429, json!({"error": "rate limit"})),
        10 => return HttpReply::text(403, "Trial period has expired"),
        _ => return HttpReply::text(403, "Subscription blocked"),
    };
    reply(rng, status, &body.to_string())
}

/// A value of the message, which the refusal of a variable repeats: an order number may look like a code.
fn first_value(message: &Message) -> String {
    match &message.template.content {
        Content::Body(values) => values.get(1).cloned().unwrap_or_default(),
        Content::OrderStatus(status) => status.reference_id.clone(),
    }
}

fn kaleyra(rng: &mut StdRng, shape: u8) -> HttpReply {
    let (status, code, message, error) = match shape % 8 {
        0 => (429, "WA429", "Please try again later", json!({"error": "Too many requests"})),
        1 => (500, "WA500", "Internal error", json!({"error": "Internal error"})),
        2 => (400, "E110", "Please check your balance, You have a low balance!", json!([])),
        3 => (400, "WAV2101", "Account daily limit reached", json!(null)),
        4 => (401, "RBC001", "Incorrect SID or API key.", json!("Incorrect SID or API key.")),
        5 => (
            400,
            "WA400",
            "Refer to correct payload format",
            json!({"payload": ["Incorrect payload format"]}),
        ),
        6 => (400, "WA418", "Something that no page explains", json!({"error": "odd"})),
        _ => (401, "WA-401", "API not available", json!({"account": "other version"})),
    };
    let data: Value = if shape.is_multiple_of(2) { json!([]) } else { json!({}) };
    let body = json!({"code": code, "message": message, "data": data, "error": error});
    reply(rng, status, &body.to_string())
}

/// The Graph API: throttles arrive with 400 as well as 403, and only the code is meaningful.
fn meta(rng: &mut StdRng, shape: u8) -> HttpReply {
    let (status, code, is_transient) = match shape % 14 {
        0 => (400, 4, None),
        1 => (403, 17, None),
        2 => (400, 32, Some(true)),
        3 => (403, 613, None),
        4 => (400, 80_007, None),
        5 => (403, 80_008, None),
        6 => (500, 1, Some(true)),
        7 => (503, 2, Some(true)),
        8 => (400, 131_016, None),
        9 => (400, 139_999, Some(true)),
        10 => (400, 139_998, Some(false)),
        11 => (400, 133_016, None),
        12 => (500, 139_997, None),
        _ => return HttpReply::text(429, "<html><body>Too many requests</body></html>"),
    };
    let mut error = json!({"message": format!("(#{code}) An error has occurred."), "type": "OAuthException",
        "code": code, "fbtrace_id": "A"});
    if let (Some(is_transient), Some(members)) = (is_transient, error.as_object_mut()) {
        members.insert("is_transient".to_owned(), json!(is_transient));
    }
    reply(rng, status, &json!({"error": error}).to_string())
}
