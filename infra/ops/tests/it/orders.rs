//! An order's outcome and its settlement: status, message, held, resolve, invalid.

mod held;
mod invalid;
mod message;
mod resend;
mod resolve;
mod stage;
mod status;
