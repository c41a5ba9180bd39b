//! The measured cases in the life of a notification.

use std::time::Duration;

use local::simulator::Intake;
use serde_json::{Value, json};
use shared::provider::Provider;

use crate::rig::Rig;
use crate::support::{Event, simulated};

/// Quick tries in one invocation: `docs/architecture.md`.
const TRIES: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Case {
    Read,
    OrderStatusRead,
    Failed,
    Rejected,
    ThrottledThenRead,
    LostThenAsked,
    Suppressed,
    Invalid,
    Replayed,
    OrderStatusReplayed,
    RepeatedCallback,
    UnmatchedFact,
    Sweep,
}

impl Case {
    pub const ALL: [Self; 13] = [
        Self::Read,
        Self::OrderStatusRead,
        Self::Failed,
        Self::Rejected,
        Self::ThrottledThenRead,
        Self::LostThenAsked,
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
            Self::Failed => "accepted, sent, failed",
            Self::Rejected => "refused, not on WhatsApp",
            Self::ThrottledThenRead => "throttled, put off; then accepted, sent, delivered, read",
            Self::LostThenAsked => "accepted, callbacks lost; the sweep asks and is told",
            Self::Suppressed => "suppressed, no consent",
            Self::Invalid => "invalid event of up to 1 KB",
            Self::Replayed => "replayed event",
            Self::OrderStatusReplayed => "order status: replayed event",
            Self::RepeatedCallback => "repeated callback",
            Self::UnmatchedFact => "fact about an unknown message",
            Self::Sweep => "one sweep, nothing due",
        }
    }

    /// Whether to measure this case with this provider: a case that doesn't depend on the provider is measured with the
    /// first one.
    pub fn concerns(self, provider: Provider) -> bool {
        match self {
            Self::Read
            | Self::Failed
            | Self::Rejected
            | Self::ThrottledThenRead
            | Self::RepeatedCallback
            | Self::UnmatchedFact => true,
            Self::OrderStatusRead => provider != Provider::OneMsg,
            Self::OrderStatusReplayed => provider == Provider::Kaleyra,
            Self::LostThenAsked | Self::Suppressed | Self::Invalid | Self::Replayed | Self::Sweep => {
                provider == Provider::OneMsg
            }
        }
    }

    /// Whether the case's row names the provider.
    pub const fn depends_on_the_provider(self) -> bool {
        !matches!(
            self,
            Self::Suppressed | Self::Invalid | Self::Replayed | Self::OrderStatusReplayed | Self::Sweep
        )
    }

    /// The steps before the case, which are not counted.
    pub async fn prepare(self, rig: &Rig, order: &str) {
        let event = match self {
            Self::Replayed | Self::RepeatedCallback => Event::sample("order-cancelled"),
            Self::OrderStatusReplayed => Event::sample("order-status-shipped"),
            _ => return,
        };
        assert_eq!(rig.notify_of(&event.order(order).magic(0)).await, 0);
        rig.shop.simulator().callbacks_settled().await;
    }

    pub async fn play(self, rig: &Rig, order: &str, provider: Provider) {
        let cancelled = |magic: u8| Event::sample("order-cancelled").order(order).magic(magic);
        let shipped = Event::sample("order-status-shipped").order(order).magic(0);
        let simulator = rig.shop.simulator();
        match self {
            Self::Read | Self::Replayed => assert_eq!(rig.notify_of(&cancelled(0)).await, 0),
            Self::OrderStatusRead | Self::OrderStatusReplayed => {
                assert_eq!(rig.notify_of(&shipped).await, 0);
            }
            Self::Failed => assert_eq!(rig.notify_of(&cancelled(2)).await, 0),
            Self::Rejected => assert_eq!(rig.notify_of(&cancelled(12)).await, 0),
            Self::Suppressed => {
                let event = cancelled(0).with("/detail/customer/whatsapp_opt_in", false);
                assert_eq!(rig.notify_of(&event).await, 0);
            }
            Self::Invalid => {
                // An id of its own: a second invalid event with the same id would only replace the first.
                let event = cancelled(0).with("/id", order).phone("2025550100");
                assert_eq!(rig.notify_of(&event).await, 0);
            }
            Self::ThrottledThenRead => {
                // Kaleyra's wait is too long for a quick try.
                let refusals = if provider == Provider::Kaleyra { 1 } else { TRIES };
                simulator.fail_next(simulated(provider), refusals, Intake::ThrottleAlways);
                assert_eq!(rig.notify_of(&cancelled(0)).await, 1);
                rig.time_passes().await;
                assert_eq!(rig.notify_of(&cancelled(0)).await, 0);
            }
            Self::LostThenAsked => {
                simulator.stop_callbacks();
                assert_eq!(rig.notify_of(&cancelled(0)).await, 0);
                simulator.callbacks_settled().await;
                // By then the provider has the message as read.
                tokio::time::sleep(Duration::from_millis(300)).await;
                simulator.resume_callbacks();
                rig.time_passes().await;
                assert_eq!(rig.sweep(&[]).await["new_facts"], 3);
            }
            Self::RepeatedCallback => {
                let last = rig.callbacks().await.pop().unwrap();
                simulator.post_callback(simulated(provider), &last).await;
            }
            Self::UnmatchedFact => {
                let body = unmatched(provider, order).to_string();
                simulator.post_callback(simulated(provider), body.as_bytes()).await;
            }
            Self::Sweep => assert_eq!(rig.sweep(&[]).await["due"], 0),
        }
        simulator.callbacks_settled().await;
    }
}

/// A fact about a message that another application sent from the same number.
fn unmatched(provider: Provider, id: &str) -> Value {
    let status = json!({"id": id, "status": "delivered", "timestamp": "1795165200"});
    match provider {
        Provider::OneMsg => json!({ "ack": [status] }),
        Provider::Kaleyra => json!({"meta_object": {"value": {"statuses": [status]}}}),
        Provider::Meta => {
            json!({"entry": [{"changes": [{"field": "messages", "value": {"statuses": [status]}}]}]})
        }
    }
}
