//! Crash points: the tests kill the functions before and after every one of their I/Os, and deliver unfinished work
//! again until none is left. Then the table must agree with the providers' ledger.
//!
//! The points are not selected by hand: a first, undisturbed run records every I/O of every invocation.

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
mod sweeper;
#[cfg(test)]
mod truth;
#[cfg(test)]
mod webhook;

#[cfg(test)]
use testkit as support;
