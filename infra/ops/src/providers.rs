//! The providers' administrative calls: what an account holds is read and changed, and never a message sent.
//!
//! Each call is one HTTP exchange with a timeout, and no call is made twice. Where no vendor documents what an answer
//! looks like, the reader says so, and takes what it doesn't know for an error rather than for nothing.

mod error;
mod http;
pub mod kaleyra;
pub mod meta;
pub mod one_msg;

use shared::provider::Provider;

pub use error::{CallError, Refusal};
pub(crate) use http::is_loopback;
pub use kaleyra::Kaleyra;
pub use meta::{LiveTemplate, Meta};
pub use one_msg::OneMsg;

/// A provider's name, as its owner writes it.
pub const fn called(provider: Provider) -> &'static str {
    match provider {
        Provider::OneMsg => "1MSG",
        Provider::Kaleyra => "Kaleyra",
        Provider::Meta => "Meta",
    }
}
