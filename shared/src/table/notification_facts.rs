//! Stores facts from callbacks with our reference in their notification's item. The same update records that
//! the notification was accepted, so no fact is ever known about a notification without its acceptance.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::facts::Place;
use super::item::{Item, or_default, required, s, set};
use super::name::{MESSAGE_IDS, NOTIFICATION, PK, REPLY_IDS};
use super::notifications::accept;
use super::update::Outcome;
use super::{Adopted, FactsStored, MessageFacts, Table, TableError};
use crate::delivery::{DeliveryFacts, Fact};
use crate::message::{MessageKey, Reference};
use crate::metric_names::MetricNames;
use crate::provider::Provider;
use crate::sender_scope::SenderScope;

/// The merged facts of one callback about one message, with our reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotificationFacts {
    /// The message's notification.
    pub reference: Reference,
    /// The facts, under the id that their reports name first.
    pub report: MessageFacts,
    /// Every id that the reports name.
    pub ids: BTreeSet<MessageKey>,
    /// The original facts, to store in the messages' own items if there is no such notification.
    pub facts: Vec<Fact>,
}

/// The facts of one callback, by the item that stores them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reports {
    /// Facts with our reference.
    pub notifications: Vec<NotificationFacts>,
    /// Facts without it: from 1MSG, from AWS about WhatsApp messages, and about messages of other applications.
    pub messages: Vec<MessageFacts>,
    /// Meta's ids of AWS's WhatsApp messages, each with the message. Facts without our reference are stored under AWS's id
    /// alone, which the reply to the send has named.
    pub aliases: BTreeMap<MessageKey, MessageKey>,
}

impl Reports {
    /// Sorts and merges the facts of a callback.
    pub fn merge(facts: Vec<Fact>) -> Self {
        let (with, mut without): (Vec<Fact>, Vec<Fact>) =
            facts.into_iter().partition(|fact| fact.reference.is_some());
        let mut aliases = BTreeMap::new();
        for fact in without.iter_mut().filter(|fact| fact.provider == Provider::AwsWhatsApp) {
            let provider = fact.provider;
            let key = |id| MessageKey { provider, id };
            let ids = std::mem::take(&mut fact.aliases);
            aliases.extend(ids.into_iter().map(|id| (key(id), key(fact.message_id.clone()))));
        }
        let mut merged: BTreeMap<(String, MessageKey), NotificationFacts> = BTreeMap::new();
        for fact in with {
            let Some(reference) = fact.reference.clone() else { continue };
            let key = |id| MessageKey { provider: fact.provider, id };
            let message = key(fact.message_id.clone());
            let known = merged.entry((reference.to_string(), message.clone())).or_insert_with(|| {
                let report = MessageFacts {
                    message,
                    facts: DeliveryFacts::default(),
                    leads: BTreeSet::new(),
                    reference: Some(reference.clone()),
                    notification: None,
                    aliased: BTreeSet::new(),
                };
                NotificationFacts { reference, report, ids: BTreeSet::new(), facts: Vec::new() }
            });
            known.report.facts.add(fact.kind, fact.at, fact.failure.as_ref());
            known.report.leads.insert(fact.kind);
            known.ids.extend(std::iter::once(&fact.message_id).chain(&fact.aliases).cloned().map(key));
            known.facts.push(fact);
        }
        let messages = MessageFacts::merge(without);
        Self { notifications: merged.into_values().collect(), messages, aliases }
    }
}

/// The result of storing the facts of a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotificationFactsStored {
    /// The same result as for facts in a message's own item.
    pub stored: FactsStored,
    /// The notification before the update; `None` if the item does not show it.
    pub adopted: Option<Adopted>,
}

const OPERATION: &str = "store a notification's delivery facts";

/// The relevant attributes of the item before the update.
struct Before {
    adopted: Adopted,
    notification: String,
    message_ids: BTreeSet<MessageKey>,
    reply_ids: BTreeSet<MessageKey>,
}

impl Before {
    fn from_item(item: &Item) -> serde_dynamo::Result<Self> {
        Ok(Self {
            adopted: Adopted::from_item(item)?,
            notification: required(item, NOTIFICATION)?,
            message_ids: or_default(item, MESSAGE_IDS)?,
            reply_ids: or_default(item, REPLY_IDS)?,
        })
    }
}

