//! The report of an order.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;
use shared::delivery::{DeliveryFacts, DeliveryStatus};
use shared::message::{MessageId, NotificationKey, OrderId, OrderStatus};
use shared::protocol::{Progress, Reason, State, Step};
use shared::provider::Provider;
use shared::table::{NotificationRow, ProviderAnswer};

use crate::followers::{Follower, Followers};
use crate::invalid_events::InvalidEvent;
use crate::labels;
use crate::next::{Next, Tool};
use crate::order_id;
use crate::outcome::{self, Rating};
use crate::output::{Report, style, time};

#[derive(Debug, Serialize)]
pub(super) struct KnownOrder {
    #[serde(flatten)]
    pub(super) order: OrderId,
    /// Sorted by event time, the earliest first.
    pub(super) notifications: Vec<KnownNotification>,
    /// None if the order has no order statuses.
    pub(super) progress: Option<Statuses>,
    pub(super) invalid_events: Vec<InvalidEvent>,
}

#[derive(Debug, Serialize)]
pub(super) struct KnownNotification {
    notification: String,
    key: String,
    reference: String,
    state: State,
    /// Only for an accepted notification.
    delivery: Option<DeliveryStatus>,
    summary: String,
    #[serde(skip)]
    rating: Rating,
    provider: Option<Provider>,
    template: Option<String>,
    language: Option<String>,
    /// The providers that refused it before the last one asked, or the last one to refuse.
    refused_by: BTreeSet<Provider>,
    /// The number of requests to providers; none if an earlier version didn't count them.
    requests: Option<u32>,
    #[serde(skip)]
    requests_text: Option<String>,
    /// The answers of the providers that did not accept it, the earliest first.
    answers: Vec<ProviderAnswer>,
    /// The status of an order status notification, if it is the last sent or the current one.
    order_status: Option<OrderStatus>,
    event_time: Timestamp,
    updated_at: Timestamp,
    /// When the sweeper processes it next; for a held one, since when it is held.
    due_at: Option<Timestamp>,
    reason: Option<Reason>,
    /// When and by whom a resend was requested, as `<time> <who>`; the earliest first.
    resent: BTreeSet<String>,
    accepted_at: Option<Timestamp>,
    /// Only for an outcome without a provider's time.
    decided_at: Option<Timestamp>,
    #[serde(flatten)]
    facts: DeliveryFacts,
    messages: Vec<Message>,
    /// The messages of its fallback that followed it, the earliest first.
    followed_by: Vec<Follower>,
    next: Option<Next>,
}

