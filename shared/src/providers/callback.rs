//! Parses callbacks: delivery facts, and reports that are not facts.
//!
//! Unknown content never makes parsing fail. Only a body that is neither JSON nor a form is refused, so that the
//! provider notices its error. Other unknown content is counted, and the facts beside it are used.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use serde_json::Value;

use super::lenient::{self, Object};
use super::status_word::{is_about_message, is_about_other_subject, is_no_fact};
use crate::delivery::{Fact, Failure};
use crate::json::{self, InvalidJson};
use crate::sender_scope::SenderScope;

/// The maximum number of values in a callback. Meta documents the largest, with up to 1,000 updates; none of its
/// samples has fifty values per update.
const MAX_VALUES: usize = 100_000;
/// The members that the parsers of callbacks use. If a callback has too many values, only these are read, so that a
/// long chat history or contact list does not fill the memory.
const MEMBERS: [&str; 41] = [
    "ack",
    "acks",
    "ban_info",
    "biz_opaque_callback_data",
    "call",
    "changes",
    "code",
    "decision",
    "details",
    "entry",
    "error",
    "error_code",
    "error_data",
    "error_user_msg",
    "error_user_title",
    "errors",
    "event",
    "extra_info",
    "field",
    "hooks",
    "id",
    "message",
    "messageId",
    "message_id",
    "meta_object",
    "payment",
    "reason",
    "ref",
    "ref1",
    "ref2",
    "restriction_info",
    "restriction_type",
    "status",
    "statuses",
    "timestamp",
    "title",
    "type",
    "value",
    "violation_info",
    "violation_type",
    "waba_ban_state",
];

/// The parsed content of a callback.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Callback {
    /// Delivery reports in the order of the callback, including repetitions.
    pub facts: Vec<Fact>,
    /// Reports that cannot be used, and errors that belong to no message.
    pub unusable: Vec<Problem>,
    /// The number of other entries: customers' messages, calls, other fields.
    pub ignored: usize,
}

impl Callback {
    /// Adds a report, or the reason why it is not a fact.
    pub(super) fn add(&mut self, report: Result<Fact, Problem>) {
        match report {
            Ok(fact) => self.facts.push(fact),
            Err(Problem::UnknownStatus(status)) if is_no_fact(&status) => self.ignored += 1,
            Err(problem) => self.unusable.push(problem),
        }
    }

    /// Removes and returns the facts about messages of senders outside the scope. Which sender a fact without our
    /// reference is about, only the table knows.
    pub fn take_outside(&mut self, scope: &SenderScope) -> Vec<Fact> {
        let is_outside = |fact: &mut Fact| {
            let order = fact.reference.as_ref().map(|reference| &reference.order);
            order.is_some_and(|order| !scope.allows(order.sender.as_ref(), fact.business_number.as_deref()))
        };
        self.facts.extract_if(.., is_outside).collect()
    }

    /// Skips an envelope of an unknown form. If it contains a status, facts may be lost, so it counts as
    /// unusable.
    pub(super) fn skip_envelope(&mut self, envelope: &Object) {
        fn has_status(name: &str, value: &Value) -> bool {
            let is_one = ["status", "statuses", "ack"].contains(&name) && !lenient::is_empty(value);
            is_one || name != "calls" && is_inside(value)
        }
        fn is_inside(value: &Value) -> bool {
            match value {
                Value::Array(items) => items.iter().any(is_inside),
                Value::Object(members) => members.iter().any(|(name, value)| has_status(name, value)),
                _ => false,
            }
        }
        if envelope.iter().any(|(name, value)| has_status(name, value)) {
            self.unusable.push(Problem::UnknownEnvelope);
        } else {
            self.ignored += 1;
        }
    }
}

/// Why a report is not a fact. It contains nothing about the recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// It names no message, neither by an id nor by our reference.
    NoMessageId,
    /// Its status is not known; contains the redacted status.
    UnknownStatus(String),
    /// It has neither a known status nor a message, as the result of a relay's own call.
    NoReport,
    /// It is in an envelope of an unknown form.
    UnknownEnvelope,
    /// An error of the account or the number, which belongs to no message.
    Account(Failure),
}

