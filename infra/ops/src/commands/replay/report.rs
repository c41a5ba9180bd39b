//! The reports of a replay.

use std::collections::BTreeMap;

use serde::Serialize;

use super::archive::{Archive, Known};
use super::tally::{Snapshot, Tally};
use super::window::Window;
use crate::labels;
use crate::next::Next;
use crate::output::{Report, fields, style, time};

/// The events that a replay would cover.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "`dry_run` is the JSON's key")]
pub(super) struct DryRun {
    dry_run: bool,
    window: Window,
    archive: Known,
    /// The table's notifications of the window, by state.
    notifications: BTreeMap<String, usize>,
}

/// A replay that continues without the command.
#[derive(Debug, Serialize)]
pub(super) struct Started {
    pub(super) replay: String,
    pub(super) window: Window,
    /// The command that shows its progress. The AWS CLI can't access a local run.
    pub(super) how_far: Option<String>,
}

/// A replay for which the command waited.
#[derive(Debug, Serialize)]
pub(super) struct Followed {
    pub(super) replay: String,
    pub(super) window: Window,
    pub(super) state: String,
    pub(super) is_done: bool,
    pub(super) tally: Tally,
    pub(super) next: Option<Next>,
}

impl DryRun {
    pub(super) fn new(archive: &Archive, window: Window, before: &Snapshot) -> Self {
        Self { dry_run: true, window, archive: archive.known.clone(), notifications: before.states() }
    }
}

impl Report for DryRun {
    fn text(&self) -> String {
        let Known { name, state, retention_days, events, bytes } = &self.archive;
        let kept = retention_days
            .map_or("for ever".to_owned(), |days| format!("for {}", labels::count(days, "day")));
        let states: Vec<String> =
            self.notifications.iter().map(|(state, count)| format!("{count} {state}")).collect();
        let known = if states.is_empty() { "none".to_owned() } else { states.join(", ") };
        let mut text = vec![format!("{}: nothing was started\n", style::pending("dry run"))];
        text.push(fields(&[
            ("window", format_window(self.window)),
            ("archive", format!("{name}, {state}; keeps events {kept}")),
            (
                "in the archive",
                format!(
                    "{}, {} in total; AWS updates these counts about once a day",
                    labels::count(*events, "event"),
                    labels::count(*bytes, "byte")
                ),
            ),
            ("notifications of the window", known),
        ]));
        text.concat()
            + "A replay does not change notifications that are accepted, rejected, suppressed or held.\n"
    }
}

impl Report for Started {
    fn text(&self) -> String {
        let Self { replay, window, how_far } = self;
        let window = fields(&[("window", format_window(*window))]);
        let started = style::good("started");
        let how_far =
            how_far.as_ref().map(|line| format!(" Show its progress:\n  {line}")).unwrap_or_default();
        format!(
            "{started} {replay}\n{window}It continues in the background; --wait would have waited for the results.{how_far}\n"
        )
    }
}

impl Report for Followed {
    fn text(&self) -> String {
        let Tally { already_done, sent, confirmed, ended, under_way, invalid } = &self.tally;
        let ended: Vec<String> = ended.iter().map(|(state, count)| format!("{count} {state}")).collect();
        let state = if self.is_done {
            style::good("complete, and the queue is empty")
        } else {
            style::pending(format!(
                "{}; the queue was not empty in time, and events may still be in progress",
                self.state
            ))
        };
        let mut text = vec![format!("{}\n", style::strong(&self.replay))];
        text.push(fields(&[
            ("replay", state),
            ("window", format_window(self.window)),
            ("already done", already_done.to_string()),
            ("sent", sent.to_string()),
            ("confirmed", confirmed.to_string()),
            ("ended otherwise", if ended.is_empty() { "0".to_owned() } else { ended.join(", ") }),
            ("in progress", under_way.to_string()),
            ("invalid events", invalid.to_string()),
        ]));
        let next = self.next.as_ref().map(|next| next.lines().join("\n") + "\n").unwrap_or_default();
        text.concat() + "\
The numbers compare the table's notifications of the window before and after the replay. Already done: had an outcome before.
Sent: accepted in an attempt since then. Confirmed: accepted in an earlier attempt, as a callback proved. Invalid events:
recorded since the replay began. Ignored events are not counted; events that first arrived meanwhile are included.
" + &next
    }
}

fn format_window(window: Window) -> String {
    format!("{} to {}", time(window.from), time(window.to))
}
