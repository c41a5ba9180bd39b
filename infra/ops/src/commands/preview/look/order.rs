//! The order that a button opens.

use serde::Serialize;
use shared::message::{OrderDetails, OrderItem, PaymentSetting, Text};

use crate::output::style;

/// An order in the customer's words. Amounts are texts such as `1650.00`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in crate::commands) struct OrderLook {
    pub(in crate::commands) reference_id: String,
    pub(in crate::commands) currency: &'static str,
    pub(in crate::commands) items: Vec<ItemLook>,
    pub(in crate::commands) subtotal: String,
    pub(in crate::commands) tax: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::commands) shipping: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::commands) discount: Option<String>,
    pub(in crate::commands) total: String,
    /// The ways to pay.
    pub(in crate::commands) payment: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in crate::commands) struct ItemLook {
    pub(in crate::commands) name: String,
    pub(in crate::commands) quantity: u32,
    pub(in crate::commands) amount: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::commands) sale_amount: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::commands) retailer_id: Option<String>,
}

impl OrderLook {
    pub(super) fn new(details: &OrderDetails) -> Self {
        let item = |item: &OrderItem| ItemLook {
            name: item.name.as_str().to_owned(),
            quantity: item.quantity,
            amount: decimal(item.amount),
            sale_amount: item.sale_amount.map(decimal),
            retailer_id: item.retailer_id.as_ref().map(Text::as_str).map(str::to_owned),
        };
        let settings = details.payment.settings.iter().map(PaymentSetting::kind).map(str::to_owned);
        Self {
            reference_id: details.reference_id.as_str().to_owned(),
            currency: details.currency.code(),
            items: details.items.iter().map(item).collect(),
            subtotal: decimal(details.subtotal),
            tax: decimal(details.tax),
            shipping: details.shipping.map(decimal),
            discount: details.discount.map(decimal),
            total: decimal(details.total),
            payment: settings.chain(details.payment.configuration.clone()).collect(),
        }
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![style::strong(format!("order #{}", self.reference_id))];
        for ItemLook { name, quantity, amount, sale_amount, .. } in &self.items {
            let price = match sale_amount {
                Some(sale) => format!("{sale} instead of {amount}"),
                None => amount.clone(),
            };
            lines.push(format!("{quantity} × {name}, {price}"));
        }
        let tax = (self.tax != decimal(0)).then_some(&self.tax);
        let rows = [
            ("subtotal", Some(&self.subtotal)),
            ("tax", tax),
            ("shipping", self.shipping.as_ref()),
            ("discount", self.discount.as_ref()),
        ];
        lines.extend(
            rows.into_iter().filter_map(|(name, it)| it.map(|it| style::weak(format!("{name} {it}")))),
        );
        lines.push(format!("total {} {}", self.total, self.currency));
        lines.push(style::weak(format!("paid by {}", self.payment.join(" or "))));
        lines
    }
}

/// Every currency of these orders has hundredths.
fn decimal(amount: u64) -> String {
    format!("{}.{:02}", amount / 100, amount % 100)
}
