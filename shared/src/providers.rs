//! The providers: their requests, replies and callbacks, and the authentication of callbacks.
//!
//! Each provider has a folder, which implements the trait `Api` by pure functions that convert between bytes and this crate's
//! values; `registry` names the implementations. Only `client`, `poll` and `http` do I/O: one attempt at one provider,
//! or one poll for a message.

mod api;
pub mod authentication;
pub mod aws;
mod aws_service;
pub mod base_urls;
pub mod callback;
pub mod client;
mod codes;
mod compression;
mod connections;
mod failure;
#[cfg(fuzzing)]
pub mod fuzzing;
mod gateway;
#[cfg(test)]
mod hostile;
mod http;
mod http_status;
pub mod kaleyra;
mod lenient;
pub mod meta;
pub mod one_msg;
mod order_details;
mod outgoing;
mod poll;
mod registry;
mod reply_text;
mod request_body;
mod retry;
#[cfg(test)]
mod samples;
mod sanitizer;
mod status_item;
mod status_word;
#[cfg(test)]
mod summary;
mod template_component;
mod webhook;
mod webhook_call;

pub use api::PollResult;
pub use authentication::Refused;
pub use aws::Signer;
pub use base_urls::{AwsUrls, BaseUrls};
pub use callback::{Callback, Problem, Unparsable};
pub use client::{Attempted, Providers};
pub use compression::unzip;
pub use failure::failure_class;
pub use outgoing::Outgoing;
pub use webhook_call::{Authenticated, Call, Purpose, Route};
