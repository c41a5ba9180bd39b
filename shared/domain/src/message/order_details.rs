//! The values of a template's `order_details` button: what was ordered, what it costs, and how it is paid.
//!
//! Sources: Meta, "Orders" and "Send order details template message" (payments in Brazil), "Receive payments via payment
//! gateways on WhatsApp" (payments in India), both below
//! <https://developers.facebook.com/documentation/business-messaging/whatsapp/payments/>; for Singapore 360dialog, "Receive
//! WhatsApp Payments via Stripe".

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Link, Recipient, Text};

/// What an `order_details` message says about an order. Amounts are in hundredths of the currency: the only `offset` that
/// WhatsApp documents is 100.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderDetails {
    /// Identifies the order at WhatsApp; an `order_status` message names it again.
    pub reference_id: ReferenceId,
    /// What kind of goods is paid for.
    pub goods: Goods,
    /// The currency of all amounts.
    pub currency: OrderCurrency,
    /// The shop's catalogue at Meta, which describes the items.
    pub catalog_id: Option<String>,
    /// What was ordered; at least one.
    pub items: Vec<OrderItem>,
    /// The items' prices times their quantities.
    pub subtotal: u64,
    /// The tax; WhatsApp requires it, and hides zero.
    pub tax: u64,
    /// The cost of shipping.
    pub shipping: Option<u64>,
    /// What is taken off.
    pub discount: Option<u64>,
    /// Subtotal, tax and shipping without the discount.
    pub total: u64,
    /// Who receives the goods, which India's rules require for goods that are shipped.
    pub beneficiary: Option<Box<Beneficiary>>,
    /// How the customer pays.
    pub payment: Payment,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderItem {
    /// At most [`MAX_ITEM_NAME_CHARS`].
    pub name: Text,
    /// The price of one.
    pub amount: u64,
    /// The reduced price of one, below `amount`.
    pub sale_amount: Option<u64>,
    /// How many.
    pub quantity: u32,
    /// The item's id in the shop's catalogue at Meta.
    pub retailer_id: Option<Text>,
}

/// The person who receives the goods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beneficiary {
    /// At most 200 characters.
    pub name: Text,
    /// At most 100 characters.
    pub address_line1: Text,
    /// At most 100 characters.
    pub address_line2: Option<Text>,
    /// The city.
    pub city: Text,
    /// The state.
    pub state: Text,
    /// India: six digits.
    pub postal_code: Text,
}

/// How an order is paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// `br` in Brazil, `p2m-lite:stripe` in Singapore, `upi` for links in India; India's payment gateways need none.
    pub payment_type: Option<String>,
    /// The name of the configuration in WhatsApp Manager.
    pub configuration: Option<String>,
    /// The ways to pay that the customer can choose from.
    pub settings: Vec<PaymentSetting>,
}

/// One way to pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentSetting {
    /// India: a payment gateway that is linked in WhatsApp Manager.
    Gateway {
        /// `razorpay`, `payu`, `billdesk` or `zaakpay`.
        gateway: String,
        /// The name of its configuration.
        configuration_name: String,
    },
    /// India: a link that opens the customer's UPI app.
    UpiIntentLink(Verbatim),
    /// India and Brazil: a page on which the customer pays.
    PaymentLink(Link),
    /// Brazil: a code that the customer copies into the bank's app.
    PixDynamicCode {
        /// The code, which is different for each order.
        code: Verbatim,
        /// The account's holder.
        merchant_name: String,
        /// The Pix key.
        key: String,
        /// `CPF`, `CNPJ`, `EMAIL`, `PHONE` or `EVP`.
        key_type: String,
    },
}

/// The longest name of an item.
pub const MAX_ITEM_NAME_CHARS: usize = 60;

/// What kind of goods is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goods {
    /// Files, tickets, services.
    Digital,
    /// Goods that are handed over or shipped.
    Physical,
}

impl Goods {
    /// Both kinds.
    pub const ALL: [Self; 2] = [Self::Digital, Self::Physical];

    /// The word in the catalogue and at the providers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Digital => "digital-goods",
            Self::Physical => "physical-goods",
        }
    }
}

/// The currency of an order. Each of the three countries with `order_details` messages has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderCurrency {
    /// Brazil's real.
    Brl,
    /// India's rupee.
    Inr,
    /// Singapore's dollar.
    Sgd,
}

impl OrderCurrency {
    const ALL: [Self; 3] = [Self::Brl, Self::Inr, Self::Sgd];

