//! What became of orders, and what a person settles: status, message, held, resolve, invalid.

mod held;
mod invalid;
mod message;
mod resend;
mod resolve;
mod stage;
mod status;
