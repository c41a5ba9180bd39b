//! Tests Kaleyra's callback parser: any body and any query is parsed or refused, and the parsed facts can be stored.

#![no_main]

mod callback;

use libfuzzer_sys::fuzz_target;
use shared::providers::kaleyra::callback::{parse, parse_query};

fuzz_target!(|body: &[u8]| {
    callback::assert_storable(parse(body, callback::RECEIVED_AT));
    if let Ok(query) = std::str::from_utf8(body) {
        callback::assert_storable(Ok(parse_query(query, callback::RECEIVED_AT)));
    }
});
