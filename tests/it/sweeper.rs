//! delivery-sweeper finishes stuck work exactly once, even with overlapping runs, and a run stays small.

mod credentials;
mod messages;
mod notifications;
mod overlap;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use delivery_sweeper::{Sweeper, handler};
use jiff::Timestamp;
use lambda_runtime::Error;
use local::simulator::Endpoint;
use serde_json::{Value, json};
use shared::delivery::FactKind;
use shared::message::MessageKey;
use shared::provider::Provider;
use shared::table::Table;

use crate::support::{Event, Item, Opening, Shop, invocation, simulated, with};

/// A shop that sweeps only on request, and whose 1MSG messages are due for polling at once.
fn opening() -> Opening {
    Opening::default().setting("SILENT_AFTER", "1ms")
}

/// The reply of a cold sweeper with these settings in addition to the shop's own.
pub async fn sweep_with(shop: &Shop, settings: &[(&str, &str)]) -> Value {
    sweep_within(shop, settings, Duration::from_mins(4)).await
}

/// Like [`sweep_with`], with another timeout than the template's.
async fn sweep_within(shop: &Shop, settings: &[(&str, &str)], timeout: Duration) -> Value {
    run_within(shop, settings, timeout).await.unwrap()
}

/// Like `sweep_within`, but may fail.
pub async fn run_within(shop: &Shop, settings: &[(&str, &str)], timeout: Duration) -> Result<Value, Error> {
    let environment = with(&shop.local.variables().environment(), settings);
    let sweeper = Sweeper::from_environment(&environment).unwrap();
    let clock = shop.local.clock().clone();
    let event = invocation(json!({}), &clock, timeout);
    handler::handle(Arc::new(sweeper.with_clock(clock)), event).await
}

async fn sweep(shop: &Shop) -> Value {
    sweep_with(shop, &[]).await
}

/// The counts that aren't zero.
fn counts(summary: &Value) -> Value {
    summary
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, count)| **count != 0)
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect()
}

/// Publishes an event that 1MSG accepts, and waits until the sender has finished. Returns its message's key.
async fn accepted(shop: &Shop, order: &str) -> MessageKey {
    shop.publish(&Event::sample("stock-arrived").order(order)).await;
    let view = shop.until_state(order, shared::protocol::State::Accepted).await;
    shop.until_quiet().await;
    view.messages[0].message.clone()
}

async fn message_item(shop: &Shop, message: &MessageKey) -> Item {
    shop.item(&format!("MESSAGE#{message}"), "MESSAGE").await.unwrap()
}

fn polls(shop: &Shop) -> usize {
    shop.ledger().requests_to(simulated(Provider::OneMsg), Endpoint::HookInfo)
}

/// The table, accessed as delivery-webhook does.
fn table(shop: &Shop) -> Table {
    Table::new(shop.local.dynamodb().client(), local::environment::TABLE)
}

/// The facts of a callback with one fact, at the current time.
fn fact(message: &MessageKey, kind: FactKind) -> shared::table::MessageFacts {
    let mut facts = shared::delivery::DeliveryFacts::default();
    facts.add(kind, Timestamp::now(), None);
    let (leads, aliased) = ([kind].into(), BTreeSet::new());
    shared::table::MessageFacts {
        message: message.clone(),
        facts,
        leads,
        reference: None,
        notification: None,
        aliased,
    }
}
