//! Notification items: `ORDER#<number>` / `NOTIFICATION#<key>`; the orders of a sender with a name are in
//! `SENDER#<sender>#ORDER#<number>`.

use std::fmt::Write as _;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use jiff::Timestamp;
use serde::Serialize;

use super::answers;
use super::facts;
use super::item::{Item, expiry, item, n, optional, or_default, required, s, set, time};
use super::keys::{self, NOTIFICATION_PREFIX, Subject, order_pk};
use super::name::{
    ATTEMPT, CLAIM_TOKEN, CREATED_AT, DUE_AT, DUE_BUCKET, EVENT_ID, EVENT_TIME, EXPIRES_AT, LANGUAGE,
    MESSAGE_IDS, NOTIFICATION, ORDER_STATUS, PK, PROVIDER, REASON, REPLY_IDS, REQUESTS, RESENT, SK, STATE,
    TEMPLATE, UPDATED_AT,
};
use super::record_attributes::{Changes, changes, claim_token, count, record, record_attributes};
use super::update::{Outcome, Update, outcome};
use super::{FactsStored, MessageRow, ProviderAnswer, RETENTION, Table, TableError, Written, metric_names};
use crate::catalogue::Notification;
use crate::delivery::{DeliveryFacts, DeliveryStatus};
use crate::message::{MessageKey, NotificationKey, OrderId, OrderStatus, Reference};
use crate::metric_names::MetricNames;
use crate::protocol::{Record, State, Step, has_arrived};

/// Attributes that updates only add to: a callback may add a message id concurrently, the list of resends must stay
/// complete, and the request count is increased without reading it.
const ADDED_TO: [&str; 4] = [MESSAGE_IDS, REPLY_IDS, RESENT, REQUESTS];

/// A notification of an order, with its messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotificationRow {
    /// The order and the notification's key.
    #[serde(flatten)]
    pub reference: Reference,
    /// The notification's name in the catalogue.
    pub notification: String,
    /// The template of the last attempt; `None` before the first.
    pub template: Option<String>,
    /// The language of the last attempt; `None` before the first.
    pub language: Option<String>,
    /// The names of the template and of the sender in the metrics.
    #[serde(skip)]
    pub names: MetricNames,
    /// When the event happened; 1970 if the item has no time, so that the event counts as too old.
    pub event_time: Timestamp,
    /// The order status that it reports; `None` for a body notification, and for an item of an earlier
    /// version.
    pub order_status: Option<OrderStatus>,
    /// When order-notifier first wrote the record; `None` in an item of an earlier version.
    #[serde(skip)]
    pub created_at: Option<Timestamp>,
    /// When order-notifier last wrote the record.
    pub updated_at: Timestamp,
    /// The notification's record.
    pub record: Record,
    /// The number of requests to providers, including a running one; `None` in an item of an earlier version.
    pub requests: Option<u32>,
    /// The answers of providers that did not accept it, the earliest first.
    pub answers: Vec<ProviderAnswer>,
    /// The message under each of its known ids, with the facts that were reported with our reference. Rows from
    /// [`Table::order`] and [`Table::notification_row`] also have the facts from the messages' own items.
    pub messages: Vec<MessageRow>,
}

impl NotificationRow {
    pub(super) fn from_item(reference: Reference, item: &Item) -> serde_dynamo::Result<Self> {
        let record = record(item)?;
        let message = |message: &MessageKey| {
            let facts = facts::of_message(item, message)?;
            Ok(MessageRow { facts, ..MessageRow::new(message.clone()) })
        };
        let messages = record.message_ids.iter().map(message).collect::<serde_dynamo::Result<_>>()?;
        // An addition to an item without a count may make it negative.
        let requests = optional(item, REQUESTS)?.and_then(|requests: i64| u32::try_from(requests).ok());
        Ok(Self {
            reference,
            notification: required(item, NOTIFICATION)?,
            template: optional(item, TEMPLATE)?,
            language: optional(item, LANGUAGE)?,
            names: metric_names::read(item)?,
            event_time: or_default(item, EVENT_TIME)?,
            order_status: optional(item, ORDER_STATUS)?,
            created_at: optional(item, CREATED_AT)?,
            updated_at: required(item, UPDATED_AT)?,
            record,
            requests,
            answers: answers::read(item),
            messages,
        })
    }

    /// The facts reported for any of the message's ids.
    pub fn facts(&self) -> DeliveryFacts {
        let mut all = DeliveryFacts::default();
        for message in &self.messages {
            all.merge(&message.facts);
        }
        all
    }

