//! The effect of a replay: compares the window's notifications before and after it.
//!
//! AWS doesn't report how many events a replay delivers. Only the table shows the effect: an unchanged record was not
//! processed.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::Serialize;

use super::window::Window;
use crate::deployment::Deployment;
use crate::failure::Failure;
use crate::labels;
use crate::output::Progress;

/// Reads a deployment's notifications.
pub(super) struct Notifications {
    client: aws_sdk_dynamodb::Client,
    table: String,
}

/// The notifications of a window, by order and key, and the number of invalid events recorded since its start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Snapshot {
    records: BTreeMap<(String, String), Seen>,
    invalid: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    state: String,
    attempt: u32,
    updated_at: String,
}

/// The window's notifications by result.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Tally {
    /// Had an outcome before, and are unchanged.
    pub(super) already_done: usize,
    /// Accepted in a new attempt.
    pub(super) sent: usize,
    /// Accepted in an earlier attempt, as a callback proved.
    pub(super) confirmed: usize,
    /// Got another outcome since.
    pub(super) ended: BTreeMap<String, usize>,
    /// Have no outcome yet.
    pub(super) under_way: usize,
    /// Events that were recorded as invalid since the replay began, with any event time.
    pub(super) invalid: usize,
}

impl Notifications {
    pub(super) fn new(deployment: &Deployment) -> Result<Self, Failure> {
        Ok(Self { client: deployment.dynamodb(), table: deployment.required("TABLE_NAME")?.to_owned() })
    }

    /// The notifications whose event time is in the window, and the number of events recorded as invalid since `since`.
    pub(super) async fn between(&self, window: &Window, since: Timestamp) -> Result<Snapshot, Failure> {
        let progress = Progress::spinner("reading the table");
        let text = |text: String| AttributeValue::S(text);
        // In the table's format with milliseconds, in which the order of texts is that of times.
        let at = |time: Timestamp| text(format!("{time:.3}"));
        let mut items = self
            .client
            .scan()
            .table_name(&self.table)
            .filter_expression(
                "(begins_with(sk, :notification) AND event_time BETWEEN :from AND :to) OR (begins_with(pk, :invalid) AND received_at \
                 >= :since)",
            )
            .expression_attribute_values(":notification", text("NOTIFICATION#".to_owned()))
            .expression_attribute_values(":invalid", text("INVALID#".to_owned()))
            .expression_attribute_values(":from", at(window.from))
            .expression_attribute_values(":to", at(window.to))
            .expression_attribute_values(":since", at(since))
            .projection_expression("pk, sk, #state, attempt, updated_at")
            .expression_attribute_names("#state", "state")
            .into_paginator()
            .items()
            .send();
        let mut snapshot = Snapshot::default();
        while let Some(item) = items.next().await {
            let item = item.map_err(|error| Failure::aws("read the table", &error))?;
            snapshot.add(&item);
            progress.set_message(format!(
                "reading the table: {} of the window",
                labels::count(snapshot.records.len(), "notification")
            ));
        }
        Ok(snapshot)
    }
}

impl Snapshot {
    fn add(&mut self, item: &HashMap<String, AttributeValue>) {
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
        let attempt = item.get("attempt").and_then(|value| value.as_n().ok()?.parse().ok());
        match (text("pk"), text("sk"), text("state"), text("updated_at"), attempt) {
            (Some(order), Some(key), Some(state), Some(updated_at), Some(attempt)) => {
                self.records.insert((order, key), Seen { state, attempt, updated_at });
            }
            _ => self.invalid += 1,
        }
    }

    /// The number of notifications in each state.
    pub(super) fn states(&self) -> BTreeMap<String, usize> {
        let mut states = BTreeMap::new();
        for seen in self.records.values() {
            *states.entry(seen.state.clone()).or_default() += 1;
        }
        states
    }
}

impl Tally {
    pub(super) fn compare(before: &Snapshot, after: &Snapshot) -> Self {
        let mut tally = Self { invalid: after.invalid, ..Self::default() };
        for (key, now) in &after.records {
            let earlier = before.records.get(key);
            let is_as_before = earlier == Some(now);
            match (now.state.as_str(), is_as_before) {
                ("sending" | "waiting" | "unknown", _) => tally.under_way += 1,
                (_, true) => tally.already_done += 1,
                ("accepted", false) if earlier.is_some_and(|earlier| earlier.attempt == now.attempt) => {
                    tally.confirmed += 1;
                }
                ("accepted", false) => tally.sent += 1,
                (state, false) => *tally.ended.entry(state.to_owned()).or_default() += 1,
            }
        }
        tally
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(records: &[(&str, &str, u32, &str)]) -> Snapshot {
        let mut snapshot = Snapshot::default();
        for (key, state, attempt, updated_at) in records {
            let text = |text: &str| AttributeValue::S(text.to_owned());
            snapshot.add(&HashMap::from([
                ("pk".to_owned(), text("ORDER#1")),
                ("sk".to_owned(), text(key)),
                ("state".to_owned(), text(state)),
                ("updated_at".to_owned(), text(updated_at)),
                ("attempt".to_owned(), AttributeValue::N(attempt.to_string())),
            ]));
        }
        snapshot
    }

    #[test]
    fn unchanged_notifications_are_already_done_and_changes_are_counted() {
        let before = snapshot(&[
            ("a", "accepted", 1, "1"),
            ("b", "held", 1, "1"),
            ("c", "waiting", 1, "1"),
            ("d", "unknown", 1, "1"),
            ("e", "waiting", 1, "1"),
            ("f", "waiting", 3, "1"),
        ]);
        let mut after = snapshot(&[
            ("a", "accepted", 1, "1"),
            ("b", "held", 1, "1"),
            ("c", "accepted", 2, "2"),
            ("d", "accepted", 1, "2"),
            ("e", "waiting", 1, "1"),
            ("f", "held", 3, "2"),
            ("g", "accepted", 1, "2"),
            ("h", "suppressed", 0, "2"),
        ]);
        after.add(&HashMap::from([("pk".to_owned(), AttributeValue::S("INVALID#1".to_owned()))]));
        let ended = BTreeMap::from([("held".to_owned(), 1), ("suppressed".to_owned(), 1)]);
        let tally = Tally { already_done: 2, sent: 2, confirmed: 1, ended, under_way: 1, invalid: 1 };
        assert_eq!(Tally::compare(&before, &after), tally);
        assert_eq!(before.states()["waiting"], 3);
    }
}
