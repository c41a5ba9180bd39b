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
use crate::harness::Harness;
use crate::support::{Event, Opening, fallback, simulated};

/// The time of an invocation: six seconds are reserved for the settlement, and nine remain for sends on a busy machine.
const TIME: Duration = Duration::from_secs(15);

/// A function's settings, and its recorded calls.
pub struct FunctionCalls {
    pub environment: Environment,
    pub calls: Vec<Call>,
}

/// Runs all paths with one provider preferred, and returns the calls by the function's name in the template. A new
/// function needs an entry here and a recorder in the harness.
pub async fn run_all_paths(provider: Provider) -> BTreeMap<&'static str, FunctionCalls> {
    let opening = Opening::default().paced().preferring(provider).setting("SEND_CONCURRENCY", "100");
    let opening = opening.catalogue(fallback::add);
    // The orders of one notification belong to a sender with a name.
    let opening = opening.senders(&["acme"]).sender_by("'acme'").catalogue(|catalogue| {
        let notifications = catalogue["notifications"].as_table_mut().unwrap().iter_mut();
        for (_, entry) in notifications.filter(|(name, _)| *name != "stock-arrived") {
            entry.as_table_mut().unwrap().remove("sender").unwrap();
        }
    });
    let mut harness = Harness::open(opening.unknown_outcome("hold", "1s")).await;
    // The shop's own order-notifier would consume the events that the sweep brings back.
    harness.shop.local.crash_notifier();
    let events = events(provider);
    // The first delivery postpones waiting notifications; the second finds the finished ones.
    for _delivery in 0..2 {
        harness.notify(&events, TIME).await;
        harness.shop.simulator().callbacks_settled().await;
        harness.sweep(&[]).await;
        harness.end_waits().await;
        harness.sweep(&[("UNCONFIRMED_AFTER", "1ms"), ("STUCK_AFTER", "1ms")]).await;
        assert_eq!(harness.notify_copies(TIME).await, 0, "the table stores unfinished events again");
    }
    for body in harness.callbacks().await {
        harness.shop.simulator().post_callback(simulated(provider), &body).await;
    }
    settle_held_notification(&harness).await;
    let unknown = json!([{"id": "of-another-application", "status": "delivered", "timestamp": "1795165200"}]);
    let bodies = [
        json!({ "ack": unknown }),
        json!({"entry": [{"changes": [{"field": "messages", "value": {"statuses": unknown}}]}]}),
        json!({"meta_object": {"value": {"statuses": unknown}}}),
    ];
    for body in bodies {
        harness.shop.simulator().post_callback(simulated(provider), body.to_string().as_bytes()).await;
    }
    let webhook = Webhook::from_environment(harness.delivery_webhook.environment()).unwrap();
    webhook.warm_up().await;
    harness.shop.simulator().rotate_webhook_secret(simulated(provider));
    harness.shop.simulator().post_callback(simulated(provider), b"{}").await;
    receive_events(&harness).await;
    assert_eq!(harness.publish().await["batchItemFailures"], json!([]));
    let recorders = [
        ("OrderNotifier", &harness.order_notifier),
        ("DeliveryWebhook", &harness.delivery_webhook),
        ("DeliveryEvents", &harness.delivery_events),
        ("DeliverySweeper", &harness.delivery_sweeper),
        ("StatusPublisher", &harness.status_publisher),
    ];
    recorders
        .map(|(name, recorder)| {
            (name, FunctionCalls { environment: recorder.environment().clone(), calls: recorder.take() })
        })
        .into()
}

/// Events of AWS about the messages of both senders, about a notification that doesn't exist, and about another
/// application's message.
async fn receive_events(harness: &Harness) {
    let references = harness.shop.scan().await.into_iter().filter_map(|item| {
        let text = |name: &str| item.get(name)?.as_s().ok().cloned();
        let (pk, sk) = (text("pk")?, text("sk")?);
        let key = sk.strip_prefix("NOTIFICATION#")?.to_owned();
        match pk.strip_prefix("SENDER#").and_then(|pk| pk.split_once("#ORDER#")) {
            Some((sender, order)) => Some(format!("notification:{sender}/{key}/{order}")),
            None => Some(format!("notification/{key}/{}", pk.strip_prefix("ORDER#")?)),
        }
    });
    let references =
        references.chain(["notification/gone/G1".to_owned(), "of another application".to_owned()]);
    let event = |(number, reference): (usize, String)| {
        json!({"source": "aws.sms-voice", "detail-type": "Text Message Delivery Status Updated",
            "time": "2026-11-20T09:00:05Z", "detail": {"messageStatus": "DELIVERED", "isFinal": true,
            "messageId": format!("sms-{number}"), "context": {"reference": reference}}})
    };
    let bodies: Vec<String> = references.enumerate().map(event).map(|event| event.to_string()).collect();
    assert_eq!(harness.receive(&bodies).await["batchItemFailures"], json!([]));
}

/// Loses a reply and delays the callbacks until the notification is held. The sweep then removes its event.
async fn settle_held_notification(harness: &Harness) {
    let event = Event::sample("order-cancelled").order("H1").magic(22);
    let simulator = harness.shop.simulator();
    simulator.hold_callbacks();
    harness.notify(&[event.0.to_string()], TIME).await;
    harness.end_waits().await;
    harness.sweep(&[]).await;
    harness.notify_copies(TIME).await;
    simulator.release_callbacks();
    simulator.callbacks_settled().await;
    harness.end_waits().await;
    harness.sweep(&[]).await;
}

fn events(provider: Provider) -> Vec<String> {
    let mut events: Vec<Event> = samples::read(&[samples::shipped()])
        .unwrap()
        .iter()
        .map(|sample| Event::sample(&sample.name))
        .collect();
    for magic in &MAGIC_NUMBERS {
        let order = |prefix: &str| format!("{prefix}{}", magic.number);
        events.push(Event::sample("order-cancelled").order(&order("B")).magic(magic.number));
        if provider != Provider::OneMsg {
            events.push(Event::sample("order-status-shipped").order(&order("S")).magic(magic.number));
        }
    }
    // Read, failed, throttled, and refused: nothing follows, or a text message does.
    for magic in [0, 2, 11, 12] {
        events.push(fallback::cancelled(&format!("F{magic}"), magic));
    }
    events.push(Event::sample("order-cancelled").order("I1").phone("2025550100"));
    events.push(Event::sample("order-cancelled").order("A1").with("/replay-name", "again"));
    let mut events: Vec<String> = events.into_iter().map(|event| event.0.to_string()).collect();
    events.push("no JSON".to_owned());
    events
}
