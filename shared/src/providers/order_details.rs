//! The `order_details` parameter of a template's first button, the same for Meta and Kaleyra.
//!
//! Only a template may open a conversation, so the interactive message of the same name is not built. The template form
//! puts the object of the interactive message's `action.parameters` into a button:
//!
//! ```json
//! {"type":"button","sub_type":"order_details","index":"0","parameters":[{"type":"action","action":{"order_details":{
//!   "reference_id":"…","type":"digital-goods | physical-goods","payment_type":"br","payment_configuration":"…",
//!   "payment_settings":[{"type":"payment_gateway","payment_gateway":{"type":"razorpay","configuration_name":"…"}}],
//!   "currency":"INR | BRL | SGD","total_amount":{"value":16500,"offset":100},
//!   "order":{"status":"pending","catalog_id":"…","items":[{"retailer_id":"…","name":"…","amount":{…},"sale_amount":{…},"quantity":1}],
//!     "subtotal":{…},"tax":{…},"shipping":{…},"discount":{…}}}}}]}
//! ```
//!
//! Sources, all below <https://developers.facebook.com/documentation/business-messaging/whatsapp/>:
//! - `payments/payments-br/orderdetailstemplate` and `payments/payments-in/orderdetailstemplate`: the button, Brazil's
//!   `pix_dynamic_code` and India's `upi_intent_link`;
//! - `payments/payments-br/orders`: every field, `total_amount` = subtotal + tax + shipping - discount, subtotal = the sum of
//!   the items' (sale) amounts times their quantities, `tax` required, `offset` 100, `payment_type` `br`, references of up to
//!   60 characters, names of items of up to 60;
//! - `payments/payments-in/pg`: `payment_gateway`, `beneficiaries`, `catalog_id`, references of up to 35 characters.
//!
//! Singapore (`payment_type` `p2m-lite:stripe`, `payment_configuration`):
//! <https://docs.360dialog.com/docs/waba-messaging/payments-singapore-only/receive-whatsapp-payments-via-stripe>. Kaleyra takes
//! Meta's object unchanged (seed 003; <https://developers.kaleyra.io/docs/whatsapp_api_v2_send-order-details-template-messages>).
//!
//! Not built: `boleto`, `expiration`, `shipping_info` of India's checkout templates, and the importer of an item without a
//! `catalog_id`.

use serde::Serialize;

use crate::message::{Beneficiary, OrderDetails, OrderItem, Payment, PaymentSetting, Text};

/// The number by which WhatsApp divides every amount.
const OFFSET: u8 = 100;

/// The parameter's `action`.
#[derive(Serialize)]
pub(super) struct Action<'a> {
    order_details: OrderDetailsObject<'a>,
}

#[derive(Serialize)]
struct OrderDetailsObject<'a> {
    reference_id: &'a str,
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    beneficiaries: Option<[BeneficiaryObject<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_configuration: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    payment_settings: Vec<Setting<'a>>,
    currency: &'static str,
    total_amount: Amount,
    order: Order<'a>,
}

#[derive(Serialize)]
struct BeneficiaryObject<'a> {
    name: &'a str,
    address_line1: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    address_line2: Option<&'a str>,
    city: &'a str,
    state: &'a str,
    country: &'static str,
    postal_code: &'a str,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Setting<'a> {
    PaymentGateway { payment_gateway: Gateway<'a> },
    UpiIntentLink { upi_intent_link: UpiLink<'a> },
    PaymentLink { payment_link: Uri<'a> },
    PixDynamicCode { pix_dynamic_code: Pix<'a> },
}

#[derive(Serialize)]
struct Gateway<'a> {
    r#type: &'a str,
    configuration_name: &'a str,
}

#[derive(Serialize)]
struct UpiLink<'a> {
    link: &'a str,
}

#[derive(Serialize)]
struct Uri<'a> {
    uri: &'a str,
}

#[derive(Serialize)]
struct Pix<'a> {
    code: &'a str,
    merchant_name: &'a str,
    key: &'a str,
    key_type: &'a str,
}

#[derive(Serialize)]
struct Amount {
    value: u64,
    offset: u8,
}

#[derive(Serialize)]
struct Order<'a> {
    /// A new order has no other status.
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    catalog_id: Option<&'a str>,
    items: Vec<Item<'a>>,
    subtotal: Amount,
    tax: Amount,
    #[serde(skip_serializing_if = "Option::is_none")]
    shipping: Option<Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    discount: Option<Amount>,
}

#[derive(Serialize)]
struct Item<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    retailer_id: Option<&'a str>,
    name: &'a str,
    amount: Amount,
    #[serde(skip_serializing_if = "Option::is_none")]
    sale_amount: Option<Amount>,
    quantity: u32,
}

impl Amount {
    const fn new(value: u64) -> Self {
        Self { value, offset: OFFSET }
    }
}

impl<'a> Action<'a> {
    pub(super) fn new(details: &'a OrderDetails) -> Self {
        let Payment { payment_type, configuration, settings } = &details.payment;
        let country = details.currency.country();
        let order_details = OrderDetailsObject {
            reference_id: details.reference_id.as_str(),
            r#type: details.goods.as_str(),
            beneficiaries: details.beneficiary.as_ref().map(|it| [BeneficiaryObject::new(it, country)]),
            payment_type: payment_type.as_deref(),
            payment_configuration: configuration.as_deref(),
            payment_settings: settings.iter().map(Setting::new).collect(),
            currency: details.currency.code(),
            total_amount: Amount::new(details.total),
            order: Order {
                status: "pending",
                catalog_id: details.catalog_id.as_deref(),
                items: details.items.iter().map(Item::new).collect(),
                subtotal: Amount::new(details.subtotal),
                tax: Amount::new(details.tax),
                shipping: details.shipping.map(Amount::new),
                discount: details.discount.map(Amount::new),
            },
        };
        Self { order_details }
    }
}

impl<'a> BeneficiaryObject<'a> {
    fn new(beneficiary: &'a Beneficiary, country: &'static str) -> Self {
        Self {
            name: beneficiary.name.as_str(),
            address_line1: beneficiary.address_line1.as_str(),
            address_line2: beneficiary.address_line2.as_ref().map(Text::as_str),
            city: beneficiary.city.as_str(),
            state: beneficiary.state.as_str(),
            country,
            postal_code: beneficiary.postal_code.as_str(),
        }
    }
}

impl<'a> Setting<'a> {
    fn new(setting: &'a PaymentSetting) -> Self {
        match setting {
            PaymentSetting::Gateway { gateway, configuration_name } => {
                Self::PaymentGateway { payment_gateway: Gateway { r#type: gateway, configuration_name } }
            }
            PaymentSetting::UpiIntentLink(link) => {
                Self::UpiIntentLink { upi_intent_link: UpiLink { link: link.as_str() } }
            }
            PaymentSetting::PaymentLink(link) => {
                Self::PaymentLink { payment_link: Uri { uri: link.as_str() } }
            }
            PaymentSetting::PixDynamicCode { code, merchant_name, key, key_type } => Self::PixDynamicCode {
                pix_dynamic_code: Pix { code: code.as_str(), merchant_name, key, key_type },
            },
        }
    }
}

impl<'a> Item<'a> {
    fn new(item: &'a OrderItem) -> Self {
        Self {
            retailer_id: item.retailer_id.as_ref().map(Text::as_str),
            name: item.name.as_str(),
            amount: Amount::new(item.amount),
            sale_amount: item.sale_amount.map(Amount::new),
            quantity: item.quantity,
        }
    }
}
