//! Masks secrets, phone numbers and mail addresses in what observers see.

use axum::http::{HeaderName, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use url::form_urlencoded;

use super::account::{Account, KaleyraCallbackProfile};

/// What stands for a secret.
const HIDDEN: &str = "•••";
/// The headers that say nothing secret. A list of the secret ones could miss one, such as that of Kaleyra's callback profile.
const PLAIN_HEADERS: [&str; 10] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "date",
    "host",
    "location",
    "user-agent",
    "x-amz-target",
];
/// Parts of the names of secret members and parameters.
const SECRET_NAMES: [&str; 7] =
    ["token", "secret", "signature", "password", "api_key", "api-key", "authorization"];
/// Parts of the names of members and parameters that have phone numbers, and whole names.
const PHONE_NAMES: [&str; 7] = ["phone", "mobile", "msisdn", "recipient", "whatsapp", "wa_id", "waid"];
const WHOLE_PHONE_NAMES: [&str; 6] = ["to", "from", "tel", "cell", "chatid", "author"];
/// The fewest digits that are masked in such a member.
const NAMED_DIGITS: usize = 5;
/// The fewest digits of a phone number with its country code, and of one without a plus.
const DIGITS: [usize; 2] = [7, 8];
/// The beginning of WhatsApp's message ids: what follows is base64 text with the recipient's number.
const WAMID: &str = "wamid.";

/// The secrets that are known to be in requests and callbacks.
pub(super) struct Mask(Vec<String>);

