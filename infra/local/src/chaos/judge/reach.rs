//! Whether the customers got their messages, by the providers' own ledger.

use std::collections::BTreeMap;
use std::fmt;

use shared::protocol::State;
use shared::provider::Provider;
use simulator::Expected;

use super::Verdict;
use crate::chaos::evidence::{EventSeen, Evidence, RecordSeen};

/// The reason's code of an order status that a newer one has superseded.
pub(super) const SUPERSEDED: &str = "superseded";
/// The reasons' codes of an unknown outcome: the sender's process or its time ended.
const BROKEN_OFF: [&str; 2] = ["lease_over", "timeout"];

/// How many reachable customers got their message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// Sendable events that are not superseded, and whose provider delivers to the customer.
    pub reachable: usize,
    /// Those of them whose message reached the customer without an operator.
    pub reached: usize,
    /// Those of them with an unknown outcome, by provider and the reason's code and text.
    pub unclear: BTreeMap<(&'static str, String), usize>,
}

impl Reach {
    /// The total of reachable customers with an unknown outcome.
    pub fn unclear_count(&self) -> usize {
        self.unclear.values().sum()
    }
}

impl fmt::Display for Reach {
    /// Rounded down, so that only a complete result shows 100 %.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reachable, reached, .. } = self;
        let thousandths = (reached * 1000).checked_div(*reachable).unwrap_or(1000);
        let (percent, tenths) = (thousandths / 10, thousandths % 10);
        write!(f, "{percent}.{tenths} %: {reached} of {reachable} reachable customers, without an operator")
    }
}

impl Verdict {
    /// Checks that every reachable customer got the message, except if the outcome can't be known.
    pub(super) fn reach(&mut self, evidence: &Evidence) {
        let (delivered, reaching) = (evidence.delivered(), evidence.reaching());
        for (index, event) in evidence.events.iter().enumerate() {
            let (Some(reference), Some(expected)) = (event.due.notification(), event.at_the_providers) else {
                continue;
            };
            if !delivered.contains(&index) || !expected.may_reach_the_customer() {
                continue;
            }
            let record = evidence.records.get(reference);
            if record.is_some_and(is_superseded) && !reaching.contains(reference) {
                if !is_overtaken(evidence, event) {
                    self.report(
                        &event.order,
                        format!("{reference} is superseded, but no newer status was sent"),
                    );
                }
                continue;
            }
            self.reach.reachable += 1;
            if reaching.contains(reference) {
                self.reach.reached += 1;
                continue;
            }
            if let Some(record) = record.filter(|record| is_unclear(record)) {
                self.missed(evidence, event, reference, expected, record);
            } else {
                let is = record.map_or("isn't recorded".to_owned(), describe);
                self.report(&event.order, format!("{reference} could have been sent, but {is}"));
            }
        }
    }

    fn missed(
        &mut self,
        evidence: &Evidence,
        event: &EventSeen,
        reference: &str,
        expected: Expected,
        record: &RecordSeen,
    ) {
        if !is_explained(evidence, expected, record) {
            self.report(&event.order, format!("{reference} was answered, but {}", describe(record)));
        }
        *self.reach.unclear.entry(unclear_key(record)).or_default() += 1;
    }
}

/// Whether a silent provider or a killed sender explains the unknown outcome.
pub(super) fn is_explained(evidence: &Evidence, expected: Expected, record: &RecordSeen) -> bool {
    is_explained_by(evidence, expected == Expected::Unknown, record)
}

/// Like [`is_explained`], for any channel.
pub(super) fn is_explained_by(evidence: &Evidence, is_silent: bool, record: &RecordSeen) -> bool {
    match record.reason.as_deref().unwrap_or_default() {
        "lease_over" => !evidence.kills.is_empty(),
        code => is_silent || BROKEN_OFF.contains(&code),
    }
}

/// Whether a provider has accepted it. `sends` checks whether the sender could know that.
pub(super) fn is_accepted(evidence: &Evidence, event: &EventSeen) -> bool {
    evidence.sends.iter().any(|send| send.notification.as_deref() == event.due.notification())
}

/// The key of an unknown outcome in [`Reach::unclear`].
pub(super) fn unclear_key(record: &RecordSeen) -> (&'static str, String) {
    let code = record.reason.as_deref().unwrap_or_default();
    (record.provider.map_or("no provider", Provider::name), format!("{code}, {}", record.text))
}

/// Whether the record says that a newer status of the order was sent.
pub(super) fn is_superseded(record: &RecordSeen) -> bool {
    record.state == State::Suppressed && record.reason.as_deref() == Some(SUPERSEDED)
}

pub(super) fn is_unclear(record: &RecordSeen) -> bool {
    record.unclear && matches!(record.state, State::Sending | State::Unknown | State::Held)
}

/// Whether a newer or final status of the order was sent, or may have been.
pub(super) fn is_overtaken(evidence: &Evidence, event: &EventSeen) -> bool {
    overtaking(evidence, event).any(|other| {
        let record = other.due.notification().and_then(|reference| evidence.records.get(reference));
        record.is_some_and(|record| record.state == State::Accepted || record.unclear)
    })
}

/// The newer or final statuses of the event's order; none if it isn't about a status.
pub(super) fn overtaking<'a>(
    evidence: &'a Evidence,
    event: &'a EventSeen,
) -> impl Iterator<Item = &'a EventSeen> {
    evidence.events.iter().filter(|other| {
        other.order == event.order
            && event.status.zip(other.status).is_some_and(|(own, other)| {
                other.place > own.place || (other.is_final && other.place != own.place)
            })
    })
}

pub(super) fn describe(record: &RecordSeen) -> String {
    let why = record.reason.as_deref().map(|code| format!(" ({code})")).unwrap_or_default();
    format!("is {}{why}", record.state)
}
