//! The catalogue's rule for a template's `order_details` button.

use super::{Expression, Section, keys};
use crate::message::{Goods, OrderCurrency, PaymentSetting};

/// The payment gateways of India. Source: Meta, "Receive payments via payment gateways on WhatsApp".
const GATEWAYS: [&str; 4] = ["razorpay", "payu", "billdesk", "zaakpay"];
/// The kinds of Pix keys. Source: Meta, "Orders" (payments in Brazil).
const PIX_KEY_TYPES: [&str; 5] = ["CPF", "CNPJ", "EMAIL", "PHONE", "EVP"];
/// The longest name of a payment configuration. Source: the same page.
const MAX_CONFIGURATION_CHARS: usize = 60;

/// The rules for an order's details.
#[derive(Debug, Clone)]
pub struct OrderDetailsRule {
    /// Finds the `reference_id`, which an order status names again.
    pub reference_id: Expression,
    /// What kind of goods is paid for.
    pub goods: Goods,
    /// Finds the currency.
    pub currency: Expression,
    /// How the event writes amounts.
    pub amounts: AmountUnit,
    /// Finds the items.
    pub items: ItemsRule,
    /// Finds the subtotal, which is only compared with the items.
    pub subtotal: Option<Expression>,
    /// Finds the tax; zero by default.
    pub tax: Option<Expression>,
    /// Finds the cost of shipping.
    pub shipping: Option<Expression>,
    /// Finds the discount.
    pub discount: Option<Expression>,
    /// Finds the total, which is only compared with the other amounts.
    pub total: Option<Expression>,
    /// The shop's catalogue at Meta.
    pub catalog_id: Option<String>,
    /// Finds the person who receives the goods.
    pub beneficiary: Option<BeneficiaryRule>,
    /// How the order is paid.
    pub payment: PaymentRule,
}

/// How an event writes amounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AmountUnit {
    /// `42.50`
    Decimal,
    /// `4250`
    Minor,
}

/// The rules for an order's items. Every expression but `list` is evaluated for an item.
#[derive(Debug, Clone)]
pub struct ItemsRule {
    /// Finds the list of items in the event.
    pub list: Expression,
    /// Finds an item's name.
    pub name: Expression,
    /// Finds the price of one.
    pub amount: Expression,
    /// Finds the quantity.
    pub quantity: Expression,
    /// Finds the reduced price of one.
    pub sale_amount: Option<Expression>,
    /// Finds the item's id in the shop's catalogue at Meta.
    pub retailer_id: Option<Expression>,
}

/// The rules for the person who receives the goods.
#[derive(Debug, Clone)]
pub struct BeneficiaryRule {
    pub(super) name: Expression,
    pub(super) address_line1: Expression,
    pub(super) address_line2: Option<Expression>,
    pub(super) city: Expression,
    pub(super) state: Expression,
    pub(super) postal_code: Expression,
}

/// The rules for the payment.
#[derive(Debug, Clone)]
pub struct PaymentRule {
    /// The `payment_type`, if it is not that of the currency's country.
    pub payment_type: Option<String>,
    /// The name of the configuration in WhatsApp Manager.
    pub configuration: Option<String>,
    /// The ways to pay, in the order of the documentation.
    pub settings: Vec<PaymentSettingRule>,
}

/// The rule for one way to pay.
#[derive(Debug, Clone)]
pub enum PaymentSettingRule {
    /// The same for every order.
    Fixed(PaymentSetting),
    /// Finds the link that opens the customer's UPI app.
    UpiIntentLink(Expression),
    /// Finds the address of the page on which the customer pays.
    PaymentLink(Expression),
    /// A Pix code.
    PixDynamicCode {
        /// Finds the code.
        code: Expression,
        /// The account's holder.
        merchant_name: String,
        /// The Pix key.
        key: String,
        /// The kind of the key.
        key_type: String,
    },
}

