//! Progress items: `PROGRESS` in the partition of an order.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::item::{Item, expiry, n, s, time};
use super::keys;
use super::name::{CLAIM_TOKEN, EXPIRES_AT, PK, REFERENCE_ID, REFERENCE_PROVIDER, REFERENCE_TIME, VERSION};
use super::record_attributes::claim_token;
use super::update::{Outcome, Update};
use super::{RETENTION, Table, TableError, Written};
use crate::message::{OrderId, Reference};
use crate::protocol::{OrderReference, Progress};
use crate::provider::Provider;

impl Table {
    /// The progress of an order, read consistently; the default if there is no item yet.
    pub async fn progress(&self, order: &OrderId) -> Result<Progress, TableError> {
        let found = self
            .read("read an order's progress", keys::progress(order), |item| {
                serde_dynamo::from_item(item.clone())
            })
            .await?;
        Ok(found.unwrap_or_default())
    }

    /// The progress of an order, to be read only. If a run's claim on it has expired, the record of its status says whether that
    /// status counts as sent.
    pub async fn settled_progress(&self, order: &OrderId, now: Timestamp) -> Result<Progress, TableError> {
        let progress = self.progress(order).await?;
        let Some(expired) = progress.expired(now) else { return Ok(progress) };
        let reference = Reference { order: order.clone(), key: expired.key.clone() };
        Ok(progress.after_expired(self.notification(&reference).await?.as_ref(), now))
    }

    /// Writes `next` if the order's progress is still `known`: in the same version and under the same claim. The remembered
    /// reference stays as it is, because it may be stored meanwhile.
    pub async fn move_progress(
        &self,
        order: &OrderId,
        known: &Progress,
        next: &Progress,
        now: Timestamp,
    ) -> Result<Written<()>, TableError> {
        let operation = "write an order's progress";
        let item: Item = serde_dynamo::to_item(next).map_err(TableError::unreadable(operation))?;
        let mut update = Update::new(self, keys::progress(order)).set(EXPIRES_AT, expiry(now, RETENTION));
        for (name, value) in item {
            update = match value {
                AttributeValue::Null(_) => update.remove(&[&name]),
                value => update.set(&name, value),
            };
        }
        update = match known.version {
            0 => update.if_absent(PK),
            version => update.if_known(VERSION, Some(n(version))),
        };
        // An item of an earlier version has no token.
        if let Some(token) = known.token {
            update = update.if_known(CLAIM_TOKEN, Some(claim_token(token)));
        }
        update.send(operation).await.map(Outcome::written)
    }

    /// Stores the reference of an order's `order_details` message, which this provider accepted, in the order's progress, unless that of a newer message is
    /// there.
    pub async fn remember_reference(
        &self,
        order: &OrderId,
        reference: &OrderReference,
        provider: Provider,
        now: Timestamp,
    ) -> Result<(), TableError> {
        let is_newest =
            |name: &str, time: &str| format!("(attribute_not_exists({name}) OR {name} <= {time})");
        Update::new(self, keys::progress(order))
            .set(REFERENCE_ID, s(reference.id.as_str()))
            .set(REFERENCE_TIME, time(reference.time))
            .set(REFERENCE_PROVIDER, s(provider.name()))
            .set(EXPIRES_AT, expiry(now, RETENTION))
            // The first write of a status then finds an item that is there.
            .set_once(VERSION, n(1u32))
            .when(REFERENCE_TIME, time(reference.time), is_newest)
            .send("remember an order's reference")
            .await
            .map(|_| ())
    }
}