/// Its message, by one of its ids.
#[derive(Debug, Serialize)]
struct Message {
    provider: Provider,
    id: MessageId,
    accepted_at: Option<Timestamp>,
    unconfirmed_at: Option<Timestamp>,
    #[serde(flatten)]
    facts: DeliveryFacts,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Statuses {
    /// The last status that was sent, or may have been.
    sent: Option<KnownStatus>,
    /// The status that is being sent.
    sending: Option<KnownStatus>,
    /// When the claim on it ends.
    lease_end: Option<Timestamp>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct KnownStatus {
    status: OrderStatus,
    time: Timestamp,
    key: NotificationKey,
}

impl Statuses {
    /// None if no status was ever sent or tried.
    pub(super) fn new(progress: &Progress) -> Option<Self> {
        let status =
            |step: &Step| KnownStatus { status: step.status, time: step.time, key: step.key.clone() };
        (progress.version > 0).then(|| Self {
            sent: progress.sent.as_ref().map(status),
            sending: progress.sending.as_ref().map(status),
            lease_end: progress.lease_end,
        })
    }

    /// The status of the notification with this key, if it was the last sent or is being sent.
    fn for_key(&self, key: &NotificationKey) -> Option<OrderStatus> {
        self.sent.iter().chain(&self.sending).find(|known| known.key == *key).map(|known| known.status)
    }

    fn line(&self) -> String {
        let word = |status: &KnownStatus| format!("{} (of {})", status.status.as_str(), time(status.time));
        let sent = self.sent.as_ref().map_or("none yet".to_owned(), word);
        let sending = self.sending.as_ref().map(|status| format!("; being sent: {}", word(status)));
        let final_one = self.sent.as_ref().is_some_and(|sent| sent.status.is_final());
        let end = if final_one { "; it is final" } else { "" };
        format!("last order status sent: {sent}{}{end}", sending.unwrap_or_default())
    }
}

impl KnownNotification {
    pub(super) fn new(
        view: &NotificationRow,
        followers: &Followers,
        statuses: Option<&Statuses>,
        tool: &Tool,
        now: Timestamp,
    ) -> Self {
        let (record, reference) = (&view.record, &view.reference);
        let messages = view.messages.iter().map(|message| Message {
            provider: message.message.provider,
            id: message.message.id.clone(),
            accepted_at: message.accepted_at,
            unconfirmed_at: message.unconfirmed_at,
            facts: message.facts.clone(),
        });
        Self {
            notification: view.notification.clone(),
            key: reference.key.to_string(),
            reference: reference.to_string(),
            state: record.state,
            delivery: view.delivery_status(),
            summary: outcome::summary(view, now),
            rating: outcome::rating(view),
            provider: record.provider,
            template: view.template.clone(),
            language: view.language.clone(),
            refused_by: record.refused_by.clone(),
            requests: view.requests,
            requests_text: outcome::requests(view),
            answers: view.answers.clone(),
            order_status: statuses.and_then(|statuses| statuses.for_key(&reference.key)),
            event_time: view.event_time,
            updated_at: view.updated_at,
            due_at: record.due_at,
            reason: record.reason.clone(),
            resent: record.resent.clone(),
            accepted_at: view.messages.iter().filter_map(|message| message.accepted_at).min(),
            decided_at: outcome::decided_at(view),
            facts: view.facts(),
            messages: messages.collect(),
            followed_by: followers.messages().to_vec(),
            next: outcome::next_step(view, followers, tool, now),
        }
    }

    fn lines(&self) -> Vec<String> {
        let status = self.order_status.map(|status| format!(" ({})", status.as_str()));
        let mut lines = vec![
            format!(
                "{}{}, event of {}",
                style::strong(&self.notification),
                status.unwrap_or_default(),
                time(self.event_time)
            ),
            format!("  {}", self.rating.coloured(&self.summary)),
        ];
        let mut add = |name: &str, value: String| {
            lines.push(format!("  {}  {value}", style::weak(format!("{name:<9}"))));
        };
        if let Some(provider) = self.provider {
            let template = self.template.as_ref().zip(self.language.as_ref());
            let template = template.map(|(name, language)| format!(", template {name} in {language}"));
            let requests = self.requests_text.as_ref().map(|requests| format!(", {requests}"));
            let parts = [Some(provider.title().to_owned()), template, requests];
            add("provider", parts.into_iter().flatten().collect());
        }
        for answer in outcome::answers(&self.answers) {
            add("answer", answer);
        }
        for resent in &self.resent {
            add("resent", resent.clone());
        }
        if let Some(at) = self.decided_at {
            add("decided", time(at));
        }
        for (name, when) in outcome::times(self.accepted_at, &self.facts) {
            add(name, when);
        }
        for message in &self.messages {
            add("message", format!("{} {}", message.provider, message.id.as_str()));
        }
        for follower in &self.followed_by {
            add("followed", follower.line());
        }
        add("key", self.key.clone());
        add("reference", self.reference.clone());
        lines.extend(self.next.iter().flat_map(Next::lines).map(|line| format!("  {line}")));
        lines
    }
}

impl Report for KnownOrder {
    fn text(&self) -> String {
        let count = labels::count(self.notifications.len(), "notification");
        let mut lines = vec![format!("Order {}: {count}", order_id::shown(&self.order))];
        lines.extend(self.progress.as_ref().map(Statuses::line));
        for notification in &self.notifications {
            lines.push(String::new());
            lines.extend(notification.lines());
        }
        if !self.invalid_events.is_empty() {
            let count = labels::count(self.invalid_events.len(), "event");
            lines.extend([
                String::new(),
                style::bad(format!("{count} about this order can't become a message:")),
            ]);
            lines.extend(self.invalid_events.iter().map(|event| format!("  {}", event.line())));
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statuses_of_an_order_are_one_line_or_none() {
        assert_eq!(Statuses::new(&Progress::default()), None);
        let at = Timestamp::constant(1_795_165_200, 0);
        let step = |status| Step { key: NotificationKey::parse("k").unwrap(), status, time: at };
        let progress = |sent, sending| Progress { version: 1, sent, sending, ..Progress::default() };
        let line = |progress: &Progress| Statuses::new(progress).unwrap().line();
        assert_eq!(
            line(&progress(Some(step(OrderStatus::Shipped)), Some(step(OrderStatus::Completed)))),
            "last order status sent: shipped (of 2026-11-20 09:00:00 UTC); being sent: completed (of 2026-11-20 09:00:00 UTC)"
        );
        assert_eq!(
            line(&progress(Some(step(OrderStatus::Completed)), None)),
            "last order status sent: completed (of 2026-11-20 09:00:00 UTC); it is final"
        );
    }

    #[test]
    fn only_the_last_sent_and_the_current_notification_have_an_order_status() {
        let step = |key, status| Step {
            key: NotificationKey::parse(key).unwrap(),
            status,
            time: Timestamp::UNIX_EPOCH,
        };
        let sent = Some(step("k1", OrderStatus::Shipped));
        let sending = Some(step("k2", OrderStatus::Completed));
        let known = Statuses::new(&Progress { version: 1, sent, sending, ..Progress::default() }).unwrap();
        let for_key = |key| known.for_key(&NotificationKey::parse(key).unwrap());
        assert_eq!(for_key("k1"), Some(OrderStatus::Shipped));
        assert_eq!(for_key("k2"), Some(OrderStatus::Completed));
        assert_eq!(for_key("k0"), None);
    }
}
