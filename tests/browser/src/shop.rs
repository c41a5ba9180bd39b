//! The shop whose pages all stories look at.

use std::time::Duration;

use local::aws::event_bus::Delivering;
use local::demo;
use serde_json::{Value, json};
use shared::delivery::DeliveryStatus;
use shared::protocol::State;
use testkit::{Event, Opening, Shop, eventually};

/// The order whose WhatsApp message fails, so that a text message follows.
const FALLEN_BACK: &str = "10511";
/// An order whose message is held.
const HELD: &str = "10620";
/// Another one that is held, which a story resolves.
const TO_RESOLVE: &str = "10621";
/// An order whose event is a dead letter.
const DEAD_LETTER: &str = "10622";
/// An order that does not exist.
const UNKNOWN: &str = "99999";

/// The simulator's number whose messages are accepted, sent, and then fail.
const FAILS: u8 = 2;
/// The callbacks come twice as fast as usual, and not faster, so that they come after the answer to the send.
const TIMING: f64 = 0.5;
/// More than the half second by which an event's time, rounded to a second, can be later than its record's.
const AGE: Duration = Duration::from_secs(1);
/// How long a send of unknown outcome waits for a callback before it is held.
const CONFIRMATION_WINDOW: &str = "1s";
/// The samples have their outcomes after a few seconds.
const TIME_LIMIT: Duration = Duration::from_mins(2);

/// The orders' numbers, by the names that the stories give them.
pub(crate) fn orders() -> Value {
    json!({
        "fallenBack": FALLEN_BACK,
        "held": HELD,
        "toResolve": TO_RESOLVE,
        "deadLetter": DEAD_LETTER,
        "unknown": UNKNOWN,
    })
}

/// Opens a shop with the samples of the demo, an order with a fallback, two that are held, a dead letter, and an invalid event.
/// Returns it with the id of the invalid event.
pub(crate) async fn open() -> anyhow::Result<(Shop, String)> {
    let opening = Opening::default().paced().swept().setting("CONFIRMATION_WINDOW", CONFIRMATION_WINDOW);
    let shop = opening.options(|options| options.timing = TIMING).open().await;
    demo::play(&shop.local, TIME_LIMIT).await?;
    let fallen_back = Event::sample("pickup-ready").with("/detail/customer/name", "Maria");
    shop.publish(&fallen_back.order(FALLEN_BACK).magic(FAILS).ago(AGE)).await;
    for order in [HELD, TO_RESOLVE] {
        shop.publish(&Event::sample("held/order-cancelled-server-error").order(order)).await;
    }
    for order in [HELD, TO_RESOLVE] {
        shop.until_state(order, State::Held).await;
    }
    shop.local.bus().set_delivering(Delivering::Denied);
    shop.publish(&Event::sample("order-cancelled").order(DEAD_LETTER)).await;
    shop.local.bus().set_delivering(Delivering::Works);
    let invalid_event = shop.publish(&Event::sample("order-cancelled-invalid")).await;
    eventually("a text message", async || {
        let statuses: Vec<_> = shop
            .order(FALLEN_BACK)
            .await
            .iter()
            .map(|row| (row.record.provider, row.delivery_status()))
            .collect();
        let is_delivered = statuses.iter().any(|(_, status)| *status == Some(DeliveryStatus::Delivered));
        if is_delivered && statuses.len() == 2 { Ok(()) } else { Err(format!("{statuses:?}")) }
    })
    .await;
    Ok((shop, invalid_event))
}
