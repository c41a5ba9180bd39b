//! The facts of one message, reported by concurrent calls in any order, some repeated or interrupted. As in
//! `Table::store_facts`, one write stores all unknown facts, and then a conditional write per kind corrects its time.

use shared::delivery::{DeliveryFacts, FactKind};
use stateright::{Checker, HasDiscoveries, Model, Property};

use crate::compact::{Tick, at};

/// The fact that each call reports. Two reports of one kind differ in their time, because some providers generate the
/// time anew.
const CALLS: [(FactKind, Tick); 5] = [
    (FactKind::Sent, 1),
    (FactKind::Failed, 3),
    (FactKind::Failed, 2),
    (FactKind::Delivered, 4),
    (FactKind::Delivered, 3),
];
/// The number of interruptions and of repetitions after an answer, in total.
const REPEATS: u8 = 2;

const STATUS: &str = "the status follows from the facts reported so far, in any order";
const TIMES: &str = "once all calls are answered, each kind of fact has its earliest time";

type Times = [Option<Tick>; 4];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Call {
    Open,
    /// After the first write. The value is the stored time that this write found.
    Correcting(Option<Tick>),
    Answered,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Item {
    times: Times,
    calls: [Call; CALLS.len()],
    reported: [bool; CALLS.len()],
    again: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Write {
    Earliest,
    /// A mutant: the last writer wins.
    Latest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Store(usize),
    Correct(usize),
    Again(usize),
}

struct Webhook(Write);

fn slot(kind: FactKind) -> usize {
    FactKind::ALL.iter().position(|it| *it == kind).unwrap()
}

fn table(item: &Item) -> DeliveryFacts {
    let mut facts = DeliveryFacts::default();
    for kind in FactKind::ALL {
        if let Some(time) = item.times[slot(kind)] {
            facts.add(kind, at(time), None);
        }
    }
    facts
}

fn reported(item: &Item) -> DeliveryFacts {
    let mut facts = DeliveryFacts::default();
    for ((kind, time), reported) in CALLS.into_iter().zip(item.reported) {
        if reported {
            facts.add(kind, at(time), None);
        }
    }
    facts
}

impl Model for Webhook {
    type State = Item;
    type Action = Action;

    fn init_states(&self) -> Vec<Item> {
        let (calls, reported) = ([Call::Open; CALLS.len()], [false; CALLS.len()]);
        vec![Item { times: Times::default(), calls, reported, again: REPEATS }]
    }

    fn actions(&self, item: &Item, actions: &mut Vec<Action>) {
        for (index, call) in item.calls.into_iter().enumerate() {
            match call {
                Call::Open => actions.push(Action::Store(index)),
                Call::Correcting(_) => actions.push(Action::Correct(index)),
                Call::Answered => {}
            }
            if call != Call::Open && item.again > 0 {
                actions.push(Action::Again(index));
            }
        }
    }

    fn next_state(&self, item: &Item, action: Action) -> Option<Item> {
        let mut item = item.clone();
        match action {
            Action::Store(index) => {
                let (kind, time) = CALLS[index];
                let known = &mut item.times[slot(kind)];
                let before = *known;
                *known = if self.0 == Write::Latest { Some(time) } else { known.or(Some(time)) };
                item.reported[index] = true;
                item.calls[index] = Call::Correcting(before);
            }
            Action::Correct(index) => {
                let (kind, time) = CALLS[index];
                let known = &mut item.times[slot(kind)];
                let Call::Correcting(before) = item.calls[index] else { return None };
                if before.is_some_and(|before| time < before) && known.is_some_and(|known| time < known) {
                    *known = Some(time);
                }
                item.calls[index] = Call::Answered;
            }
            Action::Again(index) => {
                item.again -= 1;
                item.calls[index] = Call::Open;
            }
        }
        Some(item)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(STATUS, |_, item: &Item| table(item).status() == reported(item).status()),
            Property::always(TIMES, |_, item: &Item| {
                let open = item.calls.iter().any(|call| *call != Call::Answered);
                open || table(item) == reported(item)
            }),
            Property::sometimes("the earlier time was reported later", |_, item: &Item| {
                item.calls[2] == Call::Correcting(Some(CALLS[1].1))
            }),
        ]
    }
}

#[test]
fn the_delivery_status_depends_on_the_set_of_facts_alone() {
    let checker = Webhook(Write::Earliest).checker().threads(2).spawn_bfs().join();
    println!("delivery facts: {} states, {} steps", checker.unique_state_count(), checker.state_count());
    checker.assert_properties();
}

#[test]
fn detects_that_the_last_report_wins() {
    let wanted = HasDiscoveries::AllOf([TIMES].into());
    let checker = Webhook(Write::Latest).checker().finish_when(wanted).spawn_bfs().join();
    assert!(checker.discovery(TIMES).is_some(), "{TIMES:?} still holds");
}
