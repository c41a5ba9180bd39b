//! The order statuses that follow one another (seed 004's table and its error codes 2046 and 2047).
//!
//! Every reference id is taken for one that an `order_details` message has introduced, for that message is sent by
//! the shop's checkout and not by what is tested here.

use std::collections::{HashMap, HashSet};

use super::error::{ErrorKind, WhatsAppError};
use crate::simulator::message::{OrderState, OrderStatus};
use crate::simulator::provider::Provider;

/// How far each order has come, by provider and reference id.
#[derive(Default)]
pub(in crate::simulator) struct OrderProgress {
    reached: HashMap<(Provider, String), OrderState>,
    paid: HashSet<(Provider, String)>,
}

impl OrderProgress {
    /// Whether WhatsApp takes a new status, or why not.
    pub fn permits(&self, provider: Provider, next: &OrderStatus) -> Result<(), WhatsAppError> {
        let order = (provider, next.reference_id.clone());
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

    /// The order has reached a status.
    pub fn reach(&mut self, provider: Provider, status: &OrderStatus) {
        self.reached.insert((provider, status.reference_id.clone()), status.state);
    }

    /// The customer has paid: the order can't be canceled any more.
    pub fn mark_paid(&mut self, provider: Provider, reference_id: &str) {
        self.paid.insert((provider, reference_id.to_owned()));
    }
}
