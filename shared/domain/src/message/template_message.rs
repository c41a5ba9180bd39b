//! A message, independent of the provider's request format.

use std::fmt;

use super::{Components, Language, OrderStatus, Recipient, Reference, ReferenceId, Text};

/// The content of one attempt. It is the same for every provider; only the request format differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateMessage {
    /// The customer's phone number or user id.
    pub recipient: Recipient,
    /// The template's name and namespace at the provider. A plain text has none at the provider; the name is its channel's.
    pub template: Template,
    /// The template's language in the provider's spelling.
    pub language: Language,
    /// The values that fill the template.
    pub content: Content,
    /// The notification's name in the catalogue, such as `order-cancelled`.
    pub notification: String,
    /// Our reference, for providers that return it in callbacks.
    pub reference: Reference,
}

/// A template as registered with one provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// At most 512 characters (seed 003).
    pub name: String,
    /// 1MSG returns 422 without a namespace; the other providers have none.
    pub namespace: Option<String>,
}

/// The values that fill a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Header, body, buttons and an order's details.
    Template(Components),
    /// An `order_status` component.
    OrderStatus(OrderStatusUpdate),
    /// A text message or an e-mail, with all its values filled in. It has no template at the provider.
    Plain(PlainText),
}

/// The text of a text message or an e-mail. It contains the customer's data, so `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct PlainText {
    /// The subject of an e-mail; `None` for a text message.
    pub subject: Option<String>,
    /// The text, with line breaks.
    pub text: String,
}

impl fmt::Debug for PlainText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlainText").finish_non_exhaustive()
    }
}

/// The values of an `order_status` template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderStatusUpdate {
    /// The `reference_id` of the earlier `order_details` message; `None` if the event does not name it.
    pub reference_id: Option<Text>,
    /// The new status of the order.
    pub status: OrderStatus,
    /// A line about the status: at most 120 characters.
    pub description: Option<Text>,
}

impl Content {
    /// Whether this is an order status without its `reference_id`.
    pub const fn lacks_reference(&self) -> bool {
        matches!(self, Self::OrderStatus(OrderStatusUpdate { reference_id: None, .. }))
    }

    /// Sends an order's details under this reference.
    pub fn set_details_reference(&mut self, reference: &ReferenceId) {
        if let Self::Template(Components { order_details: Some(details), .. }) = self {
            details.reference_id.clone_from(reference);
        }
    }

    /// Gives an order status without a `reference_id` the one that the order's progress remembers.
    pub fn fill_reference(&mut self, remembered: Option<&ReferenceId>) {
        if let (Self::OrderStatus(OrderStatusUpdate { reference_id: own @ None, .. }), Some(remembered)) =
            (self, remembered)
        {
            *own = Text::parse(remembered.as_str(), usize::MAX).ok();
        }
    }
}
