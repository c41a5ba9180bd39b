//! Notification items: `ORDER#<number>` / `NOTIFICATION#<key>`.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemOutput};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;

use super::answers::{self, REQUESTS};
use super::keys::{
    DUE_PREFIX, HELD_PREFIX, Item, LEASE_PREFIX, NOTIFICATION_PREFIX, bucket, n, notification_sk, order_pk, s,
};
use super::{RETENTION, Table, TableError, expires_at, parse_item, text_time};
use crate::catalogue::Notification;
use crate::message::{MessageKey, NotificationKey, OrderNumber, Reference};
use crate::protocol::{ClaimToken, Record, State, Step};

/// Attributes that a record may lack. An update removes those that the next record does not have, such as the
/// lease of a settled notification or the reason for a past wait.
const OPTIONAL: [&str; 12] = [
    "due_bucket",
    "due_at",
    "reason",
    "provider",
    "claim_token",
    "resend_spent",
    "refused_by",
    "mendable",
    "rounds",
    "unrecognised_rounds",
    "no_consent_at",
    "although_late",
];
/// Attributes that are sets. Updates only add to them: a callback may add a message id at the same time, and
/// the list of resends must stay complete.
const SETS: [&str; 3] = ["message_ids", "reply_ids", "resent"];
/// The template and language for the record's provider; absent if the record has no provider.
const ROUTE: [&str; 2] = ["template", "language"];

/// The result of a conditional write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written<T> {
    /// It was written.
    Done,
    /// Lost the race: contains the current item, or `None` if it was deleted.
    Overtaken(Option<T>),
}

impl Table {
    /// The record of a notification, read consistently.
    pub async fn notification(&self, reference: &Reference) -> Result<Option<Record>, TableError> {
        let operation = "read a notification";
        let found = self.item(operation, order_pk(&reference.order), notification_sk(&reference.key)).await?;
        found.map(|item| parse_item(operation, item)).transpose()
    }

    /// The key of the order's existing notification for this event, read consistently; `None` if it has none.
    /// The catalogue may have changed since and would then give another key.
    pub async fn key_of_event(
        &self,
        order: &OrderNumber,
        event_id: &str,
    ) -> Result<Option<NotificationKey>, TableError> {
        let operation = "look for an event's notification";
        let mut keys = self
            .client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .filter_expression("event_id = :event_id")
            .projection_expression("sk")
            .expression_attribute_values(":pk", order_pk(order))
            .expression_attribute_values(":prefix", s(NOTIFICATION_PREFIX))
            .expression_attribute_values(":event_id", s(event_id))
            .into_paginator()
            .items()
            .send();
        while let Some(item) = keys.next().await {
            let item = item.map_err(|error| TableError::new(operation, &error))?;
            let key = item.get("sk").and_then(|sk| sk.as_s().ok()?.strip_prefix(NOTIFICATION_PREFIX));
            if let Some(key) = key.and_then(|key| NotificationKey::parse(key).ok()) {
                return Ok(Some(key));
            }
        }
        Ok(None)
    }

    /// Writes `next` on the condition that the record is still `known`: absent, or in the same state and attempt, and
    /// under the same claim. Where `next` settles an attempt, `settled` is the number of requests that the attempt made.
    pub async fn move_notification(
        &self,
        notification: &Notification,
        known: Option<&Record>,
        next: &Record,
        settled: Option<u32>,
        now: Timestamp,
    ) -> Result<Written<Record>, TableError> {
        let Some(known) = known else {
            return self.put_notification(notification, next, settled, now).await;
        };
        let mut set = state(next, &notification.reference, now);
        let requests = answers::requests_since(next, settled);
        if requests != 0 {
            set.insert(REQUESTS.to_owned(), n(requests));
        }
        set.extend(answers::attribute(known, next, settled, now));
        set.insert("notification".to_owned(), s(&notification.name));
        set.extend(route(notification, next));
        if known.state == State::Suppressed {
            // No attempt was made for the event before this one, so the notification now belongs to this
            // event.
            set.extend(told_by_the_event(notification, now));
        }
        self.update_notification(&notification.reference, known, set, &[&OPTIONAL[..], &ROUTE].concat()).await
    }

