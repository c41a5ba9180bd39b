//! Tests 1MSG's callback parser: any body is parsed or refused, and the parsed facts can be stored.

#![no_main]

mod callback;

use libfuzzer_sys::fuzz_target;
use shared::providers::one_msg::callback::parse;

fuzz_target!(|body: &[u8]| callback::assert_storable(parse(body, callback::RECEIVED_AT)));
