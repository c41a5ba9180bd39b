//! The providers' administrative calls, which read and change accounts and never send a message.
//!
//! Each call is one HTTP exchange with a timeout, and is never retried. Where a vendor doesn't document an answer's
//! format, the module's documentation states it, and an unknown format is an error, not an empty answer.

mod error;
mod http;
pub mod kaleyra;
pub mod meta;
pub mod one_msg;

pub use error::{CallError, Refusal};
pub(crate) use http::is_loopback;
pub use kaleyra::Kaleyra;
pub use meta::{LiveTemplate, Meta};
pub use one_msg::OneMsg;
