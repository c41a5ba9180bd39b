//! For the fuzz targets in `infra/fuzz`, which stand outside of this crate: built by cargo-fuzz only.

use jiff::Timestamp;

use super::Told;
use super::client::read;
use super::http::Reply;
use super::one_msg::hook_info;
use super::words::Words;
use crate::message::MessageId;
use crate::protocol::Answer;
use crate::provider::Provider;

/// What a reply with this status and body means.
pub fn reply(provider: Provider, status: u16, body: &[u8]) -> Answer {
    read(provider, &Reply { status, retry_after: None, body: body.to_owned() }, &Words::default())
}

/// What a reply of 1MSG's to a question about this message tells.
pub fn told(message: &MessageId, status: u16, body: &[u8], received_at: Timestamp) -> Told {
    hook_info::read(message, &Reply { status, retry_after: None, body: body.to_owned() }, received_at)
}
