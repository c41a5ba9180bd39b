//! Progress items: `ORDER#<number>` / `PROGRESS`.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::keys::{n, order_pk, progress_sk};
use super::notifications::claim_token;
use super::{RETENTION, Table, TableError, Written, expires_at, parse_item};
use crate::message::OrderNumber;
use crate::protocol::Progress;

impl Table {
    /// The progress of an order, read consistently; the default if there is no item yet.
    pub async fn progress(&self, order: &OrderNumber) -> Result<Progress, TableError> {
        let operation = "read an order's progress";
        let found = self.item(operation, order_pk(order), progress_sk()).await?;
        match found {
            Some(item) => parse_item(operation, item),
            None => Ok(Progress::default()),
        }
    }

    /// Writes `next` if the order's progress is still `known`: in the same version and under the same claim.
    pub async fn move_progress(
        &self,
        order: &OrderNumber,
        known: &Progress,
        next: &Progress,
        now: Timestamp,
    ) -> Result<Written<()>, TableError> {
        let operation = "write an order's progress";
        let mut item: super::keys::Item =
            serde_dynamo::to_item(next).map_err(|error| TableError::unreadable(operation, &error))?;
        item.retain(|_, value| !matches!(value, AttributeValue::Null(_)));
        item.insert("pk".to_owned(), order_pk(order));
        item.insert("sk".to_owned(), progress_sk());
        item.insert("expires_at".to_owned(), n(expires_at(now, RETENTION)));
        let mut put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        put = match (known.version, known.token) {
            (0, _) => put.condition_expression("attribute_not_exists(pk)"),
            // An item of an earlier version has no token.
            (_, None) => put.condition_expression("#version = :version"),
            (_, Some(token)) => put
                .condition_expression("#version = :version AND claim_token = :token")
                .expression_attribute_values(":token", claim_token(token)),
        };
        if known.version > 0 {
            put = put
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":version", n(known.version));
        }
        match put.send().await {
            Ok(_) => Ok(Written::Done),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(PutItemError::is_conditional_check_failed_exception) =>
            {
                Ok(Written::Overtaken(None))
            }
            Err(error) => Err(TableError::new(operation, &error)),
        }
    }
}
