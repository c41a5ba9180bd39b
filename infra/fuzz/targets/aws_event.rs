//! Tests the parser of AWS's delivery events: any body is parsed or refused, and the parsed facts can be stored.

#![no_main]

mod callback;

use libfuzzer_sys::fuzz_target;
use shared::providers::aws::events::{UnreadableEvent, parse};

fuzz_target!(|body: &[u8]| {
    match parse(body, callback::RECEIVED_AT) {
        Ok(event) => callback::assert_storable(Ok(event.callback)),
        Err(UnreadableEvent::Unparsable(unparsable)) => callback::assert_storable(Err(unparsable)),
        Err(UnreadableEvent::OtherService) => {}
    }
});
