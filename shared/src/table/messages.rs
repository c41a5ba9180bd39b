//! Message items: `MESSAGE#<provider>#<id>` / `MESSAGE`. The sender and the webhook both upsert them, so that either
//! may come first.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;
use serde::Deserialize;

use super::keys::{Item, message_pk, message_sk, n, s};
use super::{RETENTION, Table, TableError, expires_at, text_time};
use crate::delivery::{DeliveryFacts, Fact, FactKind, Failure, outranks};
use crate::message::{MessageKey, NotificationKey, OrderNumber, Reference};

/// The facts of one call about one message, merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageFacts {
    /// The message.
    pub message: MessageKey,
    /// What is reported.
    pub facts: DeliveryFacts,
    /// The kinds whose report goes by this id. Under its other ids it is stored too, and counts no second time.
    pub leads: BTreeSet<FactKind>,
    /// Our own reference, where the report brings it back.
    pub reference: Option<Reference>,
    /// The catalogue's name for the notification, where the report brings it back with our reference.
    pub notification: Option<String>,
    /// The facts that another id of the same message gets too, and that are told under that one:
    /// `docs/decisions/one-event-per-fact.md`.
    pub aliased: BTreeSet<FactKind>,
}

/// What one call says under one id.
#[derive(Default)]
struct Merged {
    facts: DeliveryFacts,
    reference: Option<Reference>,
    notification: Option<String>,
    leads: BTreeSet<FactKind>,
    /// Those that nobody but this id leads to the order.
    own: BTreeSet<FactKind>,
}

impl MessageFacts {
    /// One entry per message id, aliases included: each id gets every fact, so that whichever the order knows leads to
    /// it.
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
                // Without a reference only the id that the sender knows leads to the order, whichever it is.
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

/// What storing facts has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactsStored {
    /// The notification that the message tells, if it is known by now: from this report, an earlier one, or the sender.
    pub reference: Option<Reference>,
    /// The facts that weren't known before, each under the id that its report goes by.
    pub new: Vec<FactKind>,
    /// When the sender wrote that the message was accepted, if it has.
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
        serde_dynamo::from_item(item).map_err(|error| TableError::unreadable(operation, &error))
    }
}

