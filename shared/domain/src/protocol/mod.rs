//! The send protocol: pure decisions, from records to records, carried out by conditional writes.
//!
//! A notification's [`Record`] goes through its states as the table in `docs/architecture.md` shows. The [`Machine`] is
//! one run over one event: from each input it makes the next [`Effect`], a single request, and its caller carries the
//! requests out. It decides by [`decide()`], what to do about the record that was found; [`settle()`], what a provider's
//! answer makes of it; [`relevance`] and its kin, which keep an order's statuses in their order. Beside it stand
//! [`sweep()`], what to do about a record whose event doesn't come back, and [`resolve()`], what a person's finding
//! makes of a held one.
//!
//! Every write of a record is conditioned on state, attempt and claim token being those that it was decided from. No
//! pair of state and attempt is ever entered twice, so that the condition can't be met by an older record.
//!
//! Limit: the clocks of the function's instances must agree to within the lease's margin (5 s).

mod answer;
mod decide;
mod effect;
mod machine;
mod owner;
mod policy;
mod progress;
mod record;
mod resend;
mod resolve;
mod settle;
mod sweep;
#[cfg(test)]
mod tests;

pub use answer::{Answer, AnswerKind, Reason, ReasonClass};
pub use decide::{Context, Decision, Staleness, decide, superseded};
pub use effect::{Effect, End, Input};
pub use machine::Machine;
pub use owner::Owner;
pub use policy::{InvalidPolicy, Policy, UnknownOutcome};
pub use progress::{Progress, Relevance, Step, relevance};
pub use record::{ClaimToken, Held, Record, State};
pub use resend::{Accepting, Resend, resend};
pub use resolve::{Finding, Resolution, is_let_go, resolve};
pub use settle::{Attempt, Settlement, settle};
pub use sweep::{Sweep, sweep};
