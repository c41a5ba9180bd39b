//! The operations of `shared::table` on the model's items. Every write of a record passes one function, which records
//! broken rules.

use shared::protocol::{State, UnknownOutcome};

use crate::cell::{Cell, ProgressCell};
use crate::properties::Broken;
use crate::scenario::{INVOCATION, Scenario, WINDOW};
use crate::world::World;

/// The writer of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writer {
    Machine,
    /// May release a held notification.
    Person,
}

/// The result of a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written<T> {
    Done,
    Overtaken(T),
}

impl World {
    /// `Table::move_notification`: on the condition that state, attempt and claim token are unchanged. Message ids are
    /// added, never replaced.
    pub(crate) fn move_notification(
        &mut self,
        scenario: &Scenario,
        index: u8,
        known: Option<Cell>,
        next: Cell,
    ) -> Written<Option<Cell>> {
        self.move_by(Writer::Machine, scenario, index, known, next)
    }

    /// Like [`move_notification`](Self::move_notification), with an explicit writer.
    pub(crate) fn move_by(
        &mut self,
        writer: Writer,
        scenario: &Scenario,
        index: u8,
        known: Option<Cell>,
        next: Cell,
    ) -> Written<Option<Cell>> {
        let found = self.notifications[usize::from(index)].record;
        let triple = |cell: Option<Cell>| cell.map(|it| (it.state, it.attempt, it.token));
        if triple(found) != triple(known) {
            return Written::Overtaken(found);
        }
        let ids = next.ids | found.map_or(0, |it| it.ids);
        let replies = next.replies | found.map_or(0, |it| it.replies);
        self.write(writer, scenario, index, Cell { ids, replies, ..next });
        Written::Done
    }

    /// `Table::store_notification_facts`: overrides every state, if the notification exists.
    pub(crate) fn adopt_message(&mut self, scenario: &Scenario, message: usize) {
        let accepted = self.messages[message];
        let Some(found) = self.notifications[usize::from(accepted.notification)].record else { return };
        let adopted = Cell {
            state: State::Accepted,
            provider: Some(accepted.message.provider),
            token: None,
            due: None,
            ids: found.ids | accepted.message.bit(),
            ..found
        };
        self.write(Writer::Machine, scenario, accepted.notification, adopted);
    }

    /// `Table::move_progress`: on the condition that version and claim token are unchanged.
    pub(crate) fn move_progress(&mut self, known: ProgressCell, next: ProgressCell) -> Written<()> {
        let ProgressCell { version, token, .. } = self.progress;
        if version != known.version || (known.token.is_some() && token != known.token) {
            return Written::Overtaken(());
        }
        self.progress = next;
        Written::Done
    }

    fn write(&mut self, writer: Writer, scenario: &Scenario, index: u8, next: Cell) {
        let now = self.now;
        let notification = &mut self.notifications[usize::from(index)];
        let before = notification.record.replace(next);
        let mut broken = None;
        if let Some(before) = before {
            let kept = next.state == State::Accepted && next.ids & before.ids == before.ids;
            if before.state == State::Accepted && !kept {
                broken = Some(Broken::AcceptanceOverwritten);
            } else if writer == Writer::Machine
                && before.state.is_terminal()
                && next.state != State::Accepted
                && !is_reopened(before, next)
            {
                broken = Some(Broken::OutcomeChanged);
            } else if next.state != State::Accepted && rank(next) <= rank(before) {
                broken = Some(Broken::EnteredAgain);
            }
        }
        let is_again = |before: Cell| before.state != State::Waiting && !is_reopened(before, next);
        if next.state == State::Sending && before.is_some_and(is_again) {
            let policy = before.and_then(|it| it.provider).map(|it| scenario.policy.unknown_outcome(it));
            let window_over = before.is_some_and(|it| {
                it.state == State::Unknown && it.due.is_some_and(|window_end| window_end <= now)
            });
            if policy == Some(UnknownOutcome::Resend) && window_over {
                notification.resends += 1;
                if notification.was_unreadable {
                    broken = Some(Broken::ResentAfterUnreadable);
                }
            } else {
                broken = Some(Broken::ResentTooSoon);
            }
        }
        // The window begins when the sender finds the outcome unknown, possibly a tick before it writes so.
        if next.state == State::Unknown && next.due.is_none_or(|end| end + INVOCATION < now + WINDOW) {
            broken = Some(Broken::ResentTooSoon);
        }
        self.broken = self.broken.or(broken);
    }
}

/// Whether a notification held as unsent is claimed again.
fn is_reopened(before: Cell, next: Cell) -> bool {
    before.state == State::Held && !before.unclear && next.state == State::Sending
}

/// A record's position in its course, by attempt and state: no step may lower it.
fn rank(cell: Cell) -> (u8, u8) {
    let state = match cell.state {
        State::Sending => 0,
        State::Unknown => 1,
        State::Waiting => 2,
        State::Rejected | State::Suppressed | State::Held => 3,
        State::Accepted => 4,
    };
    (cell.attempt, state)
}
