//! The buttons below the message.

use std::fmt;

use domain::catalogue::Section;
use domain::fault::Fault;
use serde::Serialize;
use toml::Table;
use url::{Host, Url};

use super::keys;

/// The limits of Meta's buttons
/// (<https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components#buttons>): ten in all,
/// two that open a URL, one that calls, one that copies a code.
const MAX_BUTTONS: usize = 10;
const MAX_URL_BUTTONS: usize = 2;
const MAX_PHONE_BUTTONS: usize = 1;
const MAX_CODE_BUTTONS: usize = 1;
/// From the same page: the characters of a label, a URL, a phone number and a code.
const TEXT_MAX_CHARS: usize = 25;
const URL_MAX_CHARS: usize = 2000;
const PHONE_MAX_CHARS: usize = 20;
const CODE_MAX_CHARS: usize = 20;

/// The end of a URL that is different in every message.
const SUFFIX: &str = "{{1}}";
/// WhatsApp's own label of a button that copies a code; it can't be changed.
const COPY_CODE_LABEL: &str = "Copy offer code";

/// A button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Button {
    /// Opens a URL.
    Url {
        /// The label, of at most 25 characters.
        text: String,
        /// The URL, with a variable at its end or without one.
        url: ButtonUrl,
        /// An example of the variable; there is one exactly if there is a variable.
        #[serde(skip_serializing_if = "Option::is_none")]
        sample: Option<String>,
    },
    /// Sends its label to the shop, and a payload that the customer doesn't see.
    QuickReply {
        /// The label, of at most 25 characters.
        text: String,
    },
    /// Copies a code that each message brings. Meta documents it for coupons, in templates of the category MARKETING.
    CopyCode {
        /// An example of the code.
        sample: String,
    },
    /// Opens the order that each message brings: India, Brazil and Singapore only
    /// (<https://developers.facebook.com/documentation/business-messaging/whatsapp/payments/payments-br/orderdetailstemplate>).
    OrderDetails {
        /// The label, of at most 25 characters.
        text: String,
    },
    /// Calls a number.
    Phone {
        /// The label, of at most 25 characters.
        text: String,
        /// The number, beginning with `+`.
        number: String,
    },
}

/// The URL of a button, which begins with `https://`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ButtonUrl {
    base: Url,
    takes_suffix: bool,
}

impl Button {
    /// The label that the customer sees.
    pub fn label(&self) -> &str {
        match self {
            Self::Url { text, .. }
            | Self::QuickReply { text }
            | Self::OrderDetails { text }
            | Self::Phone { text, .. } => text,
            Self::CopyCode { .. } => COPY_CODE_LABEL,
        }
    }

    /// The URL that it opens, if the host is reserved, so that no shop can own it.
    pub fn placeholder(&self) -> Option<&ButtonUrl> {
        match self {
            Self::Url { url, .. } if url.is_placeholder() => Some(url),
            Self::Url { .. }
            | Self::QuickReply { .. }
            | Self::CopyCode { .. }
            | Self::OrderDetails { .. }
            | Self::Phone { .. } => None,
        }
    }

    /// Whether a message that brings no value for it is refused. A quick reply without a payload returns its label.
    pub const fn needs_value(&self) -> bool {
        match self {
            Self::Url { url, .. } => url.takes_suffix,
            Self::CopyCode { .. } | Self::OrderDetails { .. } => true,
            Self::QuickReply { .. } | Self::Phone { .. } => false,
        }
    }
}

impl ButtonUrl {
    /// Parses a URL, with or without `{{1}}` at its end; the error is a fault's problem.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (base, takes_suffix) = text.strip_suffix(SUFFIX).map_or((text, false), |base| (base, true));
        if base.contains("{{") || base.contains("}}") {
            return Err("has a variable that is not {{1}} at its end, the only one that Meta takes");
        }
        let url = base.parse().ok().filter(|url: &Url| url.scheme() == "https");
        let url = url.ok_or("is not an address that begins with https://")?;
        // Without a slash between them, a message's value would choose the host.
        let is_open = base.split_once("://").is_none_or(|(_, rest)| !rest.contains(['/', '?', '#']));
        if takes_suffix && is_open {
            return Err("has its variable in the host's name: put a slash and a path before {{1}}");
        }
        Ok(Self { base: url, takes_suffix })
    }

    /// Whether each message brings the end of the URL.
    pub const fn takes_suffix(&self) -> bool {
        self.takes_suffix
    }

    /// The URL that the button opens in a message with this suffix.
    pub fn with_suffix(&self, suffix: &str) -> String {
        format!("{}{suffix}", self.base)
    }

    /// Whether the host is reserved, such as `https://shop.example` (RFC 2606): no shop can own it.
    fn is_placeholder(&self) -> bool {
        match self.base.host() {
            Some(Host::Domain(domain)) => {
                let reserved = ["example", "example.com", "example.net", "example.org", "invalid", "test"];
                reserved.iter().any(|end| {
                    domain.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
                })
            }
            _ => false,
        }
    }
}

/// As in the files, with `{{1}}`; otherwise as URLs are normalised.
impl fmt::Display for ButtonUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.base, if self.takes_suffix { SUFFIX } else { "" })
    }
}

