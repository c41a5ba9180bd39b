//! A template message, ready to be written in a provider's own words.

use super::{Language, OrderStatus, Recipient, Reference, Text};

/// What one attempt sends. Providers differ in how it is written, not in what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateMessage {
    /// The customer.
    pub recipient: Recipient,
    /// The approved template.
    pub template: Template,
    /// The template's language.
    pub language: Language,
    /// What fills it.
    pub content: Content,
    /// The catalogue's name of the notification, such as `order-cancelled`.
    pub notification: String,
    /// Our key, for the providers that bring it back.
    pub reference: Reference,
}

/// A template as one provider knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Its name: at most 512 characters (seed 003).
    pub name: String,
    /// Its namespace: 1MSG answers 422 without one, the others have none.
    pub namespace: Option<String>,
}

/// What fills a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// The body's variables, `{{1}}` first.
    Body(Vec<Text>),
    /// An `order_status` component.
    OrderStatus(OrderStatusUpdate),
}

/// The order status that an `order_status` template shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderStatusUpdate {
    /// The `reference_id` of the earlier `order_details` message.
    pub reference_id: Text,
    /// The new status.
    pub status: OrderStatus,
    /// A line about it: at most 120 characters.
    pub description: Option<Text>,
}
