//! The `order_details` button of a message
//! (<https://developers.facebook.com/documentation/business-messaging/whatsapp/payments/payments-br/orderdetailstemplate>, and
//! `payments-br/orders` and `payments-in/pg` beside it for the fields).
//!
//! Inferred, because no page names them: the error of a wrong value (131009), and that of a status whose reference no
//! `order_details` message introduced (2046). Not simulated: payments, Boleto, and addresses of checkout templates.

use super::error::{ErrorKind, WhatsAppError};
use super::field::{Field, ShapeFault};
use crate::message::{OrderDetails, OrderItem};

/// "Cannot exceed 60 characters".
const NAME_MAX_CHARS: usize = 60;
/// The longest reference in each currency's country.
const CURRENCIES: [(&str, usize); 3] = [("BRL", 60), ("INR", 35), ("SGD", 35)];
/// "Must be 100".
const OFFSET: u32 = 100;

/// Parses the button's one parameter.
pub(super) fn read(parameter: &Field<'_>) -> Result<OrderDetails, ShapeFault> {
    parameter.only(&["type", "action"])?;
    parameter.child("type")?.one_of(&["action"])?;
    let action = parameter.child("action")?;
    action.only(&["order_details"])?;
    let details = action.child("order_details")?;
    details.only(&[
        "reference_id",
        "type",
        "beneficiaries",
        "payment_type",
        "payment_configuration",
        "payment_settings",
        "currency",
        "total_amount",
        "order",
    ])?;
    details.child("type")?.one_of(&["digital-goods", "physical-goods"])?;
    if let Some(settings) = details.optional("payment_settings")? {
        settings.items()?.iter().try_for_each(read_setting)?;
    }
    let order = details.child("order")?;
    order.only(&["status", "catalog_id", "items", "subtotal", "tax", "shipping", "discount"])?;
    order.child("status")?.one_of(&["pending"])?;
    let items = order.child("items")?.items()?.iter().map(read_item).collect::<Result<Vec<_>, _>>()?;
    Ok(OrderDetails {
        reference_id: details.child("reference_id")?.text()?.to_owned(),
        currency: details.child("currency")?.text()?.to_owned(),
        has_payment: details.optional("payment_settings")?.is_some()
            || details.optional("payment_configuration")?.is_some(),
        items,
        subtotal: amount(&order.child("subtotal")?)?,
        tax: amount(&order.child("tax")?)?,
        shipping: order.optional("shipping")?.map(|it| amount(&it)).transpose()?,
        discount: order.optional("discount")?.map(|it| amount(&it)).transpose()?,
        total: amount(&details.child("total_amount")?)?,
    })
}

fn read_setting(setting: &Field<'_>) -> Result<(), ShapeFault> {
    let kinds = ["payment_gateway", "upi_intent_link", "payment_link", "pix_dynamic_code"];
    let kind = setting.child("type")?.one_of(&kinds)?;
    setting.only(&["type", kind])?;
    let value = setting.child(kind)?;
    let members: &[&str] = match kind {
        "payment_gateway" => &["type", "configuration_name"],
        "upi_intent_link" => &["link"],
        "payment_link" => &["uri"],
        _ => &["code", "merchant_name", "key", "key_type"],
    };
    members.iter().try_for_each(|member| value.require(member))
}

fn read_item(item: &Field<'_>) -> Result<OrderItem, ShapeFault> {
    item.only(&["retailer_id", "name", "amount", "sale_amount", "quantity"])?;
    Ok(OrderItem {
        name: item.child("name")?.text_up_to(NAME_MAX_CHARS)?.to_owned(),
        amount: amount(&item.child("amount")?)?,
        sale_amount: item.optional("sale_amount")?.map(|it| amount(&it)).transpose()?,
        quantity: item.child("quantity")?.number()?,
    })
}

fn amount(field: &Field<'_>) -> Result<u64, ShapeFault> {
    field.only(&["value", "offset", "description"])?;
    let offset = field.child("offset")?;
    if offset.number::<u32>()? != OFFSET {
        return Err(ShapeFault::NotA { path: offset.path().to_owned(), wanted: "100" });
    }
    field.child("value")?.number()
}

/// WhatsApp's check of the values.
pub(super) fn check(details: &OrderDetails) -> Result<(), WhatsAppError> {
    let wrong = |problem: &str| Err(ErrorKind::NOT_VALID.about(format!("order_details: {problem}")));
    let Some((_, limit)) = CURRENCIES.iter().find(|(code, _)| *code == details.currency) else {
        return wrong("currency is not supported");
    };
    let reference = &details.reference_id;
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if reference.is_empty() || reference.chars().count() > *limit || !reference.chars().all(is_allowed) {
        return wrong("reference_id is not valid");
    }
    if !details.has_payment {
        return wrong("payment_settings is missing");
    }
    if details.items.is_empty() {
        return wrong("items must have at least one item");
    }
    let price = |item: &OrderItem| item.sale_amount.unwrap_or(item.amount) * item.quantity;
    if details.items.iter().map(price).sum::<u64>() != details.subtotal {
        return wrong("subtotal is not the sum of the items");
    }
    let sum = details.subtotal + details.tax + details.shipping.unwrap_or(0);
    if sum.checked_sub(details.discount.unwrap_or(0)) != Some(details.total) {
        return wrong("total_amount is not subtotal + tax + shipping - discount");
    }
    Ok(())
}
