//! Message items: `MESSAGE#<provider>#<id>` / `MESSAGE`. order-notifier and delivery-webhook both upsert them, so
//! either may write first. Facts from callbacks with our reference are in their notification's item instead.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use super::facts::{self, Place};
use super::item::{Item, expiry, n, optional, or_default, s, set, time};
use super::keys::{self, POLL_PREFIX, bucket};
use super::name::{
    ACCEPTED_AT, ALIAS_OF, ALIASED, DELIVERED_AT, DUE_AT, DUE_BUCKET, EXPIRES_AT, FAILED_AT, NOTIFICATION,
    NOTIFICATION_KEY, ORDER_NUMBER, PK, POLLS, PROVIDER, READ_AT, SENDER, UNCONFIRMED_AT,
};
use super::update::{Outcome, Update};
use super::{RETENTION, Table, TableError, Written, metric_names};
use crate::delivery::{DeliveryFacts, Fact, FactKind};
use crate::message::{MessageId, MessageKey, OrderId, Reference};
use crate::metric_names::MetricNames;
use crate::provider::Provider;
use crate::sender_scope::SenderScope;

/// The item of a message, for one of its ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MessageRow {
    /// The provider and the message id.
    pub message: MessageKey,
    /// The message's notification; `None` until a writer links them.
    #[serde(skip)]
    pub reference: Option<Reference>,
    /// The notification's name in the catalogue, if known.
    #[serde(skip)]
    pub notification: Option<String>,
    /// The names of its template and sender in the metrics.
    #[serde(skip)]
    pub names: MetricNames,
    /// When order-notifier stored the message; `None` if only callbacks named this id.
    pub accepted_at: Option<Timestamp>,
    /// When to poll the provider; `None` if the message is not polled, or no longer.
    #[serde(skip)]
    pub due_at: Option<Timestamp>,
    /// The number of polls so far.
    #[serde(skip)]
    pub polls: u32,
    /// When polling ended without a final fact; `None` while polling continues, and once a final fact is
    /// known.
    pub unconfirmed_at: Option<Timestamp>,
    /// The facts reported for this id.
    pub facts: DeliveryFacts,
    /// The facts that are also stored under another id of the same message, and published from there.
    #[serde(skip)]
    pub aliased: BTreeSet<FactKind>,
    /// The id under which the message is stored, if this one is only an alias.
    #[serde(skip)]
    pub alias_of: Option<MessageId>,
}

impl MessageRow {
    /// A message of which only this id is known.
    pub fn new(message: MessageKey) -> Self {
        Self {
            message,
            reference: None,
            notification: None,
            names: MetricNames::default(),
            accepted_at: None,
            due_at: None,
            polls: 0,
            unconfirmed_at: None,
            facts: DeliveryFacts::default(),
            aliased: BTreeSet::new(),
            alias_of: None,
        }
    }

    pub(super) fn from_item(message: MessageKey, item: &Item) -> serde_dynamo::Result<Self> {
        let (number, key) = (optional(item, ORDER_NUMBER)?, optional(item, NOTIFICATION_KEY)?);
        let sender = optional(item, SENDER)?;
        let reference = number.zip(key);
        Ok(Self {
            message,
            reference: reference.map(|(number, key)| Reference { order: OrderId { sender, number }, key }),
            notification: optional(item, NOTIFICATION)?,
            names: metric_names::read(item)?,
            accepted_at: optional(item, ACCEPTED_AT)?,
            due_at: optional(item, DUE_AT)?,
            polls: or_default(item, POLLS)?,
            unconfirmed_at: optional(item, UNCONFIRMED_AT)?,
            facts: facts::own(item)?,
            aliased: or_default(item, ALIASED)?,
            alias_of: optional(item, ALIAS_OF)?,
        })
    }
}

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
    /// The kinds that must be published from this id's item, because no other id may be linked to the order.
    own: BTreeSet<FactKind>,
}

impl MessageFacts {
    /// Whether the facts count only if the message is known: those about a text message of AWS without our reference. Other
    /// applications of the account send text messages too, and each of ours has our reference.
    pub fn need_known_message(&self) -> bool {
        self.message.provider == Provider::AwsSms && self.reference.is_none()
    }

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
                // Without a reference, only the id that order-notifier stored leads to the order, and that may be
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
    /// The message's notification, if known from this report, an earlier one or order-notifier.
    pub reference: Option<Reference>,
    /// The facts that were not known before, each only for the id that its report names first.
    pub new: Vec<FactKind>,
    /// The names of the message's template and sender in the metrics, as far as a writer that knows them came before.
    pub names: MetricNames,
    /// When order-notifier recorded the acceptance, if it has.
    pub accepted_at: Option<Timestamp>,
    /// The message, if the facts name it by an id that is only an alias.
    pub alias_of: Option<MessageKey>,
}

