//! The messages that followed a notification's first message: `docs/when-whatsapp-does-not-arrive.md`.

use jiff::Timestamp;
use serde::Serialize;
use shared::delivery::DeliveryStatus;
use shared::message::{AGAIN, SUFFIXES};
use shared::protocol::State;
use shared::table::NotificationRow;

/// What followed a notification.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Followers {
    messages: Vec<Follower>,
    /// When the notification's event is due; none if the table no longer keeps it, so that nothing else can follow.
    due_at: Option<Timestamp>,
}

/// A message that followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Follower {
    pub key: String,
    /// What it is, such as "a text message".
    pub message: &'static str,
    pub state: State,
    pub delivery: Option<DeliveryStatus>,
    pub summary: String,
    #[serde(skip)]
    is_over: bool,
}

impl Followers {
    /// Those of `first` among its order's notifications, described by `summary`. `due_at` is when its event is due, if it is still kept.
    pub fn new(
        first: &NotificationRow,
        all: &[NotificationRow],
        due_at: Option<Timestamp>,
        summary: impl Fn(&NotificationRow) -> String,
    ) -> Self {
        // In the order in which they followed. An item of an earlier version has only the time of its last attempt.
        let mut following: Vec<_> = all.iter().filter_map(|row| Some((suffix(first, row)?, row))).collect();
        following.sort_by_key(|(suffix, row)| (*suffix != AGAIN, row.created_at.unwrap_or(row.updated_at)));
        let messages = following.into_iter().map(|(suffix, row)| Follower::new(suffix, row, summary(row)));
        Self { messages: messages.collect(), due_at }
    }

    pub fn messages(&self) -> &[Follower] {
        &self.messages
    }

    /// Whether the customer has one of the messages, or may still get one.
    pub fn may_arrive(&self) -> bool {
        self.due_at.is_some() || self.messages.iter().any(|it| !it.is_over)
    }

    /// When the event is due that decides on the first message of the fallback; none if one has followed, or if none can.
    pub fn first_due_at(&self) -> Option<Timestamp> {
        self.due_at.filter(|_| self.messages.is_empty())
    }
}

impl Follower {
    fn new(suffix: &str, row: &NotificationRow, summary: String) -> Self {
        let delivery = row.delivery_status();
        Self {
            key: row.reference.key.to_string(),
            message: match suffix {
                "sms" => "a text message",
                "email" => "an e-mail",
                _ => "the same message again",
            },
            state: row.record.state,
            delivery,
            summary,
            is_over: matches!(row.record.state, State::Rejected | State::Suppressed)
                || delivery == Some(DeliveryStatus::Failed),
        }
    }

    /// Such as "a text message: delivered 2026-11-20 09:00:02 UTC".
    pub fn line(&self) -> String {
        format!("{}: {}", self.message, self.summary)
    }
}

/// The suffix of the key of a row that followed `first`.
fn suffix(first: &NotificationRow, row: &NotificationRow) -> Option<&'static str> {
    SUFFIXES.into_iter().find(|suffix| first.reference.derived(suffix) == row.reference)
}
