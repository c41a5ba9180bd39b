//! Identifies an order.

use std::fmt;

use serde::Serialize;

use super::{OrderNumber, Sender};

/// An order of one sender. Two senders' orders may have the same number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct OrderId {
    /// The sender that counts its orders this way; `None` for the default sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender: Option<Sender>,
    /// The order's number, as printed in messages.
    #[serde(rename = "order")]
    pub number: OrderNumber,
}

impl OrderId {
    /// The order's number without its sender.
    pub fn as_str(&self) -> &str {
        self.number.as_str()
    }
}

impl From<OrderNumber> for OrderId {
    /// An order of the default sender.
    fn from(number: OrderNumber) -> Self {
        Self { sender: None, number }
    }
}

/// The order's number, without its sender.
impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number.fmt(f)
    }
}
