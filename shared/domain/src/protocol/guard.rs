//! The recipients to whom a deployment may write at all, so that a test stage never writes to a customer.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::key_secret::KeySecret;
use crate::message::{EmailAddress, Recipient};

/// Marks an entry that is a keyed hash.
const HASH_PREFIX: &str = "hmac:";
/// The bytes of an entry's hash. A deployment's list has a few entries, so 64 bits are enough that no customer
/// matches one by chance; and the whole list has to fit into the description of a Lambda version (256
/// characters, `template.yaml`).
const HASH_BYTES: usize = 8;
/// The first part of the hash input, so that the hash differs from every key and fingerprint.
const RECIPIENT: &str = "recipient";

/// Whether the deployment may write to a recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// The setting allows it.
    Allowed,
    /// The notification is suppressed.
    NotAllowed,
}

/// The setting `RECIPIENTS`: `all`, `none` or a list. `Debug` and `Display` show only the number of its entries.
#[derive(Clone, PartialEq, Eq)]
pub struct Recipients(Setting);

#[derive(Clone, PartialEq, Eq)]
enum Setting {
    All,
    /// No recipient if the list is empty.
    Listed(List),
}

#[derive(Clone, Default, PartialEq, Eq)]
struct List {
    /// In canonical form.
    recipients: BTreeSet<String>,
    hashes: BTreeSet<[u8; HASH_BYTES]>,
}

/// Why a text is no list of recipients. It never contains the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRecipients {
    /// An entry without a character.
    #[error("entry {0} is empty: write all, none, or phone numbers separated by commas")]
    Empty(usize),
    /// `all` or `none` among other entries.
    #[error("entry {0} is all or none, which stand alone")]
    NotAlone(usize),
    /// An entry that begins like a hash.
    #[error(
        "entry {0} is no hash: write {HASH_PREFIX} and 16 hexadecimal digits, as `ops recipients hash` prints them"
    )]
    Hash(usize),
    /// An entry that is neither a phone number nor a user id.
    #[error(
        "entry {0} is neither a phone number with a leading \"+\" and its country code, a WhatsApp user id nor a hash"
    )]
    Unreadable(usize),
}

impl Recipients {
    /// Whether a message may go to this recipient. The key secret is the one that the list's hashes were made
    /// with. Spellings and forms of one number are the same recipient; see
    /// [`PhoneNumber::canonical`](crate::message::PhoneNumber::canonical).
    pub fn guard(&self, recipient: &Recipient, key_secret: &KeySecret) -> Guard {
        let is_allowed = match &self.0 {
            Setting::All => true,
            Setting::Listed(list) => {
                list.recipients.contains(&*recipient.canonical())
                    || (!list.hashes.is_empty() && list.hashes.contains(&hash(recipient, key_secret)))
            }
        };
        if is_allowed { Guard::Allowed } else { Guard::NotAllowed }
    }

    /// The entry that stands for this recipient in a list and shows no phone number.
    pub fn hashed_entry(recipient: &Recipient, key_secret: &KeySecret) -> String {
        format!("{HASH_PREFIX}{}", hex::encode(hash(recipient, key_secret)))
    }

    /// Parses one entry of a list other than a hash: international numbers only, because a national one could be
    /// read as another customer's.
    pub fn parse_entry(text: &str) -> Option<Recipient> {
        let email = || EmailAddress::parse(text).ok().map(Recipient::Email);
        Recipient::parse(text, None, false).ok().or_else(email)
    }
}

impl FromStr for Recipients {
    type Err = InvalidRecipients;

    /// Parses `all`, `none`, or a list of phone numbers, WhatsApp user ids and keyed hashes.
    fn from_str(text: &str) -> Result<Self, InvalidRecipients> {
        let mut list = List::default();
        match text.trim() {
            "all" => return Ok(Self(Setting::All)),
            "none" => return Ok(Self(Setting::Listed(list))),
            _ => {}
        }
        for (place, entry) in (1..).zip(text.split(',').map(str::trim)) {
            if entry.is_empty() {
                return Err(InvalidRecipients::Empty(place));
            }
            if ["all", "none"].contains(&entry) {
                return Err(InvalidRecipients::NotAlone(place));
            }
            if let Some(digits) = entry.strip_prefix(HASH_PREFIX) {
                let mut hash = [0; HASH_BYTES];
                hex::decode_to_slice(digits, &mut hash).map_err(|_| InvalidRecipients::Hash(place))?;
                list.hashes.insert(hash);
                continue;
            }
            let recipient = Self::parse_entry(entry).ok_or(InvalidRecipients::Unreadable(place))?;
            list.recipients.insert(recipient.canonical().into_owned());
        }
        Ok(Self(Setting::Listed(list)))
    }
}

