//! What a run of the checker starts from, and its bounds.

use std::time::Duration;

use shared::message::{NotificationKey, OrderStatus};
use shared::protocol::{Policy, Staleness, Step};
use shared::provider::Provider;

use crate::cell::{TICK_SECONDS, Tick, at};
use crate::rules::Mutant;
use crate::world::Verdict;

/// Who finishes what is stuck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rescue {
    /// The queue: after the faults have ended it hands every event over once a tick. There is no sweeper.
    Queue,
    /// The sweeper: after the faults have ended it runs once a tick. The queue may have given up.
    Sweeper,
    /// The queue as above, after the sweeper has given up what was stuck before the calm: a redrive.
    Both,
}

/// Who settles what is held, once in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Person {
    /// Says what is true.
    Right,
    /// Says that it was not sent, whatever is true.
    Wrong,
}

/// What is to be told.
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
    /// What a provider may do with a request.
    pub(crate) verdicts: Vec<Verdict>,
    /// The copies of events in the queue, by the notification that each becomes. One worker for each.
    pub(crate) copies: Vec<u8>,
    pub(crate) rescue: Rescue,
    /// Whether the table keeps the events whose waits the queue can't carry.
    pub(crate) keeps: bool,
    /// Before the calm.
    pub(crate) person: Option<Person>,
    /// When the events become stale, and the last tick with faults, unless all is mended before.
    pub(crate) stale: Tick,
    /// The last tick before everything that can be mended is: then there are no more faults, the providers accept, and
    /// the events stay fresh to the end.
    pub(crate) mended: Option<Tick>,
    /// The provider that throttles every request, also when all is mended.
    pub(crate) throttles: Option<Provider>,
    /// When the catalogue says something else from then on.
    pub(crate) changed: Option<Tick>,
    /// How many faults there may be: crashes, lost replies of the table, errors of the table.
    pub(crate) faults: u8,
    /// How many callbacks about each message there may be.
    pub(crate) calls: u8,
    pub(crate) mutant: Option<Mutant>,
}

/// How long an invocation may take: it may act in the tick in which it began and in the next.
pub(crate) const INVOCATION: Tick = 1;
/// Ticks from the deadline to the lease's end, which comes later than the last moment of the deadline's tick.
pub(crate) const LEASE_MARGIN: Tick = 1;
/// Half of the time in which an event is worth sending, where a provider throttles throughout.
const URGENT: Tick = 1;
/// The confirmation window.
pub(crate) const WINDOW: Tick = 1;
/// How long `settle` puts off what was throttled at its fourth attempt; there is no time for a fifth one. A claim that was
/// withdrawn counts as one.
const LONGEST_WAIT: Tick = 8;
/// How long a wait may last that begins before everything is mended: no wait of our own is longer than 15 minutes, and of
/// the waits for something to be mended only the first three, of up to four minutes, fit into the ticks before.
const LONGEST_MENDING: Tick = 30;
/// How long after its time a notification is given up. The template's is longer than the queue brings an event back; in
/// the model the sweeper may come between an event's deliveries.
pub(crate) const STUCK_AFTER: Tick = 1;

/// How long a wait the queue carries, where the table carries the longer ones.
pub(crate) const QUEUE_WAIT: Tick = 1;
/// After how long an event is due again of which a copy was put on the queue. The protocol's is longer than the queue needs
/// for an hour's peak; in the model several copies may be on the way.
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

    /// The last tick. What was claimed in the last tick with faults has lost its lease and its window by then. Where only
    /// the sweeper is left, what was put off has also been stuck for long enough.
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

    /// What a provider may do with a request now.
    pub(crate) fn verdicts(&self, now: Tick, provider: Provider) -> &[Verdict] {
        if self.throttles == Some(provider) {
            &[Verdict::Throttled]
        } else if self.mended.is_some_and(|mended| now > mended) {
            &[Verdict::Accepted]
        } else {
            &self.verdicts
        }
    }

    /// Whether half of the time is over; only where that makes a difference, because it makes others states.
    pub(crate) fn is_urgent(&self, now: Tick) -> bool {
        self.throttles.is_some() && self.mutant != Some(Mutant::NeverUrgent) && now >= URGENT
    }

    /// Faults have ended, and whoever rescues does so.
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

/// A policy as an operator writes it, with the model's window.
pub(crate) fn policy(text: &str) -> Policy {
    let mut policy: Policy = text.parse().unwrap();
    policy.confirmation_window = duration(WINDOW);
    policy
}

pub(crate) fn duration(ticks: Tick) -> Duration {
    Duration::from_secs(u64::from(TICK_SECONDS) * u64::from(ticks))
}

/// A status that the order took at this tick.
pub(crate) fn status(status: OrderStatus, time: Tick) -> Step {
    Step { key: NotificationKey::parse(status.as_str()).unwrap(), status, time: at(time) }
}
