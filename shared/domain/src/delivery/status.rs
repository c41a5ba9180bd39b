//! Derives the delivery status from the set of facts, independent of their order and repetitions.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{FactKind, Failure};

/// The facts known about one message. The earliest fact of each kind is kept, so that adding facts commutes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DeliveryFacts {
    /// When the provider sent it on.
    pub sent_at: Option<Timestamp>,
    /// When it reached the phone.
    pub delivered_at: Option<Timestamp>,
    /// When the customer opened it.
    pub read_at: Option<Timestamp>,
    /// When it failed, by the failure that [`outranks`] all others.
    pub failed_at: Option<Timestamp>,
    /// The reason in the fact of `failed_at`; present whenever `failed_at` is.
    pub failure: Option<Failure>,
}

impl DeliveryFacts {
    /// The time of the fact of this kind, if known.
    pub const fn at(&self, kind: FactKind) -> Option<Timestamp> {
        match kind {
            FactKind::Sent => self.sent_at,
            FactKind::Delivered => self.delivered_at,
            FactKind::Read => self.read_at,
            FactKind::Failed => self.failed_at,
        }
    }

    /// The kinds of the known facts, in the order in which they usually happen.
    pub fn kinds(&self) -> impl Iterator<Item = FactKind> {
        FactKind::ALL.into_iter().filter(move |kind| self.at(*kind).is_some())
    }

    /// Whether the status is final: delivered, read or failed. `sent` alone is not.
    pub const fn is_final(&self) -> bool {
        matches!(self.status(), DeliveryStatus::Delivered | DeliveryStatus::Read | DeliveryStatus::Failed)
    }

    /// Adds a fact. The earliest of each kind is kept; of two failures at the same time, the one that
    /// [`outranks`] the other.
    pub fn add(&mut self, kind: FactKind, at: Timestamp, failure: Option<&Failure>) {
        let slot = match kind {
            FactKind::Sent => &mut self.sent_at,
            FactKind::Delivered => &mut self.delivered_at,
            FactKind::Read => &mut self.read_at,
            FactKind::Failed => {
                let failure = failure.cloned().unwrap_or_default();
                let known = self.failed_at.zip(self.failure.as_ref());
                if known.is_none_or(|known| outranks((at, &failure), known)) {
                    self.failed_at = Some(at);
                    self.failure = Some(failure);
                }
                return;
            }
        };
        *slot = Some(slot.map_or(at, |known| known.min(at)));
    }

    /// Adds every fact of `other`.
    pub fn merge(&mut self, other: &Self) {
        for kind in FactKind::ALL {
            if let Some(at) = other.at(kind) {
                self.add(kind, at, other.failure.as_ref());
            }
        }
    }

    /// The status that follows from these facts.
    ///
    /// Read implies delivered (Meta may skip `delivered`). A failure never overrides a delivery: the delivery
    /// proves that the failure report was wrong or came from an earlier try.
    pub const fn status(&self) -> DeliveryStatus {
        if self.read_at.is_some() {
            DeliveryStatus::Read
        } else if self.delivered_at.is_some() {
            DeliveryStatus::Delivered
        } else if self.failed_at.is_some() {
            DeliveryStatus::Failed
        } else if self.sent_at.is_some() {
            DeliveryStatus::Sent
        } else {
            DeliveryStatus::Accepted
        }
    }
}

/// Whether a reported failure replaces the known one. The earlier wins; of two at the same time, the one with
/// more information, then the first in sort order, so that the order of reports does not matter.
pub fn outranks(reported: (Timestamp, &Failure), known: (Timestamp, &Failure)) -> bool {
    let [reported, known] =
        [reported, known].map(|(at, failure)| (at, failure.code.is_none(), failure.text.is_empty(), failure));
    reported < known
}

/// The delivery status of an accepted message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryStatus {
    /// No report yet.
    Accepted,
    /// The provider sent it on.
    Sent,
    /// It reached the phone.
    Delivered,
    /// The customer opened it.
    Read,
    /// It will not arrive.
    Failed,
}

