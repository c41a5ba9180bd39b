//! Recipients of messages.

use std::borrow::Cow;
use std::fmt;

use super::characters::is_invisible;
use super::phone_number::trim_surroundings;
use super::{Country, InvalidPhoneNumber, PhoneNumber};

/// A customer, by phone number, WhatsApp user id or e-mail address. `Debug` hides all three.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Recipient {
    /// A phone number; every provider accepts it.
    Phone(PhoneNumber),
    /// A WhatsApp user id; only Meta accepts it.
    User(UserId),
    /// An e-mail address; only a fallback has one.
    Email(EmailAddress),
}

/// An e-mail address. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

/// The text is no e-mail address. It is not quoted, because it is the customer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not an e-mail address such as name@example.com, of at most {MAX_EMAIL_BYTES} bytes")]
pub struct InvalidEmailAddress;

/// The longest address of a mailbox (RFC 5321, sections 4.5.3.1.3 and errata 1690).
const MAX_EMAIL_BYTES: usize = 254;
/// What people paste around an address: quotes, angle brackets and punctuation, with which no address begins or ends.
const AROUND_EMAIL: &str = "'\"`\u{b4}\u{2018}\u{2019}\u{201a}\u{201b}\u{201c}\u{201d}\u{201e}\u{201f}\u{ab}\u{bb}\u{2039}\u{203a}\
    \u{ff02}\u{ff07}<>,;:.";
const EMAIL_SCHEME: &str = "mailto:";

impl EmailAddress {
    /// Removes white space, quotes, angle brackets and punctuation around the address, and `mailto:`. A name beside it is a fault. Only
    /// what would break a header or can't be delivered is refused, because only the mail server knows which mailboxes exist: the address needs one `@` with text on both sides, no white space, control characters or characters
    /// with a meaning in lists of addresses, and no empty part between dots.
    pub fn parse(text: &str) -> Result<Self, InvalidEmailAddress> {
        let is_around = |c: char| c.is_whitespace() || is_invisible(c) || AROUND_EMAIL.contains(c);
        let text = text.trim_matches(is_around);
        let text = match text.split_at_checked(EMAIL_SCHEME.len()) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case(EMAIL_SCHEME) => {
                rest.trim_start_matches(is_around)
            }
            _ => text,
        };
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidEmailAddress)?;
        let is_refused = |c: char| {
            c.is_whitespace()
                || c.is_control()
                || matches!(c, '<' | '>' | '(' | ')' | '[' | ']' | ',' | ';' | ':' | '"' | '@' | '\\')
        };
        let is_valid = text.len() <= MAX_EMAIL_BYTES
            && !local.contains(is_refused)
            && local.split('.').all(|part| !part.is_empty())
            && !domain.contains(is_refused)
            && domain
                .split('.')
                .all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
            && domain.contains('.');
        is_valid.then(|| Self(text.to_owned())).ok_or(InvalidEmailAddress)
    }

    /// The address as sent to the provider.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress([redacted])")
    }
}

/// A business-scoped user id (BSUID): a two-letter country code, a dot and up to 128 letters and digits; for
/// linked portfolios with `ENT.` after the dot (`US.13491208655302741918`, `US.ENT.11815799212886844830`). It
/// is sent unchanged; `Debug` hides it.
/// <https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids/>
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UserId(String);

const MAX_USER_ID_CHARS: usize = 128;

impl UserId {
    /// Parses a user id, ignoring the same surrounding characters as for a phone number. No phone number has
    /// this form.
    fn parse(text: &str) -> Option<Self> {
        let text = trim_surroundings(text);
        let (country, id) = text.split_once('.')?;
        let id = id.strip_prefix("ENT.").unwrap_or(id);
        let is_one = country.len() == 2
            && country.bytes().all(|byte| byte.is_ascii_uppercase())
            && (1..=MAX_USER_ID_CHARS).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && id.bytes().any(|byte| byte.is_ascii_digit());
        is_one.then(|| Self(text.to_owned()))
    }

    /// The id as sent to the provider.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserId([redacted])")
    }
}

