//! Progress items: `PROGRESS` in the partition of an order.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::item::{Item, expiry, n};
use super::keys;
use super::name::{CLAIM_TOKEN, EXPIRES_AT, PK, SK, VERSION};
use super::record_attributes::claim_token;
use super::update::{Outcome, outcome};
use super::{RETENTION, Table, TableError, Written};
use crate::message::OrderId;
use crate::protocol::Progress;

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

    /// Writes `next` if the order's progress is still `known`: in the same version and under the same claim.
    pub async fn move_progress(
        &self,
        order: &OrderId,
        known: &Progress,
        next: &Progress,
        now: Timestamp,
    ) -> Result<Written<()>, TableError> {
        let operation = "write an order's progress";
        let mut item: Item = serde_dynamo::to_item(next).map_err(TableError::unreadable(operation))?;
        item.retain(|_, value| !matches!(value, AttributeValue::Null(_)));
        let (pk, sk) = keys::progress(order);
        let more = [(PK, pk), (SK, sk), (EXPIRES_AT, expiry(now, RETENTION))];
        item.extend(more.map(|(name, value)| (name.to_owned(), value)));
        let mut put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        put = match (known.version, known.token) {
            (0, _) => put.condition_expression(format!("attribute_not_exists({PK})")),
            // An item of an earlier version has no token.
            (_, None) => put.condition_expression("#version = :version"),
            (_, Some(token)) => put
                .condition_expression(format!("#version = :version AND {CLAIM_TOKEN} = :token"))
                .expression_attribute_values(":token", claim_token(token)),
        };
        if known.version > 0 {
            put = put
                .expression_attribute_names("#version", VERSION)
                .expression_attribute_values(":version", n(known.version));
        }
        outcome(operation, put.send().await, |put| put.attributes).map(Outcome::written)
    }
}
