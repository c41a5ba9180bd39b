//! Defines every metric: its name, unit and dimensions.
//!
//! A dimension's value is an enum variant, or one of a limited number of [names](crate::metric_names) of templates and
//! senders, so that no input can create new values: CloudWatch bills each combination of values as a separate metric.
//! `docs/metrics.md` says when each metric is emitted.

use std::borrow::Cow;
use std::time::Duration;

use crate::delivery::FactKind;
use crate::metric_names::MetricNames;
use crate::protocol::{AnswerKind, ReasonClass, State};
use crate::provider::Provider;
use crate::status_event::StatusEventType;

/// One occurrence to count, or one measurement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Metric {
    /// An event reached its outcome. Only the invocation that writes the outcome counts it, so replays are not counted.
    Outcome {
        /// The kind of outcome.
        outcome: OutcomeKind,
        /// The provider that accepted or refused it last.
        provider: Option<Provider>,
        /// Why it was not accepted.
        reason: Option<ReasonClass>,
        /// Its template and sender.
        names: MetricNames,
    },
    /// A provider answered an attempt.
    Attempt {
        /// The provider of the attempt.
        provider: Provider,
        /// The kind of answer.
        answer: AnswerKind,
        /// Why it was not accepted.
        reason: Option<ReasonClass>,
    },
    /// The duration of one request to a provider.
    ProviderLatency {
        /// The provider of the attempt.
        provider: Provider,
        /// From sending the request to the end of the reply.
        took: Duration,
    },
    /// An event's age when its message was accepted.
    EventAge(Duration),
    /// The time of an event that reached its outcome was minutes after its receipt.
    EventAhead,
    /// The country's numbering plan does not contain the number of a notification that reached its outcome.
    DoubtfulNumber,
    /// A delivery fact that was not known before.
    Fact {
        /// The provider that reported it.
        provider: Provider,
        /// The kind of fact.
        fact: FactKind,
        /// The message's template and sender.
        names: MetricNames,
    },
    /// A message will not arrive.
    FailedMessage {
        /// The provider that reported it.
        provider: Provider,
        /// The class of the failure.
        reason: ReasonClass,
    },
    /// A new fact about a message whose order is not known.
    UnmatchedFact {
        /// The provider that reported it.
        provider: Provider,
    },
    /// A call to the webhook failed authentication.
    AuthenticationFailure {
        /// The provider whose route was called.
        provider: Provider,
    },
    /// The body of an authenticated call, or of a delivery event of AWS, cannot be parsed.
    UnreadableCallback {
        /// The provider whose route was called, or whose event it is; `None` if the event can't be read at all.
        provider: Option<Provider>,
    },
    /// A callback reports an error of the account or the number, and not of a message.
    AccountError {
        /// The provider that reported it.
        provider: Provider,
    },
    /// Polling ended without a final fact about a message.
    Unconfirmed {
        /// The provider that accepted the message.
        provider: Provider,
    },
    /// The time from a message's acceptance to its delivery.
    DeliveryTime {
        /// The provider that delivered it.
        provider: Provider,
        /// At least zero.
        took: Duration,
    },
    /// The number of stored events that were due in a run of the sweeper.
    DueEvents(u64),
    /// How long the oldest of them has been due; zero if none is.
    DueEventAge(Duration),
    /// A status event was put on the bus.
    StatusEvent(StatusEventType),
    /// A record of the table's stream cannot be read, so its status event is not published.
    UnreadableRecord,
}

/// The kinds of outcome of an order event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutcomeKind {
    /// A provider accepted the message.
    Accepted,
    /// Permanently refused.
    Rejected,
    /// Deliberately not sent.
    Suppressed,
    /// The operator must act.
    Held,
    /// No catalogue entry matches the event.
    Ignored,
    /// The event cannot become a message.
    Invalid,
}

impl OutcomeKind {
    /// In the order of declaration.
    pub const ALL: [Self; 6] =
        [Self::Accepted, Self::Rejected, Self::Suppressed, Self::Held, Self::Ignored, Self::Invalid];

    /// The name in logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Suppressed => "suppressed",
            Self::Held => "held",
            Self::Ignored => "ignored",
            Self::Invalid => "invalid",
        }
    }

    /// The outcome of a notification in this state; `None` if the state is not terminal.
    pub const fn from_state(state: State) -> Option<Self> {
        match state {
            State::Accepted => Some(Self::Accepted),
            State::Rejected => Some(Self::Rejected),
            State::Suppressed => Some(Self::Suppressed),
            State::Held => Some(Self::Held),
            State::Sending | State::Waiting | State::Unknown => None,
        }
    }
}

