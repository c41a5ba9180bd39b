//! Crash points: the functions are killed before and after every one of their I/Os, what was under way is delivered
//! again until nothing is, and then the table must agree with the providers' own ledger.
//!
//! The points are not chosen: a first run, which nobody kills, tells every I/O of every invocation.

#[cfg(test)]
mod cast;
#[cfg(test)]
mod detection;
#[cfg(test)]
mod functions;
#[cfg(test)]
mod judge;
#[cfg(test)]
mod kept;
#[cfg(test)]
mod notifier;
#[cfg(test)]
mod scenario;
#[cfg(test)]
mod stage;
#[cfg(test)]
#[path = "../it/support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the suites of the other program use the rest")]
mod support;
#[cfg(test)]
mod sweeper;
#[cfg(test)]
mod truth;
#[cfg(test)]
mod webhook;
