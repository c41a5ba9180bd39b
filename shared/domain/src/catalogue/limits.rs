//! Tests every limit at its value and one beyond.

use serde_json::json;

use super::*;
use crate::fault::Faults;
use crate::provider::Provider;

const SHIPPED: &str = include_str!("../../../../tests/shop/notifications.toml");

fn catalogue(from: &str, to: &str) -> Result<Catalogue, Faults> {
    assert!(SHIPPED.contains(from), "{from}");
    Catalogue::parse("notifications.toml", &SHIPPED.replacen(from, to, 1))
}

fn event(id: &str, next_step: &str) -> Result<OrderEvent, Faults> {
    OrderEvent::parse(json!({
        "id": id, "source": "oms", "detail-type": "Order Cancelled", "time": "2026-11-20T09:00:00Z",
        "detail": {
            "order": {"number": "10482"},
            "customer": {"name": "Alexey", "phone": "+12025550100", "language": "en", "whatsapp_opt_in": true},
            "product": {"name": "Headphones"}, "next_step": next_step,
        }
    }))
}

#[test]
fn an_envelopes_text_has_256_bytes_at_most() {
    assert!(event(&"i".repeat(256), "Wait").is_ok());
    assert!(event(&"i".repeat(257), "Wait").is_err());
}

#[test]
fn an_expression_has_64_steps_at_most() {
    let with_steps = |steps: usize| vec!["a"; steps + 1].join(".");
    assert!(Expression::compile(&with_steps(64)).is_ok());
    assert!(Expression::compile(&with_steps(65)).is_err());
    for literal in [
        format!("'{}'", ".".repeat(500)),
        format!("`\"{}\"`", "([.".repeat(500)),
        format!("a.\"{}\"", "[".repeat(500)),
    ] {
        assert!(Expression::compile(&literal).is_ok(), "{literal:.20}");
        assert!(Expression::compile(&format!("{literal} || {}", with_steps(65))).is_err(), "{literal:.20}");
    }
}

#[test]
fn a_catalogue_has_256_kb_at_most() {
    let with_size = |bytes: usize| {
        let mut text = format!("{SHIPPED}\n#");
        text.extend(std::iter::repeat_n('x', bytes - text.len()));
        Catalogue::parse("notifications.toml", &text)
    };
    assert!(with_size(256 * 1024).is_ok());
    assert!(with_size(256 * 1024 + 1).is_err());
}

#[test]
fn a_max_age_is_more_than_zero_and_at_most_sixty_days() {
    // A fallback needs a longer time than a second.
    let (name, own) = ("[notifications.pickup-ready]\n", "[notifications.pickup-ready]\nmax_age = \"4d\"\n");
    let with_age = |age: &str| {
        let text = SHIPPED.replacen("max_age = \"3d\"", &format!("max_age = \"{age}\""), 1);
        Catalogue::parse("notifications.toml", &text.replacen(name, own, 1))
    };
    for (age, is_valid) in [("60d", true), ("60d 1s", false), ("1s", true), ("0s", false)] {
        assert_eq!(with_age(age).is_ok(), is_valid, "{age}");
    }
}

#[test]
fn a_templates_name_has_512_characters_at_most() {
    let with_name =
        |chars: usize| catalogue("name = \"order_cancelled\"", &format!("name = {:?}", "n".repeat(chars)));
    assert!(with_name(512).is_ok());
    assert!(with_name(513).is_err());
}

#[test]
fn a_body_has_1024_characters_at_most_in_all_its_variables() {
    let catalogue = Catalogue::parse("notifications.toml", SHIPPED).unwrap();
    let others = "Alexey10482Headphones".len();
    let rendered = |chars: usize| {
        let event = event("1", &"n".repeat(chars - others)).unwrap();
        render(catalogue.entry_for(&event).unwrap(), &event, None)
    };
    assert!(rendered(1024).is_ok());
    assert!(rendered(1025).is_err());
}

#[test]
fn a_route_is_found_by_its_provider() {
    let catalogue = Catalogue::parse("notifications.toml", SHIPPED).unwrap();
    let event = event("1", "Wait").unwrap();
    let notification = render(catalogue.entry_for(&event).unwrap(), &event, None).unwrap();
    for provider in Provider::WITH_WEBHOOK {
        assert_eq!(notification.route(provider).unwrap().provider, provider);
    }
}

#[test]
fn debug_shows_the_events_id_and_the_expression_but_no_customers_data() {
    let shown = format!("{:?}", event("6f0c", "Wait").unwrap());
    assert!(shown.contains("6f0c") && !shown.contains("Alexey") && !shown.contains("12025550100"), "{shown}");
    assert_eq!(format!("{:?}", Expression::compile("detail.a").unwrap()), "Expression(\"detail.a\")");
}
