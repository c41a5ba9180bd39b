//! Limits the requests to a provider that refuses a sender's credentials: one probe a minute, or more often if the first `refused`
//! wait of `RETRY_WAITS` is shorter. The sender's other notifications are refused with the same reason, without a request to the
//! provider or to Secrets Manager.
//!
//! Each execution environment counts only its own attempts and sends its own probes. Any other answer from the provider
//! lifts the limit at once.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use shared::message::Sender;
use shared::protocol::{Answer, Reason, ReasonClass, RetryWaits};
use shared::provider::Provider;
use shared::providers::Attempted;

/// After this many refusals in a row the cause is the credentials and not a single message.
const LIMIT_AFTER: u32 = 3;

/// The providers that refuse a sender's credentials.
#[derive(Debug)]
pub(crate) struct Probes {
    /// The time between two probes.
    wait: Duration,
    known: Mutex<BTreeMap<Account, Refusals>>,
}

/// A sender's account with a provider.
type Account = (Option<Sender>, Provider);

#[derive(Debug)]
struct Refusals {
    /// Refusals in a row.
    count: u32,
    last: Reason,
    next_probe: Timestamp,
}

impl Probes {
    /// The interval is at most the default one, so that new and released notifications are sent soon after the
    /// credentials are fixed.
    pub(crate) fn new(waits: &RetryWaits) -> Self {
        let wait = waits.refused.first().min(RetryWaits::default().refused.first());
        Self { wait, known: Mutex::new(BTreeMap::new()) }
    }

    /// The reason for refusing without a request. `None` means that the caller must send, which is the next probe.
    pub(crate) fn refusal(
        &self,
        sender: Option<&Sender>,
        provider: Provider,
        now: Timestamp,
    ) -> Option<Reason> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let refusals =
            known.get_mut(&(sender.cloned(), provider)).filter(|refusals| refusals.count >= LIMIT_AFTER)?;
        if now < refusals.next_probe {
            return Some(refusals.last.clone());
        }
        refusals.next_probe = self.next_probe(now);
        None
    }

    /// Updates the refusals from an attempt, unless it made no request.
    pub(crate) fn update(
        &self,
        sender: Option<&Sender>,
        provider: Provider,
        attempted: &Attempted,
        now: Timestamp,
    ) {
        if attempted.calls.is_empty() {
            return;
        }
        let account = (sender.cloned(), provider);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match &attempted.answer {
            Answer::Refused(reason) if is_about_credentials(&attempted.answer) => {
                let count = known.get(&account).map_or(0, |refusals| refusals.count).saturating_add(1);
                known.insert(
                    account,
                    Refusals { count, last: reason.clone(), next_probe: self.next_probe(now) },
                );
            }
            _ => {
                known.remove(&account);
            }
        }
    }

    fn next_probe(&self, now: Timestamp) -> Timestamp {
        now.saturating_add(self.wait).unwrap_or(Timestamp::MAX)
    }
}

/// Whether the provider refused our credentials.
pub(crate) fn is_about_credentials(answer: &Answer) -> bool {
    matches!(answer, Answer::Refused(reason) if reason.class == ReasonClass::Credentials)
}

#[cfg(test)]
mod tests {
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

    /// Probes that limit Meta since second 0.
    fn limited() -> Probes {
        let probes = Probes::new(&RetryWaits::default());
        for _ in 0..LIMIT_AFTER {
            assert_eq!(probes.refusal(None, Meta, at(0)), None);
            probes.update(None, Meta, &refused(ReasonClass::Credentials), at(0));
        }
        probes
    }

    #[test]
    fn one_attempt_a_minute_reaches_a_provider_that_refuses_the_credentials() {
        let probes = limited();
        for second in [0, 1, 59] {
            assert_eq!(probes.refusal(None, Meta, at(second)).unwrap().code, "190", "{second}");
        }
        assert_eq!(probes.refusal(None, Kaleyra, at(1)), None, "another account");
        let acme = Sender::parse("acme").unwrap();
        assert_eq!(probes.refusal(Some(&acme), Meta, at(1)), None, "another sender");
        assert_eq!(probes.refusal(None, Meta, at(60)), None, "the probe");
        assert!(probes.refusal(None, Meta, at(60)).is_some(), "the probe is running");
        probes.update(None, Meta, &refused(ReasonClass::Credentials), at(62));
        assert!(probes.refusal(None, Meta, at(121)).is_some());
        // The probe's invocation ended without an answer, so another probe follows.
        assert_eq!(probes.refusal(None, Meta, at(122)), None);
        assert_eq!(probes.refusal(None, Meta, at(182)), None);
    }

    #[test]
    fn any_other_answer_lifts_the_limit() {
        for answer in [
            Answer::Accepted(None),
            Answer::NotSent { reason: Reason::new(ReasonClass::Throttled, "130429", "t"), retry_after: None },
            Answer::Refused(Reason::new(ReasonClass::Template, "132001", "t")),
        ] {
            let probes = limited();
            probes.update(None, Meta, &answered(answer), at(1));
            assert_eq!(probes.refusal(None, Meta, at(1)), None);
        }
    }

    #[test]
    fn a_few_refusals_among_other_answers_set_no_limit() {
        let probes = Probes::new(&RetryWaits::default());
        for second in 0..10 {
            probes.update(None, Meta, &refused(ReasonClass::Credentials), at(second));
            probes.update(None, Meta, &refused(ReasonClass::Credentials), at(second));
            probes.update(None, Meta, &answered(Answer::Accepted(None)), at(second));
            assert_eq!(probes.refusal(None, Meta, at(second)), None);
        }
    }

    #[test]
    fn attempts_without_requests_do_not_count() {
        let probes = Probes::new(&RetryWaits::default());
        for _ in 0..10 {
            let unasked = Attempted { calls: Vec::new(), ..refused(ReasonClass::Credentials) };
            probes.update(None, Meta, &unasked, at(0));
        }
        assert_eq!(probes.refusal(None, Meta, at(0)), None);
    }
}
