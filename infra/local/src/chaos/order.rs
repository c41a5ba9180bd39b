//! The events of one order, drawn at random.

use jiff::{SignedDuration, Timestamp};
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use serde_json::{Value, json};

/// How often each magic number comes, relative to the others. Those that answer nothing cost a whole try, and those
/// that are throttled for long are still on the queue at the end, so that there are few of them.
const MAGIC_WEIGHTS: [(u8, u32); 26] = [
    (0, 300),
    (1, 60),
    (2, 40),
    (3, 30),
    (4, 80),
    (5, 80),
    (6, 40),
    (7, 60),
    (8, 40),
    (9, 30),
    (10, 40),
    (11, 6),
    (12, 30),
    (20, 10),
    (21, 20),
    (22, 40),
    (23, 20),
    (24, 30),
    (25, 25),
    (26, 15),
    (30, 8),
    (31, 15),
    (32, 25),
    (33, 8),
    (34, 8),
    (35, 40),
];
/// Source, detail type.
const BODY_EVENTS: [(&str, &str); 4] = [
    ("returns", "Return Registered"),
    ("returns", "Return Updated"),
    ("oms", "Order Cancelled"),
    ("wms", "Stock Arrived"),
];
/// Older than the shipped catalogue's `max_age`.
const STALE: SignedDuration = SignedDuration::from_hours(5 * 24);

/// An event that is to be published, once or several times.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PlannedEvent {
    /// The order's number.
    pub order: String,
    /// The magic phone number's last two digits.
    pub magic: u8,
    /// Of an order status: its place among the statuses of its order, and whether nothing may follow it.
    pub status: Option<PlannedStatus>,
    /// The envelope without its id.
    pub envelope: Value,
}

/// An order status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PlannedStatus {
    /// Counts the order's statuses in the order of their times.
    pub place: usize,
    /// `completed` and `canceled`.
    pub is_final: bool,
}

/// The events of an order in the order in which they are published.
pub(super) fn events(rng: &mut StdRng, number: usize, now: Timestamp) -> Vec<PlannedEvent> {
    let order = format!("C{number:06}");
    match rng.random_range(0..100) {
        0..25 => statuses(rng, &order, now),
        25..28 => vec![invalid(rng, &order, now)],
        28..30 => vec![ignored(rng, &order, now)],
        _ => vec![body(rng, &order, now)],
    }
}

fn body(rng: &mut StdRng, order: &str, now: Timestamp) -> PlannedEvent {
    let (source, detail_type) = *BODY_EVENTS.choose(rng).unwrap_or(&("oms", "Order Cancelled"));
    let magic = magic(rng);
    let time = if rng.random_bool(0.01) { earlier(now, STALE) } else { now };
    let envelope = json!({
        "source": source,
        "detail-type": detail_type,
        "time": time.to_string(),
        "detail": {
            "order": { "number": order },
            "customer": customer(rng, magic),
            "product": { "name": "Wireless headphones" },
            "next_step": "Payment will be refunded within 3–5 business days to the card used for the order.",
        },
    });
    PlannedEvent { order: order.to_owned(), magic, status: None, envelope }
}

/// One to five statuses, published in any order.
fn statuses(rng: &mut StdRng, order: &str, now: Timestamp) -> Vec<PlannedEvent> {
    let last = if rng.random_bool(0.7) { "completed" } else { "canceled" };
    let mut words = vec!["processing", "partially_shipped", "shipped"];
    words.retain(|_| rng.random_bool(0.8));
    if words.is_empty() || rng.random_bool(0.6) {
        words.push(last);
    }
    let count = words.len();
    let mut events: Vec<PlannedEvent> = (0..)
        .zip(words)
        .map(|(place, word)| {
            let magic = magic(rng);
            // Whole seconds apart, as envelopes carry them.
            let age = SignedDuration::from_secs(i64::try_from(count - place).unwrap_or_default() * 10);
            let envelope = json!({
                "source": "oms",
                "detail-type": "Order Status Changed",
                "time": earlier(now, age).to_string(),
                "detail": {
                    "order": { "number": order, "reference_id": reference_id(order), "status": word },
                    "customer": customer(rng, magic),
                },
            });
            let status = PlannedStatus { place, is_final: word == last };
            PlannedEvent { order: order.to_owned(), magic, status: Some(status), envelope }
        })
        .collect();
    if rng.random_bool(0.7) {
        events.shuffle(rng);
    }
    events
}

fn invalid(rng: &mut StdRng, order: &str, now: Timestamp) -> PlannedEvent {
    let mut event = body(rng, order, now);
    let (pointer, name) =
        if rng.random_bool(0.5) { ("/detail/customer", "phone") } else { ("/detail/product", "name") };
    if let Some(parent) = event.envelope.pointer_mut(pointer).and_then(Value::as_object_mut) {
        parent.remove(name);
    }
    event
}

fn ignored(rng: &mut StdRng, order: &str, now: Timestamp) -> PlannedEvent {
    let mut event = body(rng, order, now);
    if let Some(envelope) = event.envelope.as_object_mut() {
        envelope.insert("source".to_owned(), json!("oms"));
        envelope.insert("detail-type".to_owned(), json!("Order Paid"));
    }
    event
}

fn customer(rng: &mut StdRng, magic: u8) -> Value {
    let name = ["Alexey", "María", "Łukasz", "李雷"].choose(rng);
    // The templates have no Portuguese: it falls back to their first language.
    let language = ["en", "es", "pt"].choose(rng);
    json!({
        "name": name,
        "phone": format!("+120255501{magic:02}"),
        "language": language,
        "whatsapp_opt_in": rng.random_bool(0.96),
    })
}

/// The reference of an order's `order_details` message.
pub(super) fn reference_id(order: &str) -> String {
    format!("ref-{order}")
}

fn magic(rng: &mut StdRng) -> u8 {
    MAGIC_WEIGHTS.choose_weighted(rng, |(_, weight)| *weight).map_or(0, |(number, _)| *number)
}

fn earlier(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.checked_sub(by).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::MAGIC_NUMBERS;

    #[test]
    fn every_magic_number_comes() {
        let weighted: Vec<u8> = MAGIC_WEIGHTS.iter().map(|(number, _)| *number).collect();
        let known: Vec<u8> = MAGIC_NUMBERS.iter().map(|magic| magic.number).collect();
        assert_eq!(weighted, known);
        assert!(MAGIC_WEIGHTS.iter().all(|(_, weight)| *weight > 0));
    }
}
