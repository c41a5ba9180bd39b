//! A notification with a fallback: each function that works on it is killed before and after each of its I/Os. No channel
//! sends twice, nothing follows a known delivery, and the customer gets as many messages as without a kill.

mod delivery_events;
mod notifier;
mod publisher;
mod sweeper;

use std::fmt;

use shared::protocol::{Held, State};
use shared::table::NotificationRow;

use crate::support::{Shop, fallback};

/// The accepted messages about one order, by channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sent {
    whatsapp: usize,
    texts: usize,
    emails: usize,
}

impl Sent {
    fn read(shop: &Shop, order: &str) -> Self {
        Self {
            whatsapp: shop.sends_about(order).len(),
            texts: fallback::texts_about(shop, order).len(),
            emails: fallback::emails_about(shop, order).len(),
        }
    }

    /// In the order in which the channels follow each other.
    const fn by_channel(self) -> [usize; 3] {
        [self.whatsapp, self.texts, self.emails]
    }
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { whatsapp, texts, emails } = self;
        write!(f, "{whatsapp} on WhatsApp, {texts} text messages, {emails} e-mails")
    }
}

/// The records of an order's messages, in the order in which they follow each other.
async fn by_channel(shop: &Shop, order: &str) -> [Option<NotificationRow>; 3] {
    let mut found = [None, None, None];
    for row in shop.order(order).await {
        let key = row.reference.key.to_string();
        let channel = [":sms", ":email"].iter().position(|end| key.ends_with(end));
        found[channel.map_or(0, |channel| channel + 1)] = Some(row);
    }
    found
}

/// Whether the event of an order is stored, except for the operator.
async fn has_event(shop: &Shop, order: &str) -> bool {
    let beginning = format!("EVENT#{order}#");
    let items = shop.scan().await;
    let mut events = items.iter().filter(|item| item["pk"].as_s().unwrap().starts_with(&beginning));
    events.any(|item| !item.contains_key("for_a_person"))
}

/// The rules that hold at the end of every order, wherever a function was killed.
fn rules(sent: Sent, rows: &[Option<NotificationRow>; 3]) -> Vec<String> {
    let mut broken = Vec::new();
    let mut arrived_before = false;
    for ((channel, sent), row) in
        ["WhatsApp", "text messages", "e-mail"].iter().zip(sent.by_channel()).zip(rows)
    {
        if sent > 1 {
            broken.push(format!("{channel}: it was sent {sent} times"));
        }
        if sent > 0 && arrived_before {
            broken.push(format!("{channel}: it was sent although an earlier message had arrived"));
        }
        let Some(row) = row else {
            if sent > 0 {
                broken.push(format!("{channel}: it was sent without a record"));
            }
            continue;
        };
        let state = row.record.state;
        let agrees = match state {
            State::Accepted => sent == 1,
            State::Held => row.record.held_as() != Some(Held::Unsent) || sent == 0,
            State::Rejected | State::Suppressed => sent == 0,
            State::Sending | State::Waiting | State::Unknown => false,
        };
        if !agrees {
            broken.push(format!("{channel}: it is {state} at its end, and was accepted {sent} times"));
        }
        arrived_before |= has_arrived(row);
    }
    broken
}

fn has_arrived(row: &NotificationRow) -> bool {
    shared::protocol::has_arrived(&row.facts())
}