impl Table {
    /// The item for one id of a message, read consistently; `None` if no writer has used this id.
    pub async fn message(&self, message: &MessageKey) -> Result<Option<MessageRow>, TableError> {
        self.read("read a message", keys::message(message), |item| {
            MessageRow::from_item(message.clone(), item)
        })
        .await
    }

    /// Stores the mapping of an accepted message to its order; `notification` is the catalogue's name, `names` are those in
    /// the metrics. Commutes with the facts about the message. With `ask_at`, the provider is polled from then on, unless
    /// a final fact is known before.
    pub async fn store_message(
        &self,
        message: &MessageKey,
        reference: &Reference,
        notification: &str,
        names: &MetricNames,
        ask_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), TableError> {
        let operation = "store a message's order";
        let update = self.mapping(message, Some(reference), Some(notification), names, now);
        // `accepted_at` also shows that order-notifier has settled the notification, because it does so before this.
        let update = update.set_once(ACCEPTED_AT, time(now));
        let Some(ask_at) = ask_at else { return update.send(operation).await.map(drop) };
        // The condition fails if an earlier callback has reported a final fact, and if this write is repeated,
        // since the sweeper may already have polled or stopped polling.
        let polled = [ACCEPTED_AT, DELIVERED_AT, READ_AT, FAILED_AT]
            .into_iter()
            .fold(update.clone(), Update::if_absent)
            .set(DUE_BUCKET, bucket(POLL_PREFIX, message.id.as_str()))
            .set(DUE_AT, time(ask_at))
            .returning_current();
        match polled.send(operation).await? {
            Outcome::Done(_) => Ok(()),
            // order-notifier has stored the message before.
            Outcome::Refused(Some(current)) if current.contains_key(ACCEPTED_AT) => Ok(()),
            Outcome::Refused(_) => update.send(operation).await.map(drop),
        }
    }

    /// Stores the mapping of another id of a message to its order, for writers other than order-notifier. Changes nothing
    /// if the id belongs to a message of a sender outside `scope`.
    pub async fn map_message(
        &self,
        message: &MessageKey,
        reference: &Reference,
        notification: &str,
        names: &MetricNames,
        scope: &SenderScope,
        now: Timestamp,
    ) -> Result<(), TableError> {
        let mapping = self.mapping(message, Some(reference), Some(notification), names, now);
        let mapping = mapping.if_within(scope.limit().as_ref());
        mapping.send("store the order of a message's id").await.map(drop)
    }

    /// Maps a message to its order. Existing values are kept, so that all these writes commute.
    fn mapping(
        &self,
        message: &MessageKey,
        reference: Option<&Reference>,
        notification: Option<&str>,
        names: &MetricNames,
        now: Timestamp,
    ) -> Update {
        let sender = reference.and_then(|reference| reference.order.sender.as_ref());
        let sender = sender.map(|sender| (SENDER, sender.as_str()));
        let order = reference.map(|reference| (ORDER_NUMBER, reference.order.as_str()));
        let key = reference.map(|reference| (NOTIFICATION_KEY, reference.key.as_str()));
        let notification = notification.map(|notification| (NOTIFICATION, notification));
        let provider = Some((PROVIDER, message.provider.name()));
        let texts = [provider, sender, order, key, notification].into_iter().flatten();
        let names = metric_names::attributes(names).into_iter();
        let names = names.filter_map(|(name, value)| Some((name, value?)));
        texts
            .map(|(name, text)| (name, s(text)))
            .chain(names)
            .fold(self.update(keys::message(message)), |update, (name, value)| update.set_once(name, value))
            .set_once(EXPIRES_AT, expiry(now, RETENTION))
    }

    /// Records that an id is only an alias of a message. Returns the facts that were stored under the alias before; later
    /// ones name the message in [`FactsStored::alias_of`].
    pub async fn store_alias(
        &self,
        alias: &MessageKey,
        message: &MessageKey,
        now: Timestamp,
    ) -> Result<DeliveryFacts, TableError> {
        let operation = "store an alias of a message";
        let none = MetricNames::default();
        let update = self.mapping(alias, None, None, &none, now).set_once(ALIAS_OF, s(message.id.as_str()));
        let Outcome::Done(Some(former)) = update.returning_former().send(operation).await? else {
            return Ok(DeliveryFacts::default());
        };
        facts::own(&former).map_err(TableError::unreadable(operation))
    }

