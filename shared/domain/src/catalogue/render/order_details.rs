//! Renders the details of an order, the values of a template's `order_details` button, from one event.

use std::ops::RangeInclusive;

use jmespath::Rcvar;

use crate::catalogue::expression::Found;
use crate::catalogue::order_details::{
    AmountUnit, BeneficiaryRule, ItemsRule, OrderDetailsRule, PaymentRule, PaymentSettingRule,
};
use crate::catalogue::{Expression, OrderEvent, money};
use crate::fault::Fault;
use crate::message::{
    Beneficiary, Link, MAX_ITEM_NAME_CHARS, OrderCurrency, OrderDetails, OrderItem, Payment, PaymentSetting,
    ReferenceId, Text, Verbatim, is_blank,
};

/// The longest name of a beneficiary, and the longest line of the address. Source: the same page.
const MAX_BENEFICIARY_CHARS: usize = 200;
const MAX_ADDRESS_CHARS: usize = 100;
/// No page limits an item's id; this is more than a catalogue at Meta allows.
const MAX_RETAILER_ID_CHARS: usize = 100;
/// The digits of the minor unit: the `offset` of every amount is 100.
const MINOR_DIGITS: u8 = 2;
/// More than any customer orders; a larger number is an amount in the wrong place.
const QUANTITIES: RangeInclusive<i128> = 1..=1_000_000;

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
