//! Every metric of the system: its name, its unit and its dimensions.
//!
//! A dimension's value is always a variant of an enum, so that no input can make a new one: CloudWatch bills each
//! combination of values as a metric of its own. `docs/metrics.md` says when each is written.

use std::time::Duration;

use crate::delivery::FactKind;
use crate::protocol::{AnswerKind, ReasonClass, State};
use crate::provider::Provider;
use crate::status_event::StatusEventType;

/// Something that has happened once and is counted or measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// An event came to its end: counted by whoever wrote it there, so that a replay counts nothing.
    Outcome {
        /// How it ended.
        outcome: OutcomeKind,
        /// Who took or refused it last.
        provider: Option<Provider>,
        /// Why, where that isn't plain.
        reason: Option<ReasonClass>,
    },
    /// A provider answered an attempt.
    Attempt {
        /// Who.
        provider: Provider,
        /// What it answered.
        answer: AnswerKind,
        /// Why it didn't accept.
        reason: Option<ReasonClass>,
    },
    /// One request to a provider took this long.
    ProviderLatency {
        /// Which.
        provider: Provider,
        /// How long.
        took: Duration,
    },
    /// An event was this old when its message was accepted.
    EventAge(Duration),
    /// An event came to its end whose time was minutes ahead of its receipt.
    EventAhead,
    /// A notification came to its end whose number its country's numbering plan doesn't have.
    DoubtfulNumber,
    /// A delivery fact that wasn't known before.
    Fact {
        /// Who reported it.
        provider: Provider,
        /// What happened.
        fact: FactKind,
    },
    /// A message won't arrive.
    FailedMessage {
        /// Who reported it.
        provider: Provider,
        /// Why.
        reason: ReasonClass,
    },
    /// A new fact about a message whose order isn't known.
    UnmatchedFact {
        /// Who reported it.
        provider: Provider,
    },
    /// A call to a webhook was refused.
    AuthenticationFailure {
        /// Whose webhook.
        provider: Provider,
    },
    /// The body of an authentic call can't be read.
    UnreadableCallback {
        /// Whose webhook.
        provider: Provider,
    },
    /// A callback reports an error that belongs to no message: the account's or the number's.
    AccountError {
        /// Who reported it.
        provider: Provider,
    },
    /// Nobody can tell what became of a message.
    Unconfirmed {
        /// Who accepted it.
        provider: Provider,
    },
    /// A message reached the phone this long after it was accepted.
    DeliveryTime {
        /// Who carried it.
        provider: Provider,
        /// How long it took.
        took: Duration,
    },
    /// So many kept events were due when a sweep looked.
    DueEvents(u64),
    /// The one of them that has been due for longest, for how long; zero where none is due.
    DueEventAge(Duration),
    /// A status event was put on the bus.
    StatusEvent(StatusEventType),
    /// A record of the table's stream can't be read, and its status event isn't published.
    UnreadableRecord,
}

/// How an order event ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutcomeKind {
    /// A provider took the message.
    Accepted,
    /// It was refused for good.
    Rejected,
    /// We chose not to send it.
    Suppressed,
    /// A person must decide.
    Held,
    /// Nothing in the catalogue listens to it.
    Ignored,
    /// It can't become a message.
    Invalid,
}

impl OutcomeKind {
    /// All six.
    pub const ALL: [Self; 6] =
        [Self::Accepted, Self::Rejected, Self::Suppressed, Self::Held, Self::Ignored, Self::Invalid];

    /// The word in the logs and the metrics.
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

    /// The outcome that a notification in this state has; none while it has none.
    pub const fn of(state: State) -> Option<Self> {
        match state {
            State::Accepted => Some(Self::Accepted),
            State::Rejected => Some(Self::Rejected),
            State::Suppressed => Some(Self::Suppressed),
            State::Held => Some(Self::Held),
            State::Sending | State::Waiting | State::Unknown => None,
        }
    }
}

/// Which alarm an attempt sets off, whoever the provider is: CloudWatch alarms on one metric, or on a sum that names each
/// combination of dimensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AttemptAlarm {
    /// `UnknownSendsAlarm`: the answer doesn't say whether the provider took the message.
    UnknownSends,
    /// `ProviderRefusalsAlarm`: the provider refuses our credentials, our account or a template.
    ProviderRefusals,
    /// `ContentRefusalsAlarm`: the provider finds the content of a message wrong.
    ContentRefusals,
}

impl AttemptAlarm {
    /// Every alarm on attempts.
    pub const ALL: [Self; 3] = [Self::UnknownSends, Self::ProviderRefusals, Self::ContentRefusals];

    /// The word in the metrics.
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

/// What a metric is, whatever it has counted or measured.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Definition {
    /// Its name in CloudWatch.
    pub name: &'static str,
    /// What its values are.
    pub unit: Unit,
    /// The sets of dimensions under which it is written; one whose dimension has no value is left out.
    pub sets: &'static [&'static [&'static str]],
}

/// What a metric's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    /// How often something happened.
    Count,
    /// How long something took.
    Milliseconds,
}

/// The definitions, by the names of the metrics.
macro_rules! definitions {
    ($($constant:ident = $name:literal, $unit:ident, $sets:expr;)+) => {
        $(const $constant: Definition = Definition { name: $name, unit: Unit::$unit, sets: $sets };)+
        /// All there are.
        pub const DEFINITIONS: &[Definition] = &[$($constant),+];
    };
}

definitions! {
    OUTCOMES = "Outcomes", Count, &[&["outcome"], &["outcome", "provider"], &["outcome", "reason"]];
    ATTEMPTS = "Attempts", Count, &[&["provider", "answer"], &["provider", "reason"], &["alarm"]];
    PROVIDER_LATENCY = "ProviderLatency", Milliseconds, &[&["provider"]];
    EVENT_AGE = "EventAge", Milliseconds, &[&[]];
    EVENTS_AHEAD = "EventsAhead", Count, &[&[]];
    DOUBTFUL_NUMBERS = "DoubtfulNumbers", Count, &[&[]];
    FACTS = "Facts", Count, &[&["provider", "fact"]];
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

/// A dimension's name and value.
pub(super) type Dimension = (&'static str, &'static str);

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
        let by = |provider: Provider| ("provider", provider.name());
        let why = |reason: ReasonClass| ("reason", reason.name());
        match *self {
            Self::Outcome { outcome, provider, reason } => {
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
            Self::Fact { provider, fact } => vec![by(provider), ("fact", fact.name())],
            Self::FailedMessage { provider, reason } => vec![by(provider), why(reason)],
            Self::ProviderLatency { provider, .. }
            | Self::UnmatchedFact { provider }
            | Self::AuthenticationFailure { provider }
            | Self::UnreadableCallback { provider }
            | Self::AccountError { provider }
            | Self::Unconfirmed { provider }
            | Self::DeliveryTime { provider, .. } => vec![by(provider)],
            Self::StatusEvent(kind) => vec![("type", kind.name())],
        }
    }

    /// What it has measured; none of one that counts how often something happened.
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
    fn an_attempt_sets_off_the_alarm_of_its_unknown_answer_or_of_its_reason() {
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
