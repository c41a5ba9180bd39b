//! While a provider refuses our credentials, one attempt a minute asks it, and not one of every order: the others are refused
//! as that one was, wait as long, and cost the provider no request and Secrets Manager no read.
//!
//! Each execution environment knows of its own attempts alone, so that so many attempts go out in a minute as there are
//! environments. Whatever the provider answers else ends it at once.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use shared::protocol::{Answer, Reason, ReasonClass};
use shared::provider::Provider;
use shared::providers::Attempted;

/// So many refusals with no other answer among them are about the credentials, and not about one message.
const SURE_AFTER: u32 = 3;
/// The protocol's first wait for something to be mended.
const WAIT: SignedDuration = SignedDuration::from_mins(1);

/// The providers that refuse our credentials.
#[derive(Debug, Default)]
pub(crate) struct Probes(Mutex<BTreeMap<Provider, Refusals>>);

#[derive(Debug)]
struct Refusals {
    /// In a row.
    count: u32,
    last: Reason,
    next_probe: Timestamp,
}

impl Probes {
    /// Why a provider needs not be asked now; none where it must be. What asks then is the probe of the next minute.
    pub(crate) fn refusal(&self, provider: Provider, now: Timestamp) -> Option<Reason> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let refusals = known.get_mut(&provider).filter(|refusals| refusals.count >= SURE_AFTER)?;
        if now < refusals.next_probe {
            return Some(refusals.last.clone());
        }
        refusals.next_probe = after(now);
        None
    }

    /// Learns from an attempt that has asked.
    pub(crate) fn learn(&self, provider: Provider, attempted: &Attempted, now: Timestamp) {
        if attempted.calls.is_empty() {
            return;
        }
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &attempted.answer {
            Answer::Refused(reason) if is_about_credentials(&attempted.answer) => {
                let count = known.get(&provider).map_or(0, |refusals| refusals.count).saturating_add(1);
                known.insert(provider, Refusals { count, last: reason.clone(), next_probe: after(now) });
            }
            _ => {
                known.remove(&provider);
            }
        }
    }
}

/// Whether a provider refuses our credentials.
pub(crate) fn is_about_credentials(answer: &Answer) -> bool {
    matches!(answer, Answer::Refused(reason) if reason.class == ReasonClass::Credentials)
}

fn after(now: Timestamp) -> Timestamp {
    now.saturating_add(WAIT).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use shared::provider::Provider::{Kaleyra, Meta};

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_780_000_000 + second).unwrap()
    }

    fn answered(answer: Answer) -> Attempted {
        Attempted { answer, calls: vec![Duration::from_millis(1)] }
    }

    fn refused(class: ReasonClass) -> Attempted {
        answered(Answer::Refused(Reason::new(class, "190", "the access token has expired")))
    }

    /// Probes of a provider that has refused the credentials often enough, at second 0.
    fn sure() -> Probes {
        let probes = Probes::default();
        for _ in 0..SURE_AFTER {
            assert_eq!(probes.refusal(Meta, at(0)), None);
            probes.learn(Meta, &refused(ReasonClass::Credentials), at(0));
        }
        probes
    }

    #[test]
    fn one_attempt_a_minute_asks_a_provider_that_refuses_the_credentials() {
        let probes = sure();
        for second in [0, 1, 59] {
            assert_eq!(probes.refusal(Meta, at(second)).unwrap().code, "190", "{second}");
        }
        assert_eq!(probes.refusal(Kaleyra, at(1)), None, "another account");
        assert_eq!(probes.refusal(Meta, at(60)), None, "the probe");
        assert!(probes.refusal(Meta, at(60)).is_some(), "the probe is under way");
        probes.learn(Meta, &refused(ReasonClass::Credentials), at(62));
        assert!(probes.refusal(Meta, at(121)).is_some());
        // A probe of which nothing was learnt, because its invocation ended, is followed by another.
        assert_eq!(probes.refusal(Meta, at(122)), None);
        assert_eq!(probes.refusal(Meta, at(182)), None);
    }

    #[test]
    fn any_other_answer_opens_the_way_for_all() {
        for answer in [
            Answer::Accepted(None),
            Answer::NotSent { reason: Reason::new(ReasonClass::Throttled, "130429", "t"), retry_after: None },
            Answer::Refused(Reason::new(ReasonClass::Template, "132001", "t")),
        ] {
            let probes = sure();
            probes.learn(Meta, &answered(answer), at(1));
            assert_eq!(probes.refusal(Meta, at(1)), None);
        }
    }

    #[test]
    fn a_few_refusals_among_other_answers_close_nothing() {
        let probes = Probes::default();
        for second in 0..10 {
            probes.learn(Meta, &refused(ReasonClass::Credentials), at(second));
            probes.learn(Meta, &refused(ReasonClass::Credentials), at(second));
            probes.learn(Meta, &answered(Answer::Accepted(None)), at(second));
            assert_eq!(probes.refusal(Meta, at(second)), None);
        }
    }

    #[test]
    fn what_asked_nobody_tells_nothing() {
        let probes = Probes::default();
        for _ in 0..10 {
            let unasked = Attempted { calls: Vec::new(), ..refused(ReasonClass::Credentials) };
            probes.learn(Meta, &unasked, at(0));
        }
        assert_eq!(probes.refusal(Meta, at(0)), None);
    }
}
