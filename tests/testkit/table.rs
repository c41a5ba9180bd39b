//! The table's raw items, read with the real SDK.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use local::chaos::end_waits;
use local::environment::TABLE;
pub use shared::table::Item;

use super::{Shop, eventually, with_programs};

/// The faults of an invalid event, in order: place and problem.
pub fn faults(item: &Item) -> Vec<(String, String)> {
    let text = |fault: &AttributeValue, name: &str| fault.as_m().unwrap()[name].as_s().unwrap().clone();
    item["faults"]
        .as_l()
        .unwrap()
        .iter()
        .map(|fault| (text(fault, "place"), text(fault, "problem")))
        .collect()
}

impl Shop {
    pub async fn scan(&self) -> Vec<Item> {
        let client = self.local.dynamodb().client();
        let pages = client.scan().table_name(TABLE).into_paginator().items().send();
        pages.collect::<Result<Vec<_>, _>>().await.unwrap()
    }

    pub async fn item(&self, pk: &str, sk: &str) -> Option<Item> {
        let client = self.local.dynamodb().client();
        let key = |text: &str| AttributeValue::S(text.to_owned());
        let found = client.get_item().table_name(TABLE).key("pk", key(pk)).key("sk", key(sk)).send().await;
        found.unwrap().item
    }

    /// The items of the invalid events with this id.
    pub async fn invalid(&self, event_id: &str) -> Vec<Item> {
        let pk = AttributeValue::S(format!("INVALID#{event_id}"));
        let query = self.local.dynamodb().client().query().table_name(TABLE);
        let query = query.key_condition_expression("pk = :pk").expression_attribute_values(":pk", pk);
        query.send().await.unwrap().items.unwrap_or_default()
    }

    /// Waits until an event is recorded as invalid, and returns its item.
    pub async fn until_invalid(&self, event_id: &str) -> Item {
        eventually(&format!("event {event_id} to be recorded as invalid"), async || {
            let mut found = self.invalid(event_id).await;
            found.pop().ok_or_else(|| "no such item".to_owned())
        })
        .await
    }

    /// Expires every item now, and deletes the items as DynamoDB's time to live does.
    pub async fn expire_all(&self) {
        let client = self.local.dynamodb().client();
        for item in self.scan().await {
            let update = client.update_item().table_name(TABLE);
            let keyed = ["pk", "sk"].into_iter().fold(update, |it, name| it.key(name, item[name].clone()));
            let long_ago = AttributeValue::N("1000000000".to_owned());
            let expired =
                keyed.update_expression("SET expires_at = :at").expression_attribute_values(":at", long_ago);
            expired.send().await.unwrap();
        }
        self.local.dynamodb().sweep().unwrap();
    }

    /// Ends the waits, leases and windows of an order's notifications by advancing the clock, and returns the longest
    /// remaining time. Programs have their own clock: for them the test changes the table's times, of all waits and
    /// of nothing else.
    pub async fn end_the_wait(&self, order: &str) -> Duration {
        let clock = self.local.clock();
        let ends = self.order(order).await.into_iter().filter_map(|view| view.record.due_at).max();
        let left = ends.and_then(|end| Duration::try_from(end.duration_since(clock.now())).ok());
        let left = left.unwrap_or_default();
        if with_programs() {
            end_waits(&self.local).await.unwrap();
        } else {
            clock.advance(left + Duration::from_millis(1));
        }
        left
    }
}
