//! Parses a report about one message: the common part of the three providers' status objects.
//!
//! Meta's item of `statuses[]` is the model. 1MSG's acks and hooks and Kaleyra's callbacks are the same item
//! with other names for some members, or Meta's own item in another envelope.

use jiff::Timestamp;
use serde_json::Value;

use aws_lc_rs::digest;

use super::callback::{Callback, Problem};
use super::codes;
use super::lenient::{self, Object};
use super::status_word::{is_about_other_subject, kind, status};
use crate::delivery::{Fact, FactKind, Failure};
use crate::message::{MessageId, Reference};
use crate::provider::Provider;
use crate::redaction::redact;

/// The members of a report.
pub(super) struct Report {
    pub(super) provider: Provider,
    /// Every id in the report, the primary one first.
    pub(super) ids: Vec<MessageId>,
    pub(super) status: String,
    pub(super) at: Timestamp,
    pub(super) failure: Option<Failure>,
    pub(super) reference: Option<Reference>,
    /// The notification's name in the catalogue, as sent with the message.
    pub(super) notification: Option<String>,
}

impl Report {
    /// The fact in the report.
    pub(super) fn fact(self) -> Result<Fact, Problem> {
        let kind = kind(&self.status).ok_or_else(|| {
            if self.ids.is_empty() && self.reference.is_none() {
                Problem::NoReport
            } else {
                Problem::UnknownStatus(redact(&self.status))
            }
        })?;
        let mut ids: Vec<MessageId> = Vec::with_capacity(self.ids.len());
        let instead = self.reference.as_ref().filter(|_| self.ids.is_empty()).and_then(id_from_reference);
        for id in self.ids.into_iter().chain(instead) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        let mut ids = ids.into_iter();
        Ok(Fact {
            provider: self.provider,
            message_id: ids.next().ok_or(Problem::NoMessageId)?,
            aliases: ids.collect(),
            kind,
            at: self.at,
            failure: self.failure.filter(|_| kind == FactKind::Failed),
            notification: self.notification.filter(|_| self.reference.is_some()),
            reference: self.reference,
            business_number: None,
        })
    }
}

/// A substitute id for a message whose reports contain our reference and no usable id: the same for each
/// reference, and different from every provider's ids.
fn id_from_reference(reference: &Reference) -> Option<MessageId> {
    let digest = digest::digest(&digest::SHA256, reference.to_string().as_bytes());
    MessageId::parse(&format!("reference:{}", hex::encode(digest))).ok()
}

/// The types of items that report on a message: none, WhatsApp's general type, and the types of messages that
/// we send.
const REPORTS: [&str; 8] = ["message", "messages", "status", "ack", "template", "text", "hsm", "whatsapp"];

/// Whether an item of a list of statuses is about a message's delivery. An item of unknown type counts only if its
/// status is sent, delivered or read; otherwise it is unclear what failed.
fn is_report(item: &Object) -> bool {
    if ["payment", "call"].iter().any(|name| lenient::member(item, name).is_some()) {
        return false;
    }
    let Some(of) = lenient::word(item.get("type")) else { return true };
    let is_one_of = |words: &[&str]| words.iter().any(|word| of.eq_ignore_ascii_case(word));
    let is_about_other = || item.get("type").is_some_and(is_about_other_subject);
    let is_success = || {
        let kind = kind(&status(item).unwrap_or_default());
        kind.is_some_and(|kind| kind != FactKind::Failed)
    };
    is_one_of(&REPORTS) || !is_about_other() && is_success()
}

/// Adds the report in an item of a list of statuses, or in an object of the same form.
pub(super) fn add_object(
    item: &Object,
    callback: &mut Callback,
    report: impl FnOnce(&Object) -> Result<Fact, Problem>,
) {
    if is_report(item) {
        callback.add(report(item));
    } else {
        callback.ignored += 1;
    }
}

/// The fact in an item of Meta's `statuses[]`.
pub(super) fn from_meta(provider: Provider, item: &Object, received_at: Timestamp) -> Result<Fact, Problem> {
    meta_report(provider, item, received_at).fact()
}

/// Parses an item of Meta's `statuses[]`.
pub(super) fn meta_report(provider: Provider, item: &Object, received_at: Timestamp) -> Report {
    Report {
        provider,
        ids: lenient::id(item.get("id")).into_iter().collect(),
        status: status(item).unwrap_or_default(),
        at: lenient::time(item.get("timestamp"), received_at),
        failure: first_error(item),
        reference: reference(item),
        notification: None,
    }
}

