//! The order of order statuses (seed 004's table and its error codes 2046 and 2047).
//!
//! Usually every reference id counts as introduced by an `order_details` message, because the shop's checkout may send that
//! message. [`OrderProgress::require_details`] turns this off: then only the messages count that a provider has accepted.

use std::collections::{HashMap, HashSet};

use super::error::{ErrorKind, WhatsAppError};
use crate::message::{OrderDetails, OrderState, OrderStatus};
use crate::provider::Provider;

/// Each order's latest status, by provider and reference id.
#[derive(Default)]
pub(crate) struct OrderProgress {
    reached: HashMap<(Provider, String), OrderState>,
    paid: HashSet<(Provider, String)>,
    /// The accepted `order_details` messages by their references.
    introduced: HashMap<(Provider, String), OrderDetails>,
    requires_details: bool,
}

impl OrderProgress {
    /// Whether WhatsApp accepts a new status, or its error.
    pub fn permits(&self, provider: Provider, next: &OrderStatus) -> Result<(), WhatsAppError> {
        let order = (provider, next.reference_id.clone());
        if self.requires_details && !self.introduced.contains_key(&order) {
            let problem = "no order_details message has this reference_id";
            return Err(ErrorKind::INVALID_TRANSITION.about(problem));
        }
        if next.state == OrderState::Canceled && self.paid.contains(&order) {
            return Err(ErrorKind::CANNOT_CANCEL.into());
        }
        match self.reached.get(&order) {
            Some(OrderState::Completed | OrderState::Canceled) => Err(ErrorKind::INVALID_TRANSITION.into()),
            Some(OrderState::Processing | OrderState::PartiallyShipped | OrderState::Shipped) | None => {
                Ok(())
            }
        }
    }

    /// Records an order's new status.
    pub fn reach(&mut self, provider: Provider, status: &OrderStatus) {
        self.reached.insert((provider, status.reference_id.clone()), status.state);
    }

    /// Records an accepted `order_details` message, or refuses it because another message has its reference. Inferred: the pages
    /// require a unique reference, and name no error.
    pub fn introduce(&mut self, provider: Provider, details: &OrderDetails) -> Result<(), WhatsAppError> {
        let order = (provider, details.reference_id.clone());
        let earlier = self.introduced.entry(order).or_insert_with(|| details.clone());
        if earlier == details {
            return Ok(());
        }
        Err(ErrorKind::NOT_VALID.about("order_details: another message has this reference_id"))
    }

    /// Refuses statuses of orders that no accepted `order_details` message introduced.
    pub fn require_details(&mut self) {
        self.requires_details = true;
    }

    /// Records the customer's payment: the order can't be canceled any more.
    pub fn mark_paid(&mut self, provider: Provider, reference_id: &str) {
        self.paid.insert((provider, reference_id.to_owned()));
    }
}