/// The alarm that an attempt raises, for all providers together: otherwise a CloudWatch alarm would have to sum each
/// combination of dimensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AttemptAlarm {
    /// `UnknownSendsAlarm`: it is unknown whether the provider accepted the message.
    UnknownSends,
    /// `ProviderRefusalsAlarm`: the provider refuses our credentials, our account or a template.
    ProviderRefusals,
    /// `ContentRefusalsAlarm`: the provider refuses the content of a message.
    ContentRefusals,
}

impl AttemptAlarm {
    /// Every alarm on attempts.
    pub const ALL: [Self; 3] = [Self::UnknownSends, Self::ProviderRefusals, Self::ContentRefusals];

    /// The dimension's value.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownSends => "unknown_sends",
            Self::ProviderRefusals => "provider_refusals",
            Self::ContentRefusals => "content_refusals",
        }
    }

    const fn from_attempt(answer: AnswerKind, reason: Option<ReasonClass>) -> Option<Self> {
        match (answer, reason) {
            (AnswerKind::Unknown, _) => Some(Self::UnknownSends),
            (_, Some(ReasonClass::Credentials | ReasonClass::Account | ReasonClass::Template)) => {
                Some(Self::ProviderRefusals)
            }
            (_, Some(ReasonClass::Content)) => Some(Self::ContentRefusals),
            _ => None,
        }
    }
}

/// A metric without its value.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Definition {
    /// The name in CloudWatch.
    pub name: &'static str,
    /// The unit of its values.
    pub unit: Unit,
    /// The dimension sets under which it is emitted. A set is omitted if one of its dimensions has no value.
    pub sets: &'static [&'static [&'static str]],
}

/// The unit of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    /// A number of occurrences.
    Count,
    /// A duration.
    Milliseconds,
}

/// Declares a constant for each metric, and the list of all.
macro_rules! definitions {
    ($($constant:ident = $name:literal, $unit:ident, $sets:expr;)+) => {
        $(const $constant: Definition = Definition { name: $name, unit: Unit::$unit, sets: $sets };)+
        /// The definitions of all metrics.
        pub const DEFINITIONS: &[Definition] = &[$($constant),+];
    };
}

definitions! {
    OUTCOMES = "Outcomes", Count, &[
        &["outcome"], &["outcome", "provider"], &["outcome", "reason"], &["outcome", "template"], &["outcome", "sender"],
    ];
    ATTEMPTS = "Attempts", Count, &[&["provider", "answer"], &["provider", "reason"], &["alarm"]];
    PROVIDER_LATENCY = "ProviderLatency", Milliseconds, &[&["provider"]];
    EVENT_AGE = "EventAge", Milliseconds, &[&[]];
    EVENTS_AHEAD = "EventsAhead", Count, &[&[]];
    DOUBTFUL_NUMBERS = "DoubtfulNumbers", Count, &[&[]];
    FACTS = "Facts", Count, &[&["provider", "fact"], &["template", "fact"], &["sender", "fact"]];
    FAILED_MESSAGES = "FailedMessages", Count, &[&["provider", "reason"]];
    UNMATCHED_FACTS = "UnmatchedFacts", Count, &[&[], &["provider"]];
    AUTHENTICATION_FAILURES = "AuthenticationFailures", Count, &[&[], &["provider"]];
    UNREADABLE_CALLBACKS = "UnreadableCallbacks", Count, &[&[], &["provider"]];
    ACCOUNT_ERRORS = "AccountErrors", Count, &[&[], &["provider"]];
    UNCONFIRMED = "Unconfirmed", Count, &[&["provider"]];
    DELIVERY_TIME = "DeliveryTime", Milliseconds, &[&["provider"]];
    DUE_EVENTS = "DueEvents", Count, &[&[]];
    DUE_EVENT_AGE = "DueEventAge", Milliseconds, &[&[]];
    STATUS_EVENTS = "StatusEvents", Count, &[&["type"]];
    UNREADABLE_RECORDS = "UnreadableRecords", Count, &[&[]];
}

/// The name and value of a dimension.
pub(super) type Dimension = (&'static str, Cow<'static, str>);

