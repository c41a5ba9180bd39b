//! The events of one order, drawn at random.

use jiff::{SignedDuration, Timestamp};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use serde_json::{Value, json};

use super::World;
use super::catalogues::CHANGED;
use super::planned_event::{MustBe, PlannedEvent, PlannedStatus, phone_of};
use super::unusual_input;

/// The relative frequency of each magic number. Silent ones cost a whole try, and long throttles are still queued at
/// the end, so they are rare.
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
/// The magic numbers whose outcome can't be known, or that cost a whole try. An open world, where every provider
/// answers, excludes them.
const WITHOUT_AN_ANSWER: [u8; 4] = [20, 21, 23, 34];
/// The magic number that Meta refuses for good.
const NOT_ON_WHATSAPP: u8 = 12;
/// The share of an open world's body events that are rewritten.
const FOREIGN: f64 = 0.8;
/// Source, detail type.
const BODY_EVENTS: [(&str, &str); 4] = [
    ("returns", "Return Registered"),
    ("returns", "Return Updated"),
    ("oms", "Order Cancelled"),
    ("wms", "Stock Arrived"),
];
/// Older than the shipped catalogue's `max_age`.
const STALE: SignedDuration = SignedDuration::from_hours(5 * 24);
/// A producer whose clock has jumped ahead.
const AHEAD: SignedDuration = SignedDuration::from_hours(400 * 24);
/// A producer whose clock has jumped back, and whose events are still worth a message.
const BEHIND: SignedDuration = SignedDuration::from_hours(8);
/// How long before the run the events of midway-changing notifications happened. A repeated event is recognised across
/// a change of the catalogue if it arrives more than a minute after its time.
const BEFORE_THE_CHANGE: SignedDuration = SignedDuration::from_mins(5);

/// The events of an order in the order of their publication.
pub(super) fn events(rng: &mut StdRng, number: usize, now: Timestamp, world: World) -> Vec<PlannedEvent> {
    let order = format!("C{number:06}");
    let drawn = rng.random_range(0..100);
    let mut events = match drawn {
        0..25 => statuses(rng, &order, now),
        25..28 => vec![invalid(rng, &order, now)],
        28..30 => vec![ignored(rng, &order, now)],
        _ => vec![body(rng, &order, now)],
    };
    if world == World::Open {
        for event in &mut events {
            while WITHOUT_AN_ANSWER.contains(&event.magic) {
                event.set_magic(magic(rng));
            }
            if drawn >= 30 && rng.random_bool(FOREIGN) {
                unusual_input::rewrite(rng, event, number, now);
            }
        }
    }
    events
}

/// Three orders whose customers no provider reaches, and one with an invalid event: a short run might draw none of
/// these outcomes.
pub(super) fn with_fixed_outcomes(rng: &mut StdRng, number: usize, now: Timestamp) -> [Vec<PlannedEvent>; 4] {
    let order = |place: usize| format!("C{:06}", number + place);
    let mut rejected = |place| {
        let mut event = body(rng, &order(place), now);
        let Some(envelope) = event.envelope.as_object_mut() else { return vec![event] };
        envelope.insert("source".to_owned(), json!("oms"));
        envelope.insert("detail-type".to_owned(), json!("Order Cancelled"));
        envelope.insert("time".to_owned(), json!(now.to_string()));
        if let Some(opt_in) = event.envelope.pointer_mut("/detail/customer/whatsapp_opt_in") {
            *opt_in = json!(true);
        }
        event.must_be = MustBe::Sendable(None);
        event.set_magic(NOT_ON_WHATSAPP);
        vec![event]
    };
    let [first, second, third] = [rejected(0), rejected(1), rejected(2)];
    [first, second, third, vec![invalid(rng, &order(3), now)]]
}

