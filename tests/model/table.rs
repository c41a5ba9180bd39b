//! The operations of `shared::table` on the model's items. One function writes all records, and records broken rules.

use shared::protocol::{State, UnknownOutcome};

use crate::compact::{CompactProgress, CompactRecord};
use crate::properties::Broken;
use crate::scenario::{INVOCATION, Scenario, WINDOW};
use crate::world::World;

/// The writer of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writer {
    Machine,
    /// The operator may also release a held notification.
    Operator,
}

/// The result of a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WriteResult<T> {
    Done,
    Conflict(T),
}

impl World {
    /// `Table::move_notification`: writes if state, attempt and claim token are unchanged. Message ids are added, never
    /// replaced.
    pub(crate) fn move_notification(
        &mut self,
        scenario: &Scenario,
        index: u8,
        known: Option<CompactRecord>,
        next: CompactRecord,
    ) -> WriteResult<Option<CompactRecord>> {
        self.move_by(Writer::Machine, scenario, index, known, next)
    }

    /// Like [`move_notification`](Self::move_notification), with an explicit writer.
    pub(crate) fn move_by(
        &mut self,
        writer: Writer,
        scenario: &Scenario,
        index: u8,
        known: Option<CompactRecord>,
        next: CompactRecord,
    ) -> WriteResult<Option<CompactRecord>> {
        let found = self.notifications[usize::from(index)].record;
        let triple = |cell: Option<CompactRecord>| cell.map(|it| (it.state, it.attempt, it.token));
        if triple(found) != triple(known) {
            return WriteResult::Conflict(found);
        }
        let ids = next.ids | found.map_or(0, |it| it.ids);
        let replies = next.replies | found.map_or(0, |it| it.replies);
        self.write(writer, scenario, index, CompactRecord { ids, replies, ..next });
        WriteResult::Done
    }

    /// `Table::store_notification_facts`: sets `accepted` in any state, if the notification exists.
    pub(crate) fn adopt_message(&mut self, scenario: &Scenario, message: usize) {
        let accepted = self.messages[message];
        let Some(found) = self.notifications[usize::from(accepted.notification)].record else { return };
        let adopted = CompactRecord {
            state: State::Accepted,
            provider: Some(accepted.message.provider),
            token: None,
            due: None,
            ids: found.ids | accepted.message.bit(),
            ..found
        };
        self.write(Writer::Machine, scenario, accepted.notification, adopted);
    }

    /// `Table::move_progress`: writes if version and claim token are unchanged.
    pub(crate) fn move_progress(&mut self, known: CompactProgress, next: CompactProgress) -> WriteResult<()> {
        let CompactProgress { version, token, .. } = self.progress;
        if version != known.version || (known.token.is_some() && token != known.token) {
            return WriteResult::Conflict(());
        }
        self.progress = next;
        WriteResult::Done
    }

    fn write(&mut self, writer: Writer, scenario: &Scenario, index: u8, next: CompactRecord) {
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
                broken = Some(Broken::StateRepeated);
            }
        }
        let is_resend = |before: CompactRecord| before.state != State::Waiting && !is_reopened(before, next);
        if next.state == State::Sending && before.is_some_and(is_resend) {
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
        // The window begins when the sender finds the outcome unknown, possibly one tick before it writes this.
        if next.state == State::Unknown && next.due.is_none_or(|end| end + INVOCATION < now + WINDOW) {
            broken = Some(Broken::ResentTooSoon);
        }
        self.broken = self.broken.or(broken);
    }
}

/// Whether a notification held as unsent is claimed again.
fn is_reopened(before: CompactRecord, next: CompactRecord) -> bool {
    before.state == State::Held && !before.unclear && next.state == State::Sending
}

/// A record's position in its life, by attempt and state: every transition must raise it.
fn rank(cell: CompactRecord) -> (u8, u8) {
    let state = match cell.state {
        State::Sending => 0,
        State::Unknown => 1,
        State::Waiting => 2,
        State::Rejected | State::Suppressed | State::Held => 3,
        State::Accepted => 4,
    };
    (cell.attempt, state)
}