impl Metric {
    pub(super) const fn definition(&self) -> &'static Definition {
        match self {
            Self::Outcome { .. } => &OUTCOMES,
            Self::Attempt { .. } => &ATTEMPTS,
            Self::ProviderLatency { .. } => &PROVIDER_LATENCY,
            Self::EventAge(_) => &EVENT_AGE,
            Self::EventAhead => &EVENTS_AHEAD,
            Self::DoubtfulNumber => &DOUBTFUL_NUMBERS,
            Self::Fact { .. } => &FACTS,
            Self::FailedMessage { .. } => &FAILED_MESSAGES,
            Self::UnmatchedFact { .. } => &UNMATCHED_FACTS,
            Self::AuthenticationFailure { .. } => &AUTHENTICATION_FAILURES,
            Self::UnreadableCallback { .. } => &UNREADABLE_CALLBACKS,
            Self::AccountError { .. } => &ACCOUNT_ERRORS,
            Self::Unconfirmed { .. } => &UNCONFIRMED,
            Self::DeliveryTime { .. } => &DELIVERY_TIME,
            Self::DueEvents(_) => &DUE_EVENTS,
            Self::DueEventAge(_) => &DUE_EVENT_AGE,
            Self::StatusEvent(_) => &STATUS_EVENTS,
            Self::UnreadableRecord => &UNREADABLE_RECORDS,
        }
    }

    /// The dimensions that have a value.
    pub(super) fn dimensions(&self) -> Vec<Dimension> {
        let known = self.known_dimensions().into_iter().map(|(name, value)| (name, Cow::Borrowed(value)));
        let names = match self {
            Self::Outcome { names, .. } | Self::Fact { names, .. } => {
                [("template", names.template.clone()), ("sender", names.sender.clone())]
            }
            _ => return known.collect(),
        };
        let names = names.into_iter().filter_map(|(name, value)| Some((name, Cow::Owned(value?))));
        known.chain(names).collect()
    }

    /// The dimensions whose values are variants of enums.
    fn known_dimensions(&self) -> Vec<(&'static str, &'static str)> {
        let by = |provider: Provider| ("provider", provider.name());
        let why = |reason: ReasonClass| ("reason", reason.name());
        match *self {
            Self::Outcome { outcome, provider, reason, .. } => {
                let outcome = ("outcome", outcome.name());
                [Some(outcome), provider.map(by), reason.map(why)].into_iter().flatten().collect()
            }
            Self::Attempt { provider, answer, reason } => {
                let alarm = AttemptAlarm::from_attempt(answer, reason).map(|alarm| ("alarm", alarm.name()));
                let answer = ("answer", answer.name());
                [Some(by(provider)), Some(answer), reason.map(why), alarm].into_iter().flatten().collect()
            }
            Self::EventAge(_)
            | Self::EventAhead
            | Self::DoubtfulNumber
            | Self::DueEvents(_)
            | Self::DueEventAge(_)
            | Self::UnreadableRecord => Vec::new(),
            Self::Fact { provider, fact, .. } => vec![by(provider), ("fact", fact.name())],
            Self::FailedMessage { provider, reason } => vec![by(provider), why(reason)],
            Self::ProviderLatency { provider, .. }
            | Self::UnmatchedFact { provider }
            | Self::AuthenticationFailure { provider }
            | Self::AccountError { provider }
            | Self::Unconfirmed { provider }
            | Self::DeliveryTime { provider, .. } => vec![by(provider)],
            Self::UnreadableCallback { provider } => provider.map(by).into_iter().collect(),
            Self::StatusEvent(kind) => vec![("type", kind.name())],
        }
    }

    /// The measured value; `None` for a metric that counts occurrences.
    pub(super) fn measured(&self) -> Option<u64> {
        match self {
            Self::ProviderLatency { took, .. }
            | Self::DeliveryTime { took, .. }
            | Self::EventAge(took)
            | Self::DueEventAge(took) => Some(u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
            Self::DueEvents(number) => Some(*number),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_raises_the_alarm_of_its_unknown_answer_or_its_reason() {
        for reason in ReasonClass::ALL {
            let expected = match reason.name() {
                "credentials" | "account" | "template" => Some(AttemptAlarm::ProviderRefusals),
                "content" => Some(AttemptAlarm::ContentRefusals),
                _ => None,
            };
            for answer in AnswerKind::ALL {
                let is_unknown = answer == AnswerKind::Unknown;
                let expected = if is_unknown { Some(AttemptAlarm::UnknownSends) } else { expected };
                let alarm = AttemptAlarm::from_attempt(answer, Some(reason));
                assert_eq!(alarm, expected, "{answer:?} {reason:?}");
            }
        }
        assert_eq!(AttemptAlarm::from_attempt(AnswerKind::Accepted, None), None);
    }
}
