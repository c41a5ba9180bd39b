//! Guesses which fields of an unknown event have the parts of a message.

use serde_json::Value;
use shared::message::{Country, InvalidPhoneNumber, PhoneNumber};

use crate::events::identifier;

/// `JMESPath` expressions; none if no field is likely.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::commands) struct Guesses {
    pub(in crate::commands) order: Option<String>,
    pub(in crate::commands) recipient: Option<String>,
    /// A field with the name of a phone number, whose value is none.
    pub(super) unusable_recipient: Option<String>,
    pub(in crate::commands) country: Option<String>,
    pub(in crate::commands) consent: Option<String>,
    /// A field with the name of a consent, whose value is neither true nor false.
    pub(super) unusable_consent: Option<String>,
    pub(in crate::commands) language: Option<String>,
    pub(in crate::commands) name: Option<String>,
}

/// A scalar value and its path.
struct Leaf<'a> {
    expression: String,
    /// The field names of the path, in lower case.
    names: Vec<String>,
    value: &'a Value,
}

/// A national number has at least so many digits.
const DIGITS_OF_A_NUMBER: usize = 5;

/// Words that occur in field names, the best first.
const ORDER: [&str; 8] =
    ["order_number", "ordernumber", "order_no", "orderno", "order_id", "orderid", "order_ref", "orderref"];
const NUMBER: [&str; 5] = ["number", "increment_id", "name", "no", "id"];
const PHONE: [&str; 6] = ["whatsapp", "phone", "mobile", "msisdn", "telephone", "tel"];
const COUNTRY: [&str; 6] =
    ["country_code", "countrycode", "country_iso", "country", "countryisocode", "country_code_alpha2"];
const CONSENT: [&str; 5] = ["opt_in", "optin", "consent", "accepts", "agreed"];
const LANGUAGE: [&str; 3] = ["language", "locale", "lang"];
const NAME: [&str; 5] = ["first_name", "firstname", "given_name", "customer_name", "name"];
const PERSON: [&str; 6] = ["customer", "recipient", "buyer", "user", "billing", "shipping"];

/// Guesses from an envelope's `detail`.
pub(in crate::commands) fn guesses(event: &Value) -> Guesses {
    let mut leaves = Vec::new();
    if let Some(detail) = event.get("detail") {
        collect(detail, "detail".to_owned(), &[], &mut leaves);
    }
    Guesses {
        order: best(&leaves, order),
        recipient: best(&leaves, recipient),
        unusable_recipient: best(&leaves, unusable_recipient),
        country: best(&leaves, country),
        consent: best(&leaves, consent),
        unusable_consent: best(&leaves, unusable_consent),
        language: best(&leaves, language),
        name: best(&leaves, name),
    }
}

fn collect<'a>(value: &'a Value, expression: String, names: &[String], leaves: &mut Vec<Leaf<'a>>) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                let names: Vec<String> = names.iter().cloned().chain([field.to_lowercase()]).collect();
                collect(value, format!("{expression}.{}", identifier(field)), &names, leaves);
            }
        }
        Value::Array(items) => {
            if let Some(first) = items.first() {
                collect(first, format!("{expression}[0]"), names, leaves);
            }
        }
        _ => leaves.push(Leaf { expression, names: names.to_vec(), value }),
    }
}

/// The likeliest leaf; among equally likely ones, the least nested, then the first.
fn best(leaves: &[Leaf<'_>], likeliness: impl Fn(&Leaf<'_>) -> usize) -> Option<String> {
    let likely = leaves.iter().map(|leaf| (likeliness(leaf), leaf)).filter(|(points, _)| *points > 0);
    // `max_by_key` would return the last of equals.
    let best = likely.rev().max_by_key(|(points, leaf)| (*points, usize::MAX - leaf.names.len()))?;
    Some(best.1.expression.clone())
}

/// A higher rank for an earlier word.
fn rank(words: &[&str], is_it: impl Fn(&str) -> bool) -> usize {
    words.iter().position(|word| is_it(word)).map_or(0, |place| words.len() - place)
}

impl Leaf<'_> {
    fn last(&self) -> &str {
        self.names.last().map_or("", String::as_str)
    }

    fn is_inside(&self, words: &[&str]) -> bool {
        self.names.iter().any(|name| words.iter().any(|word| name.contains(word)))
    }
}

fn order(leaf: &Leaf<'_>) -> usize {
    if !(leaf.value.is_string() || leaf.value.is_number())
        || leaf.is_inside(&PERSON)
        || leaf.is_inside(&["item", "product"])
    {
        return 0;
    }
    let by_itself = rank(&ORDER, |word| leaf.last() == word);
    if by_itself > 0 {
        return 10 + by_itself;
    }
    let within = rank(&NUMBER, |word| leaf.last() == word);
    match within {
        0 => 0,
        within if leaf.is_inside(&["order"]) => 5 + within,
        within => within,
    }
}

fn recipient(leaf: &Leaf<'_>) -> usize {
    let named = unusable_recipient(leaf);
    let text = leaf.value.as_str().map_or_else(|| leaf.value.to_string(), str::to_owned);
    match PhoneNumber::parse(&text) {
        _ if named == 0 => 0,
        Ok(_) => named + PHONE.len(),
        Err(InvalidPhoneNumber::NoCountryCode) if may_be_national(&text) => named,
        Err(_) => 0,
    }
}