    /// Parses a code, in capital or small letters.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|currency| currency.code().eq_ignore_ascii_case(code.trim()))
    }

    /// The code in ISO 4217.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Brl => "BRL",
            Self::Inr => "INR",
            Self::Sgd => "SGD",
        }
    }

    /// The country's name in a beneficiary's address.
    pub const fn country(self) -> &'static str {
        match self {
            Self::Brl => "Brazil",
            Self::Inr => "India",
            Self::Sgd => "Singapore",
        }
    }

    /// The `payment_type` of these ways to pay. India needs one for links and none for gateways. Source: Meta, "Enhanced Payment
    /// Links" (payments in India).
    pub fn payment_type(self, settings: &[PaymentSetting]) -> Option<&'static str> {
        let is_link = |setting: &PaymentSetting| {
            matches!(setting, PaymentSetting::UpiIntentLink(_) | PaymentSetting::PaymentLink(_))
        };
        match self {
            Self::Brl => Some("br"),
            Self::Inr => settings.iter().any(is_link).then_some("upi"),
            Self::Sgd => Some("p2m-lite:stripe"),
        }
    }

    /// The longest `reference_id`: 60 characters in Brazil, 35 in India and Singapore.
    pub const fn max_reference_chars(self) -> usize {
        match self {
            Self::Brl => 60,
            Self::Inr | Self::Sgd => 35,
        }
    }
}

/// The `reference_id` of an `order_details` message.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReferenceId(String);

/// Why a text is no `reference_id`. It never contains the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReferenceId {
    /// The text is blank.
    #[error("is empty")]
    Empty,
    /// It has other characters than WhatsApp allows.
    #[error("has other characters than letters, digits, underscores, dashes and dots")]
    Characters,
    /// It is longer than WhatsApp allows.
    #[error("has {chars} characters; at most {limit} are allowed")]
    TooLong {
        /// Its length.
        chars: usize,
        /// The longest allowed length.
        limit: usize,
    },
}

impl ReferenceId {
    /// Parses a reference of at most `limit` characters.
    pub fn parse(text: &str, limit: usize) -> Result<Self, InvalidReferenceId> {
        let text = text.trim();
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        match text.chars().count() {
            0 => Err(InvalidReferenceId::Empty),
            _ if !text.chars().all(is_allowed) => Err(InvalidReferenceId::Characters),
            chars if chars > limit => Err(InvalidReferenceId::TooLong { chars, limit }),
            _ => Ok(Self(text.to_owned())),
        }
    }

    /// The reference as sent to the provider.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A value that is sent without any change: white space may be part of a Pix code. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Verbatim(String);

/// The longest value. A Pix code has a few hundred characters.
const MAX_VERBATIM_CHARS: usize = 2048;

impl Verbatim {
    /// Parses a value, without white space around it. The error never contains the value.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.is_empty() {
            Err("is empty")
        } else if text.chars().any(char::is_control) {
            Err("has control characters")
        } else if text.chars().count() > MAX_VERBATIM_CHARS {
            Err("has more than 2048 characters")
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// The value as sent to the provider.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Verbatim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verbatim([redacted])")
    }
}

impl OrderDetails {
    /// The customer's data among the values, which a provider's error may quote.
    pub fn values(&self) -> Vec<&str> {
        let mut values = vec![self.reference_id.as_str()];
        for item in &self.items {
            values.push(item.name.as_str());
            values.extend(item.retailer_id.as_ref().map(Text::as_str));
        }
        values.extend(self.beneficiary.iter().flat_map(|it| it.texts()).map(|(_, text)| text));
        values.extend(self.payment.settings.iter().filter_map(PaymentSetting::value));
        values
    }

    /// What identifies these values among an order's notifications: everything but the `reference_id` and the payment's codes.
    /// A producer that sends an order again under a new reference does not mean another message.
    pub(super) fn identity(&self) -> Vec<String> {
        let amount = |name: &str, amount: u64| format!("{name} {amount}");
        let mut parts = vec![
            "\u{0}order_details".to_owned(),
            self.goods.as_str().to_owned(),
            self.currency.code().to_owned(),
        ];
        parts.extend(self.catalog_id.clone());
        for item in &self.items {
            parts.push(format!("\u{0}item {} {}", item.quantity, item.amount));
            parts.push(item.name.as_str().to_owned());
            parts.extend(item.sale_amount.map(|it| amount("\u{0}sale", it)));
            parts.extend(item.retailer_id.iter().map(|id| format!("\u{0}id {}", id.as_str())));
        }
        let totals = [("tax", Some(self.tax)), ("shipping", self.shipping), ("discount", self.discount)];
        parts.extend(totals.into_iter().filter_map(|(name, it)| it.map(|it| amount(name, it))));
        let beneficiary = self.beneficiary.iter().flat_map(|it| it.texts());
        parts.extend(beneficiary.map(|(name, text)| format!("\u{0}{name} {text}")));
        let Payment { payment_type, configuration, settings } = &self.payment;
        parts.extend(payment_type.iter().map(|it| format!("\u{0}type {it}")));
        parts.extend(configuration.iter().map(|it| format!("\u{0}configuration {it}")));
        parts.extend(settings.iter().flat_map(PaymentSetting::identity));
        parts
    }
}

