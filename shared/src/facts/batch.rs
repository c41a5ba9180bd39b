//! Stores the facts of a callback or an event: one update per message, all of them concurrently.

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;

use super::{Source, count, store};
use crate::delivery::{Fact, FactKind};
use crate::message::MessageKey;
use crate::sender_scope::SenderScope;
use crate::table::{MessageFacts, NotificationFacts, Reports, Table, TableError};
use crate::telemetry::Metric;

/// Concurrent updates. One of Meta's callbacks can report on 1,000 messages.
const CONCURRENCY: usize = 64;

/// The result of storing the facts of a callback or an event.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Messages that it reports on.
    pub messages: usize,
    /// The metrics of the facts that were not known before.
    pub counted: Vec<Metric>,
    /// Messages whose facts could not be stored: they have to be reported again.
    pub lost: usize,
    /// Facts that were not stored, because their messages belong to senders about whom the caller may not report.
    pub outside: Vec<MessageFacts>,
    /// Facts that were not stored, because their messages are another stack's or another application's in the same account
    /// of AWS.
    pub foreign: usize,
}

/// Facts that are stored in one item.
enum Report {
    Notification(NotificationFacts),
    Message(MessageFacts),
    /// Not facts, but an id of a message and the id under which it is stored.
    Alias(MessageKey, MessageKey),
}

/// What storing one item's facts brought.
#[derive(Default)]
struct Done {
    counted: Vec<Metric>,
    outside: Vec<MessageFacts>,
    foreign: usize,
}

/// Stores every fact about the messages of senders in `scope`. An error of one message does not affect the others.
pub async fn store_all(
    table: &Table,
    facts: Vec<Fact>,
    scope: &SenderScope,
    received_at: Timestamp,
) -> Stored {
    let Reports { notifications, messages, aliases } = Reports::merge(facts);
    let mut stored = Stored { messages: notifications.len() + messages.len(), ..Stored::default() };
    let reports = notifications.into_iter().map(Report::Notification);
    let reports = reports.chain(messages.into_iter().map(Report::Message));
    let aliases = aliases.into_iter().map(|(alias, message)| Report::Alias(alias, message));
    let reports = reports.chain(aliases).collect();
    stored.add(table, reports, scope, received_at).await;
    stored
}

impl Stored {
    /// Stores what was outside another scope.
    pub async fn store_again(mut self, table: &Table, scope: &SenderScope, received_at: Timestamp) -> Self {
        let reports = std::mem::take(&mut self.outside).into_iter().map(Report::Message).collect();
        self.add(table, reports, scope, received_at).await;
        self
    }

    async fn add(
        &mut self,
        table: &Table,
        reports: Vec<Report>,
        scope: &SenderScope,
        received_at: Timestamp,
    ) {
        let mut results = stream::iter(reports)
            .map(|report| async move {
                match report {
                    Report::Notification(reported) => {
                        store_notification(table, reported, scope, received_at).await
                    }
                    Report::Message(facts) => store_message(table, facts, scope, received_at).await,
                    Report::Alias(alias, message) => {
                        store_alias(table, &alias, message, scope, received_at).await
                    }
                }
            })
            .buffer_unordered(CONCURRENCY);
        while let Some(result) = results.next().await {
            match result {
                Ok(done) => {
                    self.counted.extend(done.counted);
                    self.outside.extend(done.outside);
                    self.foreign += done.foreign;
                }
                Err(error) => {
                    tracing::error!(%error, "delivery facts could not be stored");
                    self.lost += 1;
                }
            }
        }
    }
}

async fn store_notification(
    table: &Table,
    reported: NotificationFacts,
    scope: &SenderScope,
    now: Timestamp,
) -> Result<Done, TableError> {
    if let Some(found) = table.store_notification_facts(&reported, scope, now).await? {
        let counted = count(&reported.report, &found.stored, found.adopted.as_ref(), Source::Callback);
        return Ok(Done { counted, ..Done::default() });
    }
    // AWS puts the events of every stack in the account on one bus, and a notification is written before its message is sent.
    // So this is another stack's, or has expired.
    if reported.report.message.provider.is_aws() {
        return Ok(Done { foreign: reported.facts.len(), ..Done::default() });
    }
    // The notification does not exist or has expired, so the facts are stored in the messages' own items.
    let mut all = Done::default();
    for facts in MessageFacts::merge(reported.facts) {
        let done = store_message(table, facts, scope, now).await?;
        all.counted.extend(done.counted);
        all.outside.extend(done.outside);
    }
    Ok(all)
}

async fn store_message(
    table: &Table,
    facts: MessageFacts,
    scope: &SenderScope,
    now: Timestamp,
) -> Result<Done, TableError> {
    Ok(match store(table, &facts, scope, Source::Callback, now).await? {
        Some((_, counted)) => Done { counted, ..Done::default() },
        None if facts.need_known_message() => Done { foreign: facts.leads.len(), ..Done::default() },
        None => Done { outside: vec![facts], ..Done::default() },
    })
}

/// Stores an alias, and under the message's own id the facts that came under the alias before. They were counted then.
async fn store_alias(
    table: &Table,
    alias: &MessageKey,
    message: MessageKey,
    scope: &SenderScope,
    now: Timestamp,
) -> Result<Done, TableError> {
    let facts = table.store_alias(alias, &message, now).await?;
    if FactKind::ALL.into_iter().all(|kind| facts.at(kind).is_none()) {
        return Ok(Done::default());
    }
    let facts = MessageFacts {
        message,
        facts,
        leads: BTreeSet::new(),
        reference: None,
        notification: None,
        aliased: BTreeSet::new(),
    };
    store_message(table, facts, scope, now).await
}