/// The first of `errors[]`.
pub(super) fn first_error(item: &Object) -> Option<Failure> {
    lenient::items(item.get("errors")).first().map(error)
}

/// Parses an item of Meta's `errors[]`, in which every member is optional.
pub(super) fn error(error: &Value) -> Failure {
    let data = error.get("error_data");
    let said = data
        .and_then(|data| lenient::text(data.get("details")))
        .or_else(|| lenient::text(error.get("message")))
        .or_else(|| lenient::text(error.get("title")))
        .or_else(|| lenient::text(Some(error)));
    failure(lenient::text(error.get("code")), said)
}

/// A failure with a text that may be stored: our own if the code is documented, otherwise the provider's,
/// redacted.
pub(super) fn failure(code: Option<String>, said: Option<String>) -> Failure {
    let known = code.as_deref().and_then(|code| code.parse().ok()).and_then(codes::text);
    let text = known.map(str::to_owned).or_else(|| said.map(|said| redact(&said))).unwrap_or_default();
    Failure { code: code.and_then(|code| codes::storable(&code)), text }
}

/// The members in which a provider may return our reference: Kaleyra's, then Meta's. No page documents the last one: it is Meta's in the
/// spelling of AWS's own members.
const REFERENCES: [&str; 5] = ["ref", "ref1", "ref2", "biz_opaque_callback_data", "bizOpaqueCallbackData"];

/// Our reference, if the object contains it; other applications may use the same sender.
pub(super) fn reference(object: &Object) -> Option<Reference> {
    REFERENCES.iter().find_map(|name| written_reference(object.get(*name)?.as_str()?))
}

/// Our reference in a provider's encoding: some encode a query value twice, or a value in JSON.
pub(super) fn written_reference(text: &str) -> Option<Reference> {
    let text = text.trim();
    Reference::parse(text).or_else(|| {
        let (decoded, _) = form_urlencoded::parse(text.as_bytes()).next()?;
        Reference::parse(&decoded)
    })
}

/// An item of `statuses[]`.
#[derive(Clone)]
pub(super) struct Item<'a> {
    pub(super) status: &'a Object,
    /// The `phone_number_id` of the `metadata` beside it.
    business_number: Option<String>,
}

/// The content of Meta's envelope, or of a part of it.
#[derive(Default)]
pub(super) struct Parts<'a> {
    /// The items of every `statuses[]`.
    pub(super) items: Vec<Item<'a>>,
    errors: Vec<&'a Value>,
    account_updates: Vec<&'a Object>,
    unknown: Vec<&'a Object>,
    ignored: usize,
}

impl<'a> Parts<'a> {
    /// Adds an object: Meta's envelope, an entry, a change, its `value` or an item of `statuses[]`.
    pub(super) fn add(&mut self, object: &'a Object) {
        if let Some(entries) = object.get("entry") {
            self.add_entries(entries);
        } else if let Some(changes) = object.get("changes") {
            self.add_changes(changes);
        } else if let Some(value) = object.get("value") {
            self.add_change(object.get("field"), Some(value));
        } else if ["statuses", "errors"].iter().any(|name| object.contains_key(*name))
            && !object.contains_key("status")
        {
            self.add_value(object);
        } else if object.contains_key("status") && object.contains_key("id") {
            self.items.push(Item { status: object, business_number: None });
        } else {
            self.unknown.push(object);
        }
    }

    /// Adds every `entry[].changes[].value`. 1MSG passes the same on as its "raw hooks".
    pub(super) fn add_entries(&mut self, entries: &'a Value) {
        for changes in lenient::items(Some(entries)).iter().filter_map(|entry| entry.get("changes")) {
            self.add_changes(changes);
        }
    }

    fn add_changes(&mut self, changes: &'a Value) {
        for change in lenient::items(Some(changes)) {
            self.add_change(change.get("field"), change.get("value"));
        }
    }

    fn add_change(&mut self, field: Option<&Value>, value: Option<&'a Value>) {
        let values: Vec<&Object> = lenient::items(value).iter().filter_map(Value::as_object).collect();
        match field.and_then(Value::as_str) {
            None | Some("messages") if !values.is_empty() => {
                for value in values {
                    self.add_value(value);
                }
            }
            Some("account_update" | "account_review_update") => self.account_updates.extend(values),
            _ => self.ignored += 1,
        }
    }

