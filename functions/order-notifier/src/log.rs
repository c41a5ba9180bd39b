//! The log: one line per record, without personal data.

use std::time::Duration;

use jiff::Timestamp;
use shared::catalogue::Notification;
use shared::fault::Faults;
use shared::message::MessageId;
use shared::protocol::{NO_USABLE_NUMBER, Reason, Recipients};
use shared::provider::Provider;
use shared::telemetry::milliseconds;
use tracing::Span;
use tracing::field::{Empty, display};

use crate::trace::{AttemptLog, RecordTrace};
use crate::{Outcome, Pending};

/// A record's span. Its level is `ERROR`, so that it is enabled at every log level and every line in it names
/// its record.
pub(crate) fn record(sqs_message_id: Option<&str>) -> Span {
    tracing::error_span!("record", sqs_message_id, sender = Empty, order = Empty, notification = Empty)
}

/// Logs at start-up the recipients to whom this deployment may send.
pub(crate) fn recipients(recipients: &Recipients) {
    tracing::info!(recipients = %recipients, "order-notifier may write to these recipients: {recipients}");
}

/// Adds the order and the notification's name to the record's span, once they are known.
pub(crate) fn set_notification(notification: &Notification) {
    let span = Span::current();
    if let Some(sender) = &notification.reference.order.sender {
        span.record("sender", sender.as_str());
    }
    span.record("order", display(&notification.reference.order));
    span.record("notification", notification.name.as_str());
}

/// `tracing` fixes the level at the call site, hence three calls.
macro_rules! record {
    ($level:ident, $line:ident, $message:expr) => {
        tracing::$level!(
            wide = "record",
            outcome = $line.outcome,
            changed = $line.trace.has_changed(),
            key = $line.trace.key.as_ref().map(|key| key.as_str()),
            provider = $line.trace.provider($line.result).map(Provider::name),
            message_hash = $line.message_hash,
            event_id = $line.trace.event_id,
            event_age_ms = $line.trace.event_age().map(milliseconds),
            source = $line.source,
            detail_type = $line.detail_type,
            receive_count = $line.receive_count,
            attempts = $line.trace.attempts_with_requests(),
            calls = $line.trace.calls(),
            course = $line.trace.summary(),
            provider_ms = milliseconds($line.trace.provider_time()),
            state = $line.state,
            until = $line.until,
            class = $line.reason.map(|reason| reason.class.name()),
            code = $line.code(),
            text = $line.reason.map(|reason| reason.text.as_str()),
            faults = $line.faults,
            duration_ms = milliseconds($line.took),
            "{}",
            $message
        )
    };
}

struct Line<'a> {
    trace: &'a RecordTrace,
    result: &'a Result<Outcome, Pending>,
    outcome: &'static str,
    message_hash: Option<String>,
    source: Option<&'a str>,
    detail_type: Option<&'a str>,
    receive_count: Option<u32>,
    state: Option<&'static str>,
    until: Option<String>,
    reason: Option<&'a Reason>,
    faults: Option<String>,
    took: Duration,
}

pub(crate) fn ended(
    trace: &RecordTrace,
    result: &Result<Outcome, Pending>,
    receive_count: Option<u32>,
    took: Duration,
) {
    let mut line = Line {
        trace,
        result,
        outcome: "undecided",
        message_hash: None,
        source: None,
        detail_type: None,
        receive_count,
        state: None,
        until: None,
        reason: None,
        faults: None,
        took,
    };
    match result {
        Ok(outcome) => {
            line.outcome = outcome.kind().name();
            self::outcome(line, outcome);
        }
        Err(pending) => {
            line.until = pending.until().as_ref().map(Timestamp::to_string);
            if let Pending::Later { state, reason, .. } | Pending::Kept { state, reason, .. } = pending {
                (line.state, line.reason) = (Some(state.name()), reason.as_ref());
            }
            record!(warn, line, format_args!("no outcome yet: {pending}"));
        }
    }
}

