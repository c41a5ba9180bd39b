//! Message items: `MESSAGE#<provider>#<id>` / `MESSAGE`. The sender and the webhook both upsert them, so
//! either may write first. Facts from callbacks with our reference are in their notification's item instead.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::Timestamp;
use serde::Deserialize;

use super::facts::Place;
use super::keys::{Item, n, s};
use super::{RETENTION, Table, TableError, expires_at, parse_item};
use crate::delivery::{DeliveryFacts, Fact, FactKind};
use crate::message::{MessageKey, NotificationKey, OrderNumber, Reference};

/// The merged facts of one callback about one message id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageFacts {
    /// The message.
    pub message: MessageKey,
    /// The reported facts.
    pub facts: DeliveryFacts,
    /// The kinds of fact whose report names this id first. They are also stored under the message's other
    /// ids, but counted only here.
    pub leads: BTreeSet<FactKind>,
    /// Our reference, if the report returns it.
    pub reference: Option<Reference>,
    /// The notification's name in the catalogue, if the report returns it with our reference.
    pub notification: Option<String>,
    /// The facts that are also stored under another id of the same message, and published from there:
    /// `docs/decisions/one-event-per-fact.md`.
    pub aliased: BTreeSet<FactKind>,
}

/// The content of one callback about one message id.
#[derive(Default)]
struct Merged {
    facts: DeliveryFacts,
    reference: Option<Reference>,
    notification: Option<String>,
    leads: BTreeSet<FactKind>,
    /// The kinds that must be published from this id's item, because no other id may lead to the order.
    own: BTreeSet<FactKind>,
}

impl MessageFacts {
    /// Merges facts into one entry per message id, including aliases. Every id gets every fact, so that the
    /// facts are found through whichever id is linked to the order.
    pub fn merge(facts: Vec<Fact>) -> Vec<Self> {
        let mut merged: BTreeMap<MessageKey, Merged> = BTreeMap::new();
        for fact in facts {
            for id in std::iter::once(&fact.message_id).chain(&fact.aliases) {
                let key = MessageKey { provider: fact.provider, id: id.clone() };
                let known = merged.entry(key).or_default();
                known.facts.add(fact.kind, fact.at, fact.failure.as_ref());
                if known.reference.is_none() {
                    known.reference.clone_from(&fact.reference);
                    known.notification.clone_from(&fact.notification);
                }
                if *id == fact.message_id {
                    known.leads.insert(fact.kind);
                }
                // Without a reference, only the id that the sender stored leads to the order, and that may be
                // any of them.
                if *id == fact.message_id || fact.reference.is_none() {
                    known.own.insert(fact.kind);
                }
            }
        }
        let each =
            merged.into_iter().map(|(message, Merged { facts, reference, notification, leads, own })| {
                let kinds = FactKind::ALL.into_iter().filter(|kind| facts.at(*kind).is_some());
                let aliased = kinds.filter(|kind| !own.contains(kind)).collect();
                Self { message, facts, leads, reference, notification, aliased }
            });
        each.collect()
    }
}

/// The result of storing facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactsStored {
    /// The message's notification, if known from this report, an earlier one or the sender.
    pub reference: Option<Reference>,
    /// The facts that were not known before, each only for the id that its report names first.
    pub new: Vec<FactKind>,
    /// When the sender recorded the acceptance, if it has.
    pub accepted_at: Option<Timestamp>,
}

/// The item before an update.
#[derive(Debug, Default, Deserialize)]
struct Before {
    order_number: Option<OrderNumber>,
    notification_key: Option<NotificationKey>,
    accepted_at: Option<Timestamp>,
    #[serde(flatten)]
    facts: DeliveryFacts,
}

impl Before {
    fn read(operation: &'static str, item: Option<Item>) -> Result<Self, TableError> {
        let Some(item) = item else { return Ok(Self::default()) };
        parse_item(operation, item)
    }
}

