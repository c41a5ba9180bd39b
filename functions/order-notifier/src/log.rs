//! The log: one line per record with everything worth knowing about it and no personal data.

use std::time::Duration;

use jiff::Timestamp;
use shared::catalogue::Notification;
use shared::message::MessageId;
use shared::protocol::{Reason, Recipients};
use shared::provider::Provider;
use shared::telemetry::milliseconds;
use tracing::Span;
use tracing::field::{Empty, display};

use crate::course::{Course, Made};
use crate::{Outcome, Undecided};

/// A record's span. Its level is `ERROR`, so that it is enabled at every log level and every line in it names
/// its record.
pub(crate) fn record(sqs_message_id: Option<&str>) -> Span {
    tracing::error_span!("record", sqs_message_id, order = Empty, notification = Empty)
}

/// Logs at start-up to whom this deployment may write.
pub(crate) fn recipients(recipients: &Recipients) {
    tracing::info!(recipients = %recipients, "order-notifier may write to these recipients: {recipients}");
}

/// Adds the order and the notification's name to the record's span, once they are known.
pub(crate) fn about(notification: &Notification) {
    let span = Span::current();
    span.record("order", display(&notification.reference.order));
    span.record("notification", notification.name.as_str());
}

/// `tracing` fixes the level at the call site, hence three calls.
macro_rules! record {
    ($level:ident, $line:ident, $message:expr) => {
        tracing::$level!(
            wide = "record",
            outcome = $line.outcome,
            changed = $line.course.changed(),
            key = $line.course.key.as_ref().map(|key| key.as_str()),
            provider = $line.course.provider($line.result).map(Provider::name),
            message_hash = $line.message_hash,
            event_id = $line.course.event_id,
            event_age_ms = $line.course.event_age().map(milliseconds),
            source = $line.source,
            detail_type = $line.detail_type,
            receive_count = $line.receive_count,
            attempts = $line.course.asked(),
            calls = $line.course.calls(),
            course = $line.course.told(),
            provider_ms = milliseconds($line.course.provider_time()),
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
    course: &'a Course,
    result: &'a Result<Outcome, Undecided>,
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

/// Logs the result of a record.
pub(crate) fn ended(
    course: &Course,
    result: &Result<Outcome, Undecided>,
    receive_count: Option<u32>,
    took: Duration,
) {
    let mut line = Line {
        course,
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
        Err(undecided) => {
            line.until = undecided.until().as_ref().map(Timestamp::to_string);
            if let Undecided::NotYet { state, reason, .. } | Undecided::Kept { state, reason, .. } = undecided
            {
                (line.state, line.reason) = (Some(state.name()), reason.as_ref());
            }
            record!(warn, line, format_args!("no outcome yet: {undecided}"));
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
                let message = "accepted without a message id: its delivery can't be followed";
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
            record!(info, line, format_args!("nothing in the catalogue listens to {source} {detail_type}"));
        }
        Outcome::Invalid { event_id, faults } => {
            line.faults = Some(faults.to_string());
            record!(error, line, format_args!("event {event_id} is invalid"));
        }
    }
}

impl Line<'_> {
    /// The reason's code; without a reason, a code of our own.
    fn code(&self) -> Option<&str> {
        match self.result {
            Ok(Outcome::Accepted { message_id: None, .. }) => Some("no_message_id"),
            Err(undecided) => Some(self.reason.map_or(undecided.code(), |reason| reason.code.as_str())),
            Ok(_) => self.reason.map(|reason| reason.code.as_str()),
        }
    }
}

/// Warns that the event's time is in the future.
pub(crate) fn ahead() {
    let code = "event_time_ahead";
    tracing::warn!(code, "the event's time is minutes ahead of its receipt, and read as its receipt");
}

/// Warns that the catalogue's `time` expression found no readable time.
pub(crate) fn without_time() {
    let code = "time_not_read";
    tracing::warn!(code, "the catalogue's `time` finds no time with a zone; the envelope's stands for it");
}

/// Warns that the country's numbering plan does not contain the recipient's number.
pub(crate) fn doubtful() {
    let code = "number_not_in_plan";
    tracing::warn!(
        code,
        "the numbering plan of the phone number's country has no such number; it is sent all the same"
    );
}

/// Logs a provider's answer to one attempt. Level `DEBUG`, because the record's own line summarises it.
pub(crate) fn attempt(made: &Made) {
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