    /// The delivery status; `None` unless a provider accepted the notification.
    pub fn delivery_status(&self) -> Option<DeliveryStatus> {
        (self.record.state == State::Accepted).then(|| self.facts().status())
    }
}

/// What is known about the delivery of a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The notification's record.
    pub record: Record,
    /// When the record was written first.
    pub created_at: Timestamp,
    /// The facts about its messages, under all their ids.
    pub facts: DeliveryFacts,
}

/// A notification before a callback proved its acceptance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adopted {
    /// Its state at that time.
    pub state: State,
    /// When order-notifier last wrote it.
    pub updated_at: Timestamp,
    /// The names of its template and sender in the metrics.
    pub names: MetricNames,
}

impl Adopted {
    pub(super) fn from_item(item: &Item) -> serde_dynamo::Result<Self> {
        let (state, updated_at) = (required(item, STATE)?, required(item, UPDATED_AT)?);
        Ok(Self { state, updated_at, names: metric_names::read(item)? })
    }
}

impl Table {
    /// The record of a notification, read consistently.
    pub async fn notification(&self, reference: &Reference) -> Result<Option<Record>, TableError> {
        self.read("read a notification", keys::notification(reference), record).await
    }

    /// The record of a notification and its names in the metrics, read consistently.
    pub async fn named_notification(
        &self,
        reference: &Reference,
    ) -> Result<Option<(Record, MetricNames)>, TableError> {
        let read = |item: &Item| Ok((record(item)?, metric_names::read(item)?));
        self.read("read a notification", keys::notification(reference), read).await
    }

