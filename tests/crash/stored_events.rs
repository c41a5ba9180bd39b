//! delivery-sweeper, killed before and after every I/O of a run that requeues stored events. No event is lost, no
//! message is sent twice, and each message reaches its customer, because by then the provider accepts it.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use delivery_sweeper::Sweeper;
use local::interruption::{self, Ending, Gate, Io, Plan, Point};
use local::simulator::Intake;
use shared::protocol::State;
use shared::provider::Provider::Meta;
use shared::settings::Environment;

use crate::functions::{self, Record};
use crate::harness::Harness;
use crate::judge;
use crate::scenario::Choice;
use crate::support::{Event, simulated};
use crate::sweeper::points;

/// The timeout of order-notifier in the template.
const TIME: Duration = Duration::from_secs(30);
/// From this many receives on, an event is stored in the table.
const MANY_RECEIVES: u32 = 20;
/// Quick tries of a throttled send in one invocation.
const TRIES: usize = 3;
/// More sweeps than an event needs after a kill.
const MOST_SWEEPS: usize = 4;
/// Retries of a missed crash point: concurrent requests don't always interleave in the same way.
const RETRIES: usize = 5;

/// Why an event is stored in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// The provider throttled the send, and the queue had delivered the event often.
    Waiting,
    /// The send's outcome is unknown (the provider did not take it), and the policy is `resend`.
    Unknown,
}

/// A shop that stores events in the table, and whose queue order-notifier empties as in the deployment.
struct Fixture {
    cause: Cause,
    harness: Harness,
    environment: Environment,
    /// Sweeps that are not killed.
    warm: Arc<Sweeper>,
}

impl Fixture {
    async fn open(cause: Cause) -> Self {
        let harness = Harness::open(Meta).await;
        let environment = harness.environment(Choice::Resend);
        let warm = Sweeper::from_environment(&environment).unwrap().with_clock(harness.clock().clone());
        let warm = Arc::new(warm);
        Self { cause, harness, environment, warm }
    }

    /// Stores an order's event in the table, due.
    async fn store_event(&self, order: &str) {
        let (simulator, receives) = (self.harness.shop.simulator(), MANY_RECEIVES);
        let state = match self.cause {
            Cause::Waiting => {
                simulator.fail_next(simulated(Meta), TRIES, Intake::ThrottleAlways);
                State::Waiting
            }
            Cause::Unknown => {
                simulator.fail_next(simulated(Meta), 1, Intake::ServerError);
                State::Unknown
            }
        };
        let clock = self.harness.clock().clone();
        let body = Event::sample("stock-arrived").order(order).at(clock.now()).0.to_string();
        let record = Record { id: order.to_owned(), body, returned_as: None, receives };
        let back =
            functions::order_notifier(self.environment.clone(), clock, vec![record], TIME).await.unwrap();
        assert!(back.is_empty(), "{order}: the queue still has it");
        assert_eq!(self.harness.shop.notification(order).await.record.state, state, "{order}");
        assert!(self.violations(order).await.len() >= 3, "{order}: nothing was sent yet");
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
            self.harness.shop.until_quiet().await;
            if self.violations(order).await.is_empty() {
                return;
            }
            self.harness.end_all_waits();
            functions::sweep(Arc::clone(&self.warm), self.harness.clock()).await.unwrap();
        }
        self.harness.shop.until_quiet().await;
    }

    /// The rules that the order's final state breaks.
    async fn violations(&self, order: &str) -> Vec<String> {
        let shop = &self.harness.shop;
        let view = shop.notification(order).await;
        let (state, sent) = (view.record.state, shop.sends_about(order).len());
        let event = shop.item(&format!("EVENT#{order}#{}", view.reference.key), "EVENT").await;
        [
            (sent > 1).then(|| format!("it was sent {sent} times")),
            (sent == 0).then(|| "it was never sent, and its provider would accept it".to_owned()),
            (state != State::Accepted).then(|| format!("it is {state}")),
            event.map(|_event| "its event is still stored".to_owned()),
        ]
        .into_iter()
        .flatten()
        .collect()
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
    for name in ["dynamodb UpdateItem event", "sqs SendMessage"] {
        assert_eq!(ios.iter().filter(|io| io.to_string() == name).count(), 1, "{name}: {ios:?}");
    }
    fixture.finish("whole").await;
    assert_eq!(fixture.violations("whole").await, [""; 0]);

    let (mut count, mut violations) = (0, Vec::new());
    for point in points(&ios) {
        count += 1;
        let found = Box::pin(fixture.violations_after(&format!("E{count}"), &point)).await;
        violations.extend(found.into_iter().map(|it| format!("{cause:?}, killed {point}: {it}")));
    }
    writeln!(
        std::io::stderr(),
        "delivery-sweeper, {cause:?} event: killed at {count} points, {} violations",
        violations.len()
    )
    .unwrap();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_any_kill_of_delivery_sweeper_a_waiting_message_is_sent_once() {
    Box::pin(every_point(Cause::Waiting)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_any_kill_of_delivery_sweeper_an_unknown_unsent_message_is_sent_once() {
    Box::pin(every_point(Cause::Unknown)).await;
}
