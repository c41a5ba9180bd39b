//! What is told, through whom, and what the providers make of it.

use std::fmt;

use local::simulator::{Expected, MAGIC_NUMBERS, Magic};
use shared::protocol::State;
use shared::provider::Provider::{self, Kaleyra, Meta, OneMsg};

use crate::support::{Event, simulated};

/// The numbers that answer nothing, so that an invocation must be short.
const SILENT: [u8; 2] = [20, 21];
/// The number whose callbacks are lost.
const LOST_CALLBACKS: u8 = 6;
/// One number for each thing that a provider may do with a send.
const OUTCOMES: [u8; 14] = [0, 5, LOST_CALLBACKS, 10, 11, 12, 20, 21, 22, 24, 25, 31, 32, 35];
/// One for each way in which the outcome may be unknown, besides the first, where only a crash makes it so.
const UNKNOWN: [u8; 5] = [0, LOST_CALLBACKS, 20, 21, 22];

/// Which scenarios.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// One for each outcome, and the policy to send again where it makes a difference.
    EveryOutcome,
    /// Every magic number with every policy.
    EveryNumber,
}

/// What the operator has chosen for sends whose outcome stays unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Choice {
    Hold,
    Resend,
}

impl Choice {
    pub const ALL: [Self; 2] = [Self::Hold, Self::Resend];

    /// The value of `UNKNOWN_OUTCOME`.
    pub const fn setting(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Resend => "resend",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sort {
    Body,
    OrderStatus,
}

/// One sort of notification to one magic number, with one provider preferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scenario {
    pub sort: Sort,
    pub provider: Provider,
    pub number: u8,
    pub choice: Choice,
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sort = match self.sort {
            Sort::Body => "body",
            Sort::OrderStatus => "order status",
        };
        write!(f, "{sort} by {}, {}, {}", self.provider, self.magic().summary, self.choice.setting())
    }
}

impl Scenario {
    /// The scenarios with this provider preferred.
    pub fn all(provider: Provider, extent: Extent) -> Vec<Self> {
        let mut all = Vec::new();
        for magic in &MAGIC_NUMBERS {
            for sort in [Sort::Body, Sort::OrderStatus] {
                for choice in Choice::ALL {
                    let scenario = Self { sort, provider, number: magic.number, choice };
                    if scenario.belongs_to(extent) {
                        all.push(scenario);
                    }
                }
            }
        }
        all
    }

    fn belongs_to(self, extent: Extent) -> bool {
        // 1MSG has no order statuses.
        let exists = self.sort == Sort::Body || self.provider != OneMsg;
        let numbers: &[u8] = match self.choice {
            Choice::Hold => &OUTCOMES,
            Choice::Resend => &UNKNOWN,
        };
        exists && (extent == Extent::EveryNumber || numbers.contains(&self.number))
    }

    fn magic(self) -> &'static Magic {
        MAGIC_NUMBERS.iter().find(|magic| magic.number == self.number).unwrap()
    }

    /// Who may send it, in this order.
    fn providers(self) -> Vec<Provider> {
        let shipped: &[Provider] = match self.sort {
            Sort::Body => &[OneMsg, Meta, Kaleyra],
            Sort::OrderStatus => &[Kaleyra, Meta],
        };
        let others = shipped.iter().copied().filter(|it| *it != self.provider);
        std::iter::once(self.provider).chain(others).collect()
    }

    /// Whether an invocation has to wait in vain.
    pub fn is_silent(self) -> bool {
        SILENT.contains(&self.number)
    }

    /// Whether nobody hears of what becomes of its message.
    pub fn loses_callbacks(self) -> bool {
        self.number == LOST_CALLBACKS
    }

    /// The event, for this order.
    pub fn event(self, order: &str) -> Event {
        let sample = match self.sort {
            Sort::Body => "order-cancelled",
            Sort::OrderStatus => "order-status-shipped",
        };
        Event::sample(sample).order(order).magic(self.number)
    }

    /// Whether it may end in this state when nobody is killed: as the simulator foretells it, and what would be tried
    /// for ever ends with its event's age.
    pub fn may_end(self, state: State) -> bool {
        let providers: Vec<_> = self.providers().into_iter().map(simulated).collect();
        match (self.magic().expected(&providers), self.sort) {
            (Expected::Read | Expected::Delivered | Expected::Failed | Expected::Accepted, _) => {
                state == State::Accepted
            }
            (Expected::Rejected, _) => state == State::Rejected,
            (Expected::Unknown, _) | (Expected::Waiting, Sort::Body) => state == State::Held,
            (Expected::Waiting, Sort::OrderStatus) => state == State::Suppressed,
        }
    }
}
