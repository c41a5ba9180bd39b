//! Crash points: the tests kill the functions before and after each I/O, and redeliver unfinished work until none is
//! left. Then the table must agree with the providers' ledger.
//!
//! The points are not selected by hand: a first, undisturbed run records every I/O of every invocation.

#[cfg(test)]
mod detection;
#[cfg(test)]
mod fallback;
#[cfg(test)]
mod functions;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod judge;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod notifier;
#[cfg(test)]
mod scenario;
#[cfg(test)]
mod stored_events;
#[cfg(test)]
mod sweeper;
#[cfg(test)]
mod truth;
#[cfg(test)]
mod webhook;

#[cfg(test)]
use testkit as support;
