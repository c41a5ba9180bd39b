//! Tests the parsers of the providers' replies to a send and of 1MSG's replies to polling: any status with any body
//! is classified. The first two bytes of the input are the status.

#![no_main]

mod callback;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use shared::message::MessageId;
use shared::protocol::Answer;
use shared::provider::Provider;
use shared::providers::PollResult;
use shared::providers::fuzzing::{poll_reply, reply};

static POLLED_MESSAGE: LazyLock<MessageId> = LazyLock::new(|| MessageId::parse("wamid.A=").unwrap());

fuzz_target!(|data: (u16, &[u8])| {
    let (status, body) = data;
    let status = 100 + status % 600;
    for provider in Provider::WITH_WEBHOOK {
        let answer = reply(provider, status, body);
        let is_success = (200..300).contains(&status);
        assert!(is_success || !matches!(answer, Answer::Accepted(_)), "{provider} {status}");
    }
    if let PollResult::Reported(known) = poll_reply(&POLLED_MESSAGE, status, body, callback::RECEIVED_AT) {
        callback::assert_storable(Ok(known));
    }
});
