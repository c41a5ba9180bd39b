//! 1MSG's callbacks: any body is parsed or refused, and the parsed facts are fit to store.

#![no_main]

mod callback;

use libfuzzer_sys::fuzz_target;
use shared::providers::one_msg::callback::read;

fuzz_target!(|body: &[u8]| callback::is_fit(read(body, callback::RECEIVED_AT)));
