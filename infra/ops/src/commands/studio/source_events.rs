//! The events of an order's notifications. The table has no texts, so a message can be shown with its values only while its event
//! is somewhere: a local run has all events, a stack those of unfinished notifications.

use jiff::Timestamp;
use serde_json::Value;
use shared::catalogue::{Catalogue, Entry, Notification};
use shared::message::{OrderId, Reference};
use shared::table::NotificationRow;

use super::app::App;
use crate::events::{Judgement, judge};
use crate::failure::Failure;

/// An event, and the notification that it becomes under the current catalogue.
pub(super) struct SourceEvent<'a> {
    pub(super) event: Value,
    pub(super) notification: Notification,
    pub(super) entry: &'a Entry,
}

/// An order's events.
pub(super) struct SourceEvents<'a> {
    /// The latest first.
    events: Vec<SourceEvent<'a>>,
    /// The notifications whose event the table still keeps, and when it is due.
    kept: Vec<(Reference, Timestamp)>,
    /// Why there is none although the table or the local run has events.
    pub(super) remark: Option<String>,
}

/// The events whose notifications belong to this order; `pasted` is one more, which the operator has.
///
/// Without a catalogue no event can be matched. So it is without the secret of the notifications' keys, which an operator may not
/// be allowed to read: this is a remark.
pub(super) async fn find_all<'a>(
    app: &App,
    catalogue: Option<&'a Catalogue>,
    order: &OrderId,
    rows: &[NotificationRow],
    pasted: Option<Value>,
) -> Result<SourceEvents<'a>, Failure> {
    let mut events = match &app.local_run {
        Some(local_run) => local_run.events_of(order).await?,
        None => Vec::new(),
    };
    let mut kept = Vec::new();
    for first in rows.iter().map(|row| row.reference.first()) {
        if let Some(stored) = app.table.unfinished_event(&first).await? {
            events.extend(serde_json::from_str::<Value>(&stored.raw));
            kept.push((first, stored.since(Timestamp::now())));
        }
    }
    events.extend(pasted);
    let (Some(catalogue), false) = (catalogue, events.is_empty()) else {
        return Ok(SourceEvents { events: Vec::new(), kept, remark: None });
    };
    let key_secret = match app.key_secret().await {
        Ok(key_secret) => key_secret,
        Err(failure) => {
            let remark =
                Some(format!("The events can't be matched with their notifications: {}.", failure.problem()));
            return Ok(SourceEvents { events: Vec::new(), kept, remark });
        }
    };
    let now = Timestamp::now();
    let judged = events.into_iter().rev().filter_map(|event| {
        match judge(catalogue, event.clone(), Some(key_secret), now) {
            Judgement::Notification(notification, entry) if notification.reference.order == *order => {
                Some(SourceEvent { event, notification: *notification, entry })
            }
            _ => None,
        }
    });
    Ok(SourceEvents { events: judged.collect(), kept, remark: None })
}

impl<'a> SourceEvents<'a> {
    /// The event of a notification, or of the first if it follows one.
    pub(super) fn find(&self, reference: &Reference) -> Option<&SourceEvent<'a>> {
        let first = reference.first();
        self.events.iter().find(|event| event.notification.reference == first)
    }

    /// When the notification's event is due; none if the table no longer keeps it, so that no other message can follow.
    pub(super) fn due_at(&self, reference: &Reference) -> Option<Timestamp> {
        self.kept.iter().find(|(kept, _)| kept == reference).map(|(_, due_at)| *due_at)
    }
}
