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
/// The relative frequency of each magic number of text messages; 0 is one without trouble. `AccessDenied` is missing: it is
/// about the role, so that it stops every other text message too.
const SMS_WEIGHTS: [(u8, u32); 12] = [
    (0, 40),
    (40, 10),
    (41, 8),
    (42, 3),
    (43, 8),
    (44, 6),
    (45, 4),
    (46, 6),
    (47, 4),
    (49, 4),
    (50, 8),
    (51, 8),
];
/// The magic numbers of text messages without an answer.
const SMS_WITHOUT_AN_ANSWER: [u8; 2] = [42, 49];
/// The relative frequency of each mailbox, for the same reasons.
const EMAIL_WEIGHTS: [(&str, u32); 11] = [
    ("success", 40),
    ("bounce", 10),
    ("lost", 8),
    ("silent", 3),
    ("invalid", 6),
    ("paused", 4),
    ("throttled-once", 8),
    ("throttled", 4),
    ("failure", 4),
    ("twice", 8),
    ("late", 8),
];
/// The mailboxes without an answer.
const MAILBOXES_WITHOUT_AN_ANSWER: [&str; 2] = ["silent", "failure"];
/// The share of customers who have a recipient on a channel, and of those who agree to it.
const HAS_RECIPIENT: f64 = 0.93;
const AGREES: f64 = 0.9;
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
        (event.must_be, event.is_stale) = (MustBe::Sendable(None), false);
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
    let is_stale = drawn == 0;
    let must_be = if is_stale { MustBe::Unsendable } else { by_consent(&envelope) };
    PlannedEvent { order: order.to_owned(), magic, status: None, must_be, is_stale, envelope }
}

/// Adds the customer's recipients and consents on the channels that may follow WhatsApp.
pub(super) fn add_channels(rng: &mut StdRng, event: &mut PlannedEvent, number: usize, world: World) {
    let answers = |is_silent: bool| world == World::Plain || !is_silent;
    let numbers = SMS_WEIGHTS.iter().filter(|(magic, _)| answers(SMS_WITHOUT_AN_ANSWER.contains(magic)));
    let numbers: Vec<(u8, u32)> = numbers.copied().collect();
    let mailboxes =
        EMAIL_WEIGHTS.iter().filter(|(mailbox, _)| answers(MAILBOXES_WITHOUT_AN_ANSWER.contains(mailbox)));
    let mailboxes: Vec<(&str, u32)> = mailboxes.copied().collect();
    let magic = numbers.choose_weighted(rng, |(_, weight)| *weight).map_or(0, |(magic, _)| *magic);
    let mailbox =
        mailboxes.choose_weighted(rng, |(_, weight)| *weight).map_or("success", |(mailbox, _)| *mailbox);
    let (has_mobile, has_email) = (rng.random_bool(HAS_RECIPIENT), rng.random_bool(HAS_RECIPIENT));
    let (sms, email) = (rng.random_bool(AGREES), rng.random_bool(AGREES));
    let customer = event.envelope.pointer_mut("/detail/customer").and_then(Value::as_object_mut);
    let Some(customer) = customer else { return };
    if has_mobile {
        customer.insert("mobile".to_owned(), phone_of(magic));
    }
    if has_email {
        // The label makes it another address for each order.
        let address = format!("{mailbox}+{number}@simulator.amazonses.com");
        customer.insert("email".to_owned(), json!(address));
    }
    customer.insert("sms_opt_in".to_owned(), json!(sms));
    customer.insert("email_opt_in".to_owned(), json!(email));
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
            PlannedEvent {
                order: order.to_owned(),
                magic,
                status: Some(status),
                must_be,
                is_stale: false,
                envelope,
            }
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
    // A missing phone number alone would leave the channels of a fallback.
    let missing = [("/detail/product", "name"), ("/detail/customer", "phone")];
    for (pointer, name) in missing.into_iter().take(rng.random_range(1..=2)) {
        if let Some(parent) = event.envelope.pointer_mut(pointer).and_then(Value::as_object_mut) {
            parent.remove(name);
        }
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
    use simulator::aws::{AWS_MAGIC_NUMBERS, AwsMagic, AwsService, AwsTrouble};

    use super::*;

    #[test]
    fn every_magic_number_occurs() {
        let weighted: Vec<u8> = MAGIC_WEIGHTS.iter().map(|(number, _)| *number).collect();
        let known: Vec<u8> = MAGIC_NUMBERS.iter().map(|magic| magic.number).collect();
        assert_eq!(weighted, known);
        assert!(MAGIC_WEIGHTS.iter().all(|(_, weight)| *weight > 0));
    }

    #[test]
    fn every_trouble_of_a_text_message_but_the_roles_occurs_and_every_mailbox_is_known() {
        let planned = |magic: &AwsMagic| SMS_WEIGHTS.iter().any(|(number, _)| *number == magic.number);
        let missing: Vec<_> = AWS_MAGIC_NUMBERS.iter().filter(|magic| !planned(magic)).collect();
        assert_eq!(missing.iter().map(|magic| magic.trouble).collect::<Vec<_>>(), [AwsTrouble::AccessDenied]);
        for (mailbox, _) in EMAIL_WEIGHTS {
            let address = format!("{mailbox}+1@simulator.amazonses.com");
            let trouble = AwsTrouble::of_recipient(AwsService::Email, &address);
            assert_eq!(trouble.is_none(), mailbox == "success", "{mailbox}");
        }
    }
}
