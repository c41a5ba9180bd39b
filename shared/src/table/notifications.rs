//! Notification items: `ORDER#<number>` / `NOTIFICATION#<key>`.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;

use super::keys::{Item, due_bucket, message_pk, message_sk, n, notification_sk, order_pk, s};
use super::{RETENTION, Table, TableError, expires_at, text_time};
use crate::catalogue::Notification;
use crate::message::{MessageKey, Reference};
use crate::protocol::Record;

/// What became of a conditional write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written<T> {
    /// It was written.
    Done,
    /// Somebody else was faster: this is what is there now; none where it is gone.
    Overtaken(Option<T>),
}

impl Table {
    /// The record of a notification, read consistently.
    pub async fn notification(&self, reference: &Reference) -> Result<Option<Record>, TableError> {
        let operation = "read a notification";
        let found = self
            .client
            .get_item()
            .table_name(&self.name)
            .key("pk", order_pk(&reference.order))
            .key("sk", notification_sk(&reference.key))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| TableError::new(operation, &error))?;
        found.item.map(|item| record(operation, item)).transpose()
    }

    /// Writes `next` on the condition that the record is still `known`: absent, or in the same state and attempt.
    pub async fn move_notification(
        &self,
        notification: &Notification,
        known: Option<&Record>,
        next: &Record,
        now: Timestamp,
    ) -> Result<Written<Record>, TableError> {
        match known {
            None => self.put_notification(notification, next, now).await,
            Some(known) => self.update_notification(notification, known, next, now).await,
        }
    }

    async fn put_notification(
        &self,
        notification: &Notification,
        next: &Record,
        now: Timestamp,
    ) -> Result<Written<Record>, TableError> {
        let operation = "claim a notification";
        let sent = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item(notification, next, now)))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match sent {
            Ok(_) => Ok(Written::Done),
            Err(error) => overtaken(operation, &error, |error| match error {
                PutItemError::ConditionalCheckFailedException(failed) => Some(failed.item.clone()),
                _ => None,
            }),
        }
    }

    async fn update_notification(
        &self,
        notification: &Notification,
        known: &Record,
        next: &Record,
        now: Timestamp,
    ) -> Result<Written<Record>, TableError> {
        let operation = "move a notification on";
        let mut item = item(notification, next, now);
        let message_ids = item.remove("message_ids");
        for fixed in ["pk", "sk", "created_at", "event_id", "event_time", "expires_at"] {
            item.remove(fixed);
        }
        // What the next record doesn't have must go: a lease of a settled notification, the reason of a past wait.
        let removed: Vec<&str> =
            ["due_bucket", "due_at", "reason", "provider", "template", "language", "refused_by"]
                .into_iter()
                .filter(|name| !item.contains_key(*name))
                .collect();
        let mut update = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("pk", order_pk(&notification.reference.order))
            .key("sk", notification_sk(&notification.reference.key))
            .condition_expression("#state = :known_state AND #attempt = :known_attempt")
            .expression_attribute_values(":known_state", s(known.state.name()))
            .expression_attribute_values(":known_attempt", n(known.attempt))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let mut sets: Vec<String> = Vec::new();
        for (name, value) in item {
            sets.push(format!("#{name} = :{name}"));
            update = update
                .expression_attribute_names(format!("#{name}"), &name)
                .expression_attribute_values(format!(":{name}"), value);
        }
        sets.sort();
        let mut expression = format!("SET {}", sets.join(", "));
        if !removed.is_empty() {
            expression += " REMOVE ";
            expression += &removed.iter().map(|name| format!("#{name}")).collect::<Vec<_>>().join(", ");
            for name in removed {
                update = update.expression_attribute_names(format!("#{name}"), name);
            }
        }
        // Added, never set: a callback may add an id of its own at the same moment.
        if let Some(message_ids) = message_ids {
            expression += " ADD #message_ids :message_ids";
            update = update
                .expression_attribute_names("#message_ids", "message_ids")
                .expression_attribute_values(":message_ids", message_ids);
        }
        match update.update_expression(expression).send().await {
            Ok(_) => Ok(Written::Done),
            Err(error) => overtaken(operation, &error, |error| match error {
                UpdateItemError::ConditionalCheckFailedException(failed) => Some(failed.item.clone()),
                _ => None,
            }),
        }
    }

    /// Stores the mapping of an accepted message to its order. Commutes with the facts about it.
    pub async fn store_message(
        &self,
        message: &MessageKey,
        notification: &Notification,
        now: Timestamp,
    ) -> Result<(), TableError> {
        let set = "SET order_number = if_not_exists(order_number, :order), \
                   notification_key = if_not_exists(notification_key, :key), \
                   notification = if_not_exists(notification, :notification), \
                   provider = if_not_exists(provider, :provider), \
                   accepted_at = if_not_exists(accepted_at, :now), \
                   expires_at = if_not_exists(expires_at, :expires_at)";
        self.client
            .update_item()
            .table_name(&self.name)
            .key("pk", message_pk(message))
            .key("sk", message_sk())
            .update_expression(set)
            .expression_attribute_values(":order", s(notification.reference.order.as_str()))
            .expression_attribute_values(":key", s(notification.reference.key.as_str()))
            .expression_attribute_values(":notification", s(&notification.name))
            .expression_attribute_values(":provider", s(message.provider.name()))
            .expression_attribute_values(":now", s(text_time(now)))
            .expression_attribute_values(":expires_at", n(expires_at(now, RETENTION)))
            .send()
            .await
            .map(|_| ())
            .map_err(|error| TableError::new("store a message's order", &error))
    }

    /// Writes that a provider accepted the notification, because a callback about its message says so: over every
    /// state, since it is evidence. Doing so again changes nothing. Nothing is written where there is no such notification.
    pub async fn adopt_message(&self, reference: &Reference, message: &MessageKey) -> Result<(), TableError> {
        let adopted = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("pk", order_pk(&reference.order))
            .key("sk", notification_sk(&reference.key))
            .condition_expression("attribute_exists(pk)")
            .update_expression(
                "SET #state = :accepted, provider = :provider REMOVE due_bucket, due_at, reason ADD message_ids :id",
            )
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":accepted", s(crate::protocol::State::Accepted.name()))
            .expression_attribute_values(":provider", s(message.provider.name()))
            .expression_attribute_values(":id", AttributeValue::Ss(vec![message.to_string()]))
            .send()
            .await;
        match adopted {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(TableError::new("adopt a message", &error)),
        }
    }
}