impl Table {
    /// Stores facts. Repeating them changes nothing, and their order doesn't matter: of each kind the earliest time
    /// stays.
    pub async fn store_facts(&self, facts: &MessageFacts, now: Timestamp) -> Result<FactsStored, TableError> {
        let operation = "store delivery facts";
        let mut update = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("pk", message_pk(&facts.message))
            .key("sk", message_sk())
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
        for kind in FactKind::ALL {
            if let Some(at) = facts.facts.at(kind) {
                values.push(set(attribute(kind), s(text_time(at))));
            }
        }
        // Only ever together with `failed_at`, so that an item's failure is always that of its time.
        if let Some((_, failure)) = failed(&facts.facts) {
            values.push(set("failure", failure_map(failure)));
        }
        for (name, value) in values {
            update = update.expression_attribute_values(name, value);
        }
        let mut expression = format!("SET {}", sets.join(", "));
        if facts.facts.tell_the_end() {
            // Nobody needs to be asked any more.
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
        self.correct_times(facts, &before).await?;
        self.correct_failure(facts, &before).await?;
        let new =
            facts.leads.iter().copied().filter(|kind| is_new(&facts.facts, &before.facts, *kind)).collect();
        let accepted_at = before.accepted_at;
        let known = before.order_number.zip(before.notification_key);
        let known = known.map(|(order, key)| Reference { order, key });
        Ok(FactsStored { reference: known.or_else(|| facts.reference.clone()), new, accepted_at })
    }

    /// A fact that was known with a later time gets the earlier one, so that the result doesn't depend on which report
    /// came first. Rare: providers repeat a report with the same time.
    async fn correct_times(&self, facts: &MessageFacts, before: &Before) -> Result<(), TableError> {
        for kind in [FactKind::Sent, FactKind::Delivered, FactKind::Read] {
            let (Some(earlier), Some(known)) = (facts.facts.at(kind), before.facts.at(kind)) else {
                continue;
            };
            if earlier >= known {
                continue;
            }
            let name = attribute(kind);
            let updated = self
                .client
                .update_item()
                .table_name(&self.name)
                .key("pk", message_pk(&facts.message))
                .key("sk", message_sk())
                .condition_expression(format!("{name} > :at"))
                .update_expression(format!("SET {name} = :at"))
                .expression_attribute_values(":at", s(text_time(earlier)))
                .send()
                .await;
            match updated {
                Ok(_) => {}
                Err(error)
                    if error
                        .as_service_error()
                        .is_some_and(UpdateItemError::is_conditional_check_failed_exception) => {}
                Err(error) => return Err(TableError::new("correct a fact's time", &error)),
            }
        }
        Ok(())
    }

    /// Of two failures the one that outranks the other stays, its reason with it. Whoever is overtaken looks again: each
    /// write outranks what it replaces, so this ends.
    async fn correct_failure(&self, facts: &MessageFacts, before: &Before) -> Result<(), TableError> {
        let operation = "correct a failure";
        let Some((at, failure)) = failed(&facts.facts) else { return Ok(()) };
        let mut known = before.facts.clone();
        while let Some((known_at, known_failure)) = failed(&known)
            && outranks((at, failure), (known_at, known_failure))
        {
            let updated = self
                .client
                .update_item()
                .table_name(&self.name)
                .key("pk", message_pk(&facts.message))
                .key("sk", message_sk())
                .condition_expression("failed_at = :known_at AND failure = :known_failure")
                .update_expression("SET failed_at = :at, failure = :failure")
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
                        Before::read(operation, failed.item.clone())?.facts
                    }
                    _ => return Err(TableError::new(operation, &error)),
                },
            };
        }
        Ok(())
    }
}

fn is_new(reported: &DeliveryFacts, known: &DeliveryFacts, kind: FactKind) -> bool {
    reported.at(kind).is_some() && known.at(kind).is_none()
}

pub(super) const fn attribute(kind: FactKind) -> &'static str {
    match kind {
        FactKind::Sent => "sent_at",
        FactKind::Delivered => "delivered_at",
        FactKind::Read => "read_at",
        FactKind::Failed => "failed_at",
    }
}

fn failed(facts: &DeliveryFacts) -> Option<(Timestamp, &Failure)> {
    facts.failed_at.zip(facts.failure.as_ref())
}

fn failure_map(failure: &Failure) -> AttributeValue {
    let mut map = Item::from([("text".to_owned(), s(&failure.text))]);
    map.extend(failure.code.as_ref().map(|code| ("code".to_owned(), s(code))));
    AttributeValue::M(map)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::MessageId;
    use crate::provider::Provider;

    const AT: Timestamp = Timestamp::constant(1_795_165_200, 0);

    fn fact(ids: &[&str], kind: FactKind, reference: Option<&str>) -> Fact {
        let mut ids = ids.iter().map(|id| MessageId::parse(id).unwrap());
        Fact {
            provider: Provider::Kaleyra,
            message_id: ids.next().unwrap(),
            aliases: ids.collect(),
            kind,
            at: AT,
            failure: None,
            reference: reference.map(|text| Reference::parse(text).unwrap()),
            notification: None,
        }
    }

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
        // Another report of the same call names the other id first: it must be told somewhere.
        let alone = |kind| fact(&["b"], kind, reference);
        assert_eq!(
            aliased(vec![both.clone(), alone(FactKind::Read)]),
            [of("b", &["sent"]), of("wamid.A", &[])]
        );
        assert_eq!(aliased(vec![both, alone(FactKind::Sent)]), [of("b", &[]), of("wamid.A", &[])]);
    }
}
