//! One notification's rules, as the catalogue gives them.

use std::collections::BTreeMap;
use std::time::Duration;

use super::expression::Found;
use super::{Expression, OrderEvent};
use crate::message::{Language, OrderNumber, Template};
use crate::provider::Provider;

/// `[notifications.<name>]`.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its name in the catalogue.
    pub name: String,
    /// The sources it listens to.
    pub sources: Vec<String>,
    /// The detail types it listens to.
    pub detail_types: Vec<String>,
    /// Holds of the events that it listens to; of all, where there is none.
    pub when: Option<Expression>,
    /// Finds the order number.
    pub order: Expression,
    /// Finds the customer's phone number.
    pub recipient: Expression,
    /// Finds the country in which a number is national that has no `+`.
    pub country: Option<Expression>,
    /// Whether a number may come without its `+`.
    pub international_digits: bool,
    /// Finds the customer's language.
    pub language: Option<Expression>,
    /// Finds whether the customer agreed to be written to.
    pub consent: Expression,
    /// Finds the time at which it happened; the envelope's `time` where there is none.
    pub time: Option<Expression>,
    /// Finds the notification key; a hash of what is said to whom where there is none.
    pub key: Option<Expression>,
    /// Older events are not worth a message any more.
    pub max_age: Duration,
    /// Who may send it, the preferred one first.
    pub providers: Vec<Provider>,
    /// What fills the template.
    pub content: ContentRule,
    /// Each provider's template.
    pub templates: BTreeMap<Provider, TemplateRule>,
}

impl Entry {
    /// Whether it is for this event. What is missing from the event doesn't hold; an expression that can't be evaluated for
    /// another reason is [`render`](super::render())'s to tell, so that the event isn't ignored without a word.
    pub fn is_for(&self, event: &OrderEvent) -> bool {
        self.sources.contains(&event.source)
            && self.detail_types.contains(&event.detail_type)
            && self
                .when
                .as_ref()
                .is_none_or(|when| when.holds(event).unwrap_or_else(|error| !error.is_missing))
    }

    /// The number of the order that an event is about, where that can be read; why it can't is [`render`](super::render())'s
    /// to tell.
    pub fn order_number(&self, event: &OrderEvent) -> Option<OrderNumber> {
        OrderNumber::parse(&self.written_order_number(event)?).ok()
    }

    /// The same as an earlier release recorded it, which left what nobody sees at its ends.
    pub fn recorded_order_number(&self, event: &OrderEvent) -> Option<OrderNumber> {
        OrderNumber::try_from(self.written_order_number(event)?).ok()
    }

    fn written_order_number(&self, event: &OrderEvent) -> Option<String> {
        match self.order.find(event) {
            Ok(Found::Text(number)) => Some(number),
            _ => None,
        }
    }
}

/// What fills the template.
#[derive(Debug, Clone)]
pub enum ContentRule {
    /// `body`: the variables in order.
    Body(Vec<Expression>),
    /// `status`, `reference_id` and `description`.
    OrderStatus(Box<OrderStatusRule>),
}

/// What fills an `order_status` template.
#[derive(Debug, Clone)]
pub struct OrderStatusRule {
    /// Finds the new status.
    pub status: Expression,
    /// Finds the `reference_id` of the earlier `order_details` message.
    pub reference_id: Expression,
    /// Finds the line about it.
    pub description: Option<Expression>,
}

/// `[notifications.<name>.templates]`, one provider's.
#[derive(Debug, Clone)]
pub struct TemplateRule {
    /// The template.
    pub template: Template,
    /// The languages in which it is approved; the first is the fallback.
    pub languages: Vec<Language>,
}
