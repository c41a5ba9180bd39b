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
        let of = |(invocation, ios): (usize, &Vec<Io>)| {
            Point::all(ios).into_iter().map(move |point| Self { invocation, point })
        };
        undisturbed.invocations.iter().enumerate().flat_map(of).collect()
    }

    /// What the crash leaves open: between the claim, which is the last write of the record before a provider is asked,
    /// and the settlement, which is the first one after it, nobody knows.
    pub fn leaves_open(&self, undisturbed: &Undisturbed) -> Open {
        let ios = &undisturbed.invocations[self.invocation];
        let named = ios.iter().enumerate().filter(|(_, io)| **io == self.point.io);
        let (index, _) = named.skip(self.point.occurrence - 1).next().unwrap();
        let done = match self.point.side {
            Side::Before => index,
            Side::After => index + 1,
        };
        let (before, after) = ios.split_at(done);
        let last_write = before.iter().rposition(Io::writes_a_notification);
        let last_asked = before.iter().rposition(Io::asks_a_provider);
        let next_write = after.iter().position(Io::writes_a_notification);
        let next_asked = after.iter().position(Io::asks_a_provider);
        if last_asked.is_some() && last_asked > last_write {
            Open::Asked
        } else if next_asked.is_some()
            && (next_write.is_none() || next_asked < next_write)
            && last_write.is_some()
        {
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