fn body(rng: &mut StdRng, order: &str, now: Timestamp) -> PlannedEvent {
    let (source, detail_type) = *BODY_EVENTS.choose(rng).unwrap_or(&("oms", "Order Cancelled"));
    let magic = magic(rng);
    let changes = CHANGED.contains(&detail_type);
    let drawn = rng.random_range(0..100);
    let time = match drawn {
        0 => earlier(now, STALE),
        1..3 => earlier(now, BEHIND),
        _ if changes => earlier(now, BEFORE_THE_CHANGE),
        3..5 => earlier(now, -AHEAD),
        _ => now,
    };
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
    let must_be = if drawn == 0 { MustBe::Unsendable } else { by_consent(&envelope) };
    PlannedEvent { order: order.to_owned(), magic, status: None, must_be, envelope }
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
    // All times of an order come from one clock. The last status may come from another clock: one ahead of all others
    // keeps it the last.
    let (all_behind, last_ahead) = (rng.random_bool(0.05), rng.random_bool(0.05));
    let mut events: Vec<PlannedEvent> = (0..)
        .zip(words)
        .map(|(place, word)| {
            let magic = magic(rng);
            // Whole seconds apart, as envelopes carry them.
            let mut age = SignedDuration::from_secs(i64::try_from(count - place).unwrap_or_default() * 10);
            if all_behind {
                age += BEHIND;
            }
            if last_ahead && place + 1 == count {
                age = -BEHIND;
            }
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
            let must_be = by_consent(&envelope);
            PlannedEvent { order: order.to_owned(), magic, status: Some(status), must_be, envelope }
        })
        .collect();
    if rng.random_bool(0.7) {
        events.shuffle(rng);
    }
    events
}

/// Whether the final catalogue makes another notification of it.
pub(super) fn changes_midway(event: &PlannedEvent) -> bool {
    CHANGED.iter().any(|detail_type| event.envelope.get("detail-type").is_some_and(|it| it == detail_type))
}

fn invalid(rng: &mut StdRng, order: &str, now: Timestamp) -> PlannedEvent {
    let mut event = body(rng, order, now);
    let (pointer, name) =
        if rng.random_bool(0.5) { ("/detail/customer", "phone") } else { ("/detail/product", "name") };
    if let Some(parent) = event.envelope.pointer_mut(pointer).and_then(Value::as_object_mut) {
        parent.remove(name);
    }
    event.must_be = MustBe::Invalid;
    event
}

fn ignored(rng: &mut StdRng, order: &str, now: Timestamp) -> PlannedEvent {
    let mut event = body(rng, order, now);
    if let Some(envelope) = event.envelope.as_object_mut() {
        envelope.insert("source".to_owned(), json!("oms"));
        envelope.insert("detail-type".to_owned(), json!("Order Paid"));
    }
    event.must_be = MustBe::Ignored;
    event
}

fn customer(rng: &mut StdRng, magic: u8) -> Value {
    let name = ["Alexey", "María", "Łukasz", "李雷"].choose(rng);
    // The templates have no Portuguese: it falls back to their first language.
    let language = ["en", "es", "pt"].choose(rng);
    json!({
        "name": name,
        "phone": phone_of(magic),
        "language": language,
        "whatsapp_opt_in": rng.random_bool(0.96),
    })
}

fn by_consent(envelope: &Value) -> MustBe {
    let agrees = envelope.pointer("/detail/customer/whatsapp_opt_in") == Some(&json!(true));
    if agrees { MustBe::Sendable(None) } else { MustBe::Unsendable }
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
    use simulator::MAGIC_NUMBERS;

    use super::*;

    #[test]
    fn every_magic_number_occurs() {
        let weighted: Vec<u8> = MAGIC_WEIGHTS.iter().map(|(number, _)| *number).collect();
        let known: Vec<u8> = MAGIC_NUMBERS.iter().map(|magic| magic.number).collect();
        assert_eq!(weighted, known);
        assert!(MAGIC_WEIGHTS.iter().all(|(_, weight)| *weight > 0));
    }
}
