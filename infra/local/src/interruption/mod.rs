//! Interrupts a function at any of its I/Os: before it, so that it never happens, or after it, so that it has happened
//! and the function never learns of it.
//!
//! A [`Gate`] stands between one invocation and everything that it reaches, lets its requests through byte by byte, and
//! keeps their names in order. [`run()`] invokes a function behind a gate in a process of its own and ends the process when
//! the gate says so.
//!
//! [`LostReplies`] stand between a function and the table alone: no process ends, and only the replies to claims are lost.
//!
//! It ends where an exchange does: what a request does at the other end is not taken apart.

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

/// On which side of an I/O.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// It never happens.
    Before,
    /// It happens, and nobody learns of it.
    After,
}

impl Side {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Before, Self::After];
}

/// A point of an invocation. Requests that run side by side come in any order, so that an I/O is told by its name and
/// by how many of that name it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Point {
    /// On which side.
    pub side: Side,
    /// The I/O.
    pub io: Io,
    /// The how many-th of this name in the invocation, from 1.
    pub occurrence: usize,
}

impl Point {
    /// Every point of an invocation that has made these I/Os.
    pub fn all(ios: &[Io]) -> Vec<Self> {
        let occurrence = |end: usize, io: &Io| ios.iter().take(end + 1).filter(|other| *other == io).count();
        let of = |(index, io): (usize, &Io)| {
            Side::ALL.map(|side| Self { side, io: io.clone(), occurrence: occurrence(index, io) })
        };
        ios.iter().enumerate().flat_map(of).collect()
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
