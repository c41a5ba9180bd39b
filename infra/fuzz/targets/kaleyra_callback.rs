//! Kaleyra's callbacks: any body and any query is parsed or refused, and the parsed facts are fit to store.

#![no_main]

mod callback;

use libfuzzer_sys::fuzz_target;
use shared::providers::kaleyra::callback::{read, read_query};

fuzz_target!(|body: &[u8]| {
    callback::is_fit(read(body, callback::RECEIVED_AT));
    if let Ok(query) = std::str::from_utf8(body) {
        callback::is_fit(Ok(read_query(query, callback::RECEIVED_AT)));
    }
});
