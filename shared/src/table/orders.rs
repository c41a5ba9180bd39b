//! What became of an order: its notifications and their messages.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::keys::{Item, NOTIFICATION_PREFIX, message_pk, message_sk, notification_sk, order_pk, s};
use super::{Image, MessageImage, ProviderAnswer, Table, TableError, answers, facts, parse_item};
use crate::delivery::{DeliveryFacts, DeliveryStatus};
use crate::message::{MessageKey, OrderNumber, OrderStatus, Reference};
use crate::protocol::Record;

/// A notification of an order, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotificationView {
    /// The catalogue's name for it.
    pub notification: String,
    /// Its key.
    pub key: String,
    /// Its template and language, once there was an attempt.
    pub template: Option<String>,
    /// See `template`.
    pub language: Option<String>,
    /// When the event happened.
    pub event_time: Timestamp,
    /// The status that it tells; none of a body notification, nor where a former version wrote it.
    pub order_status: Option<OrderStatus>,
    /// When the record was last written by the sender.
    pub updated_at: Timestamp,
    /// How far it is.
    pub record: Record,
    /// How many requests for it were made to providers, the one that is under way among them; none where an earlier version
    /// has not counted them.
    pub requests: Option<u32>,
    /// What each provider answered that did not take it, the earliest first.
    pub answers: Vec<ProviderAnswer>,
    /// Its message by every id that is known of it.
    pub messages: Vec<MessageView>,
}

/// A message, by one of its ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MessageView {
    /// Who accepted it, and the id.
    pub message: MessageKey,
    /// When the sender stored it; none where only callbacks know this id.
    pub accepted_at: Option<Timestamp>,
    /// When its provider was asked for the last time and could not tell its end; none while it may still be asked, and
    /// once the end is known.
    pub unconfirmed_at: Option<Timestamp>,
    /// What was reported under this id, wherever it is kept: reports that bring our reference go by one of the ids.
    pub facts: DeliveryFacts,
}

impl NotificationView {
    /// What was reported of its message under any of its ids.
    pub fn facts(&self) -> DeliveryFacts {
        let mut all = DeliveryFacts::default();
        for message in &self.messages {
            all.merge(&message.facts);
        }
        all
    }

    /// The delivery status, if a provider accepted it.
    pub fn delivery_status(&self) -> Option<DeliveryStatus> {
        (self.record.state == crate::protocol::State::Accepted).then(|| self.facts().status())
    }
}

#[derive(Deserialize)]
struct NotificationItem {
    sk: String,
    notification: String,
    template: Option<String>,
    language: Option<String>,
    event_time: Timestamp,
    order_status: Option<OrderStatus>,
    updated_at: Timestamp,
    requests: Option<i64>,
}

#[derive(Default, Deserialize)]
struct MessageItem {
    accepted_at: Option<Timestamp>,
    unconfirmed_at: Option<Timestamp>,
    #[serde(flatten)]
    facts: DeliveryFacts,
}

impl Table {
    /// All notifications of an order, the earliest event first.
    pub async fn order(&self, order: &OrderNumber) -> Result<Vec<NotificationView>, TableError> {
        let operation = "read an order";
        let mut pages = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", order_pk(order))
            .expression_attribute_values(":prefix", s(NOTIFICATION_PREFIX))
            .into_paginator()
            .items()
            .send();
        let mut views = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(|error| TableError::new(operation, &error))?;
            views.push(self.view(operation, item).await?);
        }
        views.sort_by_key(|view| (view.event_time, view.updated_at));
        Ok(views)
    }

    /// One notification of an order, and what became of it.
    pub async fn notification_view(
        &self,
        reference: &Reference,
    ) -> Result<Option<NotificationView>, TableError> {
        let operation = "read a notification";
        let found = self.item(operation, order_pk(&reference.order), notification_sk(&reference.key)).await?;
        match found {
            Some(item) => self.view(operation, item).await.map(Some),
            None => Ok(None),
        }
    }

    async fn view(&self, operation: &'static str, item: Item) -> Result<NotificationView, TableError> {
        let fields: NotificationItem = parse_item(operation, item.clone())?;
        let record: Record = parse_item(operation, item.clone())?;
        let mut messages = Vec::new();
        for message in &record.message_ids {
            let mut view = self.message(operation, message).await?;
            view.facts.merge(&facts::of_message(operation, &item, message)?);
            messages.push(view);
        }
        Ok(NotificationView {
            notification: fields.notification,
            key: fields.sk.trim_start_matches(NOTIFICATION_PREFIX).to_owned(),
            template: fields.template,
            language: fields.language,
            event_time: fields.event_time,
            order_status: fields.order_status,
            updated_at: fields.updated_at,
            record,
            requests: fields.requests.and_then(|requests| u32::try_from(requests).ok()),
            answers: answers::of_item(&item),
            messages,
        })
    }

    async fn message(
        &self,
        operation: &'static str,
        message: &MessageKey,
    ) -> Result<MessageView, TableError> {
        let found = self
            .client
            .get_item()
            .table_name(&self.name)
            .key("pk", message_pk(message))
            .key("sk", message_sk())
            .send()
            .await
            .map_err(|error| TableError::new(operation, &error))?;
        let item: MessageItem = match found.item {
            Some(item) => parse_item(operation, item)?,
            None => MessageItem::default(),
        };
        let MessageItem { accepted_at, unconfirmed_at, facts } = item;
        Ok(MessageView { message: message.clone(), accepted_at, unconfirmed_at, facts })
    }

    /// All that is known of a message under one of its ids, its order among it; none where nobody has ever named it.
    pub async fn message_image(&self, message: &MessageKey) -> Result<Option<MessageImage>, TableError> {
        let operation = "read a message";
        let found = self.item(operation, message_pk(message), message_sk()).await?;
        let Some(item) = found else { return Ok(None) };
        match Image::read(&item.into()) {
            Ok(Image::Message(image)) => Ok(Some(*image)),
            Ok(_) => Ok(None),
            Err(error) => Err(TableError::unreadable(operation, &serde::de::Error::custom(error))),
        }
    }
}