    /// Like [`move_notification`](Self::move_notification), for callers that know the record but not its
    /// event. The attributes that come from the event are unchanged.
    pub async fn move_record(
        &self,
        reference: &Reference,
        known: &Record,
        next: &Record,
        now: Timestamp,
    ) -> Result<Written<Record>, TableError> {
        let mut set = state(next, reference, now);
        set.extend(answers::attribute(known, next, None, now));
        self.update_notification(reference, known, set, &OPTIONAL).await
    }

    async fn put_notification(
        &self,
        notification: &Notification,
        next: &Record,
        settled: Option<u32>,
        now: Timestamp,
    ) -> Result<Written<Record>, TableError> {
        let operation = "claim a notification";
        let mut item = item(notification, next, now);
        // No claim is there to have counted one.
        let requests = settled.map_or_else(|| answers::requests_since(next, None), i64::from);
        if requests != 0 {
            item.insert(REQUESTS.to_owned(), n(requests));
        }
        let sent = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
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

    /// Sets these attributes, and removes those of `optional` that are not among them.
    async fn update_notification(
        &self,
        reference: &Reference,
        known: &Record,
        mut set: Item,
        optional: &[&str],
    ) -> Result<Written<Record>, TableError> {
        let operation = "move a notification on";
        // The count of requests is added to as well, so that nobody need know what it was.
        let added_to: Vec<_> =
            SETS.iter().chain([&REQUESTS]).map(|name| (*name, set.remove(*name))).collect();
        let removed: Vec<&str> = optional.iter().filter(|name| !set.contains_key(**name)).copied().collect();
        let mut update = self
            .update(order_pk(&reference.order), notification_sk(&reference.key))
            .expression_attribute_values(":known_state", s(known.state.name()))
            .expression_attribute_values(":known_attempt", n(known.attempt))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let mut condition = "#state = :known_state AND #attempt = :known_attempt".to_owned();
        // An item of an earlier version has no token.
        if let Some(token) = known.token {
            condition += " AND claim_token = :known_token";
            update = update.expression_attribute_values(":known_token", claim_token(token));
        }
        update = update.condition_expression(condition);
        let mut sets: Vec<String> = Vec::new();
        for (name, value) in set {
            // A provider's answer has a name that no placeholder may have.
            let placeholder = name.replace(':', "_");
            sets.push(format!("#{placeholder} = :{placeholder}"));
            update = update
                .expression_attribute_names(format!("#{placeholder}"), &name)
                .expression_attribute_values(format!(":{placeholder}"), value);
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
        let mut added = Vec::new();
        for (name, value) in added_to {
            let Some(value) = value else { continue };
            added.push(format!("{name} :{name}"));
            update = update.expression_attribute_values(format!(":{name}"), value);
        }
        if !added.is_empty() {
            expression += " ADD ";
            expression += &added.join(", ");
        }
        match update.update_expression(expression).send().await {
            Ok(_) => Ok(Written::Done),
            Err(error) => overtaken(operation, &error, |error| match error {
                UpdateItemError::ConditionalCheckFailedException(failed) => Some(failed.item.clone()),
                _ => None,
            }),
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
        Some(found) => found.map(|item| parse_item(operation, item)).transpose().map(Written::Overtaken),
        None => Err(TableError::new(operation, error)),
    }
}

/// The item of a new notification.
fn item(notification: &Notification, record: &Record, now: Timestamp) -> Item {
    let reference = &notification.reference;
    let mut item = state(record, reference, now);
    item.extend(route(notification, record));
    item.extend(told_by_the_event(notification, now));
    item.extend(
        [
            ("pk", order_pk(&reference.order)),
            ("sk", notification_sk(&reference.key)),
            ("notification", s(&notification.name)),
            ("created_at", s(text_time(now))),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    item
}

/// The attributes that come only from the event.
fn told_by_the_event(notification: &Notification, now: Timestamp) -> Item {
    let mut item = Item::new();
    let step = Step::of(notification);
    item.extend(step.map(|step| ("order_status".to_owned(), s(step.status.as_str()))));
    // An event with a time in the future may also come again later, and must still find its record then.
    let kept_from = now.max(notification.stated_time);
    item.extend(
        [
            ("event_id", s(&notification.event_id)),
            ("event_time", s(text_time(notification.event_time))),
            ("expires_at", n(expires_at(kept_from, RETENTION))),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    item
}

/// The attributes of a record's state.
fn state(record: &Record, reference: &Reference, now: Timestamp) -> Item {
    let mut item = Item::new();
    let mut set = |name: &str, value: AttributeValue| item.insert(name.to_owned(), value);
    set("state", s(record.state.name()));
    set("attempt", n(record.attempt));
    set("fingerprint", s(&record.fingerprint));
    set("unclear", AttributeValue::Bool(record.unclear));
    set("updated_at", s(text_time(now)));
    if let Some(provider) = record.provider {
        set("provider", s(provider.name()));
    }
    if let Some(due_at) = record.due_at {
        let prefix = match record.state {
            State::Sending => LEASE_PREFIX,
            State::Held => HELD_PREFIX,
            _ => DUE_PREFIX,
        };
        set("due_bucket", bucket(prefix, reference.key.as_str()));
        set("due_at", s(text_time(due_at)));
    }
    if let Some(reason) = &record.reason {
        let reason = [("class", reason.class.name()), ("code", &reason.code), ("text", &reason.text)];
        set("reason", AttributeValue::M(reason.map(|(name, text)| (name.to_owned(), s(text))).into()));
    }
    if let Some(token) = record.token {
        set("claim_token", claim_token(token));
    }
    for (name, holds) in [
        ("resend_spent", record.resend_spent),
        ("mendable", record.mendable),
        ("although_late", record.although_late),
    ] {
        if holds {
            set(name, AttributeValue::Bool(true));
        }
    }
    for (name, count) in [("rounds", record.rounds), ("unrecognised_rounds", record.unrecognised_rounds)] {
        if count > 0 {
            set(name, n(count));
        }
    }
    if let Some(time) = record.no_consent_at {
        set("no_consent_at", s(text_time(time)));
    }
    if !record.refused_by.is_empty() {
        let providers = record.refused_by.iter().map(|provider| provider.name().to_owned());
        set("refused_by", AttributeValue::Ss(providers.collect()));
    }
    let ids = |ids: &BTreeSet<MessageKey>| ids.iter().map(MessageKey::to_string).collect();
    let members: [Vec<String>; 3] =
        [ids(&record.message_ids), ids(&record.reply_ids), record.resent.iter().cloned().collect()];
    for (name, members) in SETS.into_iter().zip(members) {
        if !members.is_empty() {
            set(name, AttributeValue::Ss(members));
        }
    }
    item
}

pub(super) fn claim_token(token: ClaimToken) -> AttributeValue {
    AttributeValue::N(token.0.to_string())
}

/// The attributes for the template and language with which the record's provider is asked.
fn route(notification: &Notification, record: &Record) -> Item {
    let route = record.provider.and_then(|provider| notification.route(provider));
    route.map_or_else(Item::new, |route| {
        let language = s(route.language.as_str());
        Item::from([("template".to_owned(), s(&route.template.name)), ("language".to_owned(), language)])
    })
}

/// Converts the result of a conditional update, for callers that do not need the current item.
pub(super) fn written<R>(
    operation: &'static str,
    sent: Result<UpdateItemOutput, SdkError<UpdateItemError, R>>,
) -> Result<Written<()>, TableError> {
    match sent {
        Ok(_) => Ok(Written::Done),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
        {
            Ok(Written::Overtaken(None))
        }
        Err(error) => Err(TableError::new(operation, &error)),
    }
}
