//! Parses Kaleyra's callbacks: the V2 envelope around Meta's statuses, the short "not sent" object, and the
//! flat variables of V1 profiles as a GET query, a form or JSON.
//!
//! It is not documented that the ids in callbacks equal those in replies, so all of them are stored as
//! aliases. The notification is found by `extra_info.ref`, our own reference.

mod envelope_members;
mod form;
#[cfg(test)]
mod tests;

use envelope_members::{EnvelopeMembers, coded_error};
use form::{form, parse_pairs};
use jiff::Timestamp;

use crate::providers::callback::{Callback, Problem, Unparsable, envelopes};
use crate::providers::lenient::{self, Object};
use crate::providers::status_item::{self, Parts};

/// Parses the body of an authenticated POST: JSON, with any content type, or a form.
pub fn parse(body: &[u8], received_at: Timestamp) -> Result<Callback, Unparsable> {
    let read = envelopes(body, received_at, envelope);
    match (&read, form(body)) {
        (Err(Unparsable::CutOff { .. } | Unparsable::NotJson { .. }), Some(form)) => {
            Ok(parse_pairs(&form, received_at))
        }
        _ => read,
    }
}

/// Parses the query of an authenticated GET. Without variables it contains no facts.
pub fn parse_query(query: &str, received_at: Timestamp) -> Callback {
    parse_pairs(query.as_bytes(), received_at)
}

fn envelope(envelope: &Object, received_at: Timestamp, callback: &mut Callback) {
    let meta_objects = lenient::objects(envelope.get("meta_object"));
    let mut parts = Parts::default();
    for object in &meta_objects {
        parts.add(object);
    }
    if let Some(entries) = envelope.get("entry") {
        parts.add_entries(entries);
    } else if envelope.contains_key("statuses") {
        parts.add_value(envelope);
    } else if !envelope.contains_key("status")
        && ["changes", "value"].iter().any(|name| envelope.contains_key(*name))
    {
        parts.add(envelope);
    }
    let has_items = !parts.items.is_empty();
    let members = EnvelopeMembers::parse(envelope, &meta_objects, &parts.items);
    let before = callback.unusable.len() + callback.ignored;
    parts.add_to(callback, |item| members.report(item, received_at).fact());
    if has_items {
        return;
    }
    if is_of_customer(envelope) {
        callback.ignored += 1;
    } else if ["status", "message_id", "id"].iter().any(|key| envelope.contains_key(*key)) {
        status_item::add_object(envelope, callback, |item| members.report(item, received_at).fact());
    } else if let Some(failure) = coded_error(envelope) {
        callback.unusable.push(Problem::Account(failure));
    } else if callback.unusable.len() + callback.ignored == before {
        callback.skip_envelope(envelope);
    }
}

/// Whether it is a customer's own message, which has an id too, and no status.
fn is_of_customer(envelope: &Object) -> bool {
    !envelope.contains_key("status")
        && ["from", "text", "body"].iter().any(|name| envelope.contains_key(*name))
}
