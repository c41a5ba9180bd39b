//! The reports of a redrive.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::SourceQueue;
use super::dead_letter::DeadLetter;
use crate::labels;
use crate::order_id::of_sender;
use crate::output::{Report, Table, style, time};
use crate::queue::Depth;

/// The maximum number of events in the text; the JSON has all.
const SHOWN: usize = 20;

#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "`dry_run` is the JSON's key")]
pub(super) struct DryRun {
    pub(super) dry_run: bool,
    pub(super) at: Timestamp,
    pub(super) queues: Vec<QueueContents>,
    /// The command that moves them.
    pub(super) apply: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct QueueContents {
    pub(super) queue: SourceQueue,
    pub(super) depth: Depth,
    pub(super) letters: Vec<DeadLetter>,
}

/// The dead letters that were moved.
#[derive(Debug, Serialize)]
pub(super) struct Moved {
    pub(super) queues: Vec<QueueMoved>,
}

#[derive(Debug, Serialize)]
pub(super) struct QueueMoved {
    pub(super) queue: SourceQueue,
    pub(super) moved: u64,
    pub(super) left: Depth,
}

impl Report for DryRun {
    fn text(&self) -> String {
        let mut text: Vec<String> = self.queues.iter().map(|contents| contents.text(self.at)).collect();
        if let Some(apply) = &self.apply {
            text.push(format!(
                "{} nothing was moved. Fix the cause, then: {apply}\n",
                style::pending("dry run:")
            ));
        }
        text.concat()
    }
}

impl QueueContents {
    fn text(&self, now: Timestamp) -> String {
        let heading = format!("{}: {}", style::strong(self.queue.name()), self.queue.meaning());
        if self.letters.is_empty() {
            let state = match self.depth.total() {
                0 => style::good("empty"),
                count => style::pending(format!(
                    "{}, all being read by another receiver",
                    labels::count(count, "event")
                )),
            };
            return format!("{heading}\n  {state}\n\n");
        }
        let mut text = vec![format!("{heading}\n  {}\n", style::bad(self.summary(now)))];
        for (kind, count) in kinds(&self.letters) {
            text.push(format!("  {count} × {kind}\n"));
        }
        let mut table = Table::new(["order", "event", "since", "receives", "why"]);
        for letter in self.letters.iter().take(SHOWN) {
            table.row([
                letter.order.as_deref().unwrap_or("unknown").to_owned() + &of_sender(letter.sender.as_ref()),
                letter.kind(),
                letter.sent_at.map(time).unwrap_or_default(),
                letter.receives.map(|receives| receives.to_string()).unwrap_or_default(),
                letter.error.clone().unwrap_or_default(),
            ]);
        }
        text.push(format!("{table}\n"));
        if let Some(more) = self.letters.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            text.push(format!("  and {more} more (--json shows all)\n"));
        }
        text.concat() + "\n"
    }

    fn summary(&self, now: Timestamp) -> String {
        // The letters that were read are certain, SQS's own count is approximate.
        let read = self.letters.len();
        let count = self.depth.total().max(u64::try_from(read).unwrap_or(u64::MAX));
        let oldest = self.letters.iter().filter_map(|letter| letter.sent_at).min();
        let age = oldest.and_then(|oldest| std::time::Duration::try_from(now.duration_since(oldest)).ok());
        let age = age.map(|age| humantime::format_duration(std::time::Duration::from_secs(age.as_secs())));
        let age = age.map(|age| format!(", the oldest {age} old")).unwrap_or_default();
        format!("{}, {read} read{age}", labels::count(count, "event"))
    }
}

/// The number of each kind, the most frequent first.
fn kinds(letters: &[DeadLetter]) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for letter in letters {
        *counts.entry(letter.kind()).or_default() += 1;
    }
    let mut kinds: Vec<_> = counts.into_iter().collect();
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    kinds
}

impl Report for Moved {
    fn text(&self) -> String {
        let line = |moved: &QueueMoved| {
            let QueueMoved { queue, moved, left } = moved;
            let left = match left.total() {
                0 => "none is left".to_owned(),
                1 => "about 1 is left: run the command again in two minutes".to_owned(),
                left => format!("about {left} are left: run the command again in two minutes"),
            };
            format!(
                "{}: {} moved to the queue of {}; {left}\n",
                style::strong(queue.name()),
                labels::count(*moved, "event"),
                queue.destination()
            )
        };
        let lines: String = self.queues.iter().map(line).collect();
        let advice = "Events that end up here again still have a cause to fix.\n";
        if self.queues.iter().any(|moved| moved.moved > 0) { lines + advice } else { lines }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(detail_type: &str, sent_at: &str) -> DeadLetter {
        DeadLetter {
            event_id: None,
            source: Some("oms".to_owned()),
            detail_type: Some(detail_type.to_owned()),
            sender: None,
            order: Some("1".to_owned()),
            sent_at: sent_at.parse().ok(),
            receives: Some(41),
            error: None,
        }
    }

    #[test]
    fn the_summary_has_the_count_and_the_age_of_the_oldest() {
        let letters = vec![
            letter("A", "2026-11-20T09:00:00Z"),
            letter("B", "2026-11-20T08:00:00Z"),
            letter("B", "2026-11-20T09:30:00Z"),
        ];
        assert_eq!(kinds(&letters), [("B (oms)".to_owned(), 2), ("A (oms)".to_owned(), 1)]);
        let contents = QueueContents {
            queue: SourceQueue::OrderEvents,
            depth: Depth { visible: 2, in_flight: 0 },
            letters,
        };
        let summary = contents.summary("2026-11-20T10:00:00Z".parse().unwrap());
        assert_eq!(summary, "3 events, 3 read, the oldest 2h old");
    }
}
