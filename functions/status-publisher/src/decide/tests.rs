use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use proptest::prelude::*;
use shared::message::{NotificationKey, OrderNumber, Reference};
use shared::metric_names::MetricNames;
use shared::provider::Provider;

use super::*;

const START: Timestamp = Timestamp::constant(1_795_165_200, 0);

fn after(seconds: u32) -> Timestamp {
    START + SignedDuration::from_secs(seconds.into())
}

fn reference() -> Reference {
    Reference {
        order: OrderNumber::parse("10482").unwrap().into(),
        key: NotificationKey::parse("k").unwrap(),
    }
}

fn unknown_message() -> MessageRow {
    MessageRow::new(MessageKey::try_from("meta#wamid.A".to_owned()).unwrap())
}

fn notification(state: State, attempt: u32, updated: u32) -> Image {
    Image::Notification(Box::new(NotificationRow {
        reference: reference(),
        notification: "order-cancelled".to_owned(),
        template: None,
        language: None,
        names: MetricNames::default(),
        event_time: START,
        order_status: None,
        created_at: None,
        updated_at: after(updated),
        requests: None,
        answers: Vec::new(),
        record: Record {
            state,
            attempt,
            provider: Some(Provider::Kaleyra),
            message_ids: ["kaleyra#A1", "onemsg#B"].map(|id| id.to_owned().try_into().unwrap()).into(),
            ..Record::untried("f")
        },
        messages: Vec::new(),
    }))
}

/// A write to a message's item, as the table carries it out.
#[derive(Debug, Clone)]
enum Write {
    Order,
    Acceptance,
    Poll,
    Fact { kind: FactKind, second: u32, aliased: bool },
    Unconfirmed,
}

impl Write {
    fn apply(&self, image: &mut MessageRow) {
        match self {
            Self::Order => image.reference = Some(reference()),
            Self::Acceptance => {
                image.reference = Some(reference());
                image.notification = Some("order-cancelled".to_owned());
                image.accepted_at = image.accepted_at.or(Some(START));
            }
            Self::Poll => {}
            Self::Fact { kind, second, aliased } => {
                image.facts.add(*kind, after(*second), Some(&Failure::default()));
                if *aliased {
                    image.aliased.insert(*kind);
                }
                if image.facts.is_final() {
                    image.unconfirmed_at = None;
                }
            }
            Self::Unconfirmed if image.facts.is_final() => {}
            Self::Unconfirmed => image.unconfirmed_at = image.unconfirmed_at.or(Some(after(100))),
        }
    }
}

/// Applies the writes to one item; returns the item and the events that they publish.
fn published(writes: &[Write]) -> (MessageRow, Vec<StatusEvent>) {
    let mut image = unknown_message();
    let mut published = Vec::new();
    for (number, write) in writes.iter().enumerate() {
        let old = (number > 0).then(|| Image::Message(Box::new(image.clone())));
        write.apply(&mut image);
        let new = Image::Message(Box::new(image.clone()));
        published.extend(events(old.as_ref(), Some(&new), START));
    }
    (image, published)
}

fn keys(events: &[StatusEvent]) -> BTreeMap<EventKey, StatusEventType> {
    events.iter().map(|event| (event.detail.event_key().clone(), event.status)).collect()
}

fn statuses(events: &[StatusEvent]) -> BTreeSet<StatusEventType> {
    events.iter().map(|event| event.status).collect()
}

fn fact(aliased: impl Strategy<Value = bool>) -> impl Strategy<Value = Write> {
    (0..4usize, 0..5u32, aliased).prop_map(|(kind, second, aliased)| Write::Fact {
        kind: FactKind::ALL[kind],
        second,
        aliased,
    })
}

fn write() -> impl Strategy<Value = Write> {
    prop_oneof![
        1 => Just(Write::Order),
        1 => Just(Write::Acceptance),
        1 => Just(Write::Poll),
        4 => fact(Just(false)),
    ]
}

fn writes_and_a_permutation() -> impl Strategy<Value = (Vec<Write>, Vec<Write>)> {
    proptest::collection::vec(write(), 0..12)
        .prop_flat_map(|writes| (Just(writes.clone()), Just(writes).prop_shuffle()))
}

