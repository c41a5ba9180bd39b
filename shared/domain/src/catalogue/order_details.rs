//! The catalogue's rule for a template's `order_details` button, and its values for one event.

use std::ops::RangeInclusive;

use jmespath::Rcvar;

use super::expression::Found;
use super::{Expression, OrderEvent, Section, keys, money};
use crate::fault::Fault;
use crate::message::{
    Beneficiary, Goods, Link, MAX_ITEM_NAME_CHARS, OrderCurrency, OrderDetails, OrderItem, Payment,
    PaymentSetting, ReferenceId, Text, Verbatim, is_blank,
};

/// The payment gateways of India. Source: Meta, "Receive payments via payment gateways on WhatsApp".
const GATEWAYS: [&str; 4] = ["razorpay", "payu", "billdesk", "zaakpay"];
/// The kinds of Pix keys. Source: Meta, "Orders" (payments in Brazil).
const PIX_KEY_TYPES: [&str; 5] = ["CPF", "CNPJ", "EMAIL", "PHONE", "EVP"];
/// The longest name of a payment configuration. Source: the same page.
const MAX_CONFIGURATION_CHARS: usize = 60;
/// The longest name of a beneficiary, and the longest line of the address. Source: the same page.
const MAX_BENEFICIARY_CHARS: usize = 200;
const MAX_ADDRESS_CHARS: usize = 100;
/// No page limits an item's id; this is more than a catalogue at Meta allows.
const MAX_RETAILER_ID_CHARS: usize = 100;
/// The digits of the minor unit: the `offset` of every amount is 100.
const MINOR_DIGITS: u8 = 2;
/// More than any customer orders; a larger number is an amount in the wrong place.
const QUANTITIES: RangeInclusive<i128> = 1..=1_000_000;

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
    name: Expression,
    address_line1: Expression,
    address_line2: Option<Expression>,
    city: Expression,
    state: Expression,
    postal_code: Expression,
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
    fn problem_with(&self, currency: OrderCurrency) -> Option<String> {
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

/// Renders an order's details, or reports every fault of the event.
pub(super) fn render(
    rule: &OrderDetailsRule,
    event: &OrderEvent,
    faults: &mut Vec<Fault>,
) -> Option<OrderDetails> {
    let known = faults.len();
    let mut reader = Reader { place: "order_details", content: event.content(), unit: rule.amounts, faults };
    let currency = reader.required("currency", &rule.currency, |code| {
        OrderCurrency::parse(code).ok_or("is none of BRL, INR and SGD: WhatsApp takes no other currency")
    });
    let limit = currency.map_or(usize::MAX, OrderCurrency::max_reference_chars);
    let reference_id =
        reader.required("reference_id", &rule.reference_id, |text| ReferenceId::parse(text, limit));
    let amount = |reader: &mut Reader<'_>, what, expression: &Option<Expression>| {
        expression.as_ref().and_then(|expression| reader.amount(what, expression))
    };
    let tax = amount(&mut reader, "tax", &rule.tax).unwrap_or_default();
    let shipping = amount(&mut reader, "shipping", &rule.shipping);
    let discount = amount(&mut reader, "discount", &rule.discount);
    // Without the value, the comparison that the rule asks for would be skipped.
    let stated = [("subtotal", &rule.subtotal), ("total", &rule.total)].map(|(what, expression)| {
        let expression = expression.as_ref()?;
        reader.required(what, expression, |text| rule.amounts.parse(text))
    });
    let beneficiary = rule.beneficiary.as_ref().map(|rule| reader.beneficiary(rule));
    let settings: Vec<PaymentSetting> =
        rule.payment.settings.iter().filter_map(|setting| reader.setting(setting)).collect();
    if let Some(problem) = currency.and_then(|currency| rule.payment.problem_with(currency)) {
        reader.faults.push(Fault::new("order_details.payment", problem));
    }
    let items = read_list(&rule.items, event, rule.amounts, faults);
    if faults.len() > known {
        return None;
    }
    let (currency, reference_id, items) = (currency?, reference_id?, items?);
    let mut fault =
        |what: &str, problem: &str| faults.push(Fault::new(format!("order_details.{what}"), problem));
    let price =
        |item: &OrderItem| item.sale_amount.unwrap_or(item.amount).checked_mul(u64::from(item.quantity));
    let subtotal = items.iter().try_fold(0u64, |sum, item| sum.checked_add(price(item)?));
    let before_discount =
        subtotal.and_then(|subtotal| subtotal.checked_add(tax)?.checked_add(shipping.unwrap_or_default()));
    let (Some(subtotal), Some(before_discount)) = (subtotal, before_discount) else {
        fault("total", "is too large");
        return None;
    };
    let Some(total) = before_discount.checked_sub(discount.unwrap_or_default()) else {
        fault("discount", "is more than subtotal, tax and shipping");
        return None;
    };
    if total == 0 {
        fault("total", "is zero: there is nothing to pay");
        return None;
    }
    // WhatsApp refuses an order whose amounts don't add up.
    let [stated_subtotal, stated_total] = stated;
    if stated_subtotal.is_some_and(|stated| stated != subtotal) {
        fault(
            "subtotal",
            "is not the sum of the items: each one's sale_amount or amount, times its quantity",
        );
    }
    if stated_total.is_some_and(|stated| stated != total) {
        fault(
            "total",
            "is not subtotal + tax + shipping - discount; is an amount missing in the catalogue, or is the tax already in the \
             items' amounts?",
        );
    }
    let PaymentRule { payment_type, configuration, .. } = &rule.payment;
    let payment_type = payment_type.clone().or_else(|| currency.payment_type(&settings).map(str::to_owned));
    let details = OrderDetails {
        reference_id,
        goods: rule.goods,
        currency,
        catalog_id: rule.catalog_id.clone(),
        items,
        subtotal,
        tax,
        shipping,
        discount,
        total,
        beneficiary: match beneficiary {
            Some(beneficiary) => Some(Box::new(beneficiary?)),
            None => None,
        },
        payment: Payment { payment_type, configuration: configuration.clone(), settings },
    };
    (faults.len() == known).then_some(details)
}

