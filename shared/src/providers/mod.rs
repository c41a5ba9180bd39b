//! The three providers: their requests, replies and callbacks, and the authentication of callbacks.
//!
//! In each provider's folder `request`, `reply` and `callback` are pure functions between bytes and this
//! crate's values. Only `client`, `question` and `http` do I/O: one attempt at one provider, or one poll for
//! a message. The protocol decides what a reply leads to, and the table what a callback changes.

pub mod authentication;
pub mod base_urls;
pub mod callback;
pub mod client;
mod codes;
mod connections;
mod failure;
#[cfg(fuzzing)]
pub mod fuzzing;
#[cfg(test)]
mod hostile;
mod http;
mod http_status;
pub mod kaleyra;
mod lenient;
pub mod meta;
pub mod one_msg;
mod outgoing;
mod pacing;
mod plain_words;
mod question;
mod request_body;
#[cfg(test)]
mod samples;
mod status_item;
#[cfg(test)]
mod summary;
mod template_component;
mod words;
mod zipped;

pub use authentication::Refused;
pub use base_urls::BaseUrls;
pub use callback::{Callback, Problem, Unparsable};
pub use client::{Attempted, Providers};
pub use failure::failure_class;
pub use outgoing::Outgoing;
pub use question::Told;
pub use zipped::unzip;