impl fmt::Display for DeliveryStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Accepted => "accepted",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Report = (FactKind, Timestamp, Option<Failure>);

    fn report() -> impl Strategy<Value = Report> {
        (0..4usize, 0..5i64, proptest::option::of("[ab]")).prop_map(|(kind, second, text)| {
            let failure = text.map(|text| Failure { code: None, text });
            (FactKind::ALL[kind], Timestamp::from_second(1_750_000_000 + second).unwrap(), failure)
        })
    }

    fn added(reports: &[Report]) -> DeliveryFacts {
        let mut facts = DeliveryFacts::default();
        for (kind, at, failure) in reports {
            facts.add(*kind, *at, failure.as_ref());
        }
        facts
    }

    fn reports_and_their_permutation_with_repetitions() -> impl Strategy<Value = (Vec<Report>, Vec<Report>)> {
        proptest::collection::vec(report(), 0..8).prop_flat_map(|set| {
            let repeated = proptest::collection::vec(
                proptest::sample::select(if set.is_empty() {
                    vec![(FactKind::Sent, Timestamp::UNIX_EPOCH, None)]
                } else {
                    set.clone()
                }),
                0..8,
            );
            let shuffled = if set.is_empty() {
                Just(vec![]).boxed()
            } else {
                let base = set.clone();
                repeated
                    .prop_map(move |extra| base.iter().cloned().chain(extra).collect::<Vec<_>>())
                    .prop_shuffle()
                    .boxed()
            };
            (Just(set), shuffled)
        })
    }

    proptest! {
        #[test]
        fn any_permutation_and_repetition_of_a_set_of_facts_gives_one_status(
            (set, shuffled) in reports_and_their_permutation_with_repetitions()
        ) {
            prop_assert_eq!(added(&set), added(&shuffled));
            prop_assert_eq!(added(&set).status(), added(&shuffled).status());
        }
    }

    #[test]
    fn the_status_is_the_furthest_one_with_evidence() {
        use DeliveryStatus::{Accepted, Delivered, Failed, Read, Sent};
        for (kinds, status) in [
            (vec![], Accepted),
            (vec![FactKind::Sent], Sent),
            (vec![FactKind::Sent, FactKind::Failed], Failed),
            (vec![FactKind::Failed], Failed),
            (vec![FactKind::Delivered, FactKind::Sent], Delivered),
            (vec![FactKind::Failed, FactKind::Delivered], Delivered),
            (vec![FactKind::Read, FactKind::Failed], Read),
            (vec![FactKind::Read], Read),
        ] {
            let reports: Vec<Report> =
                kinds.iter().map(|kind| (*kind, Timestamp::UNIX_EPOCH, None)).collect();
            assert_eq!(added(&reports).status(), status, "{kinds:?}");
            let is_final = !matches!(status, Accepted | Sent);
            assert_eq!(added(&reports).is_final(), is_final, "{kinds:?}");
        }
    }

    #[test]
    fn a_fact_is_found_only_by_its_kind() {
        for kind in FactKind::ALL {
            let facts = added(&[(kind, Timestamp::UNIX_EPOCH, None)]);
            for other in FactKind::ALL {
                assert_eq!(
                    facts.at(other),
                    (other == kind).then_some(Timestamp::UNIX_EPOCH),
                    "{kind:?} {other:?}"
                );
            }
        }
    }

    #[test]
    fn a_status_is_displayed_as_it_is_stored() {
        use DeliveryStatus::{Accepted, Delivered, Failed, Read, Sent};
        for status in [Accepted, Sent, Delivered, Read, Failed] {
            assert_eq!(serde_json::json!(status), status.to_string());
        }
        assert_eq!(Delivered.to_string(), "delivered");
    }

    #[test]
    fn the_earliest_failure_counts_and_of_two_at_one_time_the_one_with_more_information() {
        let at = Timestamp::UNIX_EPOCH;
        let failure =
            |code: Option<&str>, text: &str| Failure { code: code.map(str::to_owned), text: text.to_owned() };
        let (coded, worded, silent) =
            (failure(Some("131049"), ""), failure(None, "blocked"), failure(None, ""));
        for (more, less) in [(&coded, &worded), (&worded, &silent), (&coded, &silent)] {
            assert!(outranks((at, more), (at, less)) && !outranks((at, less), (at, more)));
            assert!(outranks((at - jiff::SignedDuration::from_secs(1), less), (at, more)));
            assert!(!outranks((at, more), (at, more)));
        }
    }
}