impl fmt::Display for Recipients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Setting::All => f.write_str("all"),
            Setting::Listed(list) => match list.recipients.len() + list.hashes.len() {
                0 => f.write_str("none"),
                entries => write!(f, "list of {entries}"),
            },
        }
    }
}

impl fmt::Debug for Recipients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recipients({self})")
    }
}

fn hash(recipient: &Recipient, key_secret: &KeySecret) -> [u8; HASH_BYTES] {
    let mac = key_secret.mac([RECIPIENT, &*recipient.canonical()]);
    std::array::from_fn(|index| mac.get(index).copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(letter: &str) -> KeySecret {
        KeySecret::new(letter.repeat(32).into()).unwrap()
    }

    fn recipient(text: &str) -> Recipient {
        Recipients::parse_entry(text).unwrap()
    }

    #[track_caller]
    fn allows(setting: &str, number: &str) -> bool {
        let setting: Recipients = setting.parse().unwrap();
        setting.guard(&recipient(number), &secret("k")) == Guard::Allowed
    }

    #[test]
    fn all_allows_every_recipient_and_none_allows_no_recipient() {
        for number in ["+12025550112", "US.13491208655302741918"] {
            assert!(allows("all", number) && allows(" all ", number));
            assert!(!allows("none", number));
        }
    }

    #[test]
    fn a_list_allows_each_of_its_entries_in_every_notation_and_no_other_recipient() {
        let hashed = Recipients::hashed_entry(&recipient("+43 664 1234567"), &secret("k"));
        assert_eq!(hashed.len(), "hmac:".len() + 16);
        let setting = format!("+1 (202) 555-0112, US.13491208655302741918 ,{hashed},+52 55 1234 5678");
        for number in
            ["+12025550112", "0012025550112", "US.13491208655302741918", "+436641234567", "+5215512345678"]
        {
            assert!(allows(&setting, number), "{number}");
        }
        for number in ["+12025550113", "US.13491208655302741919", "+436641234568"] {
            assert!(!allows(&setting, number), "{number}");
        }
        let other: Recipients = hashed.parse().unwrap();
        let under_another_secret = other.guard(&recipient("+436641234567"), &secret("l"));
        assert_eq!(under_another_secret, Guard::NotAllowed);
    }

    #[test]
    fn a_hash_is_that_of_the_canonical_form() {
        let [new, old] = ["+525512345678", "+5215512345678"].map(recipient);
        assert_ne!(new, old);
        let entry = |it: &Recipient| Recipients::hashed_entry(it, &secret("k"));
        assert_eq!(entry(&new), entry(&old));
    }

    #[test]
    fn a_fault_names_the_entrys_position_and_never_the_entry() {
        for (text, named) in [
            ("", "entry 1 is empty"),
            ("+12025550112,", "entry 2 is empty"),
            ("+12025550112,,+12025550113", "entry 2 is empty"),
            ("+12025550112,all", "entry 2 is all or none"),
            ("none,+12025550112", "entry 1 is all or none"),
            ("ALL", "entry 1 is neither"),
            ("+12025550112, 2025550113", "entry 2 is neither"),
            ("12025550112", "entry 1 is neither"),
            ("+1202555011212345678", "entry 1 is neither"),
            ("hmac:0011223344556677,hmac:00112233445566", "entry 2 is no hash"),
            ("hmac:00112233445566778", "entry 1 is no hash"),
            ("hmac:+120255501121234", "entry 1 is no hash"),
        ] {
            let error = text.parse::<Recipients>().unwrap_err();
            for shown in [error.to_string(), format!("{error:?}")] {
                assert!(!shown.contains("2025550"), "{text}: {shown}");
            }
            assert!(error.to_string().starts_with(named), "{text}: {error}");
        }
    }

    #[test]
    fn only_the_number_of_entries_is_shown() {
        let list = "+12025550112,0012025550112,hmac:0011223344556677";
        for (text, shown) in [("all", "all"), ("none", "none"), (list, "list of 2")] {
            let setting: Recipients = text.parse().unwrap();
            assert_eq!(
                (setting.to_string(), format!("{setting:?}")),
                (shown.to_owned(), format!("Recipients({shown})"))
            );
        }
    }
}