impl Beneficiary {
    fn texts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("name", Some(&self.name)),
            ("address_line1", Some(&self.address_line1)),
            ("address_line2", self.address_line2.as_ref()),
            ("city", Some(&self.city)),
            ("state", Some(&self.state)),
            ("postal_code", Some(&self.postal_code)),
        ]
        .into_iter()
        .filter_map(|(name, text)| text.map(|text| (name, text.as_str())))
    }
}

impl PaymentSetting {
    /// The providers' word for the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Gateway { .. } => "payment_gateway",
            Self::UpiIntentLink(_) => "upi_intent_link",
            Self::PaymentLink(_) => "payment_link",
            Self::PixDynamicCode { .. } => "pix_dynamic_code",
        }
    }

    /// The value that is different for each order.
    fn value(&self) -> Option<&str> {
        match self {
            Self::Gateway { .. } => None,
            Self::UpiIntentLink(link) => Some(link.as_str()),
            Self::PaymentLink(link) => Some(link.as_str()),
            Self::PixDynamicCode { code, .. } => Some(code.as_str()),
        }
    }

    /// Without what may be new in every event of the same order: a link's query, which may be a signature, and a Pix code.
    fn identity(&self) -> Vec<String> {
        let mut parts = vec![format!("\u{0}{}", self.kind())];
        match self {
            Self::Gateway { gateway, configuration_name } => {
                parts.extend([gateway.clone(), configuration_name.clone()]);
            }
            Self::UpiIntentLink(link) => parts.extend(link.0.split('?').next().map(str::to_owned)),
            Self::PaymentLink(link) => parts.push(link.path().to_owned()),
            Self::PixDynamicCode { merchant_name, key, key_type, .. } => {
                parts.extend([merchant_name.clone(), key.clone(), key_type.clone()]);
            }
        }
        parts
    }
}

/// Whether the recipient's country is India, Brazil or Singapore: WhatsApp has `order_details` and `order_status` messages
/// nowhere else. The calling codes +55, +65 and +91 belong to one country each.
pub fn has_order_messages(recipient: &Recipient) -> bool {
    let codes: &[&str] = match recipient {
        Recipient::Phone(_) => &["+55", "+65", "+91"],
        Recipient::User(_) => &["BR.", "SG.", "IN."],
        Recipient::Email(_) => &[],
    };
    codes.iter().any(|code| recipient.as_str().starts_with(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_has_the_characters_and_the_length_that_whatsapp_documents() {
        assert_eq!(ReferenceId::parse(" abc.123_xyz-1 ", 35).unwrap().as_str(), "abc.123_xyz-1");
        let is_valid = |chars: usize, currency: OrderCurrency| {
            ReferenceId::parse(&"x".repeat(chars), currency.max_reference_chars()).is_ok()
        };
        assert!(is_valid(35, OrderCurrency::Inr) && !is_valid(36, OrderCurrency::Inr));
        assert!(is_valid(60, OrderCurrency::Brl) && !is_valid(61, OrderCurrency::Brl));
        assert_eq!(ReferenceId::parse(" ", 35), Err(InvalidReferenceId::Empty));
        for other in ["#1", "a b", "é", "1/2"] {
            assert_eq!(ReferenceId::parse(other, 35), Err(InvalidReferenceId::Characters), "{other}");
        }
    }

    #[test]
    fn a_value_is_kept_as_it_is_and_hidden() {
        let code = Verbatim::parse(" 0002 01  26\n").unwrap();
        assert_eq!(code.as_str(), "0002 01  26");
        assert_eq!(format!("{code:?}"), "Verbatim([redacted])");
        let long = "x".repeat(2049);
        for invalid in [" ", "a\tb", long.as_str()] {
            assert!(Verbatim::parse(invalid).is_err());
        }
    }

    #[test]
    fn only_three_countries_have_order_messages() {
        let has = |to: &str| has_order_messages(&Recipient::parse(to, None, false).unwrap());
        assert!(
            has("+919000090000")
                && has("+5511987654321")
                && has("+6591234567")
                && has("IN.13491208655302741918")
        );
        assert!(!has("+12025550100") && !has("+4915112345678") && !has("US.13491208655302741918"));
    }
}
