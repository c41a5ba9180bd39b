//! The undocumented formats of callbacks.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use url::form_urlencoded::byte_serialize;

use super::{HALF, NO_UTF_8, OpenWorld, written};
use crate::facts::Report;
use crate::ledger::AcceptedSend;
use crate::provider::Provider;
use crate::webhook::Post;

/// The share of callbacks in an undocumented format.
const SHARE: f64 = 0.8;
/// Reported times are some seconds in the past.
const AGO: Duration = Duration::from_secs(5);

impl OpenWorld {
    /// The posts that report a fact, in place of the documented one.
    pub fn posts(&self, send: &AcceptedSend, report: &Report, documented: &Value) -> Vec<Post> {
        let mut rng = self.draw(&send.message, report.word());
        if !rng.random_bool(SHARE) {
            return vec![Post::Body(documented.to_string().into_bytes())];
        }
        let reference = send.message.echo.key();
        let post = match (send.message.provider, reference) {
            (Provider::Kaleyra, Some(reference)) if report.error().is_none() && rng.random_bool(0.6) => {
                variables(&mut rng, send, report, reference)
            }
            _ => Post::Body(body(&mut rng, send.message.provider, documented.clone())),
        };
        let copies = if rng.random_bool(0.2) { 2 } else { 1 };
        vec![post; copies]
    }
}

/// The callback of a V1 profile of Kaleyra's: the variables of its operator's choice, with or without the quotes of the
/// page's recipes, as a query, a form or JSON, with or without the message's id.
fn variables(rng: &mut StdRng, send: &AcceptedSend, report: &Report, reference: &str) -> Post {
    let quote = if rng.random_bool(0.5) { "\"" } else { "" };
    let quoted = |text: &str| format!("{quote}{text}{quote}");
    let word = if rng.random_bool(0.5) { report.word().to_uppercase() } else { report.word().to_owned() };
    let mut pairs = vec![("status", quoted(&word)), ("ref", quoted(reference))];
    if rng.random_bool(0.5) {
        pairs.push(("message_id", quoted(&send.ids.wamid)));
        pairs.push(("id", quoted(&send.ids.status)));
    }
    if rng.random_bool(0.5) {
        pairs.push(("timestamp", quoted(&time(rng))));
    }
    match rng.random_range(0..3) {
        0 => {
            let flat =
                pairs.into_iter().map(|(name, value)| (name.to_owned(), json!(value.trim_matches('"'))));
            Post::Body(written(rng, &Value::Object(flat.collect()).to_string()))
        }
        form => {
            // Some callers don't encode the `+` of an id.
            let encodes = rng.random_bool(0.5);
            let encoded = |value: &str| -> String {
                let encoded: String = byte_serialize(value.as_bytes()).collect();
                if encodes { encoded } else { encoded.replace("%2B", "+") }
            };
            let pairs: Vec<String> =
                pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
            let pairs = pairs.join("&");
            if form == 1 { Post::Query(pairs) } else { Post::Body(pairs.into_bytes()) }
        }
    }
}

/// The documented body with another time format, with additional entries that are no delivery statuses, and with broken
/// texts.
fn body(rng: &mut StdRng, provider: Provider, mut body: Value) -> Vec<u8> {
    for list in ["/entry/0/changes/0/value/statuses", "/meta_object/value/statuses", "/hooks", "/ack"] {
        let Some(Value::Array(items)) = body.pointer_mut(list) else { continue };
        if let (true, Some(Value::Object(item))) = (rng.random_bool(0.7), items.first_mut()) {
            item.insert("timestamp".to_owned(), json!(time(rng)));
            item.insert("contact".to_owned(), json!({"name": broken(rng)}));
        }
        if let (true, Some(id)) =
            (rng.random_bool(0.5), items.first().and_then(|item| item.get("id").cloned()))
        {
            let payment = json!({"id": id, "type": "payment", "status": "failed",
                "payment": {"reference_id": "ref", "currency": "INR"}});
            let call = json!({"id": id, "type": "call", "status": "failed", "call": {"duration": 3}});
            items.insert(0, payment);
            items.push(call);
        }
    }
    let extra = body.get_mut("extra_info").and_then(Value::as_object_mut);
    if let (Provider::Kaleyra, Some(extra)) = (provider, extra) {
        extra.insert("trace_id".to_owned(), json!("8f14e45f-e000-4c1a-9e77-1a5000000000"));
    }
    let body = if rng.random_bool(0.3) { json!([body]) } else { body };
    written(rng, &body.to_string())
}

fn broken(rng: &mut StdRng) -> String {
    format!("Ana {}", if rng.random_bool(0.5) { HALF } else { NO_UTF_8 })
}

/// In seconds, in milliseconds, or in ISO 8601.
fn time(rng: &mut StdRng) -> String {
    let at = SystemTime::now().checked_sub(AGO).unwrap_or(UNIX_EPOCH);
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    match rng.random_range(0..3) {
        0 => since.as_secs().to_string(),
        1 => since.as_millis().to_string(),
        _ => Timestamp::try_from(at).map_or_else(|_| since.as_secs().to_string(), |at| at.to_string()),
    }
}
