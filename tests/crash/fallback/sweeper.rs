//! delivery-sweeper, killed before and after every I/O of a run over the event.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use delivery_sweeper::Sweeper;
use local::interruption::{self, Ending, Gate, Io, Plan, Point};
use shared::provider::Provider::Meta;
use shared::settings::Environment;

use super::{Sent, by_channel, has_event, rules};
use crate::functions::{self, Record};
use crate::harness::Harness;
use crate::judge;
use crate::scenario::{Choice, Scenario, Sort, Text};
use crate::sweeper::points;

/// The timeout of order-notifier in the template.
const TIME: Duration = Duration::from_secs(30);
/// More sweeps than an event needs after a kill.
const MOST_SWEEPS: usize = 4;
/// Retries of a missed crash point: concurrent requests don't always interleave in the same way.
const RETRIES: usize = 5;

/// Why the event is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// The message has been read, and the event is not needed any more.
    Read,
    /// The message has failed, and a text message follows.
    Failed,
}

impl Cause {
    const fn number(self) -> u8 {
        match self {
            Self::Read => 0,
            Self::Failed => 2,
        }
    }

    const fn sent(self) -> Sent {
        let texts = match self {
            Self::Read => 0,
            Self::Failed => 1,
        };
        Sent { whatsapp: 1, texts, emails: 0 }
    }

    /// The write that a sweep makes.
    const fn write(self) -> &'static str {
        match self {
            Self::Read => "dynamodb DeleteItem event",
            Self::Failed => "dynamodb UpdateItem event",
        }
    }
}

struct Fixture {
    cause: Cause,
    harness: Harness,
    environment: Environment,
    /// Sweeps that are not killed.
    warm: Arc<Sweeper>,
}

impl Fixture {
    async fn open(cause: Cause) -> Self {
        let harness = Harness::open_with_fallback(Meta).await;
        let environment = harness.environment(Choice::Hold);
        let warm = Sweeper::from_environment(&environment).unwrap().with_clock(harness.clock().clone());
        Self { cause, harness, environment, warm: Arc::new(warm) }
    }

    /// Stores an order's event in the table, due.
    async fn store_event(&self, order: &str) {
        let scenario = Scenario {
            sort: Sort::Fallback(Text::Delivered),
            provider: Meta,
            number: self.cause.number(),
            choice: Choice::Hold,
        };
        let clock = self.harness.clock().clone();
        let body = scenario.event(order).at(clock.now()).0.to_string();
        let record = Record { id: order.to_owned(), body, returned_as: None, receives: 1 };
        let back =
            functions::order_notifier(self.environment.clone(), clock, vec![record], TIME).await.unwrap();
        assert!(back.is_empty(), "{order}: the queue still has it");
        self.harness.shop.simulator().callbacks_settled().await;
        assert!(has_event(&self.harness.shop, order).await, "{order}");
        self.harness.end_all_waits();
    }

    /// A cold run behind a gate. Returns its I/Os, and whether it was killed.
    async fn sweep_cold(&self, point: Option<Point>) -> (Vec<Io>, bool) {
        let gate = Gate::open(&self.environment, Plan { point, forged: None }).await.unwrap();
        let clock = self.harness.clock().clone();
        let ending = interruption::run(&gate, |environment| functions::delivery_sweeper(environment, clock));
        let ending = ending.await.unwrap();
        (gate.ios(), matches!(ending, Ending::Killed))
    }

    /// Runs later sweeps, and lets order-notifier process the copies.
    async fn finish(&self, order: &str) {
        for _ in 0..MOST_SWEEPS {
            self.settle().await;
            if !has_event(&self.harness.shop, order).await {
                return;
            }
            self.harness.end_all_waits();
            functions::sweep(Arc::clone(&self.warm), self.harness.clock()).await.unwrap();
        }
        self.settle().await;
    }

    async fn settle(&self) {
        self.harness.shop.until_quiet().await;
        self.harness.settle().await;
    }

    async fn violations(&self, order: &str) -> Vec<String> {
        let shop = &self.harness.shop;
        let (sent, expected) = (Sent::read(shop, order), self.cause.sent());
        let mut broken = rules(sent, &by_channel(shop, order).await);
        if sent != expected {
            broken.push(format!("{sent}, but without a kill {expected}"));
        }
        if has_event(shop, order).await {
            broken.push("its event is still stored".to_owned());
        }
        broken
    }

    /// The rules that are broken after a kill at this point.
    async fn violations_after(&self, order: &str, point: &Point) -> Vec<String> {
        for again in 0..RETRIES {
            let order = format!("{order}-{again}");
            self.store_event(&order).await;
            let (_ios, was_killed) = self.sweep_cold(Some(point.clone())).await;
            self.finish(&order).await;
            if was_killed {
                return self.violations(&order).await;
            }
        }
        vec![judge::NOT_REACHED.to_owned()]
    }
}

async fn every_point(cause: Cause) {
    let fixture = Fixture::open(cause).await;
    fixture.store_event("whole").await;
    let (ios, _) = fixture.sweep_cold(None).await;
    assert_eq!(ios.iter().filter(|io| io.to_string() == cause.write()).count(), 1, "{ios:?}");
    let copies = ios.iter().filter(|io| io.service == "sqs").count();
    assert_eq!(copies, usize::from(cause == Cause::Failed), "{ios:?}");
    fixture.finish("whole").await;
    assert_eq!(fixture.violations("whole").await, [""; 0]);

    let (mut count, mut broken) = (0, Vec::new());
    for point in points(&ios) {
        count += 1;
        let found = Box::pin(fixture.violations_after(&format!("E{count}"), &point)).await;
        broken.extend(found.into_iter().map(|it| format!("{cause:?}, killed {point}: {it}")));
    }
    writeln!(
        std::io::stderr(),
        "delivery-sweeper, {cause:?} with a fallback: killed at {count} points, {} violations",
        broken.len()
    )
    .unwrap();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_any_kill_of_delivery_sweeper_nothing_follows_a_message_that_was_read() {
    Box::pin(every_point(Cause::Read)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_any_kill_of_delivery_sweeper_one_text_message_follows_a_failure() {
    Box::pin(every_point(Cause::Failed)).await;
}
