//! Runs every function through all its paths: the samples, every magic number, invalid events, duplicates, unknown
//! outcomes, and the passage of time.

use std::collections::BTreeMap;
use std::time::Duration;

use delivery_webhook::Webhook;
use local::samples;
use local::simulator::MAGIC_NUMBERS;
use serde_json::json;
use shared::provider::Provider;
use shared::settings::Environment;

use crate::call::Call;
use crate::rig::Rig;
use crate::support::{Event, Opening, simulated};

/// Nine seconds for a send, for a busy machine: six are reserved for the settlement.
const TIME: Duration = Duration::from_secs(15);

/// A function's settings, and the calls that it made.
pub struct Made {
    pub environment: Environment,
    pub calls: Vec<Call>,
}

/// The calls of every function, by its name in the template. A further function is a further entry here, and a recorder
/// in the rig.
pub async fn all_of(provider: Provider) -> BTreeMap<&'static str, Made> {
    let opening = Opening::default().paced().preferring(provider).setting("SEND_CONCURRENCY", "100");
    let mut rig = Rig::open(opening.unknown_outcome("hold", "1s")).await;
    // The shop's own order-notifier would consume the events that the sweep brings back.
    rig.shop.local.crash_notifier();
    let events = events(provider);
    // The first delivery puts waiting notifications off; the second finds the finished ones.
    for _delivery in 0..2 {
        rig.notify(&events, TIME).await;
        rig.shop.simulator().callbacks_settled().await;
        rig.sweep(&[]).await;
        rig.time_passes().await;
        rig.sweep(&[("UNCONFIRMED_AFTER", "1ms"), ("STUCK_AFTER", "1ms")]).await;
        assert_eq!(rig.notify_of_copies(TIME).await, 0, "the table brings them back again");
    }
    for body in rig.callbacks().await {
        rig.shop.simulator().post_callback(simulated(provider), &body).await;
    }
    held_until_a_callback(&rig).await;
    let unknown = json!([{"id": "of-another-application", "status": "delivered", "timestamp": "1795165200"}]);
    let bodies = [
        json!({ "ack": unknown }),
        json!({"entry": [{"changes": [{"field": "messages", "value": {"statuses": unknown}}]}]}),
        json!({"meta_object": {"value": {"statuses": unknown}}}),
    ];
    for body in bodies {
        rig.shop.simulator().post_callback(simulated(provider), body.to_string().as_bytes()).await;
    }
    let webhook = Webhook::from_environment(rig.delivery_webhook.environment()).unwrap();
    webhook.warm_up().await;
    rig.shop.simulator().rotate_webhook_secret(simulated(provider));
    rig.shop.simulator().post_callback(simulated(provider), b"{}").await;
    assert_eq!(rig.publish().await["batchItemFailures"], json!([]));
    let made = [
        ("OrderNotifier", &rig.order_notifier),
        ("DeliveryWebhook", &rig.delivery_webhook),
        ("DeliverySweeper", &rig.delivery_sweeper),
        ("StatusPublisher", &rig.status_publisher),
    ];
    made.map(|(name, recorder)| {
        (name, Made { environment: recorder.environment().clone(), calls: recorder.take() })
    })
    .into()
}

/// The reply is lost, and the callbacks arrive after the notification was held. The sweep then removes its event.
async fn held_until_a_callback(rig: &Rig) {
    let event = Event::sample("order-cancelled").order("H1").magic(22);
    let simulator = rig.shop.simulator();
    simulator.hold_callbacks();
    rig.notify(&[event.0.to_string()], TIME).await;
    rig.time_passes().await;
    rig.sweep(&[]).await;
    rig.notify_of_copies(TIME).await;
    simulator.release_callbacks();
    simulator.callbacks_settled().await;
    rig.time_passes().await;
    rig.sweep(&[]).await;
}

fn events(provider: Provider) -> Vec<String> {
    let mut events: Vec<Event> = samples::read(&[samples::shipped()])
        .unwrap()
        .iter()
        .map(|sample| Event::sample(&sample.name))
        .collect();
    for magic in &MAGIC_NUMBERS {
        let order = |sort: &str| format!("{sort}{}", magic.number);
        events.push(Event::sample("order-cancelled").order(&order("B")).magic(magic.number));
        if provider != Provider::OneMsg {
            events.push(Event::sample("order-status-shipped").order(&order("S")).magic(magic.number));
        }
    }
    events.push(Event::sample("order-cancelled").order("I1").phone("2025550100"));
    events.push(Event::sample("order-cancelled").order("A1").with("/replay-name", "again"));
    let mut events: Vec<String> = events.into_iter().map(|event| event.0.to_string()).collect();
    events.push("no JSON".to_owned());
    events
}
