//! Applies the operator's finding to a held notification.
//!
//! The operator can look the message up at the provider or ask the customer. The finding applies only to held
//! notifications: in every other state the protocol continues by itself or has ended.

use jiff::Timestamp;

use super::{Reason, ReasonClass, Record, State};
use crate::message::MessageKey;

/// What the operator found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The message was sent, with its id if known.
    Sent(Option<MessageKey>),
    /// The message was not sent.
    NotSent,
}

/// The result of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// Write this record.
    Move(Record),
    /// The record is not held, so there is nothing to decide.
    NotHeld(State),
}

/// Settles a held notification by the operator's finding. After [`Finding::NotSent`] it is due now, and is
/// sent when its event comes again.
///
/// The attempt counter is increased although no attempt was started: a notification can become `held` after
/// it was `waiting`, and no pair of state and attempt may be entered twice. The refusals are cleared, so that
/// every provider may be asked again.
pub fn resolve(record: &Record, finding: &Finding, now: Timestamp) -> Resolution {
    if record.state != State::Held {
        return Resolution::NotHeld(record.state);
    }
    Resolution::Move(match finding {
        Finding::Sent(message) => {
            let reason = operators_reason("an operator found that it was sent");
            let mut accepted = record.moved_to(State::Accepted, None, Some(reason));
            accepted.provider = message.as_ref().map(|message| message.provider).or(record.provider);
            accepted.message_ids.extend(message.clone());
            accepted
        }
        Finding::NotSent => release(record, "an operator found that it was not sent", now),
    })
}

/// The record, due now, after the operator released it.
pub(super) fn release(record: &Record, why: &str, now: Timestamp) -> Record {
    let mut waiting = record.moved_to(State::Waiting, Some(now), Some(operators_reason(why)));
    waiting.attempt += 1;
    waiting.unclear = false;
    waiting.refused_by.clear();
    waiting.mendable = false;
    waiting.rounds = 0;
    waiting.unrecognised_rounds = 0;
    waiting
}

/// The reason code for a decision of the operator.
const RESOLVED: &str = "resolved";

fn operators_reason(text: &str) -> Reason {
    Reason::new(ReasonClass::OurChoice, RESOLVED, text)
}

/// Whether the record's reason is a decision of the operator.
fn is_resolved(record: &Record) -> bool {
    record.reason.as_ref().is_some_and(|reason| reason.code == RESOLVED)
}

/// Whether the operator has released the notification and its event has not come again since.
pub fn is_released(record: &Record) -> bool {
    record.state == State::Waiting && is_resolved(record)
}

#[cfg(test)]
mod tests {
    use super::super::{ClaimToken, Context, Decision, Guard, Held, Policy, Staleness, Sweep, decide, sweep};
    use super::*;
    use crate::catalogue::Consent;
    use crate::message::MessageId;
    use crate::provider::Provider::{self, Kaleyra, Meta, OneMsg};

    const NOW: Timestamp = Timestamp::constant(1_780_000_000, 0);

    fn record(state: State) -> Record {
        Record {
            state,
            attempt: 2,
            provider: Some(OneMsg),
            unclear: true,
            refused_by: [Meta].into(),
            due_at: Some(NOW),
            reason: Some(Reason::new(ReasonClass::Unclear, "timeout", "text")),
            ..Record::untried("f")
        }
    }

    fn resolved(finding: &Finding) -> Record {
        match resolve(&record(State::Held), finding, NOW) {
            Resolution::Move(record) => record,
            Resolution::NotHeld(state) => panic!("it was held, and not {state}"),
        }
    }

    fn message(provider: Provider) -> MessageKey {
        MessageKey { provider, id: MessageId::parse("id-1").unwrap() }
    }

    #[test]
    fn a_sent_message_is_accepted_by_the_provider_of_its_id_or_of_the_last_attempt() {
        let accepted = resolved(&Finding::Sent(None));
        assert_eq!((accepted.state, accepted.provider, accepted.attempt), (State::Accepted, Some(OneMsg), 2));
        assert_eq!((accepted.due_at, accepted.message_ids.len()), (None, 0));

        let accepted = resolved(&Finding::Sent(Some(message(Kaleyra))));
        assert_eq!((accepted.state, accepted.provider), (State::Accepted, Some(Kaleyra)));
        assert_eq!(accepted.message_ids, [message(Kaleyra)].into());
    }

    #[test]
    fn an_unsent_notification_is_claimed_when_its_event_comes_and_held_again_otherwise() {
        let waiting = resolved(&Finding::NotSent);
        assert_eq!((waiting.state, waiting.attempt, waiting.due_at), (State::Waiting, 3, Some(NOW)));
        assert!(waiting.refused_by.is_empty() && is_released(&waiting));

        let policy = Policy::default();
        let context = Context {
            now: NOW,
            lease_end: NOW,
            token: ClaimToken(7),
            may_send: true,
            fingerprint: "f",
            is_same_event: false,
            providers: &[OneMsg, Meta],
            guard: Guard::Allowed,
            consent: Consent::Given,
            event_time: NOW,
            is_outdated: false,
            staleness: Staleness::Fresh,
            is_urgent: false,
            policy: &policy,
        };
        let Decision::Claim(claimed) = decide(Some(&waiting), &context) else { panic!("a claim") };
        assert_eq!((claimed.state, claimed.attempt, claimed.provider), (State::Sending, 4, Some(OneMsg)));
        assert!(!is_resolved(&claimed));

        let Sweep::Move(held) = sweep(&waiting, &policy, std::time::Duration::ZERO, NOW) else {
            panic!("a move")
        };
        assert_eq!((held.state, held.attempt), (State::Held, 3));
        assert!(is_resolved(&held) && !is_released(&held));
        assert_eq!(held.held_as(), Some(Held::Unsent), "the operator's finding counts");
    }

    #[test]
    fn only_a_held_notification_can_be_resolved() {
        for state in [
            State::Sending,
            State::Waiting,
            State::Unknown,
            State::Accepted,
            State::Rejected,
            State::Suppressed,
        ] {
            for finding in [Finding::Sent(Some(message(OneMsg))), Finding::NotSent] {
                assert_eq!(resolve(&record(state), &finding, NOW), Resolution::NotHeld(state));
            }
        }
    }
}
