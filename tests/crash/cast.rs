//! Who is killed where: one order for each point of each scenario.

use std::fmt;

use local::interruption::{Io, Point, Side};
use shared::protocol::State;
use shared::provider::Provider;

use crate::scenario::Scenario;

/// How a scenario goes when nobody is killed.
#[derive(Debug, Clone)]
pub struct Undisturbed {
    /// The I/Os of each of its invocations.
    pub invocations: Vec<Vec<Io>>,
    /// Whether its outcome was ever unknown.
    pub was_unknown: bool,
    /// Where it ends.
    pub state: State,
    /// Whose message it ends with, or who ended it.
    pub provider: Option<Provider>,
    /// How many sends were accepted.
    pub accepted: usize,
}

/// Where an invocation is killed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kill {
    /// The how many-th invocation, from 0.
    pub invocation: usize,
    pub point: Point,
    /// The I/Os that lead there, the point's own included. An invocation that came there by others, because a busy
    /// machine made the SDK try one of them twice, came to another point of the same name.
    pub path: Vec<Io>,
}

impl fmt::Display for Kill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in invocation {}", self.point, self.invocation + 1)
    }
}

/// What a crash has left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    /// Nothing that a next invocation wouldn't find.
    Nothing,
    /// It was claimed, and no provider was asked.
    Claimed,
    /// A provider was asked, and what it said isn't written.
    Asked,
}

impl Kill {
    /// Every point of an undisturbed scenario.
    pub fn all(undisturbed: &Undisturbed) -> Vec<Self> {
        let mut all = Vec::new();
        for (invocation, ios) in undisturbed.invocations.iter().enumerate() {
            // Two points an I/O, in the order of the I/Os.
            for (index, point) in Point::all(ios).into_iter().enumerate() {
                let path = ios[..=index / Side::ALL.len()].to_vec();
                all.push(Self { invocation, point, path });
            }
        }
        all
    }

    /// What the crash leaves open: between the claim, which is the last write of the record before a provider is asked,
    /// and the settlement, which is the first one after it, nobody knows.
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

/// One order's way through a scenario.
#[derive(Debug)]
pub struct Run {
    pub scenario: Scenario,
    pub order: String,
    /// None for the undisturbed one.
    pub kill: Option<Kill>,
    /// Whether its queue message is still there.
    pub queued: bool,
    /// The key of its notification, once the table has brought its event back.
    pub returned_as: Option<String>,
    /// Its invocations, where they are recorded.
    pub invocations: Vec<Vec<Io>>,
    /// The states in which its invocations left it, where they are recorded.
    pub states: Vec<State>,
    /// Whether it came to its end without coming to its point.
    pub missed: bool,
    /// What didn't go as planned.
    pub mishaps: Vec<String>,
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
            mishaps: Vec::new(),
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
