//! Events as producers of all kinds write them, in formats of public bug reports and address books. The required
//! outcomes are stated here, independently of the catalogue under test.

use jiff::Timestamp;
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::{Map, Value, json};

use super::planned_event::{CONTROL, HALF, MustBe, NUMBER, PlannedEvent};

/// An unusual format of an event's value.
#[derive(Debug, Clone, Copy)]
enum Shape {
    /// A text that isn't Unicode, or a number that no type holds, in unused and in used values.
    BrokenText,
    /// A pasted phone number.
    PastedPhone,
    /// A number that a numbering plan lacks, or that has two notations.
    OddPlan,
    /// A national number, with its country.
    National,
    /// A locale of a phone, of Java or of a browser.
    Locale,
    /// A text without a visible character.
    VisiblyEmpty,
    /// A full stop of another script, followed by invisible marks.
    Stop,
    /// Unix time.
    EpochTime,
    /// A customer who has only a user name.
    UserId,
    /// A numeric order number, longer than any type holds.
    LongNumber,
}

const SHAPES: [Shape; 10] = [
    Shape::BrokenText,
    Shape::PastedPhone,
    Shape::OddPlan,
    Shape::National,
    Shape::Locale,
    Shape::VisiblyEmpty,
    Shape::Stop,
    Shape::EpochTime,
    Shape::UserId,
    Shape::LongNumber,
];

/// Rewrites a body event in one of these formats. `number` makes its values unique to the order.
pub(super) fn rewrite(rng: &mut StdRng, event: &mut PlannedEvent, number: usize, now: Timestamp) {
    let shape = *SHAPES.choose(rng).unwrap_or(&Shape::BrokenText);
    let mut must_be = MustBe::Sendable(None);
    let magic = event.magic;
    if let Some(time) = event.envelope.get_mut("time") {
        *time = json!(now.to_string());
    }
    let Some(detail) = event.envelope.get_mut("detail").and_then(Value::as_object_mut) else { return };
    let mut set = |place: &[&str], value: Value| set(detail, place, value);
    // Consent isn't under test here.
    set(&["customer", "whatsapp_opt_in"], json!(true));
    match shape {
        Shape::BrokenText => {
            set(&["note"], json!(format!("ok {HALF}")));
            set(&["total"], json!(format!("{NUMBER}1e999{NUMBER}")));
            set(&["customer", "name"], json!(format!("Ana {HALF}{CONTROL}")));
        }
        Shape::PastedPhone => set(&["customer", "phone"], json!(pasted(rng, magic))),
        Shape::OddPlan => {
            let phone = match rng.random_range(0..3) {
                // WhatsApp's own form, with the 1.
                0 => format!("+52155{:08}", 41_000_000 + number),
                // Houston's area code since January 2025.
                1 => format!("+1621{:07}", 2_000_000 + number),
                // Brazil without its ninth digit.
                _ => format!("+5511{:08}", 81_000_000 + number),
            };
            set(&["customer", "phone"], json!(phone));
            event.magic = 0;
        }
        Shape::National => {
            let (phone, country) = match rng.random_range(0..3) {
                0 => (format!("(202) 555-01{magic:02}"), "US"),
                1 => (format!("1 202 555 01{magic:02}"), "us"),
                _ => (format!("0664 {:07}", 1_000_000 + number), "AT"),
            };
            if country == "AT" {
                event.magic = 0;
            }
            set(&["customer", "phone"], json!(phone));
            set(&["customer", "country"], json!(country));
        }
        Shape::Locale => {
            let (locale, language) = LOCALES.choose(rng).copied().unwrap_or(("en", "en"));
            set(&["customer", "language"], json!(locale));
            must_be = MustBe::Sendable(Some(language));
        }
        Shape::VisiblyEmpty => {
            let nothing =
                ["\u{200b}\u{2060}", "\u{3164}", "\u{2800} \u{feff}", "\u{200e}\u{200f}"].choose(rng);
            set(&["product", "name"], json!(nothing));
            must_be = MustBe::Invalid;
        }
        Shape::Stop => {
            let said = [
                "三到五个工作日内退款。",
                "पैसा वापस किया जाएगा।",
                "The money is on its way…",
                "¡Ya viene!\u{200f}",
            ];
            set(&["next_step"], json!(said.choose(rng)));
        }
        Shape::EpochTime => {
            let at = now.as_millisecond();
            let at = [json!(at), json!(at / 1000), json!((at / 1000).to_string())];
            set(&["occurred_at"], at.choose(rng).cloned().unwrap_or_default());
        }
        Shape::UserId => {
            set(&["customer", "phone"], json!(format!("US.1349120865530{number:06}")));
            event.magic = 0;
        }
        Shape::LongNumber => {
            event.order = format!("7{number:022}");
            let order = format!("{NUMBER}{}{NUMBER}", event.order);
            set(&["order", "number"], json!(order));
        }
    }
    (event.must_be, event.is_stale) = (must_be, false);
}

/// Locales of phones, Java and browsers, with the matching template language.
const LOCALES: [(&str, &str); 8] = [
    ("zh-Hant-TW", "zh_TW"),
    ("zh_TW_#Hant", "zh_TW"),
    ("zh-Hans", "zh_CN"),
    ("iw", "he"),
    ("iw_IL", "he"),
    ("no", "nb"),
    ("in", "id"),
    ("es-MX,es;q=0.9", "es"),
];

fn pasted(rng: &mut StdRng, magic: u8) -> String {
    let digits = format!("120255501{magic:02}");
    match rng.random_range(0..5) {
        0 => format!("\u{202a}+1 (202) 555\u{2011}01{magic:02}\u{202c}"),
        1 => format!("\u{ff0b}{}", in_script(&digits, '\u{ff10}')),
        2 => format!("+{}", in_script(&digits, '\u{0660}')),
        3 => format!("tel:+1-202-555-01{magic:02}"),
        _ => format!("\u{200e}+1\u{a0}202\u{a0}555.01{magic:02} "),
    }
}

/// The digits in another script, given its zero.
fn in_script(digits: &str, zero: char) -> String {
    let other = |digit: char| char::from_u32(u32::from(zero) + digit.to_digit(10).unwrap_or(0));
    digits.chars().filter_map(other).collect()
}

fn set(detail: &mut Map<String, Value>, place: &[&str], value: Value) {
    match place {
        [] => {}
        [name] => _ = detail.insert((*name).to_owned(), value),
        [name, rest @ ..] => {
            let inner = detail.entry(*name).or_insert_with(|| json!({}));
            if let Some(inner) = inner.as_object_mut() {
                set(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_other_scripts_are_digits() {
        assert_eq!(in_script("0129", '\u{ff10}'), "０１２９");
        assert_eq!(in_script("09", '\u{0660}'), "٠٩");
    }
}
