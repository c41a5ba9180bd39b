//! A scenario: the sort of notification, the preferred provider, and how the providers respond.

use std::fmt;

use local::simulator::{Expected, MAGIC_NUMBERS, Magic};
use shared::protocol::State;
use shared::provider::Provider::{self, Kaleyra, Meta, OneMsg};

use crate::support::{Event, fallback, simulated};

/// The magic numbers whose providers send no answer, so that the invocation's time must be short.
const SILENT: [u8; 2] = [20, 21];
/// The magic number whose callbacks are lost.
const LOST_CALLBACKS: u8 = 6;
/// One magic number for each way in which a provider may respond to a send.
const OUTCOMES: [u8; 14] = [0, 5, LOST_CALLBACKS, 10, 11, 12, 20, 21, 22, 24, 25, 31, 32, 35];
/// One magic number for each way in which an outcome may be unknown; with 0, only a crash makes it unknown.
const UNKNOWN: [u8; 5] = [0, LOST_CALLBACKS, 20, 21, 22];

/// Which scenarios to play.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// One for each response, and the policy `resend` where it makes a difference.
    EveryOutcome,
    /// Every magic number with every policy.
    EveryNumber,
}

/// The operator's policy for sends whose outcome stays unknown.
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
    /// A body message with a fallback.
    Fallback(Text),
}

/// What happens to the text message of a fallback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Text {
    Delivered,
    /// The service refuses the number.
    Refused,
    /// The carrier can't deliver it.
    Failed,
    /// The service throttles every request.
    Throttled,
}

impl Text {
    /// The last two digits of the mobile number.
    const fn magic(self) -> u8 {
        match self {
            Self::Delivered => 99,
            Self::Refused => 44,
            Self::Failed => 40,
            Self::Throttled => 47,
        }
    }
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
            Sort::Fallback(Text::Delivered) => "body with a fallback",
            Sort::Fallback(Text::Refused) => "body with a fallback whose text message is refused",
            Sort::Fallback(Text::Failed) => "body with a fallback whose text message fails",
            Sort::Fallback(Text::Throttled) => "body with a fallback whose text message is throttled",
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
        // 1MSG sends no order statuses.
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

    /// The providers that may send it, in order of preference.
    fn providers(self) -> Vec<Provider> {
        let shipped: &[Provider] = match self.sort {
            Sort::Body | Sort::Fallback(_) => &[OneMsg, Meta, Kaleyra],
            Sort::OrderStatus => &[Kaleyra, Meta],
        };
        let others = shipped.iter().copied().filter(|it| *it != self.provider);
        std::iter::once(self.provider).chain(others).collect()
    }

    /// Whether an invocation waits for an answer that never arrives.
    pub fn is_silent(self) -> bool {
        SILENT.contains(&self.number)
    }

    /// Whether the message's callbacks are lost.
    pub fn loses_callbacks(self) -> bool {
        self.number == LOST_CALLBACKS
    }

    /// The sample event for this order and magic number.
    pub fn event(self, order: &str) -> Event {
        let sample = match self.sort {
            Sort::Body => "order-cancelled",
            Sort::OrderStatus => "order-status-shipped",
            Sort::Fallback(text) => {
                let mobile = format!("+120255501{:02}", text.magic());
                return fallback::cancelled(order, self.number).with("/detail/customer/mobile", mobile);
            }
        };
        Event::sample(sample).order(order).magic(self.number)
    }

    /// Whether the scenario may end in this state without a kill: as the simulator predicts, except that a notification
    /// with endless retries ends when its event is too old.
    pub fn may_end(self, state: State) -> bool {
        let providers: Vec<_> = self.providers().into_iter().map(simulated).collect();
        match (self.magic().expected(&providers), self.sort) {
            (Expected::Read | Expected::Delivered | Expected::Failed | Expected::Accepted, _) => {
                state == State::Accepted
            }
            (Expected::Rejected, _) => state == State::Rejected,
            (Expected::Unknown, _) | (Expected::Waiting, Sort::Body | Sort::Fallback(_)) => {
                state == State::Held
            }
            (Expected::Waiting, Sort::OrderStatus) => state == State::Suppressed,
        }
    }
}
