//! Order events of a megabyte.

use serde_json::{Value, json};
use shared::catalogue::{Catalogue, MAX_EVENT_VALUES, OrderEvent, read_event, render};
use shared::fault::{Fault, Faults};

use crate::measure::{alone, check_memory, check_work};

const MB: usize = 1024 * 1024;
const SAMPLE: &str = include_str!("../../../tests/events/order-cancelled.json");
/// Fields that the catalogue reads, and one that it doesn't read.
const PLACES: [&str; 11] = [
    "/id",
    "/source",
    "/detail-type",
    "/time",
    "/detail/order/number",
    "/detail/customer/name",
    "/detail/customer/phone",
    "/detail/customer/language",
    "/detail/customer/whatsapp_opt_in",
    "/detail/next_step",
    "/resources",
];

fn catalogue() -> Catalogue {
    Catalogue::parse("notifications.toml", include_str!("../../../tests/shop/notifications.toml")).unwrap()
}

fn with(pointer: &str, value: Value) -> String {
    let mut event: Value = serde_json::from_str(SAMPLE).unwrap();
    *event.pointer_mut(pointer).unwrap() = value;
    event.to_string()
}

/// Parses an event as order-notifier does, and renders it by every entry, whether it matches or not.
fn process(catalogue: &Catalogue, body: &str) -> Result<Vec<Faults>, Fault> {
    let event = match OrderEvent::parse(read_event(body.as_bytes())?) {
        Ok(event) => event,
        Err(faults) => return Ok(vec![faults]),
    };
    Ok(catalogue.entries().iter().filter_map(|entry| render(entry, &event, None).err()).collect())
}

#[test]
fn a_megabyte_in_any_field_needs_bounded_memory_and_is_not_quoted() {
    let catalogue = catalogue();
    for place in PLACES {
        for value in [json!("x ".repeat(MB / 2)), json!([["x".repeat(MB)]])] {
            let event = with(place, value);
            let faults = check_memory(place, || event, |event| process(&catalogue, event)).unwrap();
            let bytes: usize = faults.iter().map(|faults| faults.to_string().len()).sum();
            assert!(bytes < 10_000, "{place}: {bytes} bytes of faults");
        }
    }
}

#[test]
fn an_event_with_too_many_values_is_refused_within_the_memory() {
    let catalogue = catalogue();
    for item in ["0", "[]", "{\"\":0}"] {
        let list = format!("[{}]", vec![item; MB / (item.len() + 1)].join(","));
        let event = SAMPLE.replacen("[]", &list, 1);
        assert_ne!(event, SAMPLE);
        let refused = check_memory(item, || event, |event| process(&catalogue, event).is_err());
        assert!(refused, "{item}");
    }
}

#[test]
fn nested_envelopes_need_bounded_memory() {
    let catalogue = catalogue();
    let notification =
        |message: &str| json!({"Type": "Notification", "TopicArn": "arn", "Message": message}).to_string();
    let large = with("/resources", json!("x \"".repeat(MB / 16)));
    let wrapped = (0..3).fold(large.clone(), |inner, _| notification(&inner));
    let from_wrapped = check_memory("three notifications", || wrapped, |event| process(&catalogue, event));
    assert_eq!(from_wrapped, process(&catalogue, &large));
    for layer in ["[", "\"[", "{\"Records\":["] {
        let event = layer.repeat(MB / layer.len());
        assert!(check_memory(layer, || event, |event| process(&catalogue, event).is_err()), "{layer}");
    }
}

#[test]
fn a_batch_of_events_with_the_maximum_number_of_values_needs_bounded_memory() {
    let catalogue = catalogue();
    for item in ["0", "[]", "{\"\":0}"] {
        let values = if item.len() > 1 { 2 } else { 1 };
        let event = |most: usize| {
            with("/resources", json!(null)).replacen(
                "null",
                &format!("[{}]", vec![item; (most - 50) / values].join(",")),
                1,
            )
        };
        let (few, many) = (event(20_000), event(MAX_EVENT_VALUES));
        check_memory(
            item,
            || (few, many),
            |(few, many)| {
                let tree = |event: &str| read_event(event.as_bytes()).map(OrderEvent::parse);
                // Nine of ten events are waiting for the table while the tenth is parsed.
                let _side_by_side = [(); 9].map(|()| tree(few).unwrap().unwrap());
                assert!(tree(many).unwrap().is_ok() && process(&catalogue, many).is_ok(), "{item}");
            },
        );
    }
}

#[test]
fn an_event_may_nest_as_deeply_as_the_json_parser_allows() {
    let _alone = alone();
    let catalogue = catalogue();
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        for (depth, is_accepted) in [(100, true), (125, true), (128, false), (100_000, false)] {
            let deep = open.repeat(depth) + "1" + &close.repeat(depth);
            let event = SAMPLE.replacen("[]", &deep, 1);
            assert_eq!(process(&catalogue, &event).is_ok(), is_accepted, "{open} {depth}");
        }
    }
}

#[test]
fn the_work_is_linear_in_the_events_size() {
    let catalogue = catalogue();
    for place in PLACES {
        let event = |bytes: usize| with(place, json!("x ".repeat(bytes / 2)));
        check_work(place, MB / 16, event, |event| {
            let _faults = process(&catalogue, event);
        });
    }
    let items = |count: usize| with("/resources", vec![json!({"a": [1, "x"]}); count / 100].into());
    check_work("items", 400_000, items, |event| {
        let _faults = process(&catalogue, event);
    });
}
