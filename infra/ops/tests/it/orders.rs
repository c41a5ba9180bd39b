//! An order's outcome and its settlement: status, message, held, resolve, invalid.

mod held;
mod invalid;
mod message;
mod resend;
mod resolve;
pub(crate) mod stage;
mod status;