impl Serialize for ButtonUrl {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads the list `buttons` of the text at `place`.
pub(super) fn read(place: &str, tables: &[&Table], faults: &mut Vec<Fault>) -> Vec<Button> {
    let buttons: Vec<Button> = tables
        .iter()
        .enumerate()
        .filter_map(|(index, table)| read_one(&format!("{place} buttons[{index}]"), table, faults))
        .collect();
    let mut report = |problem: String| faults.push(Fault::new(format!("{place} buttons"), problem));
    if tables.len() > MAX_BUTTONS {
        report(format!("are more than {MAX_BUTTONS}"));
    }
    for (maximum, what, has) in [
        (MAX_URL_BUTTONS, "open a URL", (|it| matches!(it, Button::Url { .. })) as fn(&Button) -> bool),
        (MAX_PHONE_BUTTONS, "call a number", |it| matches!(it, Button::Phone { .. })),
        (MAX_CODE_BUTTONS, "copy a code", |it| matches!(it, Button::CopyCode { .. })),
    ] {
        if buttons.iter().filter(|button| has(button)).count() > maximum {
            report(format!("are wrong: more than {maximum} of them {what}"));
        }
    }
    // "Buttons must be organized into two groups: quick reply buttons and non-quick reply buttons."
    let is_reply = |button: &Button| matches!(button, Button::QuickReply { .. });
    let changes = buttons.windows(2).filter(|pair| match pair {
        [one, two] => is_reply(one) != is_reply(two),
        _ => false,
    });
    if changes.count() > 1 {
        report("mix quick replies and others; put all quick replies before or behind the others".to_owned());
    }
    if buttons.iter().skip(1).any(|button| matches!(button, Button::OrderDetails { .. })) {
        report("have an order that is not the first of them".to_owned());
    }
    buttons
}

fn read_one(place: &str, table: &Table, faults: &mut Vec<Fault>) -> Option<Button> {
    let mut section = Section::new(place.to_owned(), table, faults).with_examples(&keys::BUTTON);
    let text = if section.has("code") { section.optional_text("text") } else { section.text("text") };
    if text.as_ref().is_some_and(|text| text.chars().count() > TEXT_MAX_CHARS) {
        section.fault("text", format!("is longer than {TEXT_MAX_CHARS} characters"));
    }
    if text.as_ref().is_some_and(|text| text.contains("{{")) {
        section.fault("text", "has a variable; a label is the same in every message");
    }
    let kinds = ["url", "quick_reply", "code", "phone", "order_details"];
    let given: Vec<&str> = kinds.into_iter().filter(|kind| section.has(kind)).collect();
    let url = section.optional_text("url");
    let sample = section.optional_text("sample");
    let quick_reply = section.optional_bool("quick_reply");
    let order_details = section.optional_bool("order_details");
    let code = section.optional_text("code");
    let phone = section.optional_text("phone");
    if code.is_some() && text.is_some() {
        section.fault("text", "belongs to no button that copies a code: its label is WhatsApp's");
    }
    let url = url.as_deref().and_then(|url| check_url(&mut section, url, sample.as_deref()));
    if sample.is_some() && !section.has("url") {
        section.fault("sample", "belongs to a URL with {{1}} at its end");
    }
    if quick_reply == Some(false) {
        section.fault("quick_reply", "is false; leave it out");
    }
    if order_details == Some(false) {
        section.fault("order_details", "is false; leave it out");
    }
    if code.as_ref().is_some_and(|code| code.chars().count() > CODE_MAX_CHARS) {
        section.fault("code", format!("is longer than {CODE_MAX_CHARS} characters"));
    }
    if phone.as_ref().is_some_and(|phone| !is_phone(phone)) {
        section.fault("phone", "is no number with its country code, such as +12025550100");
    }
    section.finish();
    if given.len() != 1 {
        let has = if given.is_empty() { "none of these".to_owned() } else { given.join(" and ") };
        let problem = format!("is one of {}, and this one has {has}", kinds.join(", "));
        faults.push(Fault::new(place, problem));
        return None;
    }
    if let Some(sample) = code {
        return Some(Button::CopyCode { sample });
    }
    let text = text?;
    if let Some(number) = phone {
        return Some(Button::Phone { text, number });
    }
    if quick_reply.is_some() {
        return Some(Button::QuickReply { text });
    }
    if order_details.is_some() {
        return Some(Button::OrderDetails { text });
    }
    Some(Button::Url { text, url: url?, sample })
}

fn check_url(section: &mut Section<'_, '_>, url: &str, sample: Option<&str>) -> Option<ButtonUrl> {
    if url.chars().count() > URL_MAX_CHARS {
        section.fault("url", format!("is longer than {URL_MAX_CHARS} characters"));
    }
    let parsed = match ButtonUrl::parse(url) {
        Ok(parsed) => parsed,
        Err(problem) => {
            section.fault("url", problem);
            return None;
        }
    };
    match sample {
        None if parsed.takes_suffix => {
            section.fault("sample", "is missing: Meta's reviewers see an example of {{1}}");
        }
        Some(_) if !parsed.takes_suffix => {
            section.fault("sample", "belongs to no variable: the url has no {{1}} at its end");
        }
        // Meta appends it to the URL.
        Some(sample) if sample.contains("://") => {
            section.fault("sample", "is a whole address; it is only what stands in place of {{1}}");
        }
        _ => {}
    }
    Some(parsed)
}

fn is_phone(phone: &str) -> bool {
    phone.len() <= PHONE_MAX_CHARS
        && phone
            .strip_prefix('+')
            .is_some_and(|digits| digits.len() >= 7 && digits.bytes().all(|byte| byte.is_ascii_digit()))
}
