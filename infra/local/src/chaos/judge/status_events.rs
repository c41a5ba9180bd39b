//! Whether the status events match the table: each outcome and each fact once, and nothing else.

use std::collections::BTreeSet;

use shared::protocol::State;
use shared::status_event::StatusEventType;

use super::Verdict;
use crate::chaos::evidence::{Evidence, RecordSeen};

impl Verdict {
    /// Checks that every expected status event was published exactly once, and no other.
    pub(super) fn status_events(&mut self, evidence: &Evidence) {
        let expected = expected(evidence);
        // A callback may prove that a held notification had been sent.
        let was_held = |(about, status): &(String, StatusEventType)| {
            let record = evidence.records.get(about);
            *status == StatusEventType::Held && record.is_some_and(|record| record.state == State::Accepted)
        };
        for (about, status) in expected.iter().filter(|it| !evidence.published.contains_key(*it)) {
            self.report(about, format!("no status event reports {}", status.detail_type()));
        }
        for (event, count) in &evidence.published {
            let (about, status) = event;
            if !expected.contains(event) && !was_held(event) {
                self.report(
                    about,
                    format!("a status event reports {}, which did not happen", status.detail_type()),
                );
            }
            if *count > 1 {
                self.report(about, format!("{count} status events report {}", status.detail_type()));
            }
        }
    }
}

pub(super) fn expected(evidence: &Evidence) -> BTreeSet<(String, StatusEventType)> {
    let mut expected: BTreeSet<(String, StatusEventType)> =
        evidence.invalid.iter().map(|id| (id.clone(), StatusEventType::Invalid)).collect();
    for (reference, record) in &evidence.records {
        let about = |status| (reference.clone(), status);
        expected.extend(outcome(record.state).map(about));
        expected.extend(facts(evidence, record).into_iter().map(about));
    }
    expected
}

fn outcome(state: State) -> Option<StatusEventType> {
    match state {
        State::Accepted => Some(StatusEventType::Accepted),
        State::Rejected => Some(StatusEventType::Rejected),
        State::Suppressed => Some(StatusEventType::Suppressed),
        State::Held => Some(StatusEventType::Held),
        State::Sending | State::Waiting | State::Unknown => None,
    }
}

/// The facts of a notification's message, under any of its ids.
fn facts(evidence: &Evidence, record: &RecordSeen) -> BTreeSet<StatusEventType> {
    let stored = record.messages.iter().filter_map(|id| evidence.facts.get(id)).flatten();
    stored.map(|kind| StatusEventType::from(*kind)).collect()
}
