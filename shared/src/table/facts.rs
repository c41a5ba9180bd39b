//! Reads and writes the facts about a message: in the message's own item or in its notification's item. In
//! the latter their attributes have a suffix per message, because a notification that was sent again has two
//! messages.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::item::{Item, item, optional, s, time};
use super::keys::{self, Key};
use super::name::{DELIVERED_AT, FAILED_AT, FAILURE, READ_AT, SENT_AT};
use super::update::{Outcome, Update};
use super::{Table, TableError};
use crate::delivery::{DeliveryFacts, FactKind, Failure, outranks};
use crate::message::{MessageKey, Reference};

const fn attribute(kind: FactKind) -> &'static str {
    match kind {
        FactKind::Sent => SENT_AT,
        FactKind::Delivered => DELIVERED_AT,
        FactKind::Read => READ_AT,
        FactKind::Failed => FAILED_AT,
    }
}

/// The suffix of the attributes in a notification's item. A hash, because the id contains a phone number and
/// is long.
fn suffix(message: &MessageKey) -> String {
    format!(":{}", message.id.fingerprint())
}

/// The facts about a message in its own item.
pub(super) fn own(item: &Item) -> serde_dynamo::Result<DeliveryFacts> {
    read(item, "")
}

/// The facts about a message in its notification's item.
pub(super) fn of_message(item: &Item, message: &MessageKey) -> serde_dynamo::Result<DeliveryFacts> {
    read(item, &suffix(message))
}

fn read(item: &Item, suffix: &str) -> serde_dynamo::Result<DeliveryFacts> {
    let name = |name: &str| format!("{name}{suffix}");
    let at = |kind| optional(item, &name(attribute(kind)));
    Ok(DeliveryFacts {
        sent_at: at(FactKind::Sent)?,
        delivered_at: at(FactKind::Delivered)?,
        read_at: at(FactKind::Read)?,
        failed_at: at(FactKind::Failed)?,
        failure: optional(item, &name(FAILURE))?,
    })
}

/// The item and the attributes that hold the facts about one message.
#[derive(Debug)]
pub(super) struct Place {
    key: Key,
    suffix: String,
}

impl Place {
    /// The message's own item.
    pub(super) fn of_message(message: &MessageKey) -> Self {
        Self { key: keys::message(message), suffix: String::new() }
    }

    /// The item of the message's notification.
    pub(super) fn of_notification(reference: &Reference, message: &MessageKey) -> Self {
        Self { key: keys::notification(reference), suffix: suffix(message) }
    }

    /// An update of the item that does nothing yet.
    pub(super) fn update(&self, table: &Table) -> Update {
        table.update(self.key.clone())
    }

    /// The facts in this place of the item.
    pub(super) fn read(&self, operation: &'static str, item: &Item) -> Result<DeliveryFacts, TableError> {
        read(item, &self.suffix).map_err(TableError::unreadable(operation))
    }

    /// Sets every fact not known yet.
    pub(super) fn set(&self, update: Update, facts: &DeliveryFacts) -> Update {
        let times =
            FactKind::ALL.into_iter().filter_map(|kind| Some((attribute(kind), time(facts.at(kind)?))));
        // Always set together with `failed_at`, so that the failure belongs to that time.
        let failure = failed(facts).map(|(_, failure)| (FAILURE, failure_map(failure)));
        times.chain(failure).fold(update, |update, (name, value)| update.set_once(&self.name(name), value))
    }

    fn name(&self, name: &str) -> String {
        format!("{name}{}", self.suffix)
    }

    /// Corrects stored facts that these facts contradict, so that the result does not depend on the order of reports.
    /// Rare, because providers repeat a report with the same time.
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
            let name = self.name(attribute(kind));
            let update = self.update(table).set(&name, time(earlier));
            let update = update.when(&name, time(earlier), |known, earlier| format!("{known} > {earlier}"));
            update.send("correct a fact's time").await?;
        }
        Ok(())
    }

    /// Stores the failure that outranks the other, with its reason. After a lost race it reads again; this ends,
    /// because each write outranks the one it replaces.
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
            let (at_name, failure_name) = (self.name(FAILED_AT), self.name(FAILURE));
            let update = self
                .update(table)
                .if_known(&at_name, Some(time(known_at)))
                .if_known(&failure_name, Some(failure_map(known_failure)))
                .set(&at_name, time(at))
                .set(&failure_name, failure_map(failure))
                .returning_current();
            known = match update.send(operation).await? {
                Outcome::Done(_) => return Ok(()),
                Outcome::Refused(current) => self.read(operation, &current.unwrap_or_default())?,
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
    let mut map = item([("text", s(&failure.text))]);
    map.extend(failure.code.as_ref().map(|code| ("code".to_owned(), s(code))));
    AttributeValue::M(map)
}
