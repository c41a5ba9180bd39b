//! Reads and writes the facts about a message: in the message's own item or in its notification's item. In
//! the latter their attributes have a suffix per message, because a notification that was sent again has two
//! messages.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;

use super::keys::{Item, message_pk, message_sk, notification_sk, order_pk, s};
use super::notifications::written;
use super::{Table, TableError, text_time};
use crate::delivery::{DeliveryFacts, FactKind, Failure, outranks};
use crate::message::{MessageKey, Reference};

const FAILURE: &str = "failure";
/// The attributes of [`DeliveryFacts`].
const ATTRIBUTES: [&str; 5] = ["sent_at", "delivered_at", "read_at", "failed_at", FAILURE];

const fn attribute(kind: FactKind) -> &'static str {
    match kind {
        FactKind::Sent => "sent_at",
        FactKind::Delivered => "delivered_at",
        FactKind::Read => "read_at",
        FactKind::Failed => "failed_at",
    }
}

/// The suffix of the attributes in a notification's item. A hash, because the id contains a phone number and
/// is long.
fn suffix(message: &MessageKey) -> String {
    format!(":{}", message.id.fingerprint())
}

/// The facts about a message in its notification's item.
pub(super) fn of_message<V: Clone>(
    operation: &'static str,
    item: &HashMap<String, V>,
    message: &MessageKey,
) -> Result<DeliveryFacts, TableError>
where
    serde_dynamo::Item: From<HashMap<String, V>>,
{
    read(operation, item, &suffix(message))
}

fn read<V: Clone>(
    operation: &'static str,
    item: &HashMap<String, V>,
    suffix: &str,
) -> Result<DeliveryFacts, TableError>
where
    serde_dynamo::Item: From<HashMap<String, V>>,
{
    let known: HashMap<String, V> = ATTRIBUTES
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), item.get(&format!("{name}{suffix}"))?.clone())))
        .collect();
    serde_dynamo::from_item(serde_dynamo::Item::from(known))
        .map_err(|error| TableError::unreadable(operation, &error))
}

/// The item and the attributes that hold the facts about one message.
#[derive(Debug)]
pub(super) struct Place {
    pk: AttributeValue,
    sk: AttributeValue,
    suffix: String,
}

impl Place {
    /// In the message's own item.
    pub(super) fn of_message(message: &MessageKey) -> Self {
        Self { pk: message_pk(message), sk: message_sk(), suffix: String::new() }
    }

    /// In the item of the message's notification.
    pub(super) fn of_notification(reference: &Reference, message: &MessageKey) -> Self {
        Self { pk: order_pk(&reference.order), sk: notification_sk(&reference.key), suffix: suffix(message) }
    }

    /// An update of the item, without an expression.
    pub(super) fn update(&self, table: &Table) -> UpdateItemFluentBuilder {
        table.update(self.pk.clone(), self.sk.clone())
    }

    /// The facts in this place of the item.
    pub(super) fn read(&self, operation: &'static str, item: &Item) -> Result<DeliveryFacts, TableError> {
        read(operation, item, &self.suffix)
    }

    /// Adds assignments to `sets` that set every fact not known yet.
    pub(super) fn set(
        &self,
        update: UpdateItemFluentBuilder,
        facts: &DeliveryFacts,
        sets: &mut Vec<String>,
    ) -> UpdateItemFluentBuilder {
        let times = FactKind::ALL.into_iter().filter_map(|kind| Some((attribute(kind), facts.at(kind)?)));
        let times = times.map(|(name, at)| (name, s(text_time(at))));
        // Always set together with `failed_at`, so that the failure belongs to that time.
        let failure = failed(facts).map(|(_, failure)| (FAILURE, failure_map(failure)));
        times.chain(failure).fold(update, |update, (name, value)| {
            sets.push(format!("#{name} = if_not_exists(#{name}, :{name})"));
            self.named(update, name).expression_attribute_values(format!(":{name}"), value)
        })
    }

    fn named(&self, update: UpdateItemFluentBuilder, name: &str) -> UpdateItemFluentBuilder {
        update.expression_attribute_names(format!("#{name}"), format!("{name}{}", self.suffix))
    }

    /// Corrects known facts that these facts contradict, so that the result does not depend on the order of
    /// reports. Rare, because providers repeat a report with the same time.
    pub(super) async fn correct(
        &self,
        table: &Table,
        facts: &DeliveryFacts,
        before: &DeliveryFacts,
    ) -> Result<(), TableError> {
        self.correct_times(table, facts, before).await?;
        self.correct_failure(table, facts, before).await
    }

    /// Sets the earlier time for facts that were known with a later one.
    async fn correct_times(
        &self,
        table: &Table,
        facts: &DeliveryFacts,
        before: &DeliveryFacts,
    ) -> Result<(), TableError> {
        for kind in [FactKind::Sent, FactKind::Delivered, FactKind::Read] {
            let (Some(earlier), Some(known)) = (facts.at(kind), before.at(kind)) else { continue };
            if earlier >= known {
                continue;
            }
            let name = attribute(kind);
            let update = self.named(self.update(table), name).condition_expression(format!("#{name} > :at"));
            let update = update.update_expression(format!("SET #{name} = :at"));
            let sent = update.expression_attribute_values(":at", s(text_time(earlier))).send().await;
            written("correct a fact's time", sent)?;
        }
        Ok(())
    }

    /// Keeps the failure that outranks the other, with its reason. A run that loses a race reads again; each
    /// write outranks what it replaces, so this ends.
    async fn correct_failure(
        &self,
        table: &Table,
        facts: &DeliveryFacts,
        before: &DeliveryFacts,
    ) -> Result<(), TableError> {
        let operation = "correct a failure";
        let Some((at, failure)) = failed(facts) else { return Ok(()) };
        let mut known = before.clone();
        while let Some((known_at, known_failure)) = failed(&known)
            && outranks((at, failure), (known_at, known_failure))
        {
            let update = self.named(self.named(self.update(table), attribute(FactKind::Failed)), FAILURE);
            let updated = update
                .condition_expression("#failed_at = :known_at AND #failure = :known_failure")
                .update_expression("SET #failed_at = :at, #failure = :failure")
                .expression_attribute_values(":known_at", s(text_time(known_at)))
                .expression_attribute_values(":known_failure", failure_map(known_failure))
                .expression_attribute_values(":at", s(text_time(at)))
                .expression_attribute_values(":failure", failure_map(failure))
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                .send()
                .await;
            known = match updated {
                Ok(_) => return Ok(()),
                Err(error) => match error.as_service_error() {
                    Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                        self.read(operation, &failed.item.clone().unwrap_or_default())?
                    }
                    _ => return Err(TableError::new(operation, &error)),
                },
            };
        }
        Ok(())
    }
}

/// The kinds that are reported and were not known before.
pub(super) fn new_kinds(
    kinds: impl IntoIterator<Item = FactKind>,
    reported: &DeliveryFacts,
    known: &DeliveryFacts,
) -> Vec<FactKind> {
    let is_new = |kind: &FactKind| reported.at(*kind).is_some() && known.at(*kind).is_none();
    kinds.into_iter().filter(is_new).collect()
}

fn failed(facts: &DeliveryFacts) -> Option<(Timestamp, &Failure)> {
    facts.failed_at.zip(facts.failure.as_ref())
}

fn failure_map(failure: &Failure) -> AttributeValue {
    let mut map = Item::from([("text".to_owned(), s(&failure.text))]);
    map.extend(failure.code.as_ref().map(|code| ("code".to_owned(), s(code))));
    AttributeValue::M(map)
}
