//! Tests faulty events and catalogues: every fault is reported with its place and never quotes the customer's
//! data.

use hostile_json::{PHONE, any_json, broken, broken_text};
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::{collection, sample};
use serde_json::{Value, json};

use super::*;
use crate::message::Content;

const SHIPPED: &str = include_str!("../../../../tests/shop/notifications.toml");

fn events() -> Vec<Value> {
    let customer = json!({"name": "Alexey Alexeyevich", "phone": format!("+{PHONE}"), "language": "es-MX", "whatsapp_opt_in": true});
    let event = |source: &str, kind: &str, order: Value| {
        json!({"version": "0", "id": "6f0c", "source": source, "detail-type": kind, "time": "2026-11-20T09:00:00Z",
            "resources": [], "detail": {"order": order, "customer": customer, "product": {"name": "Wireless headphones"},
                "next_step": "Return the item to the drop-off point by July 5."}})
    };
    vec![
        event("oms", "Order Cancelled", json!({"number": "10482"})),
        event("returns", "Return Registered", json!({"number": 10482})),
        event(
            "oms",
            "Order Status Changed",
            json!({"number": "10482", "reference_id": "395", "status": "shipped", "description": "On its way."}),
        ),
    ]
}

/// Checks the properties that hold for every event.
fn check_event(catalogue: &Catalogue, event: Value) -> Result<(), TestCaseError> {
    let event = match OrderEvent::parse(event) {
        Ok(event) => event,
        Err(faults) => {
            prop_assert!(!faults.is_empty() && !faults.to_string().contains(PHONE), "{faults}");
            return Ok(());
        }
    };
    for entry in catalogue.entries() {
        match render(entry, &event, None) {
            Err(faults) => {
                let message = faults.to_string();
                prop_assert!(!faults.is_empty() && message.len() < 5000, "{message}");
                prop_assert!(!message.contains(PHONE) && !message.contains("Alexey"), "{message}");
            }
            Ok(notification) => {
                prop_assert_eq!(notification.routes.is_empty(), notification.unusable_recipient.is_some());
                prop_assert!(notification.reference.to_string().len() <= 255);
                let chars: usize = match &notification.content {
                    Content::Template(components) => {
                        components.values().iter().map(|value| value.chars().count()).sum()
                    }
                    Content::OrderStatus(update) => {
                        update.reference_id.as_ref().map_or(0, |id| id.as_str().chars().count())
                    }
                    Content::Plain(_) => unreachable!("no entry renders a plain text"),
                };
                prop_assert!((1..=1024).contains(&chars));
                // The age of an event can always be computed, however far it is in the past or the future.
                notification.is_stale(Timestamp::MIN);
                notification.is_stale(Timestamp::MAX);
            }
        }
    }
    Ok(())
}

/// The shipped catalogue with parts of its text replaced, removed or repeated.
fn broken_catalogue() -> impl Strategy<Value = String> {
    let pieces = [
        "",
        "\"",
        "[",
        "]",
        "=",
        "[[",
        "]]",
        "{",
        "}",
        "'''",
        "#",
        "\n",
        ".",
        "notifications",
        "[notifications.a]\n",
        "99999999999999999999d",
        "max_age = \"584942417355y\"\n",
        "1e999",
        "0x7fffffffffffffffff",
        "nan",
        "1979-05-27T07:32:00Z",
        "`{}`",
        "length(@)",
        "[?@]",
        "[::0]",
        "[-9223372036854775808]",
        "[99999999999]",
        "&a",
        "\u{0}",
        "\u{feff}",
        "\\uD800",
    ];
    let edit = (any::<(Index, Index)>(), sample::select(pieces.to_vec()));
    collection::vec(edit, 0..6).prop_map(|edits| {
        let mut text = SHIPPED.to_owned();
        for ((place, length), piece) in edits {
            let places: Vec<usize> =
                text.char_indices().map(|(place, _)| place).chain([text.len()]).collect();
            let start = place.index(places.len());
            let end = (start + length.index(40)).min(places.len() - 1);
            text.replace_range(places[start]..places[end], piece);
        }
        text
    })
}

proptest! {
    #[test]
    fn a_broken_event_is_rendered_within_its_limits_or_has_faults(event in broken(events())) {
        check_event(&Catalogue::parse("n.toml", SHIPPED).unwrap(), event)?;
    }

    #[test]
    fn any_json_is_an_event_or_has_faults(detail in any_json(), event in any_json()) {
        let catalogue = Catalogue::parse("n.toml", SHIPPED).unwrap();
        check_event(&catalogue, event)?;
        check_event(&catalogue, json!({"id": "1", "source": "oms", "detail-type": "Order Cancelled",
            "time": "2026-11-20T09:00:00Z", "detail": {"order": detail, "customer": detail}}))?;
    }

    #[test]
    fn broken_text_that_can_be_parsed_is_an_event_or_has_faults(text in broken_text(events())) {
        if let Ok(event) = crate::json::parse(&text, MAX_EVENT_VALUES) {
            check_event(&Catalogue::parse("n.toml", SHIPPED).unwrap(), event)?;
        }
    }

    #[test]
    fn a_broken_catalogue_loads_or_has_faults_with_their_place(text in broken_catalogue()) {
        match Catalogue::parse("n.toml", &text) {
            Ok(catalogue) => {
                for event in events() {
                    check_event(&catalogue, event)?;
                }
            }
            Err(faults) => {
                prop_assert!(!faults.is_empty());
                prop_assert!(faults.iter().all(|fault| fault.place.starts_with("n.toml")), "{faults}");
            }
        }
    }

    #[test]
    fn no_text_makes_a_catalogue_panic(text: String, toml in "([a-z.]{0,5}( = |=)?[\\[\\]{}\"'0-9a-z,# -]{0,12}\n){0,12}") {
        for text in [text, toml] {
            let _read = Catalogue::parse("n.toml", &text);
        }
    }

    #[test]
    fn any_expression_compiles_and_evaluates_or_fails_without_quoting_a_value(
        text in prop_oneof!["[a-c@&|!?*.,:(){}\\[\\]`'\"0-9 -]{0,60}", any::<String>()]
    ) {
        if let Ok(expression) = Expression::compile(&text) {
            for event in events() {
                let found = expression.evaluate(&OrderEvent::parse(event).unwrap());
                prop_assert!(found.err().is_none_or(|problem| !problem.to_string().contains("Alexey")));
            }
        }
    }
}
