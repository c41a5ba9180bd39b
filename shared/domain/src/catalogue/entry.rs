//! A catalogue entry: the rules for one notification.

use std::collections::BTreeMap;
use std::time::Duration;

use super::expression::Found;
use super::{ComponentsRule, Expression, FallbackRule, OrderEvent};
use crate::message::{Language, OrderId, OrderNumber, Sender, Template};
use crate::provider::Provider;

/// The rules of `[notifications.<name>]`.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The `<name>` of the table.
    pub name: String,
    /// The event sources that it matches.
    pub sources: Vec<String>,
    /// The detail types that it matches.
    pub detail_types: Vec<String>,
    /// The condition for events that it matches; `None` matches all.
    pub when: Option<Expression>,
    /// Finds the sender; `None` means the default sender.
    pub sender: Option<Expression>,
    /// Finds the order number.
    pub order: Expression,
    /// Finds the customer's phone number or user id.
    pub recipient: Expression,
    /// Finds the country of phone numbers without a `+`.
    pub country: Option<Expression>,
    /// Whether international phone numbers may lack their `+`.
    pub international_digits: bool,
    /// Finds the customer's language; the default is the template's first one.
    pub language: Option<Expression>,
    /// Finds whether the customer agreed to be contacted.
    pub consent: Expression,
    /// Finds the time of the event; the default is the envelope's `time`.
    pub time: Option<Expression>,
    /// Finds the notification key; the default is a hash of content and recipient.
    pub key: Option<Expression>,
    /// The age from which an event is no longer worth sending.
    pub max_age: Duration,
    /// The providers that may send it, in order of preference.
    pub providers: Vec<Provider>,
    /// The rules for the template's values.
    pub content: ContentRule,
    /// The template of each provider.
    pub templates: BTreeMap<Provider, TemplateRule>,
    /// What follows if the message doesn't arrive.
    pub fallback: Option<Box<FallbackRule>>,
}

impl Entry {
    /// Whether the entry matches this event. A condition that depends on a missing value is false. Any other
    /// evaluation error counts as a match, so that [`render`](super::render()) reports it and the event is
    /// not silently ignored.
    pub fn matches(&self, event: &OrderEvent) -> bool {
        self.sources.contains(&event.source)
            && self.detail_types.contains(&event.detail_type)
            && self
                .when
                .as_ref()
                .is_none_or(|when| when.is_true(event).unwrap_or_else(|error| !error.is_missing))
    }

    /// The event's order, if it can be read; [`render`](super::render()) reports why it cannot.
    pub fn order_id(&self, event: &OrderEvent) -> Option<OrderId> {
        let number = OrderNumber::parse(&find_text(&self.order, event)?).ok()?;
        Some(OrderId { sender: self.find_sender(event)?, number })
    }

    /// Other orders under which a notification of this event may be recorded: older releases kept the invisible
    /// characters at the number's ends, and before the catalogue had `sender`, the order was the default sender's.
    pub fn earlier_orders(&self, event: &OrderEvent, order: &OrderId) -> Vec<OrderId> {
        let stored = find_text(&self.order, event).and_then(|number| OrderNumber::try_from(number).ok());
        let stored = stored.map(|number| OrderId { sender: order.sender.clone(), number });
        let of_default = order.sender.as_ref().map(|_| OrderId::from(order.number.clone()));
        stored.into_iter().chain(of_default).filter(|earlier| earlier != order).collect()
    }

    /// The event's sender; the outer `None` means that it can't be read.
    #[expect(clippy::option_option, reason = "the default sender has no name")]
    fn find_sender(&self, event: &OrderEvent) -> Option<Option<Sender>> {
        let Some(expression) = &self.sender else { return Some(None) };
        Sender::parse(&find_text(expression, event)?).ok().map(Some)
    }
}

fn find_text(expression: &Expression, event: &OrderEvent) -> Option<String> {
    match expression.evaluate(event) {
        Ok(Found::Text(text)) => Some(text),
        _ => None,
    }
}

/// The rules for a template's values.
#[derive(Debug, Clone)]
pub enum ContentRule {
    /// `header`, `body`, `buttons` and `order_details`.
    Template(Box<ComponentsRule>),
    /// `status`, `reference_id` and `description`.
    OrderStatus(Box<OrderStatusRule>),
}

/// The rules for the values of an `order_status` template.
#[derive(Debug, Clone)]
pub struct OrderStatusRule {
    /// Finds the new status.
    pub status: Expression,
    /// Finds the `reference_id` of the earlier `order_details` message; without it, the order's progress remembers the one
    /// that was sent.
    pub reference_id: Option<Expression>,
    /// Whether the catalogue has a notification with `order_details`, so that an event may omit the `reference_id`.
    pub is_reference_remembered: bool,
    /// Finds the line about the status.
    pub description: Option<Expression>,
}

/// One provider's entry in `[notifications.<name>.templates]`.
#[derive(Debug, Clone)]
pub struct TemplateRule {
    /// The template's name and namespace.
    pub template: Template,
    /// The languages in which it is approved; the first is the fallback.
    pub languages: Vec<Language>,
    /// The senders whose template differs, each with its whole rule.
    pub senders: BTreeMap<Sender, Self>,
}

impl TemplateRule {
    /// The rule for a sender's messages.
    pub fn for_sender(&self, sender: Option<&Sender>) -> &Self {
        sender.and_then(|sender| self.senders.get(sender)).unwrap_or(self)
    }
}
