//! The reports of a replay.

use std::collections::BTreeMap;

use serde::Serialize;

use super::archive::{Archive, Known};
use super::tally::{Snapshot, Tally};
use super::window::Window;
use crate::next::Next;
use crate::output::{Report, fields, style, time};

/// The events that a replay would cover.
#[derive(Debug, Serialize)]
pub(super) struct DryRun {
    /// Whether no replay was started; always true.
    #[serde(rename = "dry_run")]
    started_nothing: bool,
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

/// A replay that was followed to its end.
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
    pub(super) fn of(archive: &Archive, window: Window, before: &Snapshot) -> Self {
        Self { started_nothing: true, window, archive: archive.known.clone(), notifications: before.states() }
    }
}

impl Report for DryRun {
    fn text(&self) -> String {
        let Known { name, state, retention_days, events, bytes } = &self.archive;
        let kept = retention_days.map_or("for ever".to_owned(), |days| format!("for {days} days"));
        let states: Vec<String> =
            self.notifications.iter().map(|(state, count)| format!("{count} {state}")).collect();
        let known = if states.is_empty() { "none".to_owned() } else { states.join(", ") };
        let mut text = vec![format!("{}: nothing was started\n", style::pending("dry run"))];
        text.push(fields(&[
            ("window", told(self.window)),
            ("archive", format!("{name}, {state}; keeps events {kept}")),
            (
                "in the archive",
                format!("{events} events, {bytes} bytes, of all times; AWS counts about once a day"),
            ),
            ("notifications of the window", known),
        ]));
        text.concat() + "A replay leaves those alone that are accepted, rejected, suppressed or held.\n"
    }
}

impl Report for Started {
    fn text(&self) -> String {
        let Self { replay, window, how_far } = self;
        let window = fields(&[("window", told(*window))]);
        let started = style::good("started");
        let how_far = how_far.as_ref().map(|line| format!(" How far it is:\n  {line}")).unwrap_or_default();
        format!(
            "{started} {replay}\n{window}It goes on by itself; --wait would have followed it and counted.{how_far}\n"
        )
    }
}

impl Report for Followed {
    fn text(&self) -> String {
        let Tally { already_done, sent, confirmed, ended, under_way, invalid } = &self.tally;
        let ended: Vec<String> = ended.iter().map(|(state, count)| format!("{count} {state}")).collect();
        let state = if self.is_done {
            style::good("done: replayed, and the queue is empty")
        } else {
            style::pending(format!(
                "{}; the queue was not empty within the time given, and events may still be under way",
                self.state
            ))
        };
        let mut text = vec![format!("{}\n", style::strong(&self.replay))];
        text.push(fields(&[
            ("replay", state),
            ("window", told(self.window)),
            ("already done", already_done.to_string()),
            ("sent", sent.to_string()),
            ("confirmed", confirmed.to_string()),
            ("ended otherwise", if ended.is_empty() { "0".to_owned() } else { ended.join(", ") }),
            ("under way", under_way.to_string()),
            ("invalid events", invalid.to_string()),
        ]));
        let next = self.next.as_ref().map(|next| next.lines().join("\n") + "\n").unwrap_or_default();
        text.concat() + "\
The numbers count the table's notifications whose event time lies in the window, as they were before and are now.
Already done: had the outcome before, and nothing was done. Sent: accepted in an attempt made since. Confirmed: accepted in an
earlier attempt, which a callback told. Invalid: recorded since the replay began. An event that nothing listens to, and one
that came for the first time meanwhile, can't be told apart from the replay's.
" + &next
    }
}

fn told(window: Window) -> String {
    format!("{} to {}", time(window.from), time(window.to))
}
