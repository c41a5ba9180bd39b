//! The crash points of a scenario: one order for each.

use std::fmt;

use local::interruption::{Io, Point, Side};
use shared::protocol::State;
use shared::provider::Provider;

use crate::scenario::Scenario;

/// A scenario's results without a kill.
#[derive(Debug, Clone)]
pub struct Undisturbed {
    pub invocations: Vec<Vec<Io>>,
    /// Whether the outcome was ever unknown.
    pub was_unknown: bool,
    /// The final state.
    pub state: State,
    /// The provider of the final state.
    pub provider: Option<Provider>,
    /// The number of accepted sends.
    pub accepted: usize,
}

/// Where an invocation is killed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kill {
    /// The index of the invocation, from 0.
    pub invocation: usize,
    pub point: Point,
    /// The I/Os up to the crash point, its own I/O included. If an invocation arrives there by different I/Os, because
    /// the SDK retried one of them on a busy machine, it has reached another point of the same name.
    pub path: Vec<Io>,
}

impl fmt::Display for Kill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in invocation {}", self.point, self.invocation + 1)
    }
}

/// The part of a send that a crash leaves unresolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    /// Nothing that the next invocation doesn't find.
    Nothing,
    /// The attempt was claimed, and no request was sent.
    Claimed,
    /// A request was sent, and its answer was not stored.
    Asked,
}

impl Kill {
    /// Every crash point of an undisturbed scenario.
    pub fn all(undisturbed: &Undisturbed) -> Vec<Self> {
        let mut all = Vec::new();
        for (invocation, ios) in undisturbed.invocations.iter().enumerate() {
            // Each I/O has two points, in the order of the I/Os.
            for (index, point) in Point::all(ios).into_iter().enumerate() {
                let path = ios[..=index / Side::ALL.len()].to_vec();
                all.push(Self { invocation, point, path });
            }
        }
        all
    }

    /// The part that the crash leaves unresolved. The record can't say what the provider did between the claim, the last
    /// write of the record before the request, and the settlement, the first write after it.
    pub fn leaves_open(&self, undisturbed: &Undisturbed) -> Open {
        let done = match self.point.side {
            Side::Before => self.path.len() - 1,
            Side::After => self.path.len(),
        };
        let (before, after) = undisturbed.invocations[self.invocation].split_at(done);
        let last_write = before.iter().rposition(Io::writes_a_notification);
        let last_asked = before.iter().rposition(Io::asks_a_provider);
        let next_write = after.iter().position(Io::writes_a_notification).unwrap_or(after.len());
        let next_asked = after.iter().position(Io::asks_a_provider).unwrap_or(after.len());
        if last_asked > last_write {
            Open::Asked
        } else if last_write.is_some() && next_asked < next_write {
            Open::Claimed
        } else {
            Open::Nothing
        }
    }
}

/// The course of one order through a scenario.
#[derive(Debug)]
pub struct Run {
    pub scenario: Scenario,
    pub order: String,
    /// None for the undisturbed run.
    pub kill: Option<Kill>,
    /// Whether its queue message is still in the queue.
    pub queued: bool,
    /// The key of its notification, once delivery-sweeper has put a copy of its event on the queue.
    pub returned_as: Option<String>,
    /// Its invocations, if they are recorded.
    pub invocations: Vec<Vec<Io>>,
    /// The state after each invocation, if they are recorded.
    pub states: Vec<State>,
    /// Whether the run ended without reaching its crash point.
    pub missed: bool,
    /// Deviations from the plan.
    pub deviations: Vec<String>,
}

impl Run {
    pub fn new(scenario: Scenario, order: String, kill: Option<Kill>) -> Self {
        Self {
            scenario,
            order,
            kill,
            queued: true,
            returned_as: None,
            invocations: Vec::new(),
            states: Vec::new(),
            missed: false,
            deviations: Vec::new(),
        }
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.scenario)?;
        match &self.kill {
            Some(kill) => write!(f, "killed {kill}"),
            None => f.write_str("undisturbed"),
        }
    }
}