impl Mask {
    /// Collects the accounts' secrets.
    pub fn new<'a>(accounts: impl IntoIterator<Item = &'a Account>) -> Self {
        let mut secrets = Vec::new();
        for Account { one_msg, kaleyra, meta } in accounts {
            let profile = match &kaleyra.webhook {
                KaleyraCallbackProfile::Header { value, .. } => value,
                KaleyraCallbackProfile::Basic { password, .. } => password,
                KaleyraCallbackProfile::Bearer(token) => token,
            };
            secrets.extend(
                [
                    &one_msg.token,
                    &one_msg.url_secret,
                    &kaleyra.api_key,
                    profile,
                    &meta.token,
                    &meta.app_secret,
                    &meta.verify_token,
                ]
                .map(Clone::clone),
            );
        }
        secrets.retain(|secret| !secret.is_empty());
        Self(secrets)
    }

    /// A header's value.
    pub fn header(&self, name: &HeaderName, value: &HeaderValue) -> String {
        match value.to_str() {
            Ok(value) if PLAIN_HEADERS.contains(&name.as_str()) => self.text(value),
            _ => HIDDEN.to_owned(),
        }
    }

    /// A body: JSON with a line for each member, any other text as it is.
    pub fn body(&self, body: &[u8]) -> String {
        match serde_json::from_slice::<Value>(body) {
            Ok(value) => format!("{:#}", self.value("", &value)),
            Err(_) => self.text(&String::from_utf8_lossy(body)),
        }
    }

    /// The value of the member with this name.
    pub fn value(&self, name: &str, value: &Value) -> Value {
        let lower = name.to_ascii_lowercase();
        match value {
            Value::String(_) | Value::Number(_) if is_secret(&lower) => HIDDEN.into(),
            Value::String(text) if is_time(&lower) && text.parse::<u64>().is_ok() => value.clone(),
            Value::String(text) => match (inner(text), inner_text(text)) {
                (Some(inner), _) => self.value(name, &inner),
                (None, Some(inner)) => self.value(name, &inner).to_string().into(),
                (None, None) if is_phone(&lower) => self.text(&number_hidden(text)).into(),
                (None, None) => self.text(text).into(),
            },
            Value::Number(number) if !is_time(&lower) => {
                let text = number.to_string();
                let masked = if is_phone(&lower) { number_hidden(&text) } else { personal(&text) };
                if masked == text { value.clone() } else { masked.into() }
            }
            Value::Array(items) => items.iter().map(|item| self.value(name, item)).collect(),
            Value::Object(members) => {
                members.iter().map(|(name, member)| (self.text(name), self.value(name, member))).collect()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    /// Any text.
    pub fn text(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        for secret in &self.0 {
            if masked.contains(secret.as_str()) {
                masked = masked.replace(secret.as_str(), HIDDEN);
            }
        }
        personal(&parameters(&masked))
    }
}

/// JSON as text for observers, with phone numbers, mail addresses and everything that is named like a secret masked.
pub fn masked(value: &Value) -> String {
    format!("{:#}", Mask(Vec::new()).value("", value))
}

/// The JSON object in base64 that AWS's WhatsApp API takes as a message
/// (<https://docs.aws.amazon.com/social-messaging/latest/APIReference/API_SendWhatsAppMessage.html>).
pub(super) fn inner(text: &str) -> Option<Value> {
    let decoded = text.starts_with("ey").then(|| STANDARD.decode(text).ok())??;
    serde_json::from_slice(&decoded).ok().filter(Value::is_object)
}

/// JSON that is text within JSON, such as the message of a notification of SNS.
fn inner_text(text: &str) -> Option<Value> {
    text.trim_start().starts_with(['{', '[']).then(|| serde_json::from_str(text).ok())?
}

fn is_secret(name: &str) -> bool {
    SECRET_NAMES.iter().any(|part| name.contains(part))
}

fn is_phone(name: &str) -> bool {
    WHOLE_PHONE_NAMES.contains(&name) || PHONE_NAMES.iter().any(|part| name.contains(part))
}

fn is_time(name: &str) -> bool {
    name.contains("time")
}

/// Masks the values of secret parameters in a query or a form, and phone numbers there.
fn parameters(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for (place, part) in text.split_inclusive(['?', '&']).enumerate() {
        let (pair, end) = match part.strip_suffix(['?', '&']) {
            Some(pair) => (pair, part.get(pair.len()..).unwrap_or_default()),
            None => (part, ""),
        };
        let parameter = pair.split_once('=').filter(|(name, _)| place > 0 || is_plain_name(name));
        match parameter.map(|(name, value)| (name, name.to_ascii_lowercase(), value)) {
            Some((name, lower, _)) if is_secret(&lower) => {
                shown.push_str(name);
                shown.push('=');
                shown.push_str(HIDDEN);
            }
            Some((name, lower, value)) if is_phone(&lower) => {
                shown.push_str(name);
                shown.push('=');
                shown.push_str(&number_hidden(&decoded(value)));
            }
            _ => shown.push_str(pair),
        }
        shown.push_str(end);
    }
    shown
}

/// The name of a form's first parameter: what is before a query has other characters.
fn is_plain_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.[]".contains(c))
}

/// The value of a parameter.
fn decoded(value: &str) -> String {
    let pair = format!("v={value}");
    form_urlencoded::parse(pair.as_bytes()).map(|(_, value)| value.into_owned()).collect()
}

/// Masks numbers of any form up to their last two digits, in a text that has a phone number.
fn number_hidden(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let run = rest.split(|c: char| c.is_alphabetic() || c == '@').next().unwrap_or_default();
        let run = run.trim_end_matches(|c: char| !c.is_numeric());
        let digits: String = run.chars().filter(|c| c.is_numeric()).collect();
        if first.is_numeric() && digits.chars().count() >= NAMED_DIGITS {
            shown.truncate(shown.trim_end_matches(['+', '(']).len());
            shown.push('…');
            shown.push_str(&last(&digits, 2));
            rest = rest.get(run.len()..).unwrap_or_default();
        } else if first.is_numeric() && !run.is_empty() {
            shown.push_str(run);
            rest = rest.get(run.len()..).unwrap_or_default();
        } else {
            shown.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
    shown
}

/// Masks phone numbers up to their last two digits, WhatsApp's ids up to their last four characters, and the names of mailboxes.
fn personal(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(id) = rest.strip_prefix(WAMID) {
            let end =
                id.find(|c: char| !(c.is_ascii_alphanumeric() || "+/=_-".contains(c))).unwrap_or(id.len());
            let (id, after) = id.split_at(end);
            shown.push_str(WAMID);
            shown.push('…');
            shown.push_str(&last(id, 4));
            rest = after;
            continue;
        }
        if let Some((digits, after)) = phone_number(rest, shown.chars().next_back()) {
            shown.push('…');
            shown.push_str(&last(&digits, 2));
            rest = after;
            continue;
        }
        // In a query, the sign is percent-encoded.
        if (first == '@' || rest.starts_with("%40")) && shown.ends_with(is_of_mailbox) {
            let kept = shown.trim_end_matches(is_of_mailbox).len();
            shown.truncate(kept);
            shown.push('…');
        }
        shown.push(first);
        rest = rest.get(first.len_utf8()..).unwrap_or_default();
    }
    shown
}

/// The digits of a number at the text's beginning, and what follows it. Only a number with a plus has separators.
fn phone_number(text: &str, before: Option<char>) -> Option<(String, &str)> {
    let international = text.strip_prefix('+').or_else(|| text.strip_prefix("%2B"));
    let (number, fewest) = match international {
        Some(number) => (number, DIGITS[0]),
        None if before.is_some_and(|c| c.is_ascii_alphanumeric()) => return None,
        None => (text, DIGITS[1]),
    };
    let is_part = |c: char| c.is_ascii_digit() || (international.is_some() && " -().\u{a0}".contains(c));
    let run = number.split(|c: char| !is_part(c)).next()?;
    let run = run.trim_end_matches(|c: char| !c.is_ascii_digit());
    let digits: String = run.chars().filter(char::is_ascii_digit).collect();
    let after = number.get(run.len()..)?;
    let goes_on = international.is_none() && after.starts_with(|c: char| c.is_ascii_alphanumeric());
    (digits.len() >= fewest && !goes_on).then_some((digits, after))
}

fn is_of_mailbox(c: char) -> bool {
    c.is_alphanumeric() || "._%+-".contains(c)
}

fn last(text: &str, count: usize) -> String {
    let skipped = text.chars().count().saturating_sub(count);
    text.chars().skip(skipped).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn phone_numbers_keep_two_digits() {
        for (text, shown) in [
            ("+12025550100", "…00"),
            ("call +1 (202) 555-0100, please", "call …00, please"),
            ("to=%2B12025550100&a=b", "to=…00&a=b"),
            ("12025550100@c.us", "……@c.us"),
            ("true_12025550100_3EB0", "true_…00_3EB0"),
            ("order 10482 of 2026-11-20", "order 10482 of 2026-11-20"),
            ("2fee5e3a12345678c608", "2fee5e3a12345678c608"),
            ("wamid.HBgLMTIwMjU1NTAxMDAVAgARGBI=\"", "wamid.…GBI=\""),
            ("write to ana.lima@shop.example", "write to …@shop.example"),
            ("/a?mail=ana%40shop.example&b=1", "/a?mail=…%40shop.example&b=1"),
        ] {
            assert_eq!(personal(text), shown);
        }
    }

    #[test]
    fn numbers_in_members_for_phones_are_masked_in_any_form() {
        let mask = Mask(Vec::new());
        for (name, text, shown) in [
            ("phone", "202 555 0100", "…00"),
            ("customerPhone", "(202) 555-0100", "…00"),
            ("mobile", "+1 (202) 555-0100", "…00"),
            ("to", "tel: 555.0100 ext 5", "tel: …00 ext 5"),
            ("recipient_type", "individual", "individual"),
            ("recipient", "ana@shop.example", "…@shop.example"),
            ("name", "Order 10482 of 2026-11-20", "Order 10482 of 2026-11-20"),
        ] {
            assert_eq!(mask.value(name, &json!(text)), json!(shown), "{name}");
        }
        assert_eq!(mask.value("", &json!({"phone": 5_550_100})), json!({"phone": "…00"}));
        assert_eq!(mask.text("/send?to=%28202%29+555-0100&a=1"), "/send?to=…00&a=1");
        assert_eq!(mask.text("to=202-555-0100&token=abc"), "to=…00&token=•••");
    }

    #[test]
    fn json_within_json_is_masked_like_json() {
        let inner = json!({"access_token": "abc", "phone": "202 555 0100"}).to_string();
        let shown = masked(&json!({"Message": inner}));
        assert!(!shown.contains("abc") && !shown.contains("555"), "{shown}");
    }

    #[test]
    fn secrets_are_found_by_value_and_by_name() {
        let mask = Mask(vec!["s3cr3t".to_owned()]);
        assert_eq!(mask.text("/webhooks/onemsg/s3cr3t?token=abc&x=1"), "/webhooks/onemsg/•••?token=•••&x=1");
        let body = json!({"access_token": "abc", "a": {"text": "s3cr3t"}, "timestamp": "1795165200", "to": 12_025_550_100_u64});
        assert_eq!(
            mask.value("", &body),
            json!({"access_token": "•••", "a": {"text": "•••"}, "timestamp": "1795165200", "to": "…00"})
        );
        let plain = HeaderValue::from_static("application/json");
        assert_eq!(mask.header(&HeaderName::from_static("content-type"), &plain), "application/json");
        assert_eq!(mask.header(&HeaderName::from_static("x-shop-callback"), &plain), "•••");
    }
}