fn overtaken<E, R>(
    operation: &'static str,
    error: &SdkError<E, R>,
    failed_condition: impl FnOnce(&E) -> Option<Option<Item>>,
) -> Result<Written<Record>, TableError>
where
    E: aws_sdk_dynamodb::error::ProvideErrorMetadata,
{
    match error.as_service_error().and_then(failed_condition) {
        Some(found) => found.map(|item| record(operation, item)).transpose().map(Written::Overtaken),
        None => Err(TableError::new(operation, error)),
    }
}

pub(super) fn record(operation: &'static str, item: Item) -> Result<Record, TableError> {
    serde_dynamo::from_item(item).map_err(|error| TableError::unreadable(operation, &error))
}

fn item(notification: &Notification, record: &Record, now: Timestamp) -> Item {
    let mut item = Item::new();
    let mut set = |name: &str, value: AttributeValue| item.insert(name.to_owned(), value);
    let reference = &notification.reference;
    set("pk", order_pk(&reference.order));
    set("sk", notification_sk(&reference.key));
    set("state", s(record.state.name()));
    set("attempt", n(record.attempt));
    set("notification", s(&notification.name));
    set("fingerprint", s(&record.fingerprint));
    set("event_id", s(&notification.event_id));
    set("event_time", s(text_time(notification.event_time)));
    set("created_at", s(text_time(now)));
    set("updated_at", s(text_time(now)));
    set("expires_at", n(expires_at(now, RETENTION)));
    if let Some(provider) = record.provider {
        set("provider", s(provider.name()));
        if let Some(route) = notification.route(provider) {
            set("template", s(&route.template.name));
            set("language", s(route.language.as_str()));
        }
    }
    if let Some(due_at) = record.due_at {
        set("due_bucket", due_bucket(&reference.key));
        set("due_at", s(text_time(due_at)));
    }
    if let Some(reason) = &record.reason {
        let reason = [("class", reason.class.name()), ("code", &reason.code), ("text", &reason.text)];
        set("reason", AttributeValue::M(reason.map(|(name, text)| (name.to_owned(), s(text))).into()));
    }
    if !record.refused_by.is_empty() {
        let providers = record.refused_by.iter().map(|provider| provider.name().to_owned());
        set("refused_by", AttributeValue::Ss(providers.collect()));
    }
    if !record.message_ids.is_empty() {
        set(
            "message_ids",
            AttributeValue::Ss(record.message_ids.iter().map(MessageKey::to_string).collect()),
        );
    }
    item
}
