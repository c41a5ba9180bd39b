//! Interrupts a function at any of its I/Os: before it, so that it never happens, or after it, so that the function
//! doesn't get the reply.
//!
//! A [`Gate`] stands between one invocation and all services that it calls. It forwards the requests byte by byte, and
//! records their names in order. [`run()`] invokes a function behind a gate in a separate process and ends the process
//! at the gate's request.
//!
//! [`LostReplies`] is a proxy between a function and only the table: no process ends, and only the replies to claims
//! are lost.
//!
//! Limit: an I/O is atomic here; its execution on the server isn't interrupted.

mod exchange;
mod gate;
mod io;
mod lost_replies;
mod run;
#[cfg(test)]
mod tests;

pub use gate::{Gate, Plan};
pub use io::Io;
pub use lost_replies::LostReplies;
pub use run::{Ending, run};

use std::fmt;

/// The side of an I/O at which the invocation ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The I/O never happens.
    Before,
    /// The I/O happens, but its reply is lost.
    After,
}

impl Side {
    /// Both sides.
    pub const ALL: [Self; 2] = [Self::Before, Self::After];
}

/// A point of an invocation. Concurrent requests arrive in any order, so an I/O is identified by its name and its
/// occurrence under this name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Point {
    /// Before or after the I/O.
    pub side: Side,
    /// The I/O at this point.
    pub io: Io,
    /// The occurrence of this name in the invocation, from 1.
    pub occurrence: usize,
}

impl Point {
    /// Every point of an invocation that has made these I/Os.
    pub fn all(ios: &[Io]) -> Vec<Self> {
        let occurrence = |end: usize, io: &Io| ios.iter().take(end + 1).filter(|other| *other == io).count();
        let both_sides = |(index, io): (usize, &Io)| {
            Side::ALL.map(|side| Self { side, io: io.clone(), occurrence: occurrence(index, io) })
        };
        ios.iter().enumerate().flat_map(both_sides).collect()
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = match self.side {
            Side::Before => "before",
            Side::After => "after",
        };
        write!(f, "{side} {}", self.io)?;
        if self.occurrence > 1 { write!(f, ", number {}", self.occurrence) } else { Ok(()) }
    }
}
