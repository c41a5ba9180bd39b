//! An event of the plan, its required outcome, and its text on the bus or the queue.

use serde_json::{Value, json};
use shared::provider::Channel;
use simulator::{Behaviour, MAGIC_NUMBERS};

/// A placeholder for half of a surrogate pair, which a Rust string can't contain.
pub(super) const HALF: char = '\u{e000}';
/// A placeholder for a control character that JSON requires to be escaped.
pub(super) const CONTROL: char = '\u{e001}';
/// Encloses a number's digits that must be written unchanged.
pub(super) const NUMBER: char = '\u{e002}';

/// The required outcome of an event, independent of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MustBe {
    /// A notification that may be sent, in this language if there is one.
    Sendable(Option<&'static str>),
    /// A notification that must not be sent.
    Unsendable,
    /// A record of its faults.
    Invalid,
    /// No record.
    Ignored,
}

/// An event to publish, once or several times.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PlannedEvent {
    pub order: String,
    /// The magic phone number's last two digits.
    pub magic: u8,
    /// An order status's position, and whether it is final.
    pub status: Option<PlannedStatus>,
    /// The required outcome, independent of the catalogue.
    pub must_be: MustBe,
    /// Whether it is older than `max_age`, so that it is sent on no channel.
    pub is_stale: bool,
    /// The envelope without its id.
    pub envelope: Value,
}

impl PlannedEvent {
    /// The providers' behaviour for this event.
    pub fn behaviour(&self) -> Behaviour {
        let magic = MAGIC_NUMBERS.iter().find(|magic| magic.number == self.magic);
        magic.map_or(Behaviour::SMOOTH, |magic| magic.behaviour)
    }

    /// The event as a target receives it, with this id.
    pub fn text(&self, id: &str) -> String {
        let mut envelope = self.envelope.clone();
        if let Some(fields) = envelope.as_object_mut() {
            fields.insert("id".to_owned(), json!(id));
        }
        written(&envelope)
    }

    /// Whether the event is valid JSON, which a bus requires.
    pub fn is_json(&self) -> bool {
        is_json(&self.envelope)
    }

    /// Replaces the phone number by another magic one.
    pub fn set_magic(&mut self, magic: u8) {
        self.magic = magic;
        if let Some(phone) = self.envelope.pointer_mut("/detail/customer/phone") {
            *phone = phone_of(magic);
        }
    }
}

impl PlannedEvent {
    /// The customer's recipient on this channel; none if the event lacks it.
    pub fn recipient(&self, channel: Channel) -> Option<&str> {
        let pointer = match channel {
            Channel::WhatsApp => "/detail/customer/phone",
            Channel::Sms => "/detail/customer/mobile",
            Channel::Email => "/detail/customer/email",
        };
        self.envelope.pointer(pointer)?.as_str()
    }

    /// Whether the customer agreed to this channel.
    pub fn consents(&self, channel: Channel) -> bool {
        let pointer = match channel {
            Channel::WhatsApp => "/detail/customer/whatsapp_opt_in",
            Channel::Sms => "/detail/customer/sms_opt_in",
            Channel::Email => "/detail/customer/email_opt_in",
        };
        self.envelope.pointer(pointer) == Some(&json!(true))
    }
}

/// An order status's position in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PlannedStatus {
    /// The index among the order's statuses, sorted by their times.
    pub place: usize,
    /// Whether it is `completed` or `canceled`.
    pub is_final: bool,
}

/// A magic phone number, by its last two digits.
pub(super) fn phone_of(magic: u8) -> Value {
    json!(format!("+120255501{magic:02}"))
}

/// The event's text with the placeholders replaced.
fn written(envelope: &Value) -> String {
    envelope
        .to_string()
        .replace(&format!("\"{NUMBER}"), "")
        .replace(&format!("{NUMBER}\""), "")
        .replace(HALF, "\\ud83d")
        .replace(CONTROL, "\u{1}")
}

/// Whether the event is valid JSON, which a bus requires: other events arrive through a Pipe or another queue.
fn is_json(envelope: &Value) -> bool {
    !envelope.to_string().contains([HALF, CONTROL, NUMBER])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_json_is_unchanged_and_placeholders_are_replaced() {
        let plain = json!({"a": "b", "n": 1});
        assert!(is_json(&plain));
        assert_eq!(written(&plain), plain.to_string());
        let odd = json!({"a": format!("Ana {HALF}{CONTROL}"), "n": format!("{NUMBER}10482.0{NUMBER}")});
        assert!(!is_json(&odd));
        assert_eq!(written(&odd), "{\"a\":\"Ana \\ud83d\u{1}\",\"n\":10482.0}");
    }
}