/// Reads `order_details` of a notification; `None` if there is none, or if it has a fault, which is reported.
pub(super) fn read(section: &mut Section<'_, '_>) -> Option<Box<OrderDetailsRule>> {
    let table = section.optional_table("order_details")?;
    let mut inner = section.inner("order_details", table).with_examples(&keys::ORDER_DETAILS);
    let rule = read_rule(&mut inner);
    inner.finish();
    rule.map(Box::new)
}

fn read_rule(section: &mut Section<'_, '_>) -> Option<OrderDetailsRule> {
    let reference_id = section.expression("reference_id");
    let goods = one_of(section, "type", &Goods::ALL.map(|goods| (goods.as_str(), goods)));
    let currency = section.expression("currency");
    let amounts =
        one_of(section, "amounts", &[("decimal", AmountUnit::Decimal), ("minor", AmountUnit::Minor)]);
    let items = read_items(section);
    let [subtotal, tax, shipping, discount, total] =
        ["subtotal", "tax", "shipping", "discount", "total"].map(|key| section.optional_expression(key));
    let catalog_id = section.optional_text("catalog_id");
    let beneficiary = read_beneficiary(section);
    let payment = read_payment(section);
    let (currency, payment) = (currency?, payment?);
    if let Some(known) = currency.literal().and_then(OrderCurrency::parse)
        && let Some(problem) = payment.problem_with(known)
    {
        section.fault("payment", problem);
        return None;
    }
    Some(OrderDetailsRule {
        reference_id: reference_id?,
        goods: goods?,
        currency,
        amounts: amounts?,
        items: items?,
        subtotal,
        tax,
        shipping,
        discount,
        total,
        catalog_id,
        beneficiary,
        payment,
    })
}

fn one_of<T: Copy>(section: &mut Section<'_, '_>, key: &'static str, words: &[(&str, T)]) -> Option<T> {
    let text = section.text(key)?;
    let found = words.iter().find(|(word, _)| *word == text);
    if found.is_none() {
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        section.value_fault(key, &format!("is {text:?}; it is one of {}", known.join(", ")));
    }
    found.map(|(_, value)| *value)
}

fn read_items(section: &mut Section<'_, '_>) -> Option<ItemsRule> {
    let table = section.table("items")?;
    let mut items = section.inner("items", table).with_examples(&keys::ORDER_ITEMS);
    let list = items.expression("list");
    items.read_items();
    let (name, amount) = (items.expression("name"), items.expression("amount"));
    let quantity = items.expression("quantity");
    let sale_amount = items.optional_expression("sale_amount");
    let retailer_id = items.optional_expression("retailer_id");
    items.finish();
    Some(ItemsRule {
        list: list?,
        name: name?,
        amount: amount?,
        quantity: quantity?,
        sale_amount,
        retailer_id,
    })
}

fn read_beneficiary(section: &mut Section<'_, '_>) -> Option<BeneficiaryRule> {
    let table = section.optional_table("beneficiary")?;
    let mut inner = section.inner("beneficiary", table).with_examples(&keys::BENEFICIARY);
    let name = inner.expression("name");
    let address_line1 = inner.expression("address_line1");
    let address_line2 = inner.optional_expression("address_line2");
    let [city, state, postal_code] = ["city", "state", "postal_code"].map(|key| inner.expression(key));
    inner.finish();
    let (name, address_line1) = (name?, address_line1?);
    let (city, state, postal_code) = (city?, state?, postal_code?);
    Some(BeneficiaryRule { name, address_line1, address_line2, city, state, postal_code })
}

