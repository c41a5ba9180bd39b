//! delivery-events, killed before and after every I/O over the events about a text message. The queue delivers the event again;
//! then every fact is stored, the text message is accepted, and no e-mail follows.

use std::io::Write as _;

use local::interruption::{self, Ending, Gate, Io, Plan, Point};
use serde_json::{Value, json};
use shared::delivery::DeliveryStatus;
use shared::protocol::State;
use shared::provider::Provider::Meta;

use super::{Sent, by_channel, has_event, rules};
use crate::functions;
use crate::harness::{Harness, Recording};
use crate::judge;
use crate::kill::{Kill, Open, Run, Undisturbed};
use crate::scenario::{Choice, Scenario, Sort, Text};
use crate::support::fallback;

const SCENARIO: Scenario =
    Scenario { sort: Sort::Fallback(Text::Delivered), provider: Meta, number: 12, choice: Choice::Hold };

/// A shop in which AWS reports nothing by itself.
struct Fixture {
    harness: Harness,
    /// Where order-notifier is killed.
    sender_ends: Option<Point>,
}

impl Fixture {
    /// `is_settled` says whether order-notifier stores that the text message was accepted.
    async fn open(is_settled: bool) -> Self {
        let harness = Harness::open_with_fallback(Meta).await;
        let mut runs = [Run::new(SCENARIO, "U".to_owned(), None)];
        harness.play(&mut runs, Recording::On).await;
        let [run] = runs;
        let (invocations, provider) = (run.invocations, Some(Meta));
        let how =
            Undisturbed { invocations, was_unknown: false, state: State::Rejected, provider, accepted: 1 };
        let asks_last = |kill: &Kill| {
            kill.path.last().is_some_and(|io| io.service == "aws-sms")
                && kill.leaves_open(&how) == Open::Asked
        };
        let asked = Kill::all(&how).into_iter().find(asks_last).unwrap().point;
        harness.shop.simulator().stop_callbacks();
        Self { harness, sender_ends: (!is_settled).then_some(asked) }
    }

    /// Sends a text message. Returns the events about it.
    async fn send(&self, order: &str) -> [Value; 2] {
        let plan = Plan { point: self.sender_ends.clone(), forged: None };
        let run = Run::new(SCENARIO, order.to_owned(), None);
        let (_gate, ending) = self.harness.invoke(&run, 0, plan).await;
        assert_eq!(matches!(ending.unwrap(), Ending::Killed), self.sender_ends.is_some(), "{order}");
        let texts = fallback::texts_about(&self.harness.shop, order);
        let [text] = texts.as_slice() else { panic!("{order}: {texts:?}") };
        let event = |status: &str, is_final: bool| {
            json!({"source": "aws.sms-voice", "detail-type": "Text Message Delivery Status Updated",
                "time": "2026-11-20T09:00:05Z", "detail": {"messageStatus": status, "isFinal": is_final,
                "messageId": text.message_id, "context": {"reference": text.reference}}})
        };
        [event("SUCCESSFUL", false), event("DELIVERED", true)]
    }

    /// A cold run over an event behind a gate. Returns the I/Os; none if it was killed or the queue must deliver it again.
    async fn receive(&self, event: &Value, point: Option<Point>) -> Option<Vec<Io>> {
        let environment = self.harness.environment(Choice::Hold);
        let gate = Gate::open(&environment, Plan { point, forged: None }).await.unwrap();
        let (clock, batch) = (self.harness.clock().clone(), vec![event.clone()]);
        let ending =
            interruption::run(&gate, |environment| functions::delivery_events(environment, clock, batch));
        matches!(ending.await.unwrap(), Ending::Ended(true)).then(|| gate.ios())
    }

    /// Plays the order to its end, and returns the rules that are broken.
    async fn violations(&self, order: &str) -> Vec<String> {
        let mut runs = [Run::new(SCENARIO, order.to_owned(), None)];
        self.harness.end_all_waits();
        self.harness.play(&mut runs, Recording::Off).await;
        let shop = &self.harness.shop;
        let (sent, rows) = (Sent::read(shop, order), by_channel(shop, order).await);
        let mut broken = rules(sent, &rows);
        let text = rows[1].as_ref().unwrap();
        let (state, facts) = (text.record.state, text.facts());
        if (state, facts.status()) != (State::Accepted, DeliveryStatus::Delivered) {
            broken.push(format!("it is {state} and {}", facts.status()));
        }
        if facts.sent_at.is_none() {
            broken.push("a fact is lost".to_owned());
        }
        if has_event(shop, order).await {
            broken.push("its event is still stored".to_owned());
        }
        broken
    }
}

async fn every_point(is_settled: bool) {
    let fixture = Fixture::open(is_settled).await;
    let (mut count, mut broken) = (0, Vec::new());
    for (number, event) in fixture.send("whole").await.iter().enumerate() {
        let ios = fixture.receive(event, None).await.unwrap();
        assert!(ios.iter().any(Io::writes_a_notification), "{ios:?}");
        for point in Point::all(&ios) {
            count += 1;
            let order = format!("D{count}");
            for (index, event) in fixture.send(&order).await.iter().enumerate() {
                if index == number && fixture.receive(event, Some(point.clone())).await.is_some() {
                    broken.push(format!("event {number} killed {point}: {}", judge::NOT_REACHED));
                }
                assert!(fixture.receive(event, None).await.is_some(), "{order}");
            }
            let found = fixture.violations(&order).await;
            broken.extend(found.into_iter().map(|it| format!("event {number} killed {point}: {it}")));
        }
    }
    assert_eq!(fixture.violations("whole").await, [""; 0]);
    let what = if is_settled { "settled" } else { "unsettled" };
    writeln!(
        std::io::stderr(),
        "delivery-events, {what} text message: killed at {count} points, {} violations",
        broken.len()
    )
    .unwrap();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_any_kill_of_delivery_events_every_fact_is_stored() {
    Box::pin(every_point(true)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_any_kill_of_delivery_events_an_unsettled_text_message_is_accepted() {
    Box::pin(every_point(false)).await;
}
