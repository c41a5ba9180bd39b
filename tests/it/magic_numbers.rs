//! Every magic number at every provider: the order reaches its expected outcome, nothing is accepted twice, no
//! provider gets more requests than the protocol allows, the next provider is asked only if the previous one
//! definitely did not send, and the status events report exactly the facts.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::SignedDuration;
use local::simulator::{Expected, MAGIC_NUMBERS, Magic, SimulatorEvent};
use shared::delivery::DeliveryStatus;
use shared::protocol::State;
use shared::provider::Provider::{self, Kaleyra, Meta, OneMsg};
use shared::table::NotificationRow;

use crate::support::{Event, Opening, Shop, simulated};

/// The magic numbers without an answer. Their invocations end after three seconds instead of ten.
const SILENT: [u8; 2] = [20, 21];
/// The shortest timeout that leaves a send more than its minimum time.
const SHORT_INVOCATION: Duration = Duration::from_secs(9);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_onemsg_preferred() {
    every_number([OneMsg, Meta, Kaleyra]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_kaleyra_preferred() {
    every_number([Kaleyra, OneMsg, Meta]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_meta_preferred() {
    every_number([Meta, OneMsg, Kaleyra]).await;
}

async fn every_number(providers: [Provider; 3]) {
    let opening = || Opening::default().swept().preferring(providers[0]).unknown_outcome("hold", "2s");
    let (silent, others): (Vec<&Magic>, Vec<&Magic>) =
        MAGIC_NUMBERS.iter().partition(|magic| SILENT.contains(&magic.number));
    // In a separate shop, because advancing the clock ends all waits.
    let (long, others): (Vec<&Magic>, Vec<&Magic>) =
        others.into_iter().partition(|magic| waits_long(magic, providers));
    let silently = Box::pin(async {
        let shop = opening().function_timeout(SHORT_INVOCATION).open().await;
        numbers(&shop, &silent, providers).await;
    });
    let otherwise = Box::pin(async {
        let shop = opening().open().await;
        numbers(&shop, &others, providers).await;
    });
    let later = Box::pin(async {
        let shop = opening().open().await;
        numbers(&shop, &long, providers).await;
    });
    futures_util::join!(silently, otherwise, later);
}

async fn numbers(shop: &Shop, numbers: &[&Magic], providers: [Provider; 3]) {
    let mut events = shop.simulator().events();
    for magic in numbers {
        shop.publish(&Event::sample("order-cancelled").order(&order(magic)).magic(magic.number)).await;
    }
    for magic in numbers {
        let end = end_of(magic, providers);
        if waits_long(magic, providers) {
            shop.until_state(&order(magic), State::Waiting).await;
            shop.end_the_wait(&order(magic)).await;
        }
        let what = format!("{} ({end:?})", magic.summary);
        let views = shop.until(&order(magic), &what, |view| end.is_reached(view)).await;
        assert_eq!(views.len(), 1);
    }
    shop.simulator().callbacks_settled().await;

    let mut asked: BTreeMap<String, BTreeMap<Provider, usize>> = BTreeMap::new();
    while let Ok(event) = events.try_recv() {
        let (SimulatorEvent::Accepted { provider, recipient, .. }
        | SimulatorEvent::Refused { provider, recipient: Some(recipient), .. }) = event
        else {
            continue;
        };
        let provider = Provider::WITH_WEBHOOK.into_iter().find(|it| simulated(*it) == provider).unwrap();
        *asked.entry(recipient.to_string()).or_default().entry(provider).or_default() += 1;
    }
    for magic in numbers {
        let NumberOf { requests, accepted_by } = number_of(magic.number, providers);
        let asked = asked.remove(&format!("{:02}", magic.number)).unwrap_or_default();
        assert_eq!(
            asked,
            requests.into_iter().collect(),
            "requests with {:02}, {}",
            magic.number,
            magic.summary
        );
        let sends = shop.sends_about(&order(magic));
        let by: Vec<_> = sends.iter().map(|send| send.message.provider).collect();
        assert_eq!(by, accepted_by.map(simulated).into_iter().collect::<Vec<_>>(), "{}", magic.summary);
        // By now every callback has arrived, and none has changed the outcome.
        let view = shop.notification(&order(magic)).await;
        assert!(end_of(magic, providers).is_reached(&view), "{}", magic.summary);
        if accepted_by.is_some() {
            assert_eq!(view.record.provider, accepted_by, "{}", magic.summary);
        }
        shop.until_published(&order(magic)).await;
    }
}

/// Kaleyra asks for a wait of five minutes, which this test skips.
fn waits_long(magic: &Magic, providers: [Provider; 3]) -> bool {
    (magic.number, providers[0]) == (10, Kaleyra)
}

fn order(magic: &Magic) -> String {
    format!("M{:02}", magic.number)
}

/// The final state of an order under the policy `hold`, after the confirmation window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Accepted(DeliveryStatus),
    Not(State),
}

impl End {
    fn is_reached(self, view: &NotificationRow) -> bool {
        match self {
            Self::Accepted(status) => view.delivery_status() == Some(status),
            // A real wait, not only a pause before the next provider.
            Self::Not(State::Waiting) => {
                let wait = view.record.due_at.map(|due_at| due_at.duration_since(view.updated_at));
                view.record.state == State::Waiting && wait > Some(SignedDuration::from_secs(1))
            }
            Self::Not(state) => view.record.state == state,
        }
    }
}

fn end_of(magic: &Magic, providers: [Provider; 3]) -> End {
    match magic.expected(&providers.map(simulated)) {
        Expected::Read => End::Accepted(DeliveryStatus::Read),
        Expected::Delivered => End::Accepted(DeliveryStatus::Delivered),
        Expected::Failed => End::Accepted(DeliveryStatus::Failed),
        Expected::Accepted => End::Accepted(DeliveryStatus::Accepted),
        Expected::Rejected => End::Not(State::Rejected),
        Expected::Waiting => End::Not(State::Waiting),
        Expected::Unknown => End::Not(State::Held),
    }
}

/// The number of requests to each provider, and the accepting provider.
struct NumberOf {
    requests: Vec<(Provider, usize)>,
    accepted_by: Option<Provider>,
}

fn number_of(number: u8, providers: [Provider; 3]) -> NumberOf {
    let [first, second, third] = providers;
    let all = |count| vec![(first, count), (second, count), (third, count)];
    let (requests, accepted_by) = match (number, first) {
        // One retry: after a throttle, or with the credentials read again.
        (10 | 32, _) => (vec![(first, 2)], Some(first)),
        // Two retries; but Kaleyra asks for a longer wait than an invocation's time.
        (11, Kaleyra) => (vec![(first, 1)], None),
        (11, _) => (vec![(first, 3)], None),
        // Kaleyra accepts the message first, and reports WhatsApp's refusal later.
        (12, Kaleyra) => (vec![(first, 1)], Some(first)),
        // Every provider would refuse this recipient, and a message that may have been sent must not go to another
        // provider.
        (12 | 20 | 23 | 34, _) => (vec![(first, 1)], None),
        (30, _) => (all(1), None),
        (31, OneMsg | Meta) => (all(1), Some(Kaleyra)),
        (33, _) => (all(2), None),
        (35, OneMsg) => (vec![(OneMsg, 1), (Meta, 1)], Some(Meta)),
        (35, Kaleyra) => (all(1), Some(Meta)),
        _ => (vec![(first, 1)], Some(first)),
    };
    NumberOf { requests, accepted_by }
}