fn read_payment(section: &mut Section<'_, '_>) -> Option<PaymentRule> {
    let table = section.table("payment")?;
    let mut payment = section.inner("payment", table).with_examples(&keys::PAYMENT);
    let payment_type = payment.optional_text("payment_type");
    let configuration = payment.optional_text("payment_configuration");
    let mut settings = Vec::new();
    let mut expected = 0;
    if payment.has("payment_gateway") {
        expected += 1;
        settings.extend(read_gateway(&mut payment).map(PaymentSettingRule::Fixed));
    }
    if payment.has("upi_intent_link") {
        expected += 1;
        settings.extend(payment.expression("upi_intent_link").map(PaymentSettingRule::UpiIntentLink));
    }
    if payment.has("pix_dynamic_code") {
        expected += 1;
        settings.extend(read_pix(&mut payment));
    }
    if payment.has("payment_link") {
        expected += 1;
        settings.extend(payment.expression("payment_link").map(PaymentSettingRule::PaymentLink));
    }
    for (key, _) in keys::PAYMENT {
        payment.get(key);
    }
    if expected == 0 && configuration.is_none() && !payment.has("payment_configuration") {
        payment.own_fault(
            "must have payment_configuration or one of payment_gateway, upi_intent_link, payment_link and pix_dynamic_code: \
             how the customer pays",
        );
        expected = 1;
    }
    payment.finish();
    (settings.len() == expected).then_some(PaymentRule { payment_type, configuration, settings })
}

fn read_gateway(payment: &mut Section<'_, '_>) -> Option<PaymentSetting> {
    let table = payment.table("payment_gateway")?;
    let mut section = payment.inner("payment_gateway", table).with_examples(&keys::PAYMENT_GATEWAY);
    let gateway = one_of(&mut section, "type", &GATEWAYS.map(|name| (name, name)));
    let configuration_name = section.text("configuration_name");
    let is_too_long =
        configuration_name.as_ref().is_some_and(|name| name.chars().count() > MAX_CONFIGURATION_CHARS);
    if is_too_long {
        section.fault("configuration_name", "is longer than 60 characters");
    }
    section.finish();
    Some(PaymentSetting::Gateway { gateway: gateway?.to_owned(), configuration_name: configuration_name? })
        .filter(|_| !is_too_long)
}

fn read_pix(payment: &mut Section<'_, '_>) -> Option<PaymentSettingRule> {
    let table = payment.table("pix_dynamic_code")?;
    let mut section = payment.inner("pix_dynamic_code", table).with_examples(&keys::PIX_DYNAMIC_CODE);
    let code = section.expression("code");
    let [merchant_name, key] = ["merchant_name", "key"].map(|key| section.text(key));
    let key_type = one_of(&mut section, "key_type", &PIX_KEY_TYPES.map(|word| (word, word)));
    section.finish();
    let (merchant_name, key, key_type) = (merchant_name?, key?, key_type?.to_owned());
    Some(PaymentSettingRule::PixDynamicCode { code: code?, merchant_name, key, key_type })
}

impl PaymentRule {
    /// Why an order in this currency can't be paid so: one of the ways to pay exists only in another country.
    pub(super) fn problem_with(&self, currency: OrderCurrency) -> Option<String> {
        let setting = self.settings.iter().find(|setting| !setting.currencies().contains(&currency))?;
        let currencies: Vec<&str> = setting.currencies().iter().map(|it| it.code()).collect();
        let (kind, code, others) = (setting.kind(), currency.code(), currencies.join(" or "));
        Some(format!("has {kind}, which is for {others}, but the order's currency is {code}"))
    }
}

impl PaymentSettingRule {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Fixed(setting) => setting.kind(),
            Self::UpiIntentLink(_) => "upi_intent_link",
            Self::PaymentLink(_) => "payment_link",
            Self::PixDynamicCode { .. } => "pix_dynamic_code",
        }
    }

    /// The currencies of the countries that have this way to pay. Singapore has none of them, only a configuration.
    const fn currencies(&self) -> &'static [OrderCurrency] {
        match self {
            Self::Fixed(_) | Self::UpiIntentLink(_) => &[OrderCurrency::Inr],
            Self::PaymentLink(_) => &[OrderCurrency::Inr, OrderCurrency::Brl],
            Self::PixDynamicCode { .. } => &[OrderCurrency::Brl],
        }
    }
}
