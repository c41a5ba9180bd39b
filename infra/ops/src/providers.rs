//! The providers' administrative calls, which read and change accounts, and never send a message.
//!
//! Each call is one HTTP exchange with a timeout, and is never retried. If no vendor documents an answer's format, the
//! parser says so, and treats an unknown answer as an error and not as an empty one.

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