fn read_list(
    rule: &ItemsRule,
    event: &OrderEvent,
    unit: AmountUnit,
    faults: &mut Vec<Fault>,
) -> Option<Vec<OrderItem>> {
    let problem = match rule.list.list(event) {
        Ok(Some(list)) if !list.is_empty() => {
            let known = faults.len();
            let mut items = Vec::with_capacity(list.len());
            for (index, content) in list.iter().enumerate() {
                let place = format!("order_details.items[{index}]");
                items.extend(Reader { place: &place, content, unit, faults }.item(rule));
            }
            return (faults.len() == known).then_some(items);
        }
        Ok(Some(_)) => "is an empty list".to_owned(),
        Ok(None) => "finds no list".to_owned(),
        Err(error) => error.to_string(),
    };
    faults.push(Fault::new(format!("order_details.items.list ({})", rule.list.as_str()), problem));
    None
}

/// Reads values from the event, or from one of its items.
struct Reader<'a> {
    place: &'a str,
    content: &'a Rcvar,
    unit: AmountUnit,
    faults: &'a mut Vec<Fault>,
}

impl Reader<'_> {
    fn fault(&mut self, what: &str, expression: &Expression, problem: impl Into<String>) {
        let place = format!("{}.{what} ({})", self.place, expression.as_str());
        self.faults.push(Fault::new(place, problem));
    }

    /// A text or number. What is missing or blank is none, and so is an expression that fails because of it.
    fn text(&mut self, what: &str, expression: &Expression) -> Option<String> {
        match expression.evaluate_in(self.content) {
            Ok(Found::Text(text)) => Some(text).filter(|text| !is_blank(text)),
            Ok(Found::Nothing) => None,
            Ok(Found::Bool(_) | Found::Compound) => {
                self.fault(what, expression, "is neither a text nor a number");
                None
            }
            Err(error) if error.is_missing => None,
            Err(error) => {
                self.fault(what, expression, error.to_string());
                None
            }
        }
    }

    fn optional<T, E: ToString>(
        &mut self,
        what: &str,
        expression: &Expression,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(what, expression)?;
        parse(&text).map_err(|problem| self.fault(what, expression, problem.to_string())).ok()
    }

    fn required<T, E: ToString>(
        &mut self,
        what: &str,
        expression: &Expression,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let known = self.faults.len();
        let value = self.optional(what, expression, parse);
        if value.is_none() && self.faults.len() == known {
            self.fault(what, expression, "is missing");
        }
        value
    }

    fn amount(&mut self, what: &str, expression: &Expression) -> Option<u64> {
        let unit = self.unit;
        self.optional(what, expression, |text| unit.parse(text))
    }

    fn item(&mut self, rule: &ItemsRule) -> Option<OrderItem> {
        let unit = self.unit;
        let name =
            self.required("name", &rule.name, |value| Text::parse_shortened(value, MAX_ITEM_NAME_CHARS));
        let amount = self.required("amount", &rule.amount, |text| unit.parse(text));
        let sale_amount =
            rule.sale_amount.as_ref().and_then(|expression| self.amount("sale_amount", expression));
        let quantity = self.required("quantity", &rule.quantity, |text| {
            let quantity = money::parse_whole(text).filter(|quantity| QUANTITIES.contains(quantity));
            let quantity = quantity.and_then(|quantity| u32::try_from(quantity).ok());
            quantity.ok_or("is no whole number from 1 to 1000000")
        });
        // The item's name describes it too, so an id that can't be used is left out.
        let retailer_id =
            rule.retailer_id.as_ref().and_then(|expression| match expression.evaluate_in(self.content) {
                Ok(Found::Text(text)) => Text::parse(&text, MAX_RETAILER_ID_CHARS).ok(),
                Ok(_) | Err(_) => None,
            });
        let (name, amount, quantity) = (name?, amount?, quantity?);
        if let Some((expression, _)) =
            rule.sale_amount.as_ref().zip(sale_amount).filter(|(_, sale)| *sale > amount)
        {
            self.fault(
                "sale_amount",
                expression,
                "is more than amount, which is the price without the reduction",
            );
            return None;
        }
        // A sale at the usual price is none, and shops write zero for an item without a sale.
        let sale_amount = sale_amount.filter(|sale| *sale > 0 && *sale < amount);
        Some(OrderItem { name, amount, sale_amount, quantity, retailer_id })
    }

    fn beneficiary(&mut self, rule: &BeneficiaryRule) -> Option<Beneficiary> {
        let mut text = |what, expression: &Expression, limit| {
            self.required(&format!("beneficiary.{what}"), expression, |value| {
                Text::parse_shortened(value, limit)
            })
        };
        let name = text("name", &rule.name, MAX_BENEFICIARY_CHARS);
        let address_line1 = text("address_line1", &rule.address_line1, MAX_ADDRESS_CHARS);
        let city = text("city", &rule.city, MAX_ADDRESS_CHARS);
        let state = text("state", &rule.state, MAX_ADDRESS_CHARS);
        let postal_code = text("postal_code", &rule.postal_code, MAX_ADDRESS_CHARS);
        // An empty second line is no fault.
        let address_line2 =
            rule.address_line2.as_ref().and_then(|it| self.text("beneficiary.address_line2", it));
        let address_line2 = address_line2.and_then(|it| Text::parse_shortened(&it, MAX_ADDRESS_CHARS).ok());
        Some(Beneficiary {
            name: name?,
            address_line1: address_line1?,
            address_line2,
            city: city?,
            state: state?,
            postal_code: postal_code?,
        })
    }

    fn setting(&mut self, rule: &PaymentSettingRule) -> Option<PaymentSetting> {
        match rule {
            PaymentSettingRule::Fixed(setting) => Some(setting.clone()),
            PaymentSettingRule::UpiIntentLink(link) => self
                .required("payment.upi_intent_link", link, Verbatim::parse)
                .map(PaymentSetting::UpiIntentLink),
            PaymentSettingRule::PaymentLink(link) => {
                self.required("payment.payment_link", link, Link::parse).map(PaymentSetting::PaymentLink)
            }
            PaymentSettingRule::PixDynamicCode { code, merchant_name, key, key_type } => {
                let code = self.required("payment.pix_dynamic_code.code", code, Verbatim::parse)?;
                let (merchant_name, key, key_type) = (merchant_name.clone(), key.clone(), key_type.clone());
                Some(PaymentSetting::PixDynamicCode { code, merchant_name, key, key_type })
            }
        }
    }
}

impl AmountUnit {
    fn parse(self, text: &str) -> Result<u64, &'static str> {
        let (amount, problem) = match self {
            // `4250.0` could be meant as 4250 or as 42.50.
            Self::Minor => (
                money::parse_whole(text).filter(|_| !text.contains('.')),
                "is no whole number such as 4250 for 42.50, as amounts = \"minor\" says",
            ),
            Self::Decimal => (
                money::parse_major_units(text, MINOR_DIGITS),
                "is no amount such as 42.50, as amounts = \"decimal\" says; three digits after the point could be thousands",
            ),
        };
        u64::try_from(amount.ok_or(problem)?).map_err(|_| "is less than zero, or too large")
    }
}
