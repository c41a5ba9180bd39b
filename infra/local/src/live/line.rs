//! One thing that happened, as a line.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use shared::catalogue::{OrderEvent, render};
use shared::message::{MessageId, MessageKey, OrderId, Reference};
use shared::provider::Provider;
use shared::providers::aws::reference_tag;
use shared::secrets::KeySecret;
use simulator::aws::AwsEvent;
use simulator::{Exchange, ExchangeKind, masked};
use status_publisher::event::SOURCE;

use super::current_catalogue::CurrentCatalogue;
use crate::aws::put_events::Event;
use crate::records::Records;

/// 1MSG's id of a message is in the table a moment after the reply with it.
const STORED_WITHIN: Duration = Duration::from_millis(200);
/// A message that isn't in the table after this time is not looked for again.
const GIVEN_UP_AFTER: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(20);

/// Something that happened.
#[derive(Clone)]
pub(super) enum Happened {
    /// An event that the bus received at this time.
    Event(Event, Timestamp),
    /// A request with its reply, or a callback with its answer.
    Exchange(Arc<Exchange>, Arc<FoundOrder>),
    /// An event of one of AWS's services about a message, at this time: they call no webhook.
    Delivery(AwsEvent, Timestamp),
}

/// The order of an exchange, which is remembered once it was looked for.
pub(super) struct FoundOrder {
    /// When the exchange ended.
    since: Instant,
    order: OnceLock<Option<OrderId>>,
}

impl Default for FoundOrder {
    fn default() -> Self {
        Self { since: Instant::now(), order: OnceLock::new() }
    }
}

/// What a person reads about it, without anything secret.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    pub id: u64,
    at: Timestamp,
    kind: &'static str,
    /// The order's number, if it is known.
    order: Option<String>,
    /// The order's sender; none for the default one.
    sender: Option<String>,
    /// The provider; the source of an event.
    party: String,
    summary: String,
    /// Whether it went as it should.
    is_fine: bool,
}

impl Line {
    /// As a line of JSON.
    pub fn as_text(&self) -> Option<String> {
        serde_json::to_string(self).ok().map(|text| text + "\n")
    }
}

impl Happened {
    /// The masked texts: what was sent, and what came back.
    pub fn texts(&self) -> Value {
        match self {
            Self::Event(event, _) => json!({"sent": masked(&event.envelope)}),
            Self::Delivery(event, _) => json!({"sent": masked(&event.body)}),
            Self::Exchange(exchange, _) => json!({"sent": exchange.request, "answer": exchange.answer}),
        }
    }
}

/// What finds the orders.
pub(super) struct Sources {
    pub records: Records,
    pub catalogue: CurrentCatalogue,
    pub key_secret: KeySecret,
}

impl Sources {
    pub async fn line(&self, id: u64, happened: &Happened) -> Line {
        match happened {
            Happened::Event(event, at) => self.event_line(id, event, *at),
            Happened::Delivery(event, at) => delivery_line(id, event, *at),
            Happened::Exchange(exchange, order) => self.exchange_line(id, exchange, order).await,
        }
    }

    fn event_line(&self, id: u64, event: &Event, at: Timestamp) -> Line {
        let text = |place: &str| event.envelope.pointer(place).and_then(Value::as_str).map(str::to_owned);
        let (summary, party) = (event.detail_type.clone(), event.source.clone());
        if event.source == SOURCE {
            let code = text("/detail/reason/code").map(|code| format!(" ({code})")).unwrap_or_default();
            let is_fine = !["Failed", "Rejected", "Held", "Invalid"].iter().any(|end| summary.ends_with(end));
            let (order, sender) = (text("/detail/order/number"), text("/detail/sender"));
            let about = text("/detail/notification").map(|name| format!(": {name}")).unwrap_or_default();
            let party = text("/detail/provider").unwrap_or(party);
            return Line {
                id,
                at,
                kind: "status",
                order,
                sender,
                party,
                summary: summary + &about + &code,
                is_fine,
            };
        }
        let order = OrderEvent::parse(event.envelope.clone()).ok().and_then(|parsed| {
            let catalogue = self.catalogue.get();
            let entry = catalogue.entry_for(&parsed)?;
            Some(render(entry, &parsed, Some(&self.key_secret)).map(|it| it.reference.order))
        });
        // An event that no entry wants is ignored on purpose.
        let is_fine = !matches!(order, Some(Err(_)));
        let (order, sender) = parts(order.and_then(Result::ok));
        Line { id, at, kind: "event", order, sender, party, summary, is_fine }
    }

    async fn exchange_line(&self, id: u64, exchange: &Exchange, remembered: &FoundOrder) -> Line {
        let order = if let Some(order) = remembered.order.get() {
            order.clone()
        } else {
            let found = self.order_of(exchange, remembered.since).await;
            if found.is_some() || remembered.since.elapsed() > GIVEN_UP_AFTER {
                // Another request may have been faster: it found the same.
                let _ = remembered.order.set(found.clone());
            }
            found
        };
        let (order, sender) = parts(order);
        Line {
            id,
            at: exchange.at.try_into().unwrap_or_default(),
            kind: match exchange.kind {
                ExchangeKind::Request => "request",
                ExchangeKind::Callback => "callback",
            },
            order,
            sender,
            party: exchange.party.clone(),
            summary: exchange.summary.clone(),
            is_fine: exchange.status.is_some_and(|status| status < 400),
        }
    }

    /// Found by our reference, or by the id of a message that 1MSG has accepted: it brings no reference back.
    async fn order_of(&self, exchange: &Exchange, since: Instant) -> Option<OrderId> {
        let strings = exchange.strings();
        if let Some(order) = strings.iter().find_map(|text| reference(text)) {
            return Some(order);
        }
        if exchange.party != Provider::OneMsg.name() {
            return None;
        }
        let id = strings.iter().find(|text| text.starts_with("wamid."))?;
        let message = MessageKey { provider: Provider::OneMsg, id: MessageId::parse(id).ok()? };
        loop {
            let found = self.records.order_of_message(&message).await.ok()?;
            if found.is_some() || since.elapsed() > STORED_WITHIN {
                return found;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

fn delivery_line(id: u64, event: &AwsEvent, at: Timestamp) -> Line {
    let text = |name: &str| event.body.get(name).and_then(Value::as_str);
    // A topic's notification has neither.
    let party = text("source").unwrap_or("aws.social-messaging").to_owned();
    let summary = text("detail-type").unwrap_or("message status").to_owned();
    let (order, sender) = parts(simulator::strings(&event.body).iter().find_map(|text| reference(text)));
    Line { id, at, kind: "callback", order, sender, party, summary, is_fine: true }
}

/// The order of our reference.
fn reference(text: &str) -> Option<OrderId> {
    Some(Reference::parse(text).or_else(|| reference_tag::decode(text))?.order)
}

fn parts(order: Option<OrderId>) -> (Option<String>, Option<String>) {
    match order {
        Some(OrderId { number, sender }) => (Some(number.to_string()), sender.map(String::from)),
        None => (None, None),
    }
}