fn outcome<'a>(mut line: Line<'a>, outcome: &'a Outcome) {
    let word = line.outcome;
    match outcome {
        Outcome::Accepted { about, message_id, .. } => {
            let id = message_id.as_deref().and_then(|id| MessageId::parse(id).ok());
            line.message_hash = id.map(|id| id.fingerprint());
            let (order, name) = (&about.order, &about.notification);
            if line.message_hash.is_some() {
                record!(info, line, format_args!("order {order}: {name} accepted"));
            } else {
                let message = "accepted without a message id: its delivery can't be tracked";
                record!(error, line, format_args!("order {order}: {name} {message}"));
            }
        }
        Outcome::Rejected { about, reason, .. } | Outcome::Held { about, reason } => {
            line.reason = reason.as_ref();
            record!(error, line, format_args!("order {}: {} {word}", about.order, about.notification));
        }
        Outcome::Suppressed { about, reason } => {
            line.reason = reason.as_ref();
            record!(info, line, format_args!("order {}: {} suppressed", about.order, about.notification));
        }
        Outcome::Ignored { source, detail_type } => {
            (line.source, line.detail_type) = (Some(source.as_str()), Some(detail_type.as_str()));
            record!(info, line, format_args!("no catalogue entry matches {source} {detail_type}"));
        }
        Outcome::Invalid { event_id, faults } => {
            line.faults = Some(faults.to_string());
            record!(error, line, format_args!("event {event_id} is invalid"));
        }
    }
}

impl Line<'_> {
    /// The reason's code, or else the code of the pending outcome.
    fn code(&self) -> Option<&str> {
        match self.result {
            Ok(Outcome::Accepted { message_id: None, .. }) => Some("no_message_id"),
            Err(pending) => Some(self.reason.map_or(pending.code(), |reason| reason.code.as_str())),
            Ok(_) => self.reason.map(|reason| reason.code.as_str()),
        }
    }
}

/// Warns that the event's time is in the future.
pub(crate) fn event_time_ahead() {
    let code = "event_time_ahead";
    tracing::warn!(code, "the event's time is minutes after its receipt; the receipt time is used instead");
}

/// Warns that the catalogue's `time` expression found no readable time.
pub(crate) fn time_not_read() {
    let code = "time_not_read";
    tracing::warn!(
        code,
        "the catalogue's `time` finds no time with a zone; the envelope's time is used instead"
    );
}

/// Warns that a channel of the fallback can't be used for this event.
pub(crate) fn channel_left_out(provider: Option<Provider>, faults: &Faults) {
    let code = "channel_left_out";
    let provider = provider.map(Provider::name);
    tracing::warn!(code, provider, %faults, "a channel of the fallback can't be used for this event: {faults}");
}

/// Warns that the event has no usable phone number, so that only the fallback can reach the customer. The faults name the fields
/// and not their values.
pub(crate) fn no_usable_number(faults: &Faults) {
    let code = NO_USABLE_NUMBER;
    tracing::warn!(code, %faults, "the event has no usable phone number; its fallback is used: {faults}");
}

/// Warns that the country's numbering plan does not contain the recipient's number.
pub(crate) fn number_not_in_plan() {
    let code = "number_not_in_plan";
    tracing::warn!(
        code,
        "the country's numbering plan does not contain the phone number; the message is sent anyway"
    );
}

/// Logs a provider's answer to one attempt. Level `DEBUG`, because the record's own line summarises it.
pub(crate) fn attempt(made: &AttemptLog) {
    let provider = made.attempt.provider.name();
    let answer = made.attempted.answer.kind().name();
    let reason = made.attempted.answer.reason();
    tracing::debug!(
        provider,
        answer,
        calls = made.attempted.calls.len(),
        class = reason.map(|reason| reason.class.name()),
        code = reason.map(|reason| reason.code.as_str()),
        text = reason.map(|reason| reason.text.as_str()),
        duration_ms = milliseconds(made.took),
        "{provider} answered {answer}"
    );
}