impl Problem {
    /// Whether it may hide a fact about a message of ours.
    pub const fn may_hide_fact(&self) -> bool {
        matches!(self, Self::NoMessageId | Self::UnknownStatus(_) | Self::UnknownEnvelope)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMessageId => f.write_str("a report without a message id"),
            Self::UnknownStatus(word) => write!(f, "a report with the unknown status {word:?}"),
            Self::NoReport => f.write_str("a status that is about no message"),
            Self::UnknownEnvelope => f.write_str("a status in an unknown envelope"),
            Self::Account(Failure { code: Some(code), text }) => {
                write!(f, "an error of the account: {text} ({code})")
            }
            Self::Account(Failure { code: None, text }) => write!(f, "an error of the account: {text}"),
        }
    }
}

/// Why a body cannot be parsed: it is neither JSON nor, from Kaleyra, a form. It contains the position but
/// nothing from the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unparsable {
    /// The body is empty or only white space.
    #[error("the body is empty")]
    Empty,
    /// The body is truncated.
    #[error("the body is truncated at line {line}, column {column}")]
    CutOff {
        /// Counted from one.
        line: usize,
        /// Counted from one.
        column: usize,
    },
    /// The body is not JSON, or is nested more than 128 levels deep.
    #[error("the body is not JSON: line {line}, column {column}")]
    NotJson {
        /// Counted from one.
        line: usize,
        /// Counted from one.
        column: usize,
    },
    /// The body has more values than any provider sends, and parsing it would fill the function's memory.
    #[error("the body contains more than {MAX_VALUES} values")]
    TooManyValues,
}

/// Parses a JSON body.
pub(super) fn json(body: &[u8]) -> Result<Value, Unparsable> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(Unparsable::Empty);
    }
    let read = match json::parse_leniently(body, MAX_VALUES) {
        Err(InvalidJson::TooManyValues(_)) => json::parse_members(body, MAX_VALUES, &MEMBERS),
        // Accepts several envelopes in a row, such as one per line.
        Err(error) => json::parse_leniently(&[b"[", body, b"]"].concat(), MAX_VALUES).or(Err(error)),
        read => read,
    };
    let mut body = read.map_err(|error| match error {
        InvalidJson::TooManyValues(_) => Unparsable::TooManyValues,
        InvalidJson::Syntax(error) => {
            let (line, column) = (error.line(), error.column());
            if error.is_eof() {
                Unparsable::CutOff { line, column }
            } else {
                Unparsable::NotJson { line, column }
            }
        }
    })?;
    lenient::open_members(&mut body, &["entry", "changes", "value", "statuses"]);
    lenient::flatten(&mut body);
    Ok(body)
}

/// Parses a JSON body with one envelope or an array of them, each an object or a string with JSON.
pub(super) fn envelopes(
    body: &[u8],
    received_at: Timestamp,
    read: impl Fn(&Object, Timestamp, &mut Callback),
) -> Result<Callback, Unparsable> {
    let mut callback = Callback::default();
    let body = json(body)?;
    for envelope in lenient::items(Some(&lenient::opened(&body))) {
        match &*lenient::opened(envelope) {
            Value::Object(envelope) => {
                for envelope in unwrap_relay(envelope) {
                    read(&envelope, received_at, &mut callback);
                }
            }
            _ => callback.ignored += 1,
        }
    }
    Ok(callback)
}

/// The members of which every known envelope has at least one.
const OF_ENVELOPES: [&str; 17] = [
    "ack",
    "acks",
    "changes",
    "code",
    "entry",
    "error",
    "error_code",
    "errors",
    "extra_info",
    "hooks",
    "messages",
    "meta_object",
    "reason",
    "ref",
    "status",
    "statuses",
    "value",
];

/// Relays also use these members, for the result of their own call.
const OF_RELAYS: [&str; 4] = ["code", "error", "errors", "status"];
/// Only envelopes have these members; they contain reports.
const OF_LISTS: [&str; 6] = ["ack", "acks", "entry", "hooks", "meta_object", "statuses"];

