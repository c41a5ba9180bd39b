//! Which status events a write to the table makes. Pure.
//!
//! An image tells a set of things: a notification's outcome, the facts of a message whose order is known. A write makes an
//! event of each that the image after it tells and the one before it didn't. So a lease, a poll, an adoption of what was
//! accepted already, an earlier time for a known fact and an expiry make none, and facts that came before anybody knew
//! their order are told once it is known. Why so: `docs/decisions/one-event-per-fact.md`.

use std::collections::BTreeSet;

use jiff::Timestamp;
use shared::delivery::{DeliveryFacts, FactKind, Failure};
use shared::message::{MessageKey, Reference};
use shared::protocol::{Reason, ReasonClass, Record, State};
use shared::providers::failure_class;
use shared::status_event::StatusEventType;
use shared::table::{Image, InvalidEventImage, MessageImage, NotificationImage};

use crate::event::{
    Detail, EventKey, InvalidEventDetail, NotificationDetail, Order, StatusEvent, StatusReason,
};

/// The events that a write makes, given the item before and after it; none of either where the item wasn't there.
/// `written_at` is when the stream says that it was written.
pub fn events(old: Option<&Image>, new: Option<&Image>, written_at: Timestamp) -> Vec<StatusEvent> {
    let known: BTreeSet<EventKey> = old
        .map(|image| told(image, written_at))
        .unwrap_or_default()
        .into_iter()
        .map(|event| event.detail.event_key().clone())
        .collect();
    let Some(new) = new else { return Vec::new() };
    let mut events = told(new, outcome_at(old, new).unwrap_or(written_at));
    events.retain(|event| !known.contains(event.detail.event_key()));
    events
}

/// When the sender wrote an outcome; none where a callback did, which leaves the sender's time as it is.
fn outcome_at(old: Option<&Image>, new: &Image) -> Option<Timestamp> {
    match (old, new) {
        (Some(Image::Notification(old)), Image::Notification(new)) if old.updated_at == new.updated_at => {
            None
        }
        (_, Image::Notification(new)) => Some(new.updated_at),
        _ => None,
    }
}

/// All that an image tells.
fn told(image: &Image, outcome_at: Timestamp) -> Vec<StatusEvent> {
    match image {
        Image::Notification(image) => notification(image, outcome_at),
        Image::Message(image) => message(image),
        Image::InvalidEvent(image) => vec![invalid(image)],
        Image::Other => Vec::new(),
    }
}

/// Its outcome, and the facts that came with our reference.
fn notification(image: &NotificationImage, outcome_at: Timestamp) -> Vec<StatusEvent> {
    let about =
        |message| About { reference: &image.reference, notification: Some(&image.notification), message };
    let facts = image.messages.iter().flat_map(|(message, facts)| {
        FactKind::ALL.into_iter().filter_map(move |kind| about(message).fact(kind, facts))
    });
    outcome(image, outcome_at).into_iter().chain(facts).collect()
}

fn outcome(image: &NotificationImage, at: Timestamp) -> Option<StatusEvent> {
    let NotificationImage { reference, notification, record, .. } = image;
    let status = match record.state {
        State::Accepted => StatusEventType::Accepted,
        State::Rejected => StatusEventType::Rejected,
        State::Suppressed => StatusEventType::Suppressed,
        State::Held => StatusEventType::Held,
        State::Sending | State::Waiting | State::Unknown => return None,
    };
    // An acceptance is for good; any other outcome may come again after an operator has let the notification go on.
    let attempt = (status != StatusEventType::Accepted).then_some(record.attempt);
    let detail = NotificationDetail {
        event_key: EventKey::new(status, &reference.to_string(), attempt),
        order: Order { number: reference.order.clone() },
        notification: Some(notification.clone()),
        key: reference.key.clone(),
        reference: reference.clone(),
        provider: record.provider,
        message_id: message_id(record),
        attempt: Some(record.attempt),
        at,
        reason: record.reason.as_ref().map(of_reason),
    };
    Some(StatusEvent { status, detail: Detail::Notification(Box::new(detail)) })
}

/// The first of the ids that the notification's provider has given.
fn message_id(record: &Record) -> Option<shared::message::MessageId> {
    let of_provider = |message: &&MessageKey| Some(message.provider) == record.provider;
    record.message_ids.iter().find(of_provider).map(|message| message.id.clone())
}

fn message(image: &MessageImage) -> Vec<StatusEvent> {
    // A message of nobody's is another application's, or ours before the sender's own write.
    let Some(reference) = &image.reference else { return Vec::new() };
    let about = About { reference, notification: image.notification.as_ref(), message: &image.message };
    let own = FactKind::ALL.into_iter().filter(|kind| !image.aliased.contains(kind));
    let facts = own.filter_map(|kind| about.fact(kind, &image.facts));
    let unconfirmed =
        image.unconfirmed_at.map(|at| about.event(StatusEventType::Unconfirmed, at, Some(silence())));
    facts.chain(unconfirmed).collect()
}

/// What an event about a message tells beside what happened.
struct About<'a> {
    reference: &'a Reference,
    notification: Option<&'a String>,
    message: &'a MessageKey,
}

impl About<'_> {
    /// The event of a fact, where it is among these.
    fn fact(&self, kind: FactKind, facts: &DeliveryFacts) -> Option<StatusEvent> {
        let reason = facts.failure.as_ref().filter(|_| kind == FactKind::Failed).map(of_failure);
        Some(self.event(kind.into(), facts.at(kind)?, reason))
    }

    fn event(&self, status: StatusEventType, at: Timestamp, reason: Option<StatusReason>) -> StatusEvent {
        let detail = NotificationDetail {
            event_key: EventKey::new(status, &self.message.to_string(), None),
            order: Order { number: self.reference.order.clone() },
            notification: self.notification.cloned(),
            key: self.reference.key.clone(),
            reference: self.reference.clone(),
            provider: Some(self.message.provider),
            message_id: Some(self.message.id.clone()),
            attempt: None,
            at,
            reason,
        };
        StatusEvent { status, detail: Detail::Notification(Box::new(detail)) }
    }
}

fn invalid(image: &InvalidEventImage) -> StatusEvent {
    let InvalidEventImage { key, notification, received_at, faults } = image;
    let detail = InvalidEventDetail {
        event_key: EventKey::new(StatusEventType::Invalid, &key.to_string(), None),
        event_id: key.event_id.clone(),
        notification: notification.clone(),
        at: *received_at,
        faults: faults.clone(),
    };
    StatusEvent { status: StatusEventType::Invalid, detail: Detail::InvalidEvent(detail) }
}

fn of_reason(reason: &Reason) -> StatusReason {
    StatusReason { class: reason.class, code: Some(reason.code.clone()), text: reason.text.clone() }
}

fn of_failure(failure: &Failure) -> StatusReason {
    StatusReason { class: failure_class(failure), code: failure.code.clone(), text: failure.text.clone() }
}

fn silence() -> StatusReason {
    StatusReason {
        class: ReasonClass::Unclear,
        code: Some("unconfirmed".to_owned()),
        text: "no callback told the end, and the provider doesn't know it either".to_owned(),
    }
}

#[cfg(test)]
mod tests;