impl Table {
    /// Stores facts. Repeating this changes nothing, and the order of facts does not matter: the earliest
    /// time of each kind is kept.
    pub async fn store_facts(&self, facts: &MessageFacts, now: Timestamp) -> Result<FactsStored, TableError> {
        let operation = "store delivery facts";
        let place = Place::of_message(&facts.message);
        let mut update = place
            .update(self)
            .return_values(ReturnValue::AllOld)
            .expression_attribute_values(":provider", s(facts.message.provider.name()))
            .expression_attribute_values(":expires_at", n(expires_at(now, RETENTION)));
        let mut sets = vec![
            "provider = if_not_exists(provider, :provider)".to_owned(),
            "expires_at = if_not_exists(expires_at, :expires_at)".to_owned(),
        ];
        let mut set = |name: &str, value: AttributeValue| {
            sets.push(format!("{name} = if_not_exists({name}, :{name})"));
            (format!(":{name}"), value)
        };
        let mut values = Vec::new();
        if let Some(reference) = &facts.reference {
            values.push(set("order_number", s(reference.order.as_str())));
            values.push(set("notification_key", s(reference.key.as_str())));
        }
        if let Some(notification) = &facts.notification {
            values.push(set("notification", s(notification)));
        }
        for (name, value) in values {
            update = update.expression_attribute_values(name, value);
        }
        update = place.set(update, &facts.facts, &mut sets);
        let mut expression = format!("SET {}", sets.join(", "));
        if facts.facts.tell_the_end() {
            // A final fact ends polling.
            expression += " REMOVE due_bucket, due_at, unconfirmed_at";
        }
        if !facts.aliased.is_empty() {
            expression += " ADD aliased :aliased";
            let kinds = facts.aliased.iter().map(|kind| kind.name().to_owned()).collect();
            update = update.expression_attribute_values(":aliased", AttributeValue::Ss(kinds));
        }
        let updated = update
            .update_expression(expression)
            .send()
            .await
            .map_err(|error| TableError::new(operation, &error))?;
        let before = Before::read(operation, updated.attributes)?;
        place.correct(self, &facts.facts, &before.facts).await?;
        let new = super::facts::new_kinds(facts.leads.iter().copied(), &facts.facts, &before.facts);
        let accepted_at = before.accepted_at;
        let known = before.order_number.zip(before.notification_key);
        let known = known.map(|(order, key)| Reference { order, key });
        Ok(FactsStored { reference: known.or_else(|| facts.reference.clone()), new, accepted_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::samples::fact;

    fn aliased(facts: Vec<Fact>) -> Vec<(String, Vec<&'static str>)> {
        let each = MessageFacts::merge(facts).into_iter();
        each.map(|it| (it.message.id.as_str().to_owned(), it.aliased.iter().map(|it| it.name()).collect()))
            .collect()
    }

    #[test]
    fn a_fact_is_told_under_the_first_id_where_the_report_brings_our_reference_and_else_under_each() {
        let of = |id: &str, kinds: &[&'static str]| (id.to_owned(), kinds.to_vec());
        let reference = Some("notification/k/10482");
        let both = fact(&["wamid.A", "b"], FactKind::Sent, reference);
        assert_eq!(aliased(vec![both.clone()]), [of("b", &["sent"]), of("wamid.A", &[])]);
        let unknown = fact(&["wamid.A", "b"], FactKind::Sent, None);
        assert_eq!(aliased(vec![unknown]), [of("b", &[]), of("wamid.A", &[])]);
        // Another report in the same callback names the other id first, so its fact must be published from
        // there.
        let alone = |kind| fact(&["b"], kind, reference);
        assert_eq!(
            aliased(vec![both.clone(), alone(FactKind::Read)]),
            [of("b", &["sent"]), of("wamid.A", &[])]
        );
        assert_eq!(aliased(vec![both, alone(FactKind::Sent)]), [of("b", &[]), of("wamid.A", &[])]);
    }
}
