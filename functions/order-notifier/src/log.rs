//! One line in the log for each outcome and each attempt, without anything personal.

use std::time::Duration;

use shared::catalogue::Notification;
use shared::message::MessageId;
use shared::protocol::{Answer, Attempt, Reason};
use shared::provider::Provider;

use crate::Outcome;
use crate::outcome::About;

/// An event's level is part of its call, so that two levels are two calls.
macro_rules! ended {
    ($level:ident, $outcome:literal, $about:expr, $provider:expr, $reason:expr, $duration_ms:expr) => {{
        let About { order, notification, key } = $about;
        let reason: Option<&Reason> = $reason;
        tracing::$level!(
            outcome = $outcome,
            order,
            notification,
            key,
            provider = $provider,
            class = reason.map(|reason| reason.class.name()),
            code = reason.map(|reason| reason.code.as_str()),
            text = reason.map(|reason| reason.text.as_str()),
            duration_ms = $duration_ms,
            "order {order}: {notification} {}",
            $outcome
        );
    }};
}

/// How an event ended.
pub(crate) fn outcome(outcome: &Outcome, took: Duration) {
    let duration_ms = milliseconds(took);
    match outcome {
        Outcome::Accepted { about, provider, message_id } => {
            accepted(about, *provider, message_id.as_deref(), took);
        }
        Outcome::Rejected { about, provider, reason } => {
            ended!(error, "rejected", about, provider.map(Provider::name), reason.as_ref(), duration_ms);
        }
        Outcome::Suppressed { about, reason } => {
            ended!(info, "suppressed", about, None::<&str>, reason.as_ref(), duration_ms);
        }
        Outcome::Held { about, reason } => {
            ended!(error, "held", about, None::<&str>, reason.as_ref(), duration_ms);
        }
        Outcome::Ignored { source, detail_type } => tracing::info!(
            outcome = "ignored",
            source,
            detail_type,
            duration_ms,
            "nothing in the catalogue listens to {source} {detail_type}"
        ),
        Outcome::Invalid { event_id, faults } => {
            let faults = faults.to_string();
            tracing::error!(
                outcome = "invalid",
                event_id,
                faults,
                duration_ms,
                "event {event_id} is invalid"
            );
        }
    }
}

fn accepted(about: &About, provider: Option<Provider>, message_id: Option<&str>, took: Duration) {
    let About { order, notification, key } = about;
    let provider = provider.map(Provider::name);
    let message_hash = message_id.and_then(|id| MessageId::parse(id).ok()).map(|id| id.fingerprint());
    tracing::info!(
        outcome = "accepted",
        order,
        notification,
        key,
        provider,
        message_hash,
        duration_ms = milliseconds(took),
        "order {order}: {notification} accepted"
    );
    if message_hash.is_none() {
        tracing::error!(
            code = "no_message_id",
            order,
            notification,
            provider,
            "order {order}: accepted without a message id: its delivery can't be followed"
        );
    }
}

/// What a provider answered to an attempt.
pub(crate) fn attempt(notification: &Notification, attempt: Attempt, answer: &Answer, took: Duration) {
    let (order, name) = (&notification.reference.order, notification.name.as_str());
    let (provider, number) = (attempt.provider.name(), attempt.number);
    let (answered, reason) = match answer {
        Answer::Accepted(_) => ("accepted", None),
        Answer::Rejected(reason) => ("rejected", Some(reason)),
        Answer::NotSent { reason, .. } => ("not_sent", Some(reason)),
        Answer::Unknown(reason) => ("unknown", Some(reason)),
    };
    tracing::info!(
        %order,
        notification = name,
        provider,
        attempt = number,
        answer = answered,
        class = reason.map(|reason| reason.class.name()),
        code = reason.map(|reason| reason.code.as_str()),
        text = reason.map(|reason| reason.text.as_str()),
        duration_ms = milliseconds(took),
        "order {order}: {provider} answered {answered} to attempt {number} of {name}"
    );
}

fn milliseconds(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}
