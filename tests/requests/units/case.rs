//! The measured cases.

use std::time::Duration;

use local::simulator::Intake;
use serde_json::{Value, json};
use shared::provider::Provider;

use crate::harness::Harness;
use crate::support::{Event, fallback, order_details, simulated};

/// The number of quick tries in one invocation: `docs/architecture.md`.
const TRIES: usize = 3;
/// The time of an invocation.
const TIME: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Case {
    Read,
    OrderStatusRead,
    OrderDetailsRead,
    Failed,
    Rejected,
    ThrottledThenRead,
    LostThenPolled,
    FallbackRead,
    FallbackFailed,
    Suppressed,
    Invalid,
    Replayed,
    OrderStatusReplayed,
    RepeatedCallback,
    UnmatchedFact,
    Sweep,
}

impl Case {
    pub const ALL: [Self; 16] = [
        Self::Read,
        Self::OrderStatusRead,
        Self::OrderDetailsRead,
        Self::Failed,
        Self::Rejected,
        Self::ThrottledThenRead,
        Self::LostThenPolled,
        Self::FallbackRead,
        Self::FallbackFailed,
        Self::Suppressed,
        Self::Invalid,
        Self::Replayed,
        Self::OrderStatusReplayed,
        Self::RepeatedCallback,
        Self::UnmatchedFact,
        Self::Sweep,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "accepted, sent, delivered, read",
            Self::OrderStatusRead => "order status: accepted, sent, delivered, read",
            Self::OrderDetailsRead => "order details: accepted, sent, delivered, read",
            Self::Failed => "accepted, sent, failed",
            Self::Rejected => "refused, not on WhatsApp",
            Self::ThrottledThenRead => "throttled, put off; then accepted, sent, delivered, read",
            Self::LostThenPolled => "accepted, callbacks lost; the sweep polls the provider",
            Self::FallbackRead => {
                "with a fallback: accepted, sent, delivered, read; the sweep deletes the event"
            }
            Self::FallbackFailed => {
                "with a fallback: accepted, sent, failed; text message accepted, sent, delivered"
            }
            Self::Suppressed => "suppressed, no consent",
            Self::Invalid => "invalid event of up to 1 KB",
            Self::Replayed => "replayed event",
            Self::OrderStatusReplayed => "order status: replayed event",
            Self::RepeatedCallback => "repeated callback",
            Self::UnmatchedFact => "fact about an unknown message",
            Self::Sweep => "one sweep, nothing due",
        }
    }

    /// Whether this case is measured with this provider. A case that doesn't depend on the provider is measured once.
    pub fn is_measured_with(self, provider: Provider) -> bool {
        match self {
            Self::Read
            | Self::Failed
            | Self::Rejected
            | Self::ThrottledThenRead
            | Self::RepeatedCallback
            | Self::UnmatchedFact => true,
            Self::OrderStatusRead | Self::OrderDetailsRead => provider != Provider::OneMsg,
            Self::OrderStatusReplayed => provider == Provider::Kaleyra,
            Self::FallbackRead | Self::FallbackFailed => provider == Provider::Meta,
            Self::LostThenPolled | Self::Suppressed | Self::Invalid | Self::Replayed | Self::Sweep => {
                provider == Provider::OneMsg
            }
        }
    }

    /// Whether the notification has a fallback.
    pub const fn has_fallback(self) -> bool {
        matches!(self, Self::FallbackRead | Self::FallbackFailed)
    }

    /// Whether the case's row names the provider.
    pub const fn depends_on_provider(self) -> bool {
        !matches!(
            self,
            Self::Suppressed | Self::Invalid | Self::Replayed | Self::OrderStatusReplayed | Self::Sweep
        )
    }

    /// The steps before the case, which are not counted.
    pub async fn prepare(self, harness: &Harness, order: &str) {
        let event = match self {
            Self::Replayed | Self::RepeatedCallback => Event::sample("order-cancelled"),
            Self::OrderStatusReplayed => Event::sample("order-status-shipped"),
            _ => return,
        };
        assert_eq!(harness.notify_one(&event.order(order).magic(0)).await, 0);
        harness.shop.simulator().callbacks_settled().await;
    }

    pub async fn run(self, harness: &Harness, order: &str, provider: Provider) {
        let cancelled = |magic: u8| Event::sample("order-cancelled").order(order).magic(magic);
        let shipped = Event::sample("order-status-shipped").order(order).magic(0);
        let simulator = harness.shop.simulator();
        match self {
            Self::Read | Self::Replayed => assert_eq!(harness.notify_one(&cancelled(0)).await, 0),
            Self::OrderStatusRead | Self::OrderStatusReplayed => {
                assert_eq!(harness.notify_one(&shipped).await, 0);
            }
            Self::OrderDetailsRead => {
                let placed = order_details::placed(order).magic(0);
                assert_eq!(harness.notify_one(&placed).await, 0);
            }
            Self::Failed => assert_eq!(harness.notify_one(&cancelled(2)).await, 0),
            Self::Rejected => assert_eq!(harness.notify_one(&cancelled(12)).await, 0),
            Self::Suppressed => {
                let event = cancelled(0).with("/detail/customer/whatsapp_opt_in", false);
                assert_eq!(harness.notify_one(&event).await, 0);
            }
            Self::Invalid => {
                // A unique id: a second invalid event with the same id would only replace the first.
                let event = cancelled(0).with("/id", order).phone("2025550100");
                assert_eq!(harness.notify_one(&event).await, 0);
            }
            Self::ThrottledThenRead => {
                // Kaleyra's wait is too long for a quick try.
                let refusals = if provider == Provider::Kaleyra { 1 } else { TRIES };
                simulator.fail_next(simulated(provider), refusals, Intake::ThrottleAlways);
                assert_eq!(harness.notify_one(&cancelled(0)).await, 1);
                harness.end_waits().await;
                assert_eq!(harness.notify_one(&cancelled(0)).await, 0);
            }
            Self::LostThenPolled => {
                simulator.stop_callbacks();
                assert_eq!(harness.notify_one(&cancelled(0)).await, 0);
                simulator.callbacks_settled().await;
                // Long enough for the simulated message to be read.
                tokio::time::sleep(Duration::from_millis(300)).await;
                simulator.resume_callbacks();
                harness.end_waits().await;
                assert_eq!(harness.sweep(&[]).await["new_facts"], 3);
            }
            Self::FallbackRead => {
                assert_eq!(harness.notify_one(&fallback::cancelled(order, 0)).await, 0);
                simulator.callbacks_settled().await;
                harness.end_waits().await;
                assert_eq!(harness.sweep(&[]).await["due"], 1);
                assert_eq!(harness.notify_copies(TIME).await, 0);
            }
            Self::FallbackFailed => fail_with_fallback(harness, order).await,
            Self::RepeatedCallback => {
                let last = harness.callbacks().await.pop().unwrap();
                simulator.post_callback(simulated(provider), &last).await;
            }
            Self::UnmatchedFact => {
                let body = unmatched(provider, order).to_string();
                simulator.post_callback(simulated(provider), body.as_bytes()).await;
            }
            Self::Sweep => assert_eq!(harness.sweep(&[]).await["due"], 0),
        }
        simulator.callbacks_settled().await;
    }
}