impl Recipient {
    /// Parses a user id or a phone number; see [`PhoneNumber::parse_with`] for the latter.
    pub fn parse(
        text: &str,
        country: Option<Country>,
        international_digits: bool,
    ) -> Result<Self, InvalidPhoneNumber> {
        match UserId::parse(text) {
            Some(id) => Ok(Self::User(id)),
            None => PhoneNumber::parse_with(text, country, international_digits).map(Self::Phone),
        }
    }

    /// The phone number; `None` for a user id or an e-mail address.
    pub const fn phone(&self) -> Option<&PhoneNumber> {
        match self {
            Self::Phone(number) => Some(number),
            Self::User(_) | Self::Email(_) => None,
        }
    }

    /// The number in E.164 form with its `+`, the user id or the e-mail address.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Phone(number) => number.e164(),
            Self::User(id) => id.as_str(),
            Self::Email(address) => address.as_str(),
        }
    }

    /// The same form for all spellings of one customer; see [`PhoneNumber::canonical`].
    pub fn canonical(&self) -> Cow<'_, str> {
        match self {
            Self::Phone(number) => number.canonical(),
            Self::User(id) => Cow::Borrowed(id.as_str()),
            // Mail servers treat letters of either case alike, although RFC 5321 lets them distinguish mailboxes.
            Self::Email(address) => Cow::Owned(address.as_str().to_lowercase()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_surrounds_an_email_address_is_removed() {
        for (written, kept) in [
            ("anna+shop@example.com", "anna+shop@example.com"),
            ("+shop@example.com", "+shop@example.com"),
            (" <anna@example.com>\n", "anna@example.com"),
            ("'anna@example.com'", "anna@example.com"),
            ("\u{201e}anna@example.com\u{201c},", "anna@example.com"),
            ("\u{feff}anna@example.com\u{200b}", "anna@example.com"),
            ("<MailTo:anna+shop@example.com>", "anna+shop@example.com"),
            ("tel-wa@example.com", "tel-wa@example.com"),
        ] {
            assert_eq!(
                EmailAddress::parse(written).as_ref().map(EmailAddress::as_str),
                Ok(kept),
                "{written}"
            );
        }
        for other in [
            "Anna: anna@example.com",
            "anna@example.com (privat)",
            "Anna <anna@example.com>",
            "tel:anna@example.com",
            "anna@example.com, bob@example.com",
            "",
            "mailto:",
        ] {
            assert_eq!(EmailAddress::parse(other), Err(InvalidEmailAddress), "{other}");
        }
    }

    /// `PH.` and `WA.` are no labels here.
    #[test]
    fn the_country_of_a_user_id_is_no_label() {
        let id = "PH.13491208655302";
        assert_eq!(Recipient::parse(id, Country::parse("US"), true).unwrap().as_str(), id);
    }

    #[test]
    fn a_user_id_is_kept_unchanged() {
        for (written, kept) in [
            ("US.13491208655302741918", "US.13491208655302741918"),
            (" US.ENT.11815799212886844830\n", "US.ENT.11815799212886844830"),
            ("\u{2068}DE.aB3\u{2069}", "DE.aB3"),
            ("whatsapp:US.13491208655302741918", "US.13491208655302741918"),
            ("'US.13491208655302741918", "US.13491208655302741918"),
        ] {
            let recipient = Recipient::parse(written, None, false).unwrap();
            assert_eq!((recipient.as_str(), recipient.phone()), (kept, None));
            assert_eq!(recipient.canonical(), kept);
            assert_eq!(format!("{recipient:?}"), "User(UserId([redacted]))");
        }
        assert!(Recipient::parse(&format!("US.{}", "1".repeat(128)), None, false).is_ok());
    }

    #[test]
    fn a_text_that_is_nearly_a_user_id_is_refused() {
        for other in ["us.134", "USA.134", "US.", "US134", "US.13 4", "US.ENT.", "St.Mary", "DE.Hamburg"] {
            assert!(Recipient::parse(other, None, true).is_err(), "{other}");
        }
        assert!(Recipient::parse(&format!("US.{}", "1".repeat(129)), None, false).is_err());
    }
}
