//! Meta's callbacks: any body is read or refused, and what is read is fit to keep.

#![no_main]

mod callback;

use libfuzzer_sys::fuzz_target;
use shared::providers::meta::callback::read;

fuzz_target!(|body: &[u8]| callback::is_fit(read(body, callback::RECEIVED_AT)));