impl Table {
    /// Stores facts and the notification's acceptance in one update. As evidence this replaces every state;
    /// repeating it changes nothing, and the order of facts does not matter. Then it stores the mapping to
    /// the order for each id that neither order-notifier nor an earlier report has stored. If there is no such
    /// notification, writes nothing and returns `None`.
    pub async fn store_notification_facts(
        &self,
        reported: &NotificationFacts,
        scope: &SenderScope,
        now: Timestamp,
    ) -> Result<Option<NotificationFactsStored>, TableError> {
        let NotificationFacts { reference, report, ids, .. } = reported;
        let place = Place::of_notification(reference, &report.message);
        let (found, is_sent_again) = match self.write_facts(reported, &place, Acceptance::Proven).await? {
            Outcome::Done(found) => (found, false),
            Outcome::Refused(None) => return Ok(None),
            // The operator has released the notification to be sent again. Facts about the earlier message must be
            // stored, but must not end the resend.
            Outcome::Refused(Some(_)) => match self.write_facts(reported, &place, Acceptance::Known).await? {
                Outcome::Done(found) => (found, true),
                Outcome::Refused(_) => return Ok(None),
            },
        };
        let found = found.unwrap_or_default();
        let facts = place.read(OPERATION, &found)?;
        // An empty item was not returned.
        let before = (!found.is_empty()).then(|| Before::from_item(&found)).transpose();
        let before = before.map_err(TableError::unreadable(OPERATION))?;
        place.correct(self, &report.facts, &facts).await?;
        let new = super::facts::new_kinds(report.leads.iter().copied(), &report.facts, &facts);
        let reference_of_all = Some(reference.clone());
        let names = before.as_ref().map_or_else(MetricNames::default, |before| before.adopted.names.clone());
        let stored =
            FactsStored { reference: reference_of_all, new, names, accepted_at: None, alias_of: None };
        let Some(before) = before else {
            return Ok(Some(NotificationFactsStored { stored, adopted: None }));
        };
        // A repeated report may follow a callback that stopped before it had stored the mappings of its ids.
        let is_repeated = stored.new.len() < report.leads.len();
        let is_mapped = |id: &&MessageKey| {
            before.reply_ids.contains(id) || (!is_repeated && before.message_ids.contains(id))
        };
        for id in ids.iter().filter(|id| !is_mapped(id)) {
            self.map_message(id, reference, &before.notification, &stored.names, scope, now).await?;
        }
        let adopted = (!is_sent_again).then_some(before.adopted);
        Ok(Some(NotificationFactsStored { stored, adopted }))
    }

    async fn write_facts(
        &self,
        reported: &NotificationFacts,
        place: &Place,
        acceptance: Acceptance,
    ) -> Result<Outcome, TableError> {
        let NotificationFacts { report, ids, .. } = reported;
        let mut update = place.set(place.update(self), &report.facts).if_present(PK);
        if acceptance == Acceptance::Proven {
            // An id that is already known while the notification is not accepted belongs to the message
            // before the resend.
            update = accept(update, &report.message).when(
                MESSAGE_IDS,
                s(report.message.to_string()),
                |ids, message| format!("(#state = :state OR NOT contains({ids}, {message}))"),
            );
        }
        update.add(MESSAGE_IDS, set(ids)).returning_former().returning_current().send(OPERATION).await
    }
}

/// The meaning of facts for their notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Acceptance {
    /// They prove its acceptance, which is recorded with them.
    Proven,
    /// The acceptance was already known.
    Known,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::FactKind;
    use crate::table::samples::fact;

    #[test]
    fn facts_with_our_reference_are_grouped_by_message_and_others_by_id() {
        let (one, two) = (Some("notification/k/10482"), Some("notification/k/777"));
        let reports = Reports::merge(vec![
            fact(&["wamid.A", "b"], FactKind::Sent, one),
            fact(&["wamid.A", "c"], FactKind::Read, one),
            // The message of a resend.
            fact(&["wamid.B"], FactKind::Sent, one),
            fact(&["wamid.A"], FactKind::Failed, two),
            fact(&["wamid.C", "d"], FactKind::Sent, None),
        ]);
        let summary = |it: &NotificationFacts| {
            let ids: Vec<&str> = it.ids.iter().map(|id| id.id.as_str()).collect();
            let kinds: Vec<&str> = it.report.leads.iter().map(|kind| kind.name()).collect();
            (
                it.reference.order.to_string(),
                it.report.message.id.as_str().to_owned(),
                ids.join(" "),
                kinds.join(" "),
            )
        };
        let expected = [
            ("10482", "wamid.A", "b c wamid.A", "sent read"),
            ("10482", "wamid.B", "wamid.B", "sent"),
            ("777", "wamid.A", "wamid.A", "failed"),
        ];
        let expected = expected.map(|(a, b, c, d)| (a.to_owned(), b.to_owned(), c.to_owned(), d.to_owned()));
        assert_eq!(reports.notifications.iter().map(summary).collect::<Vec<_>>(), expected);
        let of_others: Vec<&str> = reports.messages.iter().map(|it| it.message.id.as_str()).collect();
        assert_eq!(of_others, ["d", "wamid.C"]);
        assert!(reports.aliases.is_empty());
    }

    #[test]
    fn metas_id_of_a_whatsapp_message_of_aws_is_an_alias() {
        let of_aws = |ids: &[&str], reference| Fact {
            provider: Provider::AwsWhatsApp,
            ..fact(ids, FactKind::Sent, reference)
        };
        let reports = Reports::merge(vec![
            of_aws(&["a-1", "wamid.A"], None),
            of_aws(&["wamid.B"], None),
            of_aws(&["c-1", "wamid.C"], Some("notification/k/10482")),
        ]);
        let ids: Vec<&str> = reports.messages.iter().map(|it| it.message.id.as_str()).collect();
        assert_eq!(ids, ["a-1", "wamid.B"]);
        let aliases: Vec<(&str, &str)> =
            reports.aliases.iter().map(|(alias, of)| (alias.id.as_str(), of.id.as_str())).collect();
        assert_eq!(aliases, [("wamid.A", "a-1")]);
        assert_eq!(reports.notifications[0].ids.len(), 2);
    }
}