fn unusable_recipient(leaf: &Leaf<'_>) -> usize {
    let is_scalar = leaf.value.is_string() || leaf.value.is_number();
    if is_scalar { rank(&PHONE, |word| leaf.last().contains(word)) } else { 0 }
}

/// Whether a text without a country code may be a phone number.
pub(super) fn may_be_national(text: &str) -> bool {
    text.chars().filter(|c| c.is_numeric()).count() >= DIGITS_OF_A_NUMBER
}

fn country(leaf: &Leaf<'_>) -> usize {
    match leaf.value.as_str().and_then(Country::parse) {
        Some(_) => rank(&COUNTRY, |word| leaf.last() == word),
        None => 0,
    }
}

fn consent(leaf: &Leaf<'_>) -> usize {
    if leaf.value.is_boolean() { named_consent(leaf) } else { 0 }
}

fn unusable_consent(leaf: &Leaf<'_>) -> usize {
    if leaf.value.is_string() || leaf.value.is_number() { named_consent(leaf) } else { 0 }
}

fn named_consent(leaf: &Leaf<'_>) -> usize {
    let named = rank(&CONSENT, |word| leaf.last().contains(word));
    if named > 0 && leaf.is_inside(&["whatsapp"]) { named + CONSENT.len() } else { named }
}

fn language(leaf: &Leaf<'_>) -> usize {
    if leaf.value.is_string() { rank(&LANGUAGE, |word| leaf.last().contains(word)) } else { 0 }
}

fn name(leaf: &Leaf<'_>) -> usize {
    if !leaf.value.is_string() || !leaf.is_inside(&PERSON) {
        return 0;
    }
    let named = rank(&NAME, |word| leaf.last() == word);
    if named > 0 && leaf.is_inside(&["customer"]) { named + NAME.len() } else { named }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn guessed(detail: &Value) -> [Option<String>; 5] {
        let Guesses { order, recipient, consent, language, name, .. } = guesses(&json!({ "detail": detail }));
        [order, recipient, consent, language, name]
    }

    #[test]
    fn the_parts_are_found_in_events_of_several_producers() {
        let some = |expressions: [&str; 5]| expressions.map(|it| (!it.is_empty()).then(|| it.to_owned()));
        for (detail, expected) in [
            (
                json!({
                    "order": { "number": "10482", "id": 7 },
                    "customer": { "id": 4, "name": "A", "phone": "+12025550100", "language": "en", "whatsapp_opt_in": true },
                    "product": { "name": "B", "number": "9" },
                }),
                [
                    "detail.order.number",
                    "detail.customer.phone",
                    "detail.customer.whatsapp_opt_in",
                    "detail.customer.language",
                    "detail.customer.name",
                ],
            ),
            (
                json!({
                    "payload": {
                        "id": 6_120_034_411_u64, "order_number": 2031, "customer_locale": "de-AT",
                        "customer": { "first_name": "A", "phone": "+43 664 1234567", "accepts_marketing": true },
                        "line_items": [{ "name": "B", "id": 3 }],
                    },
                }),
                [
                    "detail.payload.order_number",
                    "detail.payload.customer.phone",
                    "detail.payload.customer.accepts_marketing",
                    "detail.payload.customer_locale",
                    "detail.payload.customer.first_name",
                ],
            ),
            (
                json!({ "Order-Id": "A-7", "orderId": "A-7", "buyer": { "Mobile Number": "+919876543210", "firstName": "A" } }),
                ["detail.orderId", r#"detail.buyer."Mobile Number""#, "", "", "detail.buyer.firstName"],
            ),
            (
                json!({ "orderNo": "R-7", "bike": "Gravel 500", "customer": { "phone": "+12025550100" } }),
                ["detail.orderNo", "detail.customer.phone", "", "", ""],
            ),
            (
                json!({ "parcels": [{ "telephone": "+12025550100" }], "increment_id": "000000042" }),
                ["detail.increment_id", "detail.parcels[0].telephone", "", "", ""],
            ),
        ] {
            assert_eq!(guessed(&detail), some(expected), "{detail}");
        }
    }

    #[test]
    fn a_national_number_is_guessed_after_an_international_one_and_with_its_country() {
        let guess = |detail: Value| {
            let Guesses { recipient, country, .. } = guesses(&json!({ "detail": detail }));
            [recipient.unwrap_or_default(), country.unwrap_or_default()]
        };
        let address = json!({ "phone": "0664 1234567", "country": "AT" });
        assert_eq!(guess(json!({ "address": address })), ["detail.address.phone", "detail.address.country"]);
        assert_eq!(
            guess(json!({ "address": address, "customer": { "mobile": "+436641234567" } }))[0],
            "detail.customer.mobile"
        );
        assert_eq!(guess(json!({ "phone": 6_641_234_567_u64, "country": "Austria" })), ["detail.phone", ""]);
    }

    #[test]
    fn a_field_with_an_unusable_value_is_not_guessed() {
        let detail =
            json!({ "phone": "none", "consent": "yes", "customer": { "name": 7 }, "language": null });
        assert_eq!(guessed(&detail), [const { None }; 5]);
        let Guesses { unusable_recipient, unusable_consent, .. } = guesses(&json!({ "detail": detail }));
        assert_eq!(unusable_recipient.as_deref(), Some("detail.phone"));
        assert_eq!(unusable_consent.as_deref(), Some("detail.consent"));
        assert_eq!(guesses(&json!({})), Guesses::default());
    }
}
