//! The initial state and the bounds of a checker run.

use std::time::Duration;

use shared::message::{NotificationKey, OrderStatus};
use shared::protocol::{Policy, Staleness, Step};
use shared::provider::Provider;

use crate::compact::{TICK_SECONDS, Tick, at};
use crate::mutant::Mutant;
use crate::world::Response;

/// The component that finishes stuck notifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recovery {
    /// The queue: after the last fault it delivers every event once a tick. There is no sweeper.
    Queue,
    /// The sweeper: after the last fault it runs once a tick. The queue may have given up.
    Sweeper,
    /// The queue, as above. Before the faults end, the sweeper holds stuck notifications; this models a redrive.
    Both,
}

/// The operator resolves one held notification in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    /// The operator records whether the notification was sent.
    RecordsTruth,
    /// The operator always records "not sent", even wrongly.
    RecordsNotSent,
}

/// The notifications to send.
#[derive(Debug, Clone)]
pub(crate) enum NotificationKind {
    /// One body notification.
    Body,
    /// Statuses of one order.
    Statuses(Vec<Step>),
}

#[derive(Debug, Clone)]
pub(crate) struct Scenario {
    pub(crate) kind: NotificationKind,
    /// In order of preference.
    pub(crate) providers: Vec<Provider>,
    pub(crate) policy: Policy,
    /// The possible responses of a provider.
    pub(crate) responses: Vec<Response>,
    /// The copies of events in the queue, each by its notification. Each copy has its own worker.
    pub(crate) copies: Vec<u8>,
    pub(crate) recovery: Recovery,
    /// Whether the table stores events that wait longer than [`QUEUE_WAIT`].
    pub(crate) stores_events: bool,
    /// Acts before the faults end.
    pub(crate) operator: Option<Operator>,
    /// The tick in which events become stale. Unless `mended` is set, it is also the last tick with faults.
    pub(crate) stale: Tick,
    /// The last tick with faults and with removable causes of refusals. After it the providers accept, and the events
    /// stay fresh to the end.
    pub(crate) mended: Option<Tick>,
    /// The provider that throttles every request, also after `mended`.
    pub(crate) throttles: Option<Provider>,
    /// The tick in which the catalogue changes.
    pub(crate) changed_at: Option<Tick>,
    /// The notification whose recipient `RECIPIENTS` does not allow.
    pub(crate) not_allowed: Option<u8>,
    /// The maximum number of faults: crashes, lost replies of the table, errors of the table.
    pub(crate) faults: u8,
    /// The maximum number of callbacks about each message.
    pub(crate) calls: u8,
    pub(crate) mutant: Option<Mutant>,
}

/// The duration of an invocation: it may act in the tick in which it begins and in the next one.
pub(crate) const INVOCATION: Tick = 1;
/// Ticks from the deadline to the lease's end. The lease must end after the deadline's tick.
pub(crate) const LEASE_MARGIN: Tick = 1;
/// The first tick in which a notification is urgent, in scenarios with a provider that always throttles.
const URGENT: Tick = 1;
/// The confirmation window.
pub(crate) const WINDOW: Tick = 1;
/// The wait that `settle` sets after the fourth throttled attempt. No scenario has time for a fifth one. A withdrawn
/// claim counts as an attempt.
const LONGEST_WAIT: Tick = 8;
/// The longest wait that begins before `mended`: the protocol's waits are at most 15 minutes, and of the waits after a
/// refusal only the first three, of up to four minutes, fit into the ticks before.
const LONGEST_MENDING: Tick = 30;
/// Ticks from a notification's due time until the sweeper holds it. The template's value is longer than the queue's
/// redelivery; in the model the sweeper may also run between two deliveries of an event.
pub(crate) const STUCK_AFTER: Tick = 1;

/// The longest wait in the queue if the table stores events.
pub(crate) const QUEUE_WAIT: Tick = 1;
/// Ticks from putting an event's copy on the queue until the event is due again. The protocol's value is long enough for
/// the queue to process an hour's peak; in the model several copies may be in flight.
pub(crate) const AGAIN: Tick = 2;

impl Scenario {
    pub(crate) fn notifications(&self) -> usize {
        match &self.kind {
            NotificationKind::Body => 1,
            NotificationKind::Statuses(steps) => steps.len(),
        }
    }

    pub(crate) fn steps(&self) -> &[Step] {
        match &self.kind {
            NotificationKind::Body => &[],
            NotificationKind::Statuses(steps) => steps,
        }
    }

    /// The last tick. By then the lease and the window of a claim in the last tick with faults have ended. If the sweeper
    /// alone recovers, postponed notifications have also been stuck for [`STUCK_AFTER`].
    pub(crate) fn end(&self) -> Tick {
        if let Some(mended) = self.mended {
            return mended + LONGEST_MENDING + LEASE_MARGIN + 1;
        }
        self.stale
            + match self.recovery {
                Recovery::Queue | Recovery::Both => LEASE_MARGIN + WINDOW + 1,
                Recovery::Sweeper => LONGEST_WAIT + STUCK_AFTER + 1,
            }
    }

    /// A provider's possible responses at this time.
    pub(crate) fn responses(&self, now: Tick, provider: Provider) -> &[Response] {
        if self.throttles == Some(provider) {
            &[Response::Throttled]
        } else if self.mended.is_some_and(|mended| now > mended) {
            &[Response::Accepted]
        } else {
            &self.responses
        }
    }

    /// Whether half of the event's maximum age has passed. Always false unless a provider always throttles, because the
    /// distinction multiplies the states.
    pub(crate) fn is_urgent(&self, now: Tick) -> bool {
        self.throttles.is_some() && self.mutant != Some(Mutant::NeverUrgent) && now >= URGENT
    }

    /// Whether the faults have ended; then the queue or the sweeper finishes all notifications.
    pub(crate) fn is_calm(&self, now: Tick) -> bool {
        now > self.mended.unwrap_or(self.stale)
    }

    pub(crate) fn staleness(&self, now: Tick) -> Staleness {
        match (self.mended.is_none() && now >= self.stale, &self.kind) {
            (false, _) => Staleness::Fresh,
            (true, NotificationKind::Body) => Staleness::Stale,
            (true, NotificationKind::Statuses(_)) => Staleness::Pointless,
        }
    }
}

/// Parses a policy such as `hold`, and sets the model's confirmation window.
pub(crate) fn policy(text: &str) -> Policy {
    let mut policy: Policy = text.parse().unwrap();
    policy.confirmation_window = duration(WINDOW);
    policy
}

pub(crate) fn duration(ticks: Tick) -> Duration {
    Duration::from_secs(u64::from(TICK_SECONDS) * u64::from(ticks))
}

/// A status that the order reached at this tick.
pub(crate) fn status(status: OrderStatus, time: Tick) -> Step {
    Step { key: NotificationKey::parse(status.as_str()).unwrap(), status, time: at(time) }
}
