//! The send protocol: pure decisions, from records to records, carried out by conditional writes.
//!
//! A notification's [`Record`] goes through its states as the table in `docs/architecture.md` shows. [`decide()`] says
//! what to do about the record that was found; [`settle()`] says what a provider's answer makes of it; [`sweep()`] says
//! what to do about one whose event doesn't come back; [`resolve()`] says what a person's finding makes of one that is
//! held; [`relevance`] and its kin keep an order's statuses in their
//! order. Whoever carries a decision out writes its record on the condition that state and attempt are still those it
//! was decided from, and decides anew when they aren't. No pair of state and attempt is ever entered twice, so that the
//! condition can't be met by an older record.
//!
//! Limit: the clocks of the function's instances must agree to within the lease's margin (5 s).

mod answer;
mod decide;
mod policy;
mod progress;
mod record;
mod resolve;
mod settle;
mod sweep;
#[cfg(test)]
mod tests;

pub use answer::{Answer, AnswerKind, Reason, ReasonClass};
pub use decide::{Decision, Situation, Staleness, decide, superseded};
pub use policy::{InvalidPolicy, Policy, UnknownOutcome};
pub use progress::{Progress, Relevance, Step, relevance};
pub use record::{Record, State};
pub use resolve::{Finding, Resolution, is_let_go, is_resolved, resolve};
pub use settle::{Attempt, Settlement, settle};
pub use sweep::{Sweep, sweep};
