//! Exchanges over HTTP as they were on the wire, for an observer: requests with the providers' replies, and callbacks with the
//! webhook's answers. Secrets, phone numbers and mail addresses are masked here, before anybody sees the text.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::SystemTime;

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;
use tokio::sync::broadcast;

use super::mask::{Mask, inner};

/// How many exchanges an observer may lag behind before it loses the oldest.
const BACKLOG: usize = 256;
/// The longest body that is shown, in bytes.
const SHOWN_BYTES: usize = 32 * 1024;
/// The longest beginning of a reply in a summary, in characters.
const SUMMARY_CHARACTERS: usize = 120;

/// One request and its answer. Its bodies have personal data, so it has no `Debug`.
pub struct Exchange {
    /// When the request was received or posted.
    pub at: SystemTime,
    /// Who called whom.
    pub kind: ExchangeKind,
    /// The provider's name in its URLs; `aws-sms`, `aws-email` or `aws-whatsapp` for AWS's services.
    pub party: String,
    /// One line: what was asked and what the answer was. Masked.
    pub summary: String,
    /// The answer's HTTP status; none if there was no answer.
    pub status: Option<u16>,
    /// The masked text of the request.
    pub request: String,
    /// The masked text of the answer, or why there is none.
    pub answer: String,
    bodies: [Bytes; 2],
}

/// The direction of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExchangeKind {
    /// A request to a provider's API.
    Request,
    /// A callback to the webhook.
    Callback,
}

impl Exchange {
    /// Every string in the JSON of both bodies, not masked: our references and the message's ids are among them.
    pub fn strings(&self) -> Vec<String> {
        let mut strings = Vec::new();
        for body in &self.bodies {
            if let Some(body) = parsed(body) {
                collect(&body, &mut strings);
            }
        }
        strings
    }
}

/// A request before it has an answer.
pub(super) struct Draft {
    pub at: SystemTime,
    pub kind: ExchangeKind,
    pub party: String,
    pub method: String,
    /// With the query.
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// An answer, or why there is none.
pub(super) enum Ending {
    Answered(StatusCode, HeaderMap, Bytes),
    /// The status and headers were sent, and then the connection was closed within the body.
    BrokenOff(StatusCode),
    None(&'static str),
}

/// Tells observers of exchanges, if there are any.
pub(super) struct Exchanges(broadcast::Sender<Arc<Exchange>>);

impl Default for Exchanges {
    fn default() -> Self {
        Self(broadcast::Sender::new(BACKLOG))
    }
}

impl Exchanges {
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Exchange>> {
        self.0.subscribe()
    }

    pub fn has_observers(&self) -> bool {
        self.0.receiver_count() > 0
    }

    pub fn tell(&self, draft: Draft, ending: Ending, mask: &Mask) {
        let _ = self.0.send(Arc::new(draft.ended(ending, mask)));
    }
}

impl Draft {
    fn ended(self, ending: Ending, mask: &Mask) -> Exchange {
        let path = mask.text(&self.path);
        let request = format!("{} {path} HTTP/1.1\n{}", self.method, shown(&self.headers, &self.body, mask));
        let (status, answer, reply) = match ending {
            Ending::Answered(status, headers, body) => {
                (Some(status), format!("HTTP/1.1 {status}\n{}", shown(&headers, &body, mask)), body)
            }
            Ending::BrokenOff(status) => (
                Some(status),
                format!("HTTP/1.1 {status}\n\n(the connection was closed within the body)"),
                Bytes::new(),
            ),
            Ending::None(why) => (None, format!("({why})"), Bytes::new()),
        };
        let what = match self.kind {
            ExchangeKind::Request => operation(&path),
            ExchangeKind::Callback => reported(&self.body),
        };
        let answered = match status {
            Some(status) => status.to_string(),
            None => answer.clone(),
        };
        let begun = mask.body(&reply).split_whitespace().collect::<Vec<_>>().join(" ");
        let begun: String = begun.chars().take(SUMMARY_CHARACTERS).collect();
        let summary = format!("{what}: {answered} {begun}").trim_end().to_owned();
        Exchange {
            at: self.at,
            kind: self.kind,
            party: self.party,
            summary,
            status: status.map(|status| status.as_u16()),
            request,
            answer,
            bodies: [self.body, reply],
        }
    }
}

/// Headers and body as lines.
fn shown(headers: &HeaderMap, body: &[u8], mask: &Mask) -> String {
    let mut lines = String::new();
    for (name, value) in headers {
        // Writing into a string can't fail.
        let _ = writeln!(lines, "{name}: {}", mask.header(name, value));
    }
    lines.push('\n');
    if body.len() > SHOWN_BYTES {
        let _ = write!(lines, "({} bytes)", body.len());
    } else {
        lines.push_str(&mask.body(body));
    }
    lines
}

/// The last part of the path, which names the operation at all providers.
fn operation(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    path.rsplit('/').find(|part| !part.is_empty()).unwrap_or("request").to_owned()
}

/// The statuses that a callback's body names.
fn reported(body: &[u8]) -> String {
    fn walk(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    match member {
                        Value::String(status) if name == "status" && !found.contains(status) => {
                            found.push(status.clone());
                        }
                        _ => walk(member, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    if let Some(body) = parsed(body) {
        walk(&body, &mut found);
    }
    if found.is_empty() { "callback".to_owned() } else { found.join(", ") }
}

/// Every string in JSON, not masked. That in base64 or in a string is read too.
pub fn strings(value: &Value) -> Vec<String> {
    let mut strings = Vec::new();
    collect(value, &mut strings);
    strings
}

fn parsed(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body).ok()
}

fn collect(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            // A notification of SNS has its message as text.
            if let Some(inner) = inner(text).or_else(|| parsed(text.as_bytes()).filter(Value::is_object)) {
                collect(&inner, into);
            }
            into.push(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        Value::Object(members) => members.values().for_each(|member| collect(member, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