proptest! {
    #[test]
    fn each_fact_is_published_exactly_once_for_any_order_of_writes((writes, shuffled) in writes_and_a_permutation()) {
        let (image, published_events) = published(&writes);
        prop_assert_eq!(keys(&published_events).len(), published_events.len(), "one event per key");
        let facts: BTreeSet<StatusEventType> = FactKind::ALL
            .into_iter()
            .filter(|kind| image.reference.is_some() && image.facts.at(*kind).is_some())
            .map(StatusEventType::from)
            .collect();
        prop_assert_eq!(published_events.len(), facts.len());
        prop_assert_eq!(statuses(&published_events), facts);
        prop_assert_eq!(keys(&published_events), keys(&published(&shuffled).1));
    }

    #[test]
    fn no_event_is_repeated_or_lost_with_aliases_and_unconfirmed_messages(
        writes in proptest::collection::vec(
            prop_oneof![write(), fact(any::<bool>()), Just(Write::Unconfirmed)], 0..12
        )
    ) {
        let (image, published_events) = published(&writes);
        prop_assert_eq!(keys(&published_events).len(), published_events.len());
        for kind in FactKind::ALL {
            let must = image.reference.is_some() && image.facts.at(kind).is_some() && !image.aliased.contains(&kind);
            let may = image.facts.at(kind).is_some();
            let is = statuses(&published_events).contains(&kind.into());
            prop_assert!((!must || is) && (!is || may), "{:?}", kind);
        }
        let silent = image.reference.is_some() && image.unconfirmed_at.is_some();
        prop_assert!(!silent || statuses(&published_events).contains(&StatusEventType::Unconfirmed));
    }

    #[test]
    fn only_outcomes_are_published_and_each_exactly_once(
        steps in proptest::collection::vec((0..7usize, 0..2u32), 1..12)
    ) {
        let states = [
            State::Sending, State::Waiting, State::Unknown,
            State::Accepted, State::Rejected, State::Suppressed, State::Held,
        ];
        let mut attempt = 1;
        let mut old: Option<Image> = None;
        let mut outcomes = Vec::new();
        let mut published_events = Vec::new();
        let mut last = None;
        for (number, (state, more)) in steps.into_iter().enumerate() {
            attempt += more;
            let state = states[state];
            let of_attempt = (state != State::Accepted).then_some(attempt);
            if state.is_terminal() && last != Some((state, of_attempt)) {
                outcomes.push(state.name());
            }
            last = Some((state, of_attempt));
            let new = notification(state, attempt, u32::try_from(number).unwrap());
            published_events.extend(events(old.as_ref(), Some(&new), START));
            old = Some(new);
        }
        let published_events: Vec<String> = published_events
            .iter()
            .map(|event| event.status.detail_type().trim_start_matches("Notification ").to_lowercase())
            .collect();
        prop_assert_eq!(published_events, outcomes);
    }
}

#[test]
fn facts_reported_before_their_order_is_known_are_published_with_it() {
    let first = Write::Fact { kind: FactKind::Sent, second: 1, aliased: false };
    let (_, before) = published(std::slice::from_ref(&first));
    assert_eq!(before, []);
    let (_, published_events) = published(&[first, Write::Acceptance]);
    let [StatusEvent { status: StatusEventType::Sent, detail: Detail::Notification(detail) }] =
        published_events.as_slice()
    else {
        panic!("{published_events:?}")
    };
    assert_eq!((detail.at, detail.order.number.as_str()), (after(1), "10482"));
    assert_eq!(detail.notification.as_deref(), Some("order-cancelled"));
}

#[test]
fn an_earlier_time_an_expiry_and_a_removal_publish_nothing() {
    let fact = |second| Write::Fact { kind: FactKind::Failed, second, aliased: false };
    let (image, published_events) = published(&[Write::Order, fact(5), fact(2), Write::Poll]);
    assert_eq!((image.facts.failed_at, published_events.len()), (Some(after(2)), 1));
    assert_eq!(events(Some(&Image::Message(Box::new(image))), None, START), []);
    assert_eq!(events(Some(&notification(State::Accepted, 1, 0)), None, START), []);
}

#[test]
fn a_fact_stored_under_two_ids_is_published_once() {
    let write = |aliased| Write::Fact { kind: FactKind::Read, second: 1, aliased };
    assert_eq!(published(&[Write::Order, write(false)]).1.len(), 1);
    assert_eq!(published(&[Write::Order, write(true)]).1, []);
}

/// A notification's item after callbacks with our reference.
fn reported(facts: &[(&str, FactKind, u32)]) -> Image {
    let Image::Notification(mut image) = notification(State::Accepted, 1, 0) else {
        panic!("a notification")
    };
    for (id, kind, second) in facts {
        let message = MessageKey::try_from(format!("kaleyra#{id}")).unwrap();
        let known = image.messages.iter().position(|row| row.message == message);
        let place = known.unwrap_or_else(|| {
            image.messages.push(MessageRow::new(message));
            image.messages.len() - 1
        });
        image.messages[place].facts.add(*kind, after(*second), None);
    }
    Image::Notification(image)
}

