//! status-publisher, killed before and after every I/O of a batch with a failed message. The stream delivers the batch again;
//! then the fallback is due at once, and the status event is published.

use std::io::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use local::environment::TABLE;
use local::interruption::{self, Ending, Gate, Plan, Point};
use serde_json::{Value, json};
use shared::message::Reference;
use shared::provider::Provider::Meta;
use shared::table::{Awaited, Table};

use super::by_channel;
use crate::functions::{self, Record};
use crate::harness::Harness;
use crate::judge;
use crate::scenario::{Choice, Scenario, Sort, Text};
use crate::support::Item;

const TIME: Duration = Duration::from_secs(30);
const FAILED: Scenario =
    Scenario { sort: Sort::Fallback(Text::Delivered), provider: Meta, number: 2, choice: Choice::Hold };

/// A shop whose own status-publisher doesn't run.
struct Fixture {
    harness: Harness,
    table: Table,
}

impl Fixture {
    async fn open() -> Self {
        let mut harness = Harness::open_with_fallback(Meta).await;
        harness.shop.local.crash_publisher();
        let table = Table::new(harness.shop.local.dynamodb().client(), TABLE);
        Self { harness, table }
    }

    /// A message that has failed, and whose event is not due. Returns its reference, and the stream's record of its failure.
    async fn failed(&self, order: &str) -> (Reference, Value) {
        let clock = self.harness.clock().clone();
        let body = FAILED.event(order).at(clock.now()).0.to_string();
        let record = Record { id: order.to_owned(), body, returned_as: None, receives: 1 };
        let environment = self.harness.environment(Choice::Hold);
        assert!(functions::order_notifier(environment, clock, vec![record], TIME).await.unwrap().is_empty());
        self.harness.shop.simulator().callbacks_settled().await;
        let [Some(first), None, None] = by_channel(&self.harness.shop, order).await else {
            panic!("{order}")
        };
        let key = format!("NOTIFICATION#{}", first.reference.key);
        let item = self.harness.shop.item(&format!("ORDER#{order}"), &key).await.unwrap();
        assert!(self.is_waiting(&first.reference).await, "{order}");
        (first.reference, inserted(item))
    }

    async fn is_waiting(&self, reference: &Reference) -> bool {
        let event = self.table.unfinished_event(reference).await.unwrap().unwrap();
        assert_eq!(event.awaited, Some(Awaited::First));
        event.due_at.unwrap() > self.harness.clock().now()
    }

    /// A cold run over the batch behind a gate. Returns the gate, and whether the stream must deliver the batch again.
    async fn publish(&self, record: Value, point: Option<Point>) -> (Gate, bool) {
        let environment = self.harness.environment(Choice::Hold);
        let gate = Gate::open(&environment, Plan { point, forged: None }).await.unwrap();
        let clock = self.harness.clock().clone();
        let ending = interruption::run(&gate, |environment| {
            functions::status_publisher(environment, clock, vec![record])
        });
        let is_done = matches!(Box::pin(ending).await.unwrap(), Ending::Ended(true));
        (gate, !is_done)
    }

    fn published(&self, reference: &Reference) -> usize {
        let wire = reference.to_string();
        let events = self.harness.shop.local.status_events();
        let about = |envelope: &Value| envelope["detail"]["reference"] == wire;
        events.iter().filter(|it| it.detail_type.contains("Failed") && about(&it.envelope)).count()
    }
}

fn inserted(item: Item) -> Value {
    let image = serde_json::to_value(serde_dynamo::Item::from(item)).unwrap();
    json!({"eventName": "INSERT", "dynamodb": {"SequenceNumber": "1",
        "ApproximateCreationDateTime": Timestamp::now().as_second(), "NewImage": image}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_any_kill_of_status_publisher_the_fallback_of_a_failed_message_is_due_at_once() {
    let fixture = Fixture::open().await;
    let (reference, record) = fixture.failed("whole").await;
    let (gate, again) = fixture.publish(record, None).await;
    let ios = gate.ios();
    assert!(!again && !fixture.is_waiting(&reference).await, "{ios:?}");
    let hastens = ios.iter().filter(|io| io.to_string() == "dynamodb UpdateItem event").count();
    assert_eq!(hastens, 1, "{ios:?}");

    let (mut broken, points) = (Vec::new(), Point::all(&ios));
    for (number, point) in points.iter().enumerate() {
        let (reference, record) = fixture.failed(&format!("P{number}")).await;
        let (gate, again) = fixture.publish(record.clone(), Some(point.clone())).await;
        if !gate.is_reached() {
            broken.push(format!("killed {point}: {}", judge::NOT_REACHED));
        }
        if again {
            assert!(!fixture.publish(record, None).await.1);
        }
        if fixture.is_waiting(&reference).await {
            broken.push(format!("killed {point}: its fallback is not due"));
        }
        if fixture.published(&reference) == 0 {
            broken.push(format!("killed {point}: its failure was not published"));
        }
    }
    let (points, violations) = (points.len(), broken.len());
    writeln!(std::io::stderr(), "status-publisher: killed at {points} points, {violations} violations")
        .unwrap();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
