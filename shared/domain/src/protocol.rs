//! The send protocol: pure decisions that turn records into new records. Conditional writes carry them out.
//!
//! A notification's [`Record`] moves through the states shown in `docs/architecture.md`. The [`Machine`] is
//! one run over one event: from each input it derives the next [`Effect`], a single request, which its caller
//! carries out. It uses [`decide()`] for a record that was read, [`settle()`] for a provider's answer, and
//! [`relevance`] to keep an order's statuses in sequence. Outside the machine, [`sweep()`] handles a record
//! whose event does not come back, and [`resolve()`] applies the operator's finding to a held record.
//!
//! Every write of a record is conditional on the state, attempt and claim token that it was decided from. No
//! pair of state and attempt is ever entered twice, so an older record cannot satisfy the condition.
//!
//! Limit: the clocks of the function's instances must agree to within the lease's margin (5 s).

mod answer;
mod decide;
mod effect;
mod fallback;
mod follow_up;
mod guard;
mod machine;
mod order_reference;
mod owner;
mod policy;
mod progress;
mod record;
mod resend;
mod resolve;
mod retry_waits;
mod settle;
mod sweep;
#[cfg(test)]
mod tests;

pub use answer::{Answer, AnswerKind, Reason, ReasonClass};
pub use decide::{Context, Decision, NOT_ALLOWED, Staleness, decide, superseded};
pub use effect::{Effect, End, Input};
pub use fallback::{FallbackEffect, FallbackInput, FallbackMachine};
pub use follow_up::{FollowUp, FollowUpCase, Link, REPLACED, Seen, another_time, follow_up, has_arrived};
pub use guard::{Guard, InvalidRecipients, Recipients};
pub use machine::Machine;
pub use order_reference::{OrderReference, without_reference};
pub use owner::Owner;
pub use policy::{InvalidPolicy, Policy, UnknownOutcome};
pub use progress::{Progress, Relevance, Step, relevance};
pub use record::{ClaimToken, Held, NO_USABLE_NUMBER, Record, State};
pub use resend::{AcceptedRisks, Resend, resend};
pub use resolve::{Finding, Resolution, is_released, resolve};
pub use retry_waits::{Doubling, InvalidRetryWaits, RetryWaits};
pub use settle::{Attempt, Settlement, settle};
pub use sweep::{Sweep, sweep};