#[test]
fn facts_in_a_notifications_item_are_published_once_with_the_acceptance_they_prove() {
    let summary = |events: Vec<StatusEvent>| -> Vec<(StatusEventType, Option<String>)> {
        let id = |detail| match detail {
            Detail::Notification(detail) => detail.message_id.map(|id| id.as_str().to_owned()),
            Detail::InvalidEvent(detail) => panic!("{detail:?}"),
        };
        events.into_iter().map(|event| (event.status, id(event.detail))).collect()
    };
    let event = |status, id: &str| (status, Some(id.to_owned()));
    let sending = notification(State::Sending, 1, 0);
    let sent = reported(&[("A1", FactKind::Sent, 2)]);
    assert_eq!(
        summary(events(Some(&sending), Some(&sent), START)),
        [event(StatusEventType::Accepted, "A1"), event(StatusEventType::Sent, "A1")]
    );
    // An earlier time for the known fact, another fact, and a fact of a second message.
    let both = reported(&[("A1", FactKind::Sent, 1), ("A1", FactKind::Read, 3), ("B2", FactKind::Sent, 9)]);
    assert_eq!(
        summary(events(Some(&sent), Some(&both), START)),
        [event(StatusEventType::Read, "A1"), event(StatusEventType::Sent, "B2")]
    );
    assert_eq!(events(Some(&both), Some(&both), START), []);
}

#[test]
fn an_outcome_has_its_own_providers_message_id_and_its_write_time() {
    let sending = notification(State::Sending, 1, 3);
    let detail = |old: &Image, new: &Image| match events(Some(old), Some(new), after(9)).remove(0).detail {
        Detail::Notification(detail) => *detail,
        Detail::InvalidEvent(detail) => panic!("{detail:?}"),
    };
    let settled = detail(&sending, &notification(State::Accepted, 1, 5));
    assert_eq!(settled.message_id.unwrap().as_str(), "A1");
    assert_eq!((settled.at, settled.reason), (after(5), None));
    // A callback does not change `updated_at`.
    assert_eq!(detail(&sending, &notification(State::Accepted, 1, 3)).at, after(9));
}

#[test]
fn only_the_key_of_an_acceptance_is_independent_of_the_attempt() {
    let key = |state, attempt| {
        events(None, Some(&notification(state, attempt, 0)), START).remove(0).detail.event_key().clone()
    };
    assert_eq!(key(State::Accepted, 1), key(State::Accepted, 2));
    assert_ne!(key(State::Held, 1), key(State::Held, 2));
    assert_ne!(key(State::Held, 1), key(State::Rejected, 1));
}

#[test]
fn an_invalid_event_is_published_once() {
    let image = |second| {
        image_of(&serde_json::json!({
            "pk": {"S": "INVALID#e"}, "sk": {"S": "EVENT#ab12"}, "received_at": {"S": after(second)},
            "faults": {"L": [{"M": {"place": {"S": "detail"}, "problem": {"S": "is missing"}}}]},
        }))
    };
    let first = events(None, Some(&image(1)), START);
    assert_eq!((first.len(), first[0].status), (1, StatusEventType::Invalid));
    assert_eq!(events(Some(&image(1)), Some(&image(2)), START), []);
    let Detail::InvalidEvent(detail) = &first[0].detail else { panic!("an invalid event") };
    assert_eq!(detail.event_id, "e", "without the hash of the body");
}

fn image_of(item: &serde_json::Value) -> Image {
    let item: serde_dynamo::Item = serde_json::from_value(item.clone()).unwrap();
    Image::from_item(&item.into()).unwrap()
}

#[test]
fn a_failure_has_the_class_of_its_code() {
    let reason = |code: Option<&str>| {
        let mut image = unknown_message();
        image.reference = Some(reference());
        let failure = Failure { code: code.map(str::to_owned), text: "said".to_owned() };
        image.facts.add(FactKind::Failed, START, Some(&failure));
        let Detail::Notification(detail) = message(&image).remove(0).detail else { panic!("a notification") };
        detail.reason.unwrap()
    };
    assert_eq!(reason(Some("131049")).class, ReasonClass::Recipient);
    assert_eq!(
        reason(None),
        StatusReason { class: ReasonClass::Unclear, code: None, text: "said".to_owned() }
    );
}

#[test]
fn an_events_debug_output_shows_no_message_id() {
    let mut image = unknown_message();
    image.message = MessageKey::try_from("meta#wamid.HBgLMTIwMjU1NTAxMDA=".to_owned()).unwrap();
    image.reference = Some(reference());
    image.facts.add(FactKind::Sent, START, None);
    let published_events = message(&image);
    assert!(!format!("{published_events:?}").contains("HBgL"));
    assert!(serde_json::to_string(&published_events[0].detail).unwrap().contains("HBgL"));
}
