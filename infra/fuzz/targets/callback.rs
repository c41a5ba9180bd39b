//! The invariants of every parsed callback.

use jiff::Timestamp;
use shared::providers::{Callback, Unparsable};

pub const RECEIVED_AT: Timestamp = Timestamp::constant(1_795_165_200, 0);
const A_DAY_LATER: Timestamp = Timestamp::constant(1_795_165_200 + 86_400, 0);
const WHATSAPP_BUSINESS_START: Timestamp = Timestamp::constant(1_500_000_000, 0);

/// The longest code is the type and the subtype of a bounce.
const MAX_CODE_BYTES: usize = 80;

/// Asserts that every fact fits into the table, and every problem into a log line.
pub fn assert_storable(parsed: Result<Callback, Unparsable>) {
    let Ok(callback) = parsed else { return };
    for fact in callback.facts {
        for id in fact.aliases.iter().chain([&fact.message_id]) {
            assert!((1..=512).contains(&id.as_str().len()));
        }
        assert!((WHATSAPP_BUSINESS_START..=A_DAY_LATER).contains(&fact.at));
        if let Some(failure) = fact.failure {
            assert!(failure.text.chars().count() <= 201);
            assert!(failure.code.is_none_or(|code| (1..=MAX_CODE_BYTES).contains(&code.len())));
        }
    }
    for problem in callback.unusable {
        assert!(problem.to_string().len() < 2000);
    }
}
