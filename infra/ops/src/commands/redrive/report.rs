//! The reports of a redrive.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::DeadLetters;
use super::letter::Letter;
use crate::output::{Report, Table, style, time};
use crate::queue::Depth;

/// The maximum of lines in the text; the JSON is complete.
const SHOWN: usize = 20;

/// The dead letters, which stay in the queue.
#[derive(Debug, Serialize)]
pub(super) struct Looked {
    pub(super) dry_run: bool,
    pub(super) at: Timestamp,
    pub(super) queues: Vec<QueueLooked>,
    /// The command that moves them.
    pub(super) apply: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct QueueLooked {
    pub(super) queue: DeadLetters,
    pub(super) depth: Depth,
    pub(super) letters: Vec<Letter>,
}

/// The dead letters that were moved.
#[derive(Debug, Serialize)]
pub(super) struct Moved {
    pub(super) queues: Vec<QueueMoved>,
}

#[derive(Debug, Serialize)]
pub(super) struct QueueMoved {
    pub(super) queue: DeadLetters,
    pub(super) moved: u64,
    pub(super) left: Depth,
}

impl Report for Looked {
    fn text(&self) -> String {
        let mut text: Vec<String> = self.queues.iter().map(|looked| looked.text(self.at)).collect();
        if let Some(apply) = &self.apply {
            text.push(format!(
                "{} nothing was moved. Mend the cause, then: {apply}\n",
                style::pending("dry run:")
            ));
        }
        text.concat()
    }
}

impl QueueLooked {
    fn text(&self, now: Timestamp) -> String {
        let heading = format!("{}: {}", style::strong(self.queue.name()), self.queue.meaning());
        if self.letters.is_empty() {
            let state = match self.depth.total() {
                0 => style::good("empty"),
                count => style::pending(format!(
                    "{}, none of which can be looked at now: somebody else has them",
                    events(count)
                )),
            };
            return format!("{heading}\n  {state}\n\n");
        }
        let mut text = vec![format!("{heading}\n  {}\n", style::bad(self.summary(now)))];
        for (sort, count) in sorts(&self.letters) {
            text.push(format!("  {count} × {sort}\n"));
        }
        let mut table = Table::new(["order", "event", "since", "receives", "why"]);
        for letter in self.letters.iter().take(SHOWN) {
            table.row([
                letter.order.clone().unwrap_or_else(|| "not told".to_owned()),
                letter.sort(),
                letter.sent_at.map(time).unwrap_or_default(),
                letter.receives.map(|receives| receives.to_string()).unwrap_or_default(),
                letter.error.clone().unwrap_or_default(),
            ]);
        }
        text.push(format!("{table}\n"));
        if let Some(more) = self.letters.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            text.push(format!("  and {more} more; --json shows all\n"));
        }
        text.concat() + "\n"
    }

    fn summary(&self, now: Timestamp) -> String {
        // The letters that were read are certain, SQS's own count is approximate.
        let looked_at = self.letters.len();
        let count = self.depth.total().max(u64::try_from(looked_at).unwrap_or(u64::MAX));
        let oldest = self.letters.iter().filter_map(|letter| letter.sent_at).min();
        let age = oldest.and_then(|oldest| std::time::Duration::try_from(now.duration_since(oldest)).ok());
        let age = age.map(|age| humantime::format_duration(std::time::Duration::from_secs(age.as_secs())));
        let age = age.map(|age| format!(", the oldest {age} old")).unwrap_or_default();
        format!("{}, {looked_at} looked at{age}", events(count))
    }
}

fn events(count: u64) -> String {
    if count == 1 { "1 event".to_owned() } else { format!("{count} events") }
}

/// The number of each kind, the most frequent first.
fn sorts(letters: &[Letter]) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for letter in letters {
        *counts.entry(letter.sort()).or_default() += 1;
    }
    let mut sorts: Vec<_> = counts.into_iter().collect();
    sorts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    sorts
}

impl Report for Moved {
    fn text(&self) -> String {
        let line = |moved: &QueueMoved| {
            let QueueMoved { queue, moved, left } = moved;
            let left = match left.total() {
                0 => "none is left".to_owned(),
                left => format!("about {left} are left: run it again in two minutes"),
            };
            format!(
                "{}: {moved} events moved to the queue of order events; {left}\n",
                style::strong(queue.name())
            )
        };
        let lines: String = self.queues.iter().map(line).collect();
        let advice = "What comes back here has a cause that still has to be mended.\n";
        if self.queues.iter().any(|moved| moved.moved > 0) { lines + advice } else { lines }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(detail_type: &str, sent_at: &str) -> Letter {
        Letter {
            event_id: None,
            source: Some("oms".to_owned()),
            detail_type: Some(detail_type.to_owned()),
            order: Some("1".to_owned()),
            sent_at: sent_at.parse().ok(),
            receives: Some(41),
            error: None,
        }
    }

    #[test]
    fn the_summary_counts_what_is_there_and_names_the_oldest() {
        let letters = vec![
            letter("A", "2026-11-20T09:00:00Z"),
            letter("B", "2026-11-20T08:00:00Z"),
            letter("B", "2026-11-20T09:30:00Z"),
        ];
        assert_eq!(sorts(&letters), [("B (oms)".to_owned(), 2), ("A (oms)".to_owned(), 1)]);
        let looked = QueueLooked {
            queue: DeadLetters::OrderEvents,
            depth: Depth { visible: 2, in_flight: 0 },
            letters,
        };
        let summary = looked.summary("2026-11-20T10:00:00Z".parse().unwrap());
        assert_eq!(summary, "3 events, 3 looked at, the oldest 2h old");
    }
}
