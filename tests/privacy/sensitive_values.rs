//! The values that must never be disclosed, in every encoding that may occur.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use local::simulator::{KaleyraCallbackProfile, Ledger, Simulator};

/// A personal or secret value, and its kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SensitiveValue {
    pub kind: &'static str,
    pub text: String,
}

#[derive(Debug, Default)]
pub struct SensitiveValues(BTreeSet<SensitiveValue>);

impl SensitiveValues {
    pub fn add(&mut self, kind: &'static str, text: impl Into<String>) {
        let text = text.into();
        assert!(text.len() >= 4, "{kind}: too short to search for");
        self.0.insert(SensitiveValue { kind, text });
    }

    /// Adds a phone number by its national digits, which every notation without separators contains, and in base64 at
    /// each of the three offsets, because the encoding depends on the offset.
    pub fn add_phone(&mut self, e164: &str) {
        let digits = e164.trim_start_matches('+');
        self.add("a phone number", digits.strip_prefix('1').unwrap());
        for shift in 0..3_usize {
            let mut bytes = vec![0; shift];
            bytes.extend(digits.as_bytes());
            let encoded = STANDARD_NO_PAD.encode(&bytes);
            // The first and the last characters also depend on the bytes beside the digits.
            let first = (shift * 8).div_ceil(6);
            let last = bytes.len() * 8 / 6;
            self.add("a phone number in base64", &encoded[first..last]);
        }
    }

    /// Adds everything that authenticates a send or a callback.
    pub fn add_secrets(&mut self, simulator: &Simulator) {
        let account = simulator.account();
        self.add("the token of 1MSG", &account.one_msg.token);
        self.add("the signature of the token of 1MSG", account.one_msg.token.rsplit('.').next().unwrap());
        self.add("the path secret of 1MSG", &account.one_msg.url_secret);
        self.add("the key of Kaleyra", &account.kaleyra.api_key);
        self.add("the token of Meta", &account.meta.token);
        self.add("the app secret of Meta", &account.meta.app_secret);
        self.add("the verify token of Meta", &account.meta.verify_token);
        let callback_secret = match &account.kaleyra.webhook {
            KaleyraCallbackProfile::Header { value, .. } => value,
            KaleyraCallbackProfile::Basic { password, .. } => password,
            KaleyraCallbackProfile::Bearer(token) => token,
        };
        self.add("the callback secret of Kaleyra", callback_secret);
        self.add_phone(&account.kaleyra.sender);
        self.add_phone(&account.meta.display_phone_number);
    }

    /// Adds the ids of the accepted messages.
    pub fn add_message_ids(&mut self, ledger: &Ledger) {
        for send in &ledger.accepted {
            for id in [&send.ids.reply, &send.ids.wamid, &send.ids.status] {
                self.add("a message id", id.strip_prefix("wamid.").unwrap_or(id));
            }
        }
    }

    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The values that occur in a text.
    pub fn find_in(&self, text: &str) -> Vec<&SensitiveValue> {
        self.0.iter().filter(|value| text.contains(&value.text)).collect()
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn a_phone_number_is_found_in_every_form() {
        let mut sensitive = SensitiveValues::default();
        sensitive.add_phone("+12025550112");
        for text in ["to +12025550112.", "12025550112@c.us", "{\"phone\":\"2025550112\"}"] {
            assert_eq!(sensitive.find_in(text).len(), 1, "{text}");
        }
        for before in ["", "\x1c", "\x1c\x18", "\x1c\x18\x0b", "\x1c\x18\x0b\x15"] {
            let id = STANDARD.encode(format!("{before}12025550112\x15\x02\x00\x11"));
            assert_eq!(sensitive.find_in(&format!("wamid.{id}")).len(), 1, "{id}");
        }
        assert_eq!(sensitive.find_in("12025550113"), Vec::<&SensitiveValue>::new());
    }
}