    /// Every notification of an order, the earliest event first.
    pub async fn order(&self, order: &OrderId) -> Result<Vec<NotificationRow>, TableError> {
        let operation = "read an order";
        let mut pages = self.notifications_of(order).into_paginator().items().send();
        let mut rows = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(|error| TableError::new(operation, &error))?;
            let row = keys::notification_key(&item)
                .map(|key| Reference { order: order.clone(), key })
                .and_then(|reference| NotificationRow::from_item(reference, &item));
            rows.push(row.map_err(TableError::unreadable(operation))?);
        }
        for row in &mut rows {
            self.complete(operation, row).await?;
        }
        rows.sort_by_key(|row| (row.event_time, row.updated_at));
        Ok(rows)
    }

    /// One notification of an order, with its messages.
    pub async fn notification_row(
        &self,
        reference: &Reference,
    ) -> Result<Option<NotificationRow>, TableError> {
        let operation = "read a notification";
        let read = |item: &Item| NotificationRow::from_item(reference.clone(), item);
        let mut row = self.read(operation, keys::notification(reference), read).await?;
        if let Some(row) = &mut row {
            self.complete(operation, row).await?;
        }
        Ok(row)
    }

    /// What is known about a notification and about those that follow it, each with its reference; all read consistently.
    pub async fn deliveries_of(&self, first: &Reference) -> Result<Vec<(Reference, Delivery)>, TableError> {
        let operation = "read a notification and its followers";
        let query = self.client.query().table_name(&self.name).consistent_read(true);
        let query = query
            .key_condition_expression(format!("{PK} = :pk AND begins_with({SK}, :prefix)"))
            .expression_attribute_values(":pk", order_pk(&first.order))
            .expression_attribute_values(":prefix", s(format!("{NOTIFICATION_PREFIX}{}", first.key)));
        let mut pages = query.into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(|error| TableError::new(operation, &error))?;
            let Ok(Subject::Notification(reference)) = Subject::from_item(&item) else { continue };
            if reference == *first || reference.first() == *first {
                let delivery = self.delivery(operation, &reference, &item).await?;
                found.push((reference, delivery));
            }
        }
        Ok(found)
    }

    /// What is known about a notification, read consistently; `None` if there is none.
    pub async fn delivery_of(&self, reference: &Reference) -> Result<Option<Delivery>, TableError> {
        let operation = "read a notification's delivery";
        let item = self.read(operation, keys::notification(reference), |item| Ok(item.clone())).await?;
        match item {
            Some(item) => self.delivery(operation, reference, &item).await.map(Some),
            None => Ok(None),
        }
    }

    /// Adds the facts in the messages' own items to those in a notification's item.
    async fn delivery(
        &self,
        operation: &'static str,
        reference: &Reference,
        item: &Item,
    ) -> Result<Delivery, TableError> {
        let row =
            NotificationRow::from_item(reference.clone(), item).map_err(TableError::unreadable(operation))?;
        let created_at = row.created_at.unwrap_or(row.updated_at);
        let mut facts = row.facts();
        for id in row.messages.iter().map(|message| &message.message) {
            if has_arrived(&facts) {
                break;
            }
            if let Some(own) = self.message(id).await? {
                facts.merge(&own.facts);
            }
        }
        Ok(Delivery { record: row.record, created_at, facts })
    }

    /// Adds the data from the messages' own items.
    async fn complete(&self, operation: &'static str, row: &mut NotificationRow) -> Result<(), TableError> {
        for message in &mut row.messages {
            let (pk, sk) = keys::message(&message.message);
            let get = self.client.get_item().table_name(&self.name).key(PK, pk).key(SK, sk);
            let found = get.send().await.map_err(|error| TableError::new(operation, &error))?;
            let item = found.item.unwrap_or_default();
            let mut own = MessageRow::from_item(message.message.clone(), &item)
                .map_err(TableError::unreadable(operation))?;
            own.facts.merge(&message.facts);
            *message = own;
        }
        Ok(())
    }

    /// Selects every notification of an order.
    fn notifications_of(&self, order: &OrderId) -> QueryFluentBuilder {
        let query = self.client.query().table_name(&self.name);
        query
            .key_condition_expression(format!("{PK} = :pk AND begins_with({SK}, :prefix)"))
            .expression_attribute_values(":pk", order_pk(order))
            .expression_attribute_values(":prefix", s(NOTIFICATION_PREFIX))
    }

    /// The key of the order's existing notification for this event, read consistently; `None` if it has none.
    /// The catalogue may have changed since and would then give another key. With `notification`, only notifications of
    /// this name in the catalogue count.
    pub async fn key_of_event(
        &self,
        order: &OrderId,
        event_id: &str,
        notification: Option<&str>,
    ) -> Result<Option<NotificationKey>, TableError> {
        let operation = "look for an event's notification";
        let query = self.notifications_of(order).consistent_read(true);
        let mut filter = format!("{EVENT_ID} = :event_id");
        let mut query = query.expression_attribute_values(":event_id", s(event_id));
        if let Some(notification) = notification {
            // Writing to a `String` cannot fail.
            let _infallible = write!(filter, " AND {NOTIFICATION} = :notification");
            query = query.expression_attribute_values(":notification", s(notification));
        }
        let query = query.filter_expression(filter).projection_expression(format!("{PK}, {SK}"));
        let mut keys = query.into_paginator().items().send();
        while let Some(item) = keys.next().await {
            let item = item.map_err(|error| TableError::new(operation, &error))?;
            if let Ok(Subject::Notification(reference)) = Subject::from_item(&item) {
                return Ok(Some(reference.key));
            }
        }
        Ok(None)
    }

    /// Writes `next` on the condition that the record is still `known`: absent, or in the same state and attempt, and
    /// under the same claim. If `next` settles an attempt, `settled` is the number of its requests. `names` are those in the
    /// metrics.
    pub async fn move_notification(
        &self,
        notification: &Notification,
        names: &MetricNames,
        known: Option<&Record>,
        next: &Record,
        settled: Option<u32>,
        now: Timestamp,
    ) -> Result<Written<Record>, TableError> {
        let Some(known) = known else {
            return self.put_notification(notification, names, next, settled, now).await;
        };
        let mut changes = record_attributes(next, &notification.reference, now);
        changes.push((REQUESTS.to_owned(), count(answers::requests_since(next, settled))));
        changes.extend(answers::attribute(known, next, settled, now));
        changes.extend(catalogue_attributes(notification, names, next));
        if known.state == State::Suppressed {
            // The previous event led to no attempt, so the notification now belongs to this event.
            changes.extend(event_attributes(notification, now));
            changes.push((CREATED_AT.to_owned(), Some(time(now))));
        }
        self.update_notification(&notification.reference, known, changes).await
    }

    /// Like [`move_notification`](Self::move_notification), for callers that have the record but not its event. The
    /// attributes that come from the event are unchanged.
    pub async fn move_record(
        &self,
        reference: &Reference,
        known: &Record,
        next: &Record,
        now: Timestamp,
    ) -> Result<Written<Record>, TableError> {
        let mut changes = record_attributes(next, reference, now);
        changes.extend(answers::attribute(known, next, None, now));
        self.update_notification(reference, known, changes).await
    }

    async fn put_notification(
        &self,
        notification: &Notification,
        names: &MetricNames,
        next: &Record,
        settled: Option<u32>,
        now: Timestamp,
    ) -> Result<Written<Record>, TableError> {
        let operation = "claim a notification";
        let (pk, sk) = keys::notification(&notification.reference);
        let mut item = item([(PK, pk), (SK, sk), (CREATED_AT, time(now))]);
        let mut changes = record_attributes(next, &notification.reference, now);
        // No claim has counted a request in advance.
        let requests = settled.map_or_else(|| answers::requests_since(next, None), i64::from);
        changes.push((REQUESTS.to_owned(), count(requests)));
        changes.extend(catalogue_attributes(notification, names, next));
        changes.extend(event_attributes(notification, now));
        item.extend(changes.into_iter().filter_map(|(name, value)| Some((name, value?))));
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        let put = put.condition_expression(format!("attribute_not_exists({PK})"));
        let all = ReturnValuesOnConditionCheckFailure::AllOld;
        let put = put.return_values_on_condition_check_failure(all).send().await;
        write_result(operation, outcome(operation, put, |put| put.attributes)?)
    }

    async fn update_notification(
        &self,
        reference: &Reference,
        known: &Record,
        changes: Changes,
    ) -> Result<Written<Record>, TableError> {
        let operation = "update a notification";
        let mut update = self
            .update(keys::notification(reference))
            .if_known(STATE, Some(s(known.state.name())))
            .if_known(ATTEMPT, Some(n(known.attempt)))
            .returning_current();
        // An item of an earlier version has no token.
        if let Some(token) = known.token {
            update = update.if_known(CLAIM_TOKEN, Some(claim_token(token)));
        }
        for (name, value) in changes {
            update = match value {
                value if ADDED_TO.contains(&name.as_str()) => update.add(&name, value),
                Some(value) => update.set(&name, value),
                None => update.remove(&[&name]),
            };
        }
        write_result(operation, update.send(operation).await?)
    }

    /// Records the notification as accepted because facts about its message were stored. As evidence this
    /// replaces every state, and repeating it changes nothing. Nothing is written if order-notifier has recorded
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
        let update = accept(self.update(keys::notification(reference)), message);
        let update = update.if_present(PK).add(MESSAGE_IDS, set([message])).returning_former();
        match update.send(operation).await? {
            Outcome::Done(Some(former)) => {
                Adopted::from_item(&former).map(Some).map_err(TableError::unreadable(operation))
            }
            Outcome::Done(None) | Outcome::Refused(_) => Ok(None),
        }
    }
}

