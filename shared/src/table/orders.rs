//! Reads an order's notifications and their messages for display.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::keys::{Item, NOTIFICATION_PREFIX, message_pk, message_sk, notification_sk, order_pk, s};
use super::{Image, MessageImage, ProviderAnswer, Table, TableError, answers, facts, parse_item};
use crate::delivery::{DeliveryFacts, DeliveryStatus};
use crate::message::{MessageKey, OrderNumber, OrderStatus, Reference};
use crate::protocol::Record;

/// A notification of an order, with its messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotificationView {
    /// The notification's name in the catalogue.
    pub notification: String,
    /// The notification's key.
    pub key: String,
    /// The template of the last attempt; `None` before the first.
    pub template: Option<String>,
    /// The language of the last attempt; `None` before the first.
    pub language: Option<String>,
    /// When the event happened.
    pub event_time: Timestamp,
    /// The order status that it reports; `None` for a body notification, and for an item of an earlier
    /// version.
    pub order_status: Option<OrderStatus>,
    /// When the sender last wrote the record.
    pub updated_at: Timestamp,
    /// The notification's record.
    pub record: Record,
    /// How many requests for it were made to providers, the one that is under way among them; none where an earlier version
    /// has not counted them.
    pub requests: Option<u32>,
    /// What each provider answered that did not take it, the earliest first.
    pub answers: Vec<ProviderAnswer>,
    /// The message under each of its known ids.
    pub messages: Vec<MessageView>,
}

/// A message under one of its ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MessageView {
    /// The provider and the message id.
    pub message: MessageKey,
    /// When the sender stored it; `None` if only callbacks named this id.
    pub accepted_at: Option<Timestamp>,
    /// When polling ended without a final fact; `None` while polling continues, and once a final fact is
    /// known.
    pub unconfirmed_at: Option<Timestamp>,
    /// The facts reported for this id, from whichever item stores them; with our reference, only one of the
    /// ids has them.
    pub facts: DeliveryFacts,
}

impl NotificationView {
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
    /// Every notification of an order, the earliest event first.
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

    /// One notification of an order, with its messages.
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

    /// The item for one id of a message; `None` if no writer has used this id.
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
