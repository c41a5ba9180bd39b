//! Payments with the documented example for Stripe: Stripe's minor units, and Unix times.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use shared::protocol::State;
use shared::provider::Provider;

use super::{Request, accepted, open_with};
use crate::support::{Event, Shop, faults, simulated};

const STRIPE: (&str, &str) = (
    include_str!("../../../../docs/examples/stripe.toml"),
    include_str!("../../../../docs/examples/stripe.json"),
);

async fn stripe() -> Shop {
    open_with(STRIPE.0, &[("order_paid", 4)], &["en_US", "es", "de"]).await
}

/// The example's event about an order as the partner's rule puts it on the queue, with the current time.
fn paid(order: &str, now: Timestamp) -> Event {
    Event(serde_json::from_str(STRIPE.1).unwrap())
        .at(now)
        .with("/id", format!("event of {order}"))
        .with("/detail/id", format!("evt_{order}"))
        .with("/detail/created", now.as_second())
        .with("/detail/data/object/client_reference_id", order)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn amounts_are_formatted_for_the_customers_locale() {
    let shop = stripe().await;
    let now = Timestamp::now();
    let day = now.to_zoned_datetime(TimeZone::UTC).strftime("%B %-d, %Y").to_string();
    let plain = now.to_zoned_datetime(TimeZone::UTC).strftime("%Y-%m-%d").to_string();
    let (day, plain) = (day.as_str(), plain.as_str());
    let rows = [
        ("S1", "eur", 4250, json!("en"), "en_US", "42.50 EUR", day),
        ("S2", "usd", 123_450, json!("en-US"), "en_US", "1,234.50 USD", day),
        ("S3", "jpy", 4250, json!("en"), "en_US", "4,250 JPY", day),
        ("S4", "isk", 425_000, json!("en"), "en_US", "4,250.00 ISK", day),
        ("S5", "kwd", 42_500, json!("en"), "en_US", "42.500 KWD", day),
        ("S6", "eur", 5, json!("en"), "en_US", "0.05 EUR", day),
        // `auto` is the browser's choice, and names no language.
        ("S7", "eur", 425_000, json!("auto"), "en_US", "4250.00 EUR", plain),
        ("S8", "eur", 425_000, Value::Null, "en_US", "4250.00 EUR", plain),
        // Klingon, of which Unicode has no data.
        ("S9", "eur", 425_000, json!("tlh"), "en_US", "4250.00 EUR", plain),
    ];
    for (order, currency, amount, locale, ..) in &rows {
        let event = paid(order, now).with("/detail/data/object/currency", *currency);
        let event = event.with("/detail/data/object/amount_total", *amount);
        shop.redeliver(&event.with("/detail/data/object/locale", locale.clone()).0);
    }
    for (order, _, _, _, language, amount, day) in rows {
        let expected = Request {
            provider: simulated(Provider::Meta),
            recipient: "436641234567".to_owned(),
            template: "order_paid".to_owned(),
            language: language.to_owned(),
            variables: ["Alexey", order, amount, day].map(str::to_owned).to_vec(),
        };
        assert_eq!(accepted(&shop, order).await, expected);
        assert_eq!(shop.notification(order).await.event_time.as_second(), now.as_second());
    }
    for (order, locale, language, amount, word) in [
        ("G1", "de", "de", "42,50 EUR", ". "),
        ("G2", "de-AT", "de", "42,50 EUR", ". "),
        ("G3", "es-419", "es", "42.50 EUR", " de "),
        ("G4", "es", "es", "42,50 EUR", " de "),
        // A language without its own template.
        ("G5", "fil", "en_US", "42.50 EUR", ", "),
    ] {
        let event = paid(order, now).with("/detail/data/object/amount_total", 4250);
        shop.redeliver(&event.with("/detail/data/object/locale", locale).0);
        let sent = accepted(&shop, order).await;
        assert_eq!((sent.language.as_str(), sent.variables[2].as_str()), (language, amount), "{locale}");
        assert!(sent.variables[3].contains(word), "{locale}: {}", sent.variables[3]);
    }
}

/// Times of other payment services: milliseconds and nanoseconds, as numbers and as texts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_is_read_in_every_unit() {
    let shop = stripe().await;
    let now = Timestamp::now();
    for (order, created) in [
        ("T1", json!(now.as_millisecond())),
        ("T2", json!(now.as_microsecond())),
        ("T3", json!(now.as_second().to_string())),
        ("T4", json!(format!("{}.25", now.as_second()))),
        ("T5", json!(now.to_string())),
        (
            "T6",
            json!(
                now.to_zoned_datetime(TimeZone::fixed(jiff::tz::offset(2)))
                    .strftime("%Y-%m-%dT%H:%M:%S%z")
                    .to_string()
            ),
        ),
        (
            "T7",
            json!(
                now.to_zoned_datetime(TimeZone::fixed(jiff::tz::offset(-5)))
                    .strftime("%Y-%m-%d %H:%M:%S%:z")
                    .to_string()
            ),
        ),
    ] {
        shop.redeliver(&paid(order, now).with("/detail/created", created.clone()).0);
        shop.until_state(order, State::Accepted).await;
        assert_eq!(shop.notification(order).await.event_time.as_second(), now.as_second(), "{created}");
    }
}

/// A wrong amount is worse than none. An amount that is not a whole number of minor units, or has an unknown
/// currency, makes the event invalid.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ambiguous_amount_is_not_sent() {
    let shop = stripe().await;
    for (order, amount, currency) in [
        ("W1", json!("42.50"), "eur"),
        ("W2", json!(42.5), "eur"),
        ("W3", json!("4 250"), "eur"),
        ("W4", json!(4250), "euro"),
    ] {
        let event = paid(order, Timestamp::now()).with("/detail/data/object/amount_total", amount);
        let event = event.with("/detail/data/object/currency", currency);
        shop.redeliver(&event.0);
        let found = faults(&shop.until_invalid(&format!("event of {order}")).await);
        assert!(found.len() == 1 && found[0].0.starts_with("body[2] (money("), "{found:?}");
    }
    // An unpaid order is no payment.
    shop.redeliver(&paid("W5", Timestamp::now()).with("/detail/data/object/payment_status", "unpaid").0);
    shop.until_quiet().await;
    assert!(shop.ledger().requests.is_empty());
}