/// Sets the state `accepted`, because the provider reported facts about the message.
pub(super) fn accept(update: Update, message: &MessageKey) -> Update {
    update.set(STATE, s(State::Accepted.name())).set(PROVIDER, s(message.provider.name())).remove(&[
        DUE_BUCKET,
        DUE_AT,
        REASON,
        CLAIM_TOKEN,
    ])
}

fn write_result(operation: &'static str, outcome: Outcome) -> Result<Written<Record>, TableError> {
    let Outcome::Refused(current) = outcome else { return Ok(Written::Done) };
    let current = current.map(|item| record(&item)).transpose();
    current.map(Written::Conflict).map_err(TableError::unreadable(operation))
}

/// The attributes that come only from the event.
fn event_attributes(notification: &Notification, now: Timestamp) -> Changes {
    // An event with a time in the future may be delivered again until then, and must still find its record.
    let kept_from = now.max(notification.stated_time);
    let mut changes = changes([
        (EVENT_ID, Some(s(&notification.event_id))),
        (EVENT_TIME, Some(time(notification.event_time))),
        (EXPIRES_AT, Some(expiry(kept_from, RETENTION))),
    ]);
    let step = Step::from_notification(notification);
    changes.extend(step.map(|step| (ORDER_STATUS.to_owned(), Some(s(step.status.as_str())))));
    changes
}

/// The attributes from the catalogue: the name, and the template and language for the record's provider; and the names in
/// the metrics.
fn catalogue_attributes(notification: &Notification, names: &MetricNames, record: &Record) -> Changes {
    let route = record.provider.and_then(|provider| notification.route(provider));
    let [template_in_metrics, sender_in_metrics] = metric_names::attributes(names);
    changes([
        (NOTIFICATION, Some(s(&notification.name))),
        (TEMPLATE, route.map(|route| s(&route.template.name))),
        (LANGUAGE, route.map(|route| s(route.language.as_str()))),
        template_in_metrics,
        sender_in_metrics,
    ])
}
