//! Every magic number at every provider: the order ends where it must, nothing is accepted twice, nobody is asked more
//! often than the protocol allows, and the next provider is asked only where the one before definitely did not send.

use std::collections::BTreeMap;
use std::time::Duration;

use local::simulator::{Expected, MAGIC_NUMBERS, Magic, SimulatorEvent};
use shared::delivery::DeliveryStatus;
use shared::protocol::State;
use shared::provider::Provider::{self, Kaleyra, Meta, OneMsg};
use shared::table::NotificationView;

use crate::support::{Event, Opening, Shop, simulated};

/// The numbers that answer nothing. An invocation that waits for them ends after three seconds instead of ten.
const SILENT: [u8; 2] = [20, 21];
/// The shortest in which a send still has more than its least time.
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
    let opening = || Opening::default().preferring(providers[0]).unknown_outcome("hold", "2s");
    let (silent, others): (Vec<&Magic>, Vec<&Magic>) =
        MAGIC_NUMBERS.iter().partition(|magic| SILENT.contains(&magic.number));
    let silently = async {
        let shop = opening().function_timeout(SHORT_INVOCATION).open().await;
        numbers(&shop, &silent, providers).await;
    };
    let otherwise = async {
        let shop = opening().open().await;
        numbers(&shop, &others, providers).await;
    };
    futures_util::join!(silently, otherwise);
}

async fn numbers(shop: &Shop, numbers: &[&Magic], providers: [Provider; 3]) {
    let mut events = shop.simulator().events();
    for magic in numbers {
        shop.publish(&Event::sample("order-cancelled").order(&order(magic)).magic(magic.number)).await;
    }
    for magic in numbers {
        let expected = magic.expected(&providers.map(simulated));
        let views = shop
            .until(&order(magic), &format!("{} ({expected:?})", magic.summary), |view| is_end(expected, view))
            .await;
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
        let provider = Provider::ALL.into_iter().find(|it| simulated(*it) == provider).unwrap();
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
        if accepted_by.is_some() && magic.expected(&providers.map(simulated)) != Expected::Unknown {
            let view = shop.notification(&order(magic)).await;
            assert_eq!(view.record.provider, accepted_by, "{}", magic.summary);
            // Every later callback has come by now, and none has moved it.
            assert!(is_end(magic.expected(&providers.map(simulated)), &view), "{}", magic.summary);
        }
    }
}

fn order(magic: &Magic) -> String {
    format!("M{:02}", magic.number)
}

/// The end under the policy `hold`, after the confirmation window.
fn is_end(expected: Expected, view: &NotificationView) -> bool {
    let delivery = view.delivery_status();
    match expected {
        Expected::Read => delivery == Some(DeliveryStatus::Read),
        Expected::Delivered => delivery == Some(DeliveryStatus::Delivered),
        Expected::Failed => delivery == Some(DeliveryStatus::Failed),
        Expected::Accepted => delivery == Some(DeliveryStatus::Accepted),
        Expected::Rejected => view.record.state == State::Rejected,
        // A redirect of a kind that may come after the work was done is unknown; every other refusal is for good.
        Expected::NotAccepted => matches!(view.record.state, State::Rejected | State::Held),
        Expected::Waiting => view.record.state == State::Waiting,
        Expected::Unknown => view.record.state == State::Held,
    }
}

/// How many requests each provider gets, and who accepts.
struct NumberOf {
    requests: Vec<(Provider, usize)>,
    accepted_by: Option<Provider>,
}

fn number_of(number: u8, providers: [Provider; 3]) -> NumberOf {
    let [first, second, third] = providers;
    let all = |count| vec![(first, count), (second, count), (third, count)];
    let (requests, accepted_by) = match (number, first) {
        // Tried again within the invocation: after a throttle, and with credentials that were read anew.
        (10 | 32, _) => (vec![(first, 2)], Some(first)),
        (11, _) => (vec![(first, 3)], None),
        // Kaleyra learns from WhatsApp what WhatsApp refuses, after it has accepted.
        (12, Kaleyra) => (vec![(first, 1)], Some(first)),
        // The recipient is the same everywhere, and what may have been sent is nobody else's to send.
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