    /// Stores facts. Repeating this changes nothing, and the order of facts does not matter: the earliest
    /// time of each kind is kept. If the message belongs to a sender outside `scope`, or is unknown and
    /// [has to be known](MessageFacts::need_known_message), writes nothing and returns `None`.
    pub async fn store_facts(
        &self,
        facts: &MessageFacts,
        scope: &SenderScope,
        now: Timestamp,
    ) -> Result<Option<FactsStored>, TableError> {
        let operation = "store delivery facts";
        let place = Place::of_message(&facts.message);
        let (reference, notification) = (facts.reference.as_ref(), facts.notification.as_deref());
        let mapping = self.mapping(&facts.message, reference, notification, &MetricNames::default(), now);
        let aliased = set(facts.aliased.iter().map(|kind| kind.name()));
        let mut update = place.set(mapping, &facts.facts).add(ALIASED, aliased).returning_former();
        if facts.facts.is_final() {
            // A final fact ends polling.
            update = update.remove(&[DUE_BUCKET, DUE_AT, UNCONFIRMED_AT]);
        }
        if facts.need_known_message() {
            update = update.if_present(PK);
        }
        update = update.if_within(scope.limit().as_ref());
        let Outcome::Done(former) = update.send(operation).await? else { return Ok(None) };
        let before = MessageRow::from_item(facts.message.clone(), &former.unwrap_or_default())
            .map_err(TableError::unreadable(operation))?;
        place.correct(self, &facts.facts, &before.facts).await?;
        let new = facts::new_kinds(facts.leads.iter().copied(), &facts.facts, &before.facts);
        let reference = before.reference.or_else(|| facts.reference.clone());
        let MessageKey { provider, .. } = facts.message;
        let alias_of = before.alias_of.map(|id| MessageKey { provider, id });
        let (names, accepted_at) = (before.names, before.accepted_at);
        Ok(Some(FactsStored { reference, new, names, accepted_at, alias_of }))
    }

    /// Claims the next poll: only one of several concurrent runs succeeds. Its index partition is written
    /// again, because an earlier version may have put it among the notifications.
    pub async fn claim_poll(
        &self,
        known: &MessageRow,
        next_due_at: Timestamp,
    ) -> Result<Written<()>, TableError> {
        let update = self
            .update(keys::message(&known.message))
            .if_known(DUE_AT, known.due_at.map(time))
            .set(DUE_BUCKET, bucket(POLL_PREFIX, known.message.id.as_str()))
            .set(DUE_AT, time(next_due_at))
            .set(POLLS, n(known.polls.saturating_add(1)));
        update.send("claim a poll of a message").await.map(Outcome::written)
    }

    /// Records that polling has ended without a final fact. A conflict if a final fact is known by now,
    /// because that has removed the message from the index.
    pub async fn mark_unconfirmed(
        &self,
        message: &MessageKey,
        now: Timestamp,
    ) -> Result<Written<()>, TableError> {
        let update = self.update(keys::message(message)).if_present(DUE_AT);
        let update = update.set(UNCONFIRMED_AT, time(now)).remove(&[DUE_BUCKET, DUE_AT]);
        update.send("mark a message unconfirmed").await.map(Outcome::written)
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
    fn a_fact_is_published_under_the_first_id_with_our_reference_and_otherwise_under_each() {
        let published = |id: &str, kinds: &[&'static str]| (id.to_owned(), kinds.to_vec());
        let reference = Some("notification/k/10482");
        let both = fact(&["wamid.A", "b"], FactKind::Sent, reference);
        assert_eq!(aliased(vec![both.clone()]), [published("b", &["sent"]), published("wamid.A", &[])]);
        let unknown = fact(&["wamid.A", "b"], FactKind::Sent, None);
        assert_eq!(aliased(vec![unknown]), [published("b", &[]), published("wamid.A", &[])]);
        // Another report in the same callback names the other id first, so its fact must be published from
        // there.
        let alone = |kind| fact(&["b"], kind, reference);
        assert_eq!(
            aliased(vec![both.clone(), alone(FactKind::Read)]),
            [published("b", &["sent"]), published("wamid.A", &[])]
        );
        assert_eq!(
            aliased(vec![both, alone(FactKind::Sent)]),
            [published("b", &[]), published("wamid.A", &[])]
        );
    }
}
