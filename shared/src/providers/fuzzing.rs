//! Entry points for the fuzz targets in `infra/fuzz`, which are outside of this crate; compiled only by
//! cargo-fuzz.

use jiff::Timestamp;

use super::PollResult;
use super::client::classify;
use super::http::Reply;
use super::one_msg::hook_info;
use super::sanitizer::Sanitizer;
use crate::message::MessageId;
use crate::protocol::Answer;
use crate::provider::Provider;

/// Classifies a reply with this status and body.
pub fn reply(provider: Provider, status: u16, body: &[u8]) -> Answer {
    classify(
        provider,
        &Reply { status, retry_after: None, error_type: None, body: body.to_owned() },
        &Sanitizer::default(),
    )
}

/// Classifies 1MSG's reply to a poll about this message.
pub fn poll_reply(message: &MessageId, status: u16, body: &[u8], received_at: Timestamp) -> PollResult {
    hook_info::classify(
        message,
        &Reply { status, retry_after: None, error_type: None, body: body.to_owned() },
        received_at,
    )
}