/// A message fails, a text message follows and is delivered, and the event is deleted when it is due again.
async fn fail_with_fallback(harness: &Harness, order: &str) {
    let simulator = harness.shop.simulator();
    assert_eq!(harness.notify_one(&fallback::cancelled(order, 2)).await, 0);
    simulator.callbacks_settled().await;
    assert_eq!(harness.publish_order(order).await["batchItemFailures"], json!([]));
    // Its events go to the recorded function, and not to the shop's own.
    simulator.stop_callbacks();
    assert_eq!(harness.sweep(&[]).await["due"], 1);
    assert_eq!(harness.notify_copies(TIME).await, 0);
    simulator.callbacks_settled().await;
    simulator.resume_callbacks();
    let texts = fallback::texts_about(&harness.shop, order);
    let [text] = texts.as_slice() else { panic!("{texts:?}") };
    for status in ["SUCCESSFUL", "DELIVERED"] {
        let event = json!({"source": "aws.sms-voice", "detail-type": "Text Message Delivery Status Updated",
            "time": "2026-11-20T09:00:05Z", "detail": {"messageStatus": status, "isFinal": status == "DELIVERED",
            "messageId": text.message_id, "context": {"reference": text.reference}}});
        assert_eq!(harness.receive_warm(&[event.to_string()]).await["batchItemFailures"], json!([]));
    }
    harness.end_waits().await;
    assert_eq!(harness.sweep(&[]).await["due"], 1);
    assert_eq!(harness.notify_copies(TIME).await, 0);
    let items = harness.shop.scan().await;
    let beginning = format!("EVENT#{order}#");
    assert!(items.iter().all(|item| !item["pk"].as_s().unwrap().starts_with(&beginning)), "{order}");
}

/// A report about a message that another application sent from the same number.
fn unmatched(provider: Provider, id: &str) -> Value {
    let status = json!({"id": id, "status": "delivered", "timestamp": "1795165200"});
    match provider {
        Provider::OneMsg => json!({ "ack": [status] }),
        Provider::Kaleyra => json!({"meta_object": {"value": {"statuses": [status]}}}),
        Provider::Meta => {
            json!({"entry": [{"changes": [{"field": "messages", "value": {"statuses": [status]}}]}]})
        }
        _ => unreachable!("only providers with a webhook"),
    }
}