    /// Adds the content of a `value`.
    pub(super) fn add_value(&mut self, value: &'a Object) {
        let metadata = value.get("metadata").and_then(Value::as_object);
        let business_number = metadata.and_then(|metadata| lenient::text(metadata.get("phone_number_id")));
        for item in lenient::items(value.get("statuses")) {
            match item {
                Value::Object(status) => {
                    self.items.push(Item { status, business_number: business_number.clone() });
                }
                _ => self.ignored += 1,
            }
        }
        self.errors.extend(lenient::items(value.get("errors")));
        self.ignored += lenient::items(value.get("messages")).len();
    }

    /// Adds everything to a callback.
    pub(super) fn add_to(self, callback: &mut Callback, report: impl Fn(&Object) -> Result<Fact, Problem>) {
        for Item { status, business_number } in self.items {
            add_object(status, callback, |status| Ok(Fact { business_number, ..report(status)? }));
        }
        callback.unusable.extend(self.errors.into_iter().map(error).map(Problem::Account));
        for update in self.account_updates {
            match account_problem(update) {
                Some(trouble) => callback.unusable.push(Problem::Account(trouble)),
                None => callback.ignored += 1,
            }
        }
        self.unknown.into_iter().for_each(|envelope| callback.skip_envelope(envelope));
        callback.ignored += self.ignored;
    }
}

/// The events of `account_update` after which fewer messages, or none, can be sent. Others report success or
/// intended changes. Source:
/// <https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/account_update>.
const ACCOUNT_TROUBLES: [&str; 6] = [
    "ACCOUNT_DELETED",
    "ACCOUNT_OFFBOARDED",
    "ACCOUNT_RESTRICTION",
    "ACCOUNT_VIOLATION",
    "DISABLED_UPDATE",
    "PARTNER_REMOVED",
];
/// Enough for the event and one detail of each kind, in one log line.
const MAX_CONSTANTS: usize = 6;
/// The state of a ban that was lifted.
const REINSTATED: &str = "REINSTATE";

/// The problem that an update reports about the account: a restriction, a ban, a violation, a failed review,
/// or its deletion. Unknown events count as well if they report one of these.
fn account_problem(value: &Object) -> Option<Failure> {
    let text = |member: Option<&Value>, name: &str| lenient::word(member?.get(name));
    let event = lenient::word(value.get("event")).unwrap_or_default();
    let restrictions = lenient::items(value.get("restriction_info"));
    let restrictions = restrictions.iter().filter_map(|item| text(Some(item), "restriction_type"));
    let details: Vec<String> = restrictions
        .chain(text(value.get("ban_info"), "waba_ban_state").filter(|state| state != REINSTATED))
        .chain(text(value.get("violation_info"), "violation_type"))
        .chain(lenient::word(value.get("decision")).filter(|decision| decision == "REJECTED"))
        .collect();
    let is_reinstated =
        text(value.get("ban_info"), "waba_ban_state").is_some_and(|state| state == REINSTATED);
    let is_trouble = ACCOUNT_TROUBLES.contains(&event.as_str()) && !is_reinstated;
    (is_trouble || !details.is_empty()).then(|| {
        let constants = std::iter::once(event).chain(details).filter(|word| is_constant(word));
        let said: Vec<String> = constants.take(MAX_CONSTANTS).collect();
        Failure { code: None, text: said.join(" ") }
    })
}

/// Whether a word has the form of Meta's constants, unlike a number, a name or a token.
fn is_constant(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_failures_text_is_safe_to_store() {
        for (value, code, text) in [
            (
                json!({"code": 131_049, "title": "t"}),
                Some("131049"),
                "Meta chose not to deliver it, to keep a healthy ecosystem",
            ),
            (
                json!({"code": "131049"}),
                Some("131049"),
                "Meta chose not to deliver it, to keep a healthy ecosystem",
            ),
            (
                json!({"code": 5, "title": "t", "message": "m", "error_data": {"details": "for 12025550100"}}),
                Some("5"),
                "for […]",
            ),
            (json!({"code": 5, "title": "t", "message": "m"}), Some("5"), "m"),
            (json!({"code": 5, "title": "t"}), Some("5"), "t"),
            (json!({"code": "12025550100"}), None, ""),
            (json!({"code": "so so"}), None, ""),
            (json!("it failed"), None, "it failed"),
            (json!({}), None, ""),
            (json!(null), None, ""),
        ] {
            let expected = Failure { code: code.map(str::to_owned), text: text.to_owned() };
            assert_eq!(error(&value), expected, "{value}");
        }
    }
}
