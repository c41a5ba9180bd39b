//! Applies the operator's request to send a notification again.

use jiff::Timestamp;

use super::{Record, State, resolve};

/// The risks that the operator accepts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AcceptedRisks {
    /// It may have been sent, so the customer may get it twice.
    pub twice: bool,
    /// Its event is too old. The acceptance of this risk lasts until the notification has its outcome.
    pub late: bool,
}

/// The result of a request to send again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resend {
    /// Write this record: it is due now, and is sent when its event comes.
    Move(Record),
    /// It was sent, or may have been: this needs [`AcceptedRisks::twice`].
    MayBeSentTwice,
    /// The record is `sending` or `unknown`: the protocol is still working on it.
    InProgress,
    /// It was deliberately not sent.
    Suppressed,
}

/// Releases a notification to be sent again. A certainly unsent one needs no `accepting`; an accepted or
/// unclear one does.
///
/// A message that may have been sent stays unclear: the operator accepts the risk, and does not claim that it
/// was not sent. The attempt counter is increased, as by [`resolve()`] with
/// [`Finding::NotSent`](super::Finding::NotSent). An order status is still checked against the order's
/// progress, so that it never follows a newer one.
pub fn resend(record: &Record, accepting: AcceptedRisks, by: &str, now: Timestamp) -> Resend {
    let is_unsure = record.unclear || record.state == State::Accepted;
    match record.state {
        State::Sending | State::Unknown => Resend::InProgress,
        State::Suppressed => Resend::Suppressed,
        _ if is_unsure && !accepting.twice => Resend::MayBeSentTwice,
        State::Waiting | State::Held | State::Rejected | State::Accepted => {
            let mut next = resolve::release(record, &format!("{by} asked to send it again"), now);
            next.unclear = is_unsure;
            next.although_late = accepting.late;
            next.resent.insert(format!("{now:.3} {by}"));
            Resend::Move(next)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Held, Policy, Sweep, is_released, superseded, sweep};
    use super::*;
    use crate::message::{MessageId, MessageKey};
    use crate::provider::Provider::{Meta, OneMsg};

    const NOW: Timestamp = Timestamp::constant(1_780_000_000, 0);

    fn record(state: State, unclear: bool) -> Record {
        Record {
            state,
            attempt: 3,
            provider: Some(OneMsg),
            unclear,
            resend_spent: true,
            refused_by: [Meta].into(),
            rounds: 6,
            ..Record::untried("f")
        }
    }

    #[test]
    fn an_unsent_notification_is_due_at_once_for_every_provider() {
        for state in [State::Held, State::Rejected, State::Waiting] {
            let Resend::Move(next) = resend(&record(state, false), AcceptedRisks::default(), "ann", NOW)
            else {
                panic!("{state}: a move")
            };
            assert_eq!((next.state, next.attempt, next.due_at), (State::Waiting, 4, Some(NOW)), "{state}");
            assert!(is_released(&next) && next.refused_by.is_empty() && next.rounds == 0, "{state}");
            assert_eq!(next.reason.unwrap().text, "ann asked to send it again");
        }
    }

    #[test]
    fn a_notification_that_may_have_been_sent_needs_an_accepted_risk() {
        let twice = AcceptedRisks { twice: true, late: false };
        for unsure in
            [record(State::Accepted, false), record(State::Held, true), record(State::Waiting, true)]
        {
            assert_eq!(resend(&unsure, AcceptedRisks::default(), "ann", NOW), Resend::MayBeSentTwice);
            let Resend::Move(next) = resend(&unsure, twice, "ann", NOW) else { panic!("a move") };
            assert!(next.unclear && next.state == State::Waiting);
        }
        for state in [State::Sending, State::Unknown] {
            assert_eq!(resend(&record(state, true), twice, "ann", NOW), Resend::InProgress);
        }
        assert_eq!(resend(&record(State::Suppressed, false), twice, "ann", NOW), Resend::Suppressed);
    }

    #[test]
    fn an_accepted_notification_stays_accepted_if_the_resend_fails() {
        let message = MessageKey { provider: Meta, id: MessageId::parse("wamid.1").unwrap() };
        let accepted = Record {
            message_ids: [message].into(),
            provider: Some(Meta),
            reason: None,
            ..record(State::Accepted, false)
        };
        let Resend::Move(waiting) = resend(&accepted, AcceptedRisks { twice: true, late: false }, "ann", NOW)
        else {
            panic!("a move")
        };
        let Sweep::Move(end) = sweep(&waiting, &Policy::default(), std::time::Duration::ZERO, NOW) else {
            panic!("a move")
        };
        assert_eq!((end.state, end.provider, end.due_at), (State::Accepted, Some(Meta), None));
        let unclear = Record { message_ids: [].into(), ..waiting };
        let end = superseded(Some(&unclear), "f", NOW);
        assert_eq!(end.held_as(), Some(Held::Unclear), "it may have been sent");
    }

    #[test]
    fn the_operators_of_all_resends_stay_in_the_record() {
        let Resend::Move(first) = resend(&record(State::Held, false), AcceptedRisks::default(), "ann", NOW)
        else {
            panic!("a move")
        };
        let held = first.held(None, NOW);
        let later = NOW + jiff::SignedDuration::from_hours(1);
        let Resend::Move(second) = resend(&held, AcceptedRisks::default(), "bob", later) else {
            panic!("a move")
        };
        let accepted = second.moved_to(State::Accepted, None, None);
        let all: Vec<&str> = accepted.resent.iter().map(String::as_str).collect();
        assert_eq!(all, ["2026-05-28T20:26:40.000Z ann", "2026-05-28T21:26:40.000Z bob"]);
    }

    #[test]
    fn the_accepted_lateness_lasts_until_the_outcome() {
        let late = AcceptedRisks { twice: false, late: true };
        let Resend::Move(next) = resend(&record(State::Held, false), late, "ann", NOW) else {
            panic!("a move")
        };
        let waiting =
            next.moved_to(State::Sending, Some(NOW), None).moved_to(State::Waiting, Some(NOW), None);
        assert!(waiting.although_late);
        for state in [State::Accepted, State::Held, State::Rejected, State::Suppressed] {
            assert!(!waiting.moved_to(state, None, None).although_late, "{state}");
        }
        let Resend::Move(again) = resend(&waiting, AcceptedRisks::default(), "ann", NOW) else {
            panic!("a move")
        };
        assert!(!again.although_late);
    }
}
