//! The reference of an order's `order_details` message, which the order's progress remembers for its statuses.

use jiff::Timestamp;
use serde::Serialize;

use super::{Reason, ReasonClass};
use crate::catalogue::Notification;
use crate::message::{Content, ReferenceId};

/// The reason code for an order status whose `reference_id` is not known yet.
pub(super) const NO_REFERENCE_ID: &str = "no_reference_id";

/// The `reference_id` of an `order_details` message. An order may get several such messages, each with another reference: the
/// newest by its event's time counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct OrderReference {
    /// The reference.
    pub id: ReferenceId,
    /// When the event of that message happened.
    pub time: Timestamp,
}

impl OrderReference {
    /// The reference in a notification with `order_details`; `None` for any other notification.
    pub fn from_notification(notification: &Notification) -> Option<Self> {
        match &notification.content {
            Content::Template(components) => components
                .order_details
                .as_ref()
                .map(|details| Self { id: details.reference_id.clone(), time: notification.event_time }),
            Content::OrderStatus(_) | Content::Plain(_) => None,
        }
    }
}

/// The reason for not sending an order status yet. It is mended when the provider accepts the order's `order_details` message:
/// `docs/decisions/a-status-waits-for-its-reference.md`.
pub fn without_reference() -> Reason {
    let text = "the event names no reference_id, and this provider has accepted no order_details message of this order yet \
                (India, Brazil and Singapore only)";
    Reason::new(ReasonClass::Content, NO_REFERENCE_ID, text)
}
