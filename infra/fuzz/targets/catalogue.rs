//! Tests the catalogue parser: any text is either a valid catalogue, which renders the sample event without a
//! panic, or has faults.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use shared::catalogue::{Catalogue, Expression, OrderEvent, render};

static EVENT: LazyLock<OrderEvent> = LazyLock::new(|| {
    let sample = include_str!("../../../tests/events/order-cancelled.json");
    OrderEvent::parse(serde_json::from_str(sample).unwrap()).unwrap()
});

fuzz_target!(|text: &str| {
    match Catalogue::parse("n.toml", text) {
        Ok(catalogue) => {
            for entry in catalogue.entries() {
                let _rendered = render(entry, &EVENT, None);
            }
        }
        Err(faults) => assert!(!faults.is_empty()),
    }
    if let Ok(expression) = Expression::compile(text) {
        let _found = expression.evaluate(&EVENT);
    }
});