/// The envelopes inside one that a relay or a queue has added, and the outer one if it contains a report or an error
/// itself. The outer `type` applies to the inner envelopes without one.
fn unwrap_relay(envelope: &Object) -> Vec<Cow<'_, Object>> {
    let mut wrapped = ["data", "payload", "body"].iter().map(|name| lenient::objects(envelope.get(*name)));
    let outer = Cow::Borrowed(envelope);
    let Some(mut inside) = wrapped.find(|envelopes| !envelopes.is_empty()) else { return vec![outer] };
    let has = |object: &Object, names: &[&str]| names.iter().any(|name| object.contains_key(*name));
    let says_more = OF_ENVELOPES.iter().any(|name| envelope.contains_key(*name) && !OF_RELAYS.contains(name))
        || ["error", "errors"].iter().any(|name| lenient::error(envelope, name).is_some())
        || is_about_message(envelope);
    let is_around =
        !has(envelope, &OF_ENVELOPES) || !says_more && inside.iter().any(|object| has(object, &OF_ENVELOPES));
    if !is_around && !inside.iter().any(|object| has(object, &OF_LISTS)) {
        return vec![outer];
    }
    let mut types = ["type", "event"].iter().filter_map(|name| envelope.get(*name));
    if let Some(of) = types.find(|of| is_about_other_subject(of)) {
        for object in inside.iter_mut().filter(|object| !object.contains_key("type")) {
            object.to_mut().insert("type".to_owned(), of.clone());
        }
    }
    if !is_around {
        inside.insert(0, outer);
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_of_an_invalid_body_quotes_nothing() {
        let nested = "[".repeat(100_000);
        for (body, error) in [
            ("", Unparsable::Empty),
            (" \n", Unparsable::Empty),
            ("{\"phone\":\"12025550100\"", Unparsable::CutOff { line: 1, column: 22 }),
            ("{\n\"a\" 12025550100", Unparsable::NotJson { line: 2, column: 5 }),
            ("id=1", Unparsable::NotJson { line: 1, column: 1 }),
            (nested.as_str(), Unparsable::NotJson { line: 1, column: 128 }),
        ] {
            assert_eq!(json(body.as_bytes()), Err(error));
            assert!(!error.to_string().contains("2025550"), "{error}");
        }
        assert!(json(&[0xff, 0xfe]).is_err());
    }

    #[test]
    fn a_history_of_megabytes_does_not_hide_reports() {
        let message = r#"{"id":"wamid.H","timestamp":"1795769100","type":"text","text":{"body":"ok"},"history_context":{"status":"READ"}},"#;
        let history = format!(
            r#"{{"field":"history","value":{{"history":[{{"threads":[{{"messages":[{}0]}}]}}]}}}}"#,
            message.repeat(20_000)
        );
        let report =
            r#"{"field":"messages","value":{"statuses":[{"id":"a","status":"read","timestamp":"1"}]}}"#;
        let body = format!(
            r#"{{"object":"whatsapp_business_account","entry":[{{"id":"1","changes":[{history},{report}]}}]}}"#
        );
        let read = json(body.as_bytes()).unwrap();
        let changes = read["entry"][0]["changes"].as_array().unwrap();
        assert_eq!((changes.len(), &changes[0]["value"]), (2, &serde_json::json!({})));
        assert_eq!(changes[1].to_string(), serde_json::from_str::<Value>(report).unwrap().to_string());
    }

    #[test]
    fn a_problem_is_one_line() {
        let account = |code: Option<&str>| {
            Problem::Account(Failure { code: code.map(str::to_owned), text: "why".to_owned() }).to_string()
        };
        assert_eq!(Problem::NoMessageId.to_string(), "a report without a message id");
        assert_eq!(
            Problem::UnknownStatus("teleported".to_owned()).to_string(),
            "a report with the unknown status \"teleported\""
        );
        assert_eq!(Problem::NoReport.to_string(), "a status that is about no message");
        assert_eq!(Problem::UnknownEnvelope.to_string(), "a status in an unknown envelope");
        assert_eq!(account(Some("131048")), "an error of the account: why (131048)");
        assert_eq!(account(None), "an error of the account: why");
    }
}
