//! Derives status events from a write to the table. Pure.
//!
//! An image implies a set of events: the outcome of a notification, and the facts of a message whose order is
//! known. A write publishes the events that its new image implies and its old image did not. So a lease, a
//! poll, an adoption of a known acceptance, an earlier time for a known fact and an expiry publish nothing;
//! and facts that arrived before their order was known are published once it is. The reasons:
//! `docs/decisions/one-event-per-fact.md`.

use std::collections::BTreeSet;

use jiff::Timestamp;
use shared::delivery::{DeliveryFacts, FactKind, Failure};
use shared::message::{MessageKey, Reference};
use shared::protocol::{Reason, ReasonClass, Record, State};
use shared::provider::Provider;
use shared::providers::failure_class;
use shared::status_event::StatusEventType;
use shared::table::{Image, InvalidEventRow, MessageRow, NotificationRow};

use crate::event::{
    Detail, EventKey, InvalidEventDetail, NotificationDetail, Order, StatusEvent, StatusReason,
};

/// The events that a write publishes, given the item's images before and after it; `None` where there was no
/// item. `written_at` is the time of the write according to the stream.
pub fn events(old: Option<&Image>, new: Option<&Image>, written_at: Timestamp) -> Vec<StatusEvent> {
    let known: BTreeSet<EventKey> = old
        .map(|image| implied_events(image, written_at))
        .unwrap_or_default()
        .into_iter()
        .map(|event| event.detail.event_key().clone())
        .collect();
    let Some(new) = new else { return Vec::new() };
    let mut events = implied_events(new, outcome_at(old, new).unwrap_or(written_at));
    events.retain(|event| !known.contains(event.detail.event_key()));
    events
}

/// When order-notifier wrote the outcome; `None` if a callback did, which does not change its
/// `updated_at`.
fn outcome_at(old: Option<&Image>, new: &Image) -> Option<Timestamp> {
    match (old, new) {
        (Some(Image::Notification(old)), Image::Notification(new)) if old.updated_at == new.updated_at => {
            None
        }
        (_, Image::Notification(new)) => Some(new.updated_at),
        _ => None,
    }
}

/// All events that an image implies.
fn implied_events(image: &Image, outcome_at: Timestamp) -> Vec<StatusEvent> {
    match image {
        Image::Notification(image) => notification(image, outcome_at),
        Image::Message(image) => message(image),
        Image::InvalidEvent(image) => vec![invalid(image)],
        Image::UnfinishedEvent(_) | Image::Other => Vec::new(),
    }
}

/// The notification's outcome, and the facts from callbacks with our reference.
fn notification(image: &NotificationRow, outcome_at: Timestamp) -> Vec<StatusEvent> {
    let about =
        |message| About { reference: &image.reference, notification: Some(&image.notification), message };
    let facts = image.messages.iter().flat_map(|row| {
        FactKind::ALL.into_iter().filter_map(move |kind| about(&row.message).fact(kind, &row.facts))
    });
    outcome(image, outcome_at).into_iter().chain(facts).collect()
}

fn outcome(image: &NotificationRow, at: Timestamp) -> Option<StatusEvent> {
    let NotificationRow { reference, notification, record, .. } = image;
    let status = match record.state {
        State::Accepted => StatusEventType::Accepted,
        State::Rejected => StatusEventType::Rejected,
        State::Suppressed => StatusEventType::Suppressed,
        State::Held => StatusEventType::Held,
        State::Sending | State::Waiting | State::Unknown => return None,
    };
    // An acceptance is final. Any other outcome can occur again after the operator has released the
    // notification, so its key includes the attempt.
    let attempt = (status != StatusEventType::Accepted).then_some(record.attempt);
    let detail = NotificationDetail {
        event_key: EventKey::new(status, &reference.to_string(), attempt),
        sender: reference.order.sender.clone(),
        order: Order { number: reference.order.number.clone() },
        notification: Some(notification.clone()),
        key: reference.key.clone(),
        reference: reference.clone(),
        provider: record.provider,
        message_id: message_id(record),
        attempt: Some(record.attempt),
        at,
        reason: record.reason.as_ref().map(from_reason),
    };
    Some(StatusEvent { status, detail: Detail::Notification(Box::new(detail)) })
}

/// The first message id given by the notification's provider.
fn message_id(record: &Record) -> Option<shared::message::MessageId> {
    let of_provider = |message: &&MessageKey| Some(message.provider) == record.provider;
    record.message_ids.iter().find(of_provider).map(|message| message.id.clone())
}

fn message(image: &MessageRow) -> Vec<StatusEvent> {
    // A message without a reference was sent by another application, or order-notifier has not stored it yet.
    let Some(reference) = &image.reference else { return Vec::new() };
    let about = About { reference, notification: image.notification.as_ref(), message: &image.message };
    let own = FactKind::ALL.into_iter().filter(|kind| !image.aliased.contains(kind));
    let facts = own.filter_map(|kind| about.fact(kind, &image.facts));
    let unconfirmed = image
        .unconfirmed_at
        .map(|at| about.event(StatusEventType::Unconfirmed, at, Some(unconfirmed_reason())));
    facts.chain(unconfirmed).collect()
}

/// The fields that every event about a message has.
struct About<'a> {
    reference: &'a Reference,
    notification: Option<&'a String>,
    message: &'a MessageKey,
}

impl About<'_> {
    /// The event for a fact of this kind; `None` if the message has no such fact.
    fn fact(&self, kind: FactKind, facts: &DeliveryFacts) -> Option<StatusEvent> {
        let failure = facts.failure.as_ref().filter(|_| kind == FactKind::Failed);
        let reason = failure.map(|failure| from_failure(self.message.provider, failure));
        Some(self.event(kind.into(), facts.at(kind)?, reason))
    }

    fn event(&self, status: StatusEventType, at: Timestamp, reason: Option<StatusReason>) -> StatusEvent {
        let detail = NotificationDetail {
            event_key: EventKey::new(status, &self.message.to_string(), None),
            sender: self.reference.order.sender.clone(),
            order: Order { number: self.reference.order.number.clone() },
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

fn invalid(image: &InvalidEventRow) -> StatusEvent {
    let InvalidEventRow { key, notification, received_at, faults, .. } = image;
    let detail = InvalidEventDetail {
        event_key: EventKey::new(StatusEventType::Invalid, &key.to_string(), None),
        event_id: key.event_id.clone(),
        notification: notification.clone(),
        at: *received_at,
        faults: faults.clone(),
    };
    StatusEvent { status: StatusEventType::Invalid, detail: Detail::InvalidEvent(detail) }
}

fn from_reason(reason: &Reason) -> StatusReason {
    StatusReason { class: reason.class, code: Some(reason.code.clone()), text: reason.text.clone() }
}

fn from_failure(provider: Provider, failure: &Failure) -> StatusReason {
    let class = failure_class(provider, failure);
    StatusReason { class, code: failure.code.clone(), text: failure.text.clone() }
}

fn unconfirmed_reason() -> StatusReason {
    StatusReason {
        class: ReasonClass::Unclear,
        code: Some("unconfirmed".to_owned()),
        text: "no callback and no poll reported whether the message was delivered".to_owned(),
    }
}

#[cfg(test)]
mod tests;
