//! The initial state and the bounds of a checker run.

use std::time::Duration;

use shared::message::{NotificationKey, OrderStatus};
use shared::protocol::{Policy, Staleness, Step};
use shared::provider::Provider;

use crate::cell::{TICK_SECONDS, Tick, at};
use crate::rules::Mutant;
use crate::world::Verdict;

/// The component that finishes stuck notifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rescue {
    /// The queue: after the last fault it delivers every event once a tick. There is no sweeper.
    Queue,
    /// The sweeper: after the last fault it runs once a tick. The queue may have given up.
    Sweeper,
    /// The queue as above, after the sweeper has held the notifications that were stuck before the calm: a redrive.
    Both,
}

/// A person who resolves a held notification, once in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Person {
    /// Records the truth.
    Right,
    /// Always records "not sent".
    Wrong,
}

/// The notifications to send.
#[derive(Debug, Clone)]
pub(crate) enum Told {
    /// One body notification.
    Body,
    /// Statuses of one order.
    Statuses(Vec<Step>),
}

#[derive(Debug, Clone)]
pub(crate) struct Scenario {
    pub(crate) told: Told,
    /// In order of preference.
    pub(crate) providers: Vec<Provider>,
    pub(crate) policy: Policy,
    /// The possible responses of a provider.
    pub(crate) verdicts: Vec<Verdict>,
    /// The copies of events in the queue, each by its notification. Each copy has its own worker.
    pub(crate) copies: Vec<u8>,
    pub(crate) rescue: Rescue,
    /// Whether the table stores the events whose waits the queue can't carry.
    pub(crate) keeps: bool,
    /// Acts before the calm.
    pub(crate) person: Option<Person>,
    /// When the events become stale, and the last tick with faults unless `mended` is set.
    pub(crate) stale: Tick,
    /// The last tick with removable causes: after it there are no faults, the providers accept, and the events stay
    /// fresh to the end.
    pub(crate) mended: Option<Tick>,
    /// The provider that throttles every request, also after `mended`.
    pub(crate) throttles: Option<Provider>,
    /// When the catalogue changes.
    pub(crate) changed: Option<Tick>,
    /// The maximum number of faults: crashes, lost replies of the table, errors of the table.
    pub(crate) faults: u8,
    /// The maximum number of callbacks about each message.
    pub(crate) calls: u8,
    pub(crate) mutant: Option<Mutant>,
}

/// The duration of an invocation: it may act in the tick in which it began and in the next.
pub(crate) const INVOCATION: Tick = 1;
/// Ticks from the deadline to the lease's end, which is later than the last moment of the deadline's tick.
pub(crate) const LEASE_MARGIN: Tick = 1;
/// Half of the time in which an event is worth sending, if a provider throttles throughout.
const URGENT: Tick = 1;
/// The confirmation window.
pub(crate) const WINDOW: Tick = 1;
/// The wait that `settle` sets after the fourth throttled attempt; there is no time for a fifth one. A withdrawn claim
/// counts as an attempt.
const LONGEST_WAIT: Tick = 8;
/// The longest wait that begins before `mended`: the protocol's waits are at most 15 minutes, and of the waits after a
/// refusal only the first three, of up to four minutes, fit into the ticks before.
const LONGEST_MENDING: Tick = 30;
/// How long after its due time the sweeper holds a notification. The template's value exceeds the time in which the
/// queue brings an event back; in the model the sweeper may run between an event's deliveries.
pub(crate) const STUCK_AFTER: Tick = 1;

/// The longest wait that the queue carries if the table carries the longer ones.
pub(crate) const QUEUE_WAIT: Tick = 1;
/// After how long an event is due again once its copy was put on the queue. The protocol's value exceeds the queue's
/// need in an hour's peak; in the model several copies may be in flight.
pub(crate) const AGAIN: Tick = 2;

impl Scenario {
    pub(crate) fn notifications(&self) -> usize {
        match &self.told {
            Told::Body => 1,
            Told::Statuses(steps) => steps.len(),
        }
    }

    pub(crate) fn steps(&self) -> &[Step] {
        match &self.told {
            Told::Body => &[],
            Told::Statuses(steps) => steps,
        }
    }

    /// The last tick. By then a claim of the last tick with faults has lost its lease and its window. If only the
    /// sweeper is left, notifications that were put off have also been stuck for long enough.
    pub(crate) fn end(&self) -> Tick {
        if let Some(mended) = self.mended {
            return mended + LONGEST_MENDING + LEASE_MARGIN + 1;
        }
        self.stale
            + match self.rescue {
                Rescue::Queue | Rescue::Both => LEASE_MARGIN + WINDOW + 1,
                Rescue::Sweeper => LONGEST_WAIT + STUCK_AFTER + 1,
            }
    }

    /// A provider's possible responses at this time.
    pub(crate) fn verdicts(&self, now: Tick, provider: Provider) -> &[Verdict] {
        if self.throttles == Some(provider) {
            &[Verdict::Throttled]
        } else if self.mended.is_some_and(|mended| now > mended) {
            &[Verdict::Accepted]
        } else {
            &self.verdicts
        }
    }

    /// Whether half of the time is over. Only where a provider throttles throughout, because the distinction multiplies
    /// the states.
    pub(crate) fn is_urgent(&self, now: Tick) -> bool {
        self.throttles.is_some() && self.mutant != Some(Mutant::NeverUrgent) && now >= URGENT
    }

    /// Whether the faults have ended, so that the queue or the sweeper finishes the rest.
    pub(crate) fn is_calm(&self, now: Tick) -> bool {
        now > self.mended.unwrap_or(self.stale)
    }

    pub(crate) fn staleness(&self, now: Tick) -> Staleness {
        match (self.mended.is_none() && now >= self.stale, &self.told) {
            (false, _) => Staleness::Fresh,
            (true, Told::Body) => Staleness::Stale,
            (true, Told::Statuses(_)) => Staleness::Pointless,
        }
    }
}

/// A policy in the operator's notation, with the model's window.
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
