//! The writes after a provider accepted a message: the message's item with the mapping to its order, and the
//! notification's acceptance.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;
use serde::Deserialize;

use super::keys::{POLL_PREFIX, bucket, message_pk, message_sk, n, notification_sk, order_pk, s};
use super::{FactsStored, RETENTION, Table, TableError, expires_at, parse_item, text_time};
use crate::message::{MessageKey, Reference};
use crate::protocol::State;

/// The mapping to the order. Existing values are kept, so that this write commutes with those of facts about
/// the message.
const MAPPING: &str = "SET order_number = if_not_exists(order_number, :order), \
     notification_key = if_not_exists(notification_key, :key), \
     notification = if_not_exists(notification, :notification), \
     provider = if_not_exists(provider, :provider), \
     expires_at = if_not_exists(expires_at, :expires_at)";
/// Also records that the sender has settled the notification, which it does before it stores the message.
const ACCEPTED: &str = "accepted_at = if_not_exists(accepted_at, :now)";
/// The condition for polling. It fails if an earlier callback has reported a final fact, and if this write is
/// repeated, since the sweeper may already have polled or stopped polling.
const TO_BE_ASKED_ABOUT: &str = "attribute_not_exists(accepted_at) AND attribute_not_exists(delivered_at) \
     AND attribute_not_exists(read_at) AND attribute_not_exists(failed_at)";

/// A notification before a callback proved its acceptance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Adopted {
    /// Its state at that time.
    pub state: State,
    /// When the sender last wrote it.
    pub updated_at: Timestamp,
}

impl Table {
    /// Stores the mapping of an accepted message to its order; `notification` is the catalogue's name.
    /// Commutes with the facts about the message. With `ask_at`, the provider is polled from then on, unless
    /// a final fact is known before.
    pub async fn store_message(
        &self,
        message: &MessageKey,
        reference: &Reference,
        notification: &str,
        ask_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), TableError> {
        let failed = |error| TableError::new("store a message's order", &error);
        let accepted = format!("{MAPPING}, {ACCEPTED}");
        let mapping = self
            .mapping(message, reference, notification, now)
            .expression_attribute_values(":now", s(text_time(now)));
        let Some(ask_at) = ask_at else {
            return mapping.update_expression(accepted).send().await.map(|_| ()).map_err(failed);
        };
        let asked_about = mapping
            .clone()
            .update_expression(format!("{accepted}, due_bucket = :due_bucket, due_at = :due_at"))
            .condition_expression(TO_BE_ASKED_ABOUT)
            .expression_attribute_values(":due_bucket", bucket(POLL_PREFIX, message.id.as_str()))
            .expression_attribute_values(":due_at", s(text_time(ask_at)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = asked_about else { return Ok(()) };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(found)) => {
                // The sender has stored the message before.
                if found.item().is_some_and(|item| item.contains_key("accepted_at")) {
                    return Ok(());
                }
                mapping.update_expression(accepted).send().await.map(|_| ()).map_err(failed)
            }
            _ => Err(failed(error)),
        }
    }

    /// Stores the mapping of another id of a message to its order, for writers other than the sender.
    pub async fn map_message(
        &self,
        message: &MessageKey,
        reference: &Reference,
        notification: &str,
        now: Timestamp,
    ) -> Result<(), TableError> {
        let mapping = self.mapping(message, reference, notification, now);
        let mapped = mapping.update_expression(MAPPING).send().await;
        mapped.map(|_| ()).map_err(|error| TableError::new("store the order of a message's id", &error))
    }

    fn mapping(
        &self,
        message: &MessageKey,
        reference: &Reference,
        notification: &str,
        now: Timestamp,
    ) -> UpdateItemFluentBuilder {
        self.update(message_pk(message), message_sk())
            .expression_attribute_values(":order", s(reference.order.as_str()))
            .expression_attribute_values(":key", s(reference.key.as_str()))
            .expression_attribute_values(":notification", s(notification))
            .expression_attribute_values(":provider", s(message.provider.name()))
            .expression_attribute_values(":expires_at", n(expires_at(now, RETENTION)))
    }

    /// Records the notification as accepted because facts about its message were stored. As evidence this
    /// replaces every state, and repeating it changes nothing. Nothing is written if the sender has recorded
    /// the acceptance, or if there is no such notification.
    pub async fn adopt_message(
        &self,
        message: &MessageKey,
        stored: &FactsStored,
    ) -> Result<Option<Adopted>, TableError> {
        let operation = "adopt a message";
        let Some(reference) = stored.reference.as_ref().filter(|_| stored.accepted_at.is_none()) else {
            return Ok(None);
        };
        let adopted = self
            .update(order_pk(&reference.order), notification_sk(&reference.key))
            .condition_expression("attribute_exists(pk)")
            .update_expression(
                "SET #state = :accepted, provider = :provider REMOVE due_bucket, due_at, reason, claim_token ADD message_ids :id",
            )
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":accepted", s(State::Accepted.name()))
            .expression_attribute_values(":provider", s(message.provider.name()))
            .expression_attribute_values(":id", AttributeValue::Ss(vec![message.to_string()]))
            .return_values(ReturnValue::AllOld)
            .send()
            .await;
        match adopted {
            Ok(updated) => updated.attributes.map(|item| parse_item(operation, item)).transpose(),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(None)
            }
            Err(error) => Err(TableError::new(operation, &error)),
        }
    }
}
