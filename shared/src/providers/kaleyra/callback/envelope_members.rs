//! Parses the members around the statuses in an envelope: other ids, an error, our reference and the
//! notification's name.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::Value;

use crate::delivery::Failure;
use crate::message::{MessageId, Reference};
use crate::provider::Provider;
use crate::providers::lenient::{self, Object};
use crate::providers::status_item::{self, Item, Report};
use crate::providers::status_word;

/// The length at which Kaleyra cuts `ref1`.
const MAX_NAME_BYTES: usize = 255;

/// The members around the statuses, which apply to each of them.
#[derive(Default)]
pub(super) struct EnvelopeMembers {
    ids: Vec<MessageId>,
    status: Option<String>,
    failure: Option<Failure>,
    reference: Option<Reference>,
    notification: Option<String>,
}

impl EnvelopeMembers {
    /// The samples have one status per envelope. If an envelope has statuses of several messages, it is
    /// unclear to which of them the outer ids, reference and error belong, so they are ignored.
    pub(super) fn parse(envelope: &Object, meta_objects: &[Cow<'_, Object>], items: &[Item<'_>]) -> Self {
        let mut messages = items.iter().map(|item| lenient::text(item.status.get("id")));
        let first = messages.next();
        if messages.any(|id| Some(id) != first) {
            return Self::default();
        }
        let extras = extras(envelope);
        let ids = std::iter::once(envelope.get("message_id"))
            .chain(extras.iter().map(|extra| extra.get("message_id")))
            // Next to Meta's changes, `id` is that of the business account.
            .chain(Some(envelope.get("id")).filter(|_| !envelope.contains_key("changes")));
        let mut names =
            extras.iter().map(|extra| extra.get("ref1")).chain(std::iter::once(envelope.get("ref1")));
        Self {
            ids: ids.filter_map(lenient::id).collect(),
            status: status_word::status(envelope),
            failure: status_item::first_error(envelope).or_else(|| coded_error(envelope)),
            reference: reference(envelope)
                .or_else(|| meta_objects.iter().find_map(|object| reference(object))),
            notification: names.find_map(notification),
        }
    }

    pub(super) fn report(&self, item: &Object, received_at: Timestamp) -> Report {
        Report {
            provider: Provider::Kaleyra,
            ids: self.ids.iter().cloned().chain(lenient::id(item.get("id"))).collect(),
            status: status_word::status(item)
                .or_else(|| self.status.clone())
                .map(translate_v1_status)
                .unwrap_or_default(),
            at: lenient::time(item.get("timestamp"), received_at),
            failure: status_item::first_error(item).or_else(|| self.failure.clone()),
            reference: self.reference.clone().or_else(|| reference(item)),
            notification: self.notification.clone(),
        }
    }
}

/// In V1 profiles `0` means that the message failed; elsewhere it means that it is pending.
fn translate_v1_status(status: String) -> String {
    if status_word::normalize(&status) == "0" { "failed".to_owned() } else { status }
}

/// The objects in `extra_info`: one, several in an array, or either as a string with JSON. Empty if they
/// belong to several messages, because it is unclear which one applies.
fn extras(object: &Object) -> Vec<Cow<'_, Object>> {
    let extras = lenient::objects(object.get("extra_info"));
    let differ = |member: fn(&Object) -> Option<String>| {
        let mut named = extras.iter().filter_map(|extra| member(extra));
        let first = named.next();
        named.any(|other| Some(other) != first)
    };
    let has_several_messages = differ(|extra| status_item::reference(extra).map(|it| it.to_string()))
        || differ(|extra| lenient::text(extra.get("message_id")));
    if has_several_messages { Vec::new() } else { extras }
}

/// Our reference in an object or in its `extra_info`, which may also be the reference itself.
fn reference(object: &Object) -> Option<Reference> {
    let bare = || status_item::written_reference(object.get("extra_info")?.as_str()?);
    let inside = extras(object).iter().find_map(|extra| status_item::reference(extra));
    inside.or_else(bare).or_else(|| status_item::reference(object))
}

/// The notification's name in the catalogue, as sent in the request's `ref1`.
fn notification(value: Option<&Value>) -> Option<String> {
    let name = value?.as_str()?.trim();
    let is_one = (1..=MAX_NAME_BYTES).contains(&name.len())
        && !name.chars().any(char::is_control)
        && status_item::written_reference(name).is_none();
    is_one.then(|| name.to_owned())
}

/// `code` and `reason` (V2), or `error_code` and `error` (V1).
pub(super) fn coded_error(envelope: &Object) -> Option<Failure> {
    [("code", "reason"), ("error_code", "error")].into_iter().find_map(|(code, said)| {
        let code = lenient::text(envelope.get(code));
        let said = lenient::text(envelope.get(said));
        (code.is_some() || said.is_some()).then(|| status_item::failure(code, said))
    })
}
