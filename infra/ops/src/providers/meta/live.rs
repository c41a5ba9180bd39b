//! A template in an account.

use std::fmt;

use serde::Serialize;
use serde_json::Value;
use shared::message::ButtonKind;
use template_definitions::{ButtonParameter, HeaderParameter, Media, Parameters, Variables};

/// A template in one language, as an account has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveTemplate {
    /// The template's name.
    pub name: String,
    /// The language code.
    pub language: String,
    /// The result of its review.
    pub status: LiveStatus,
    /// The billing category.
    pub category: String,
    /// Meta's sub-category, which marks an order status template; none if the account doesn't return it.
    pub sub_category: Option<String>,
    /// Why the review rejected it; none if it didn't.
    pub rejected_reason: Option<String>,
    /// How long WhatsApp tries to deliver a message, in seconds; -1 is Meta's default. None if the account doesn't return it.
    pub time_to_live: Option<i64>,
    /// The header, if it has one.
    pub header: Option<LiveHeader>,
    /// The body's text.
    pub body: Option<String>,
    /// The footer's text.
    pub footer: Option<String>,
    /// The buttons, in order.
    pub buttons: Vec<LiveButton>,
}

/// A header of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveHeader {
    /// `TEXT`, `IMAGE`, `VIDEO`, `DOCUMENT`, `LOCATION`, …
    pub format: String,
    /// Its text, if it is one.
    pub text: Option<String>,
}

/// A button of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveButton {
    /// `URL`, `QUICK_REPLY`, `PHONE_NUMBER`, …
    pub kind: String,
    /// The button's label.
    pub text: String,
    /// The URL that it opens, if it is a URL button.
    pub url: Option<String>,
    /// The number that it calls, if it is a phone button.
    pub phone: Option<String>,
}

/// Whether a template is usable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveStatus {
    /// Usable in sends.
    Approved,
    /// Under review.
    Pending,
    /// Blocked for some hours, because of customer feedback.
    Paused,
    /// Blocked for ever, because of customer feedback.
    Disabled,
    /// Refused by the review.
    Rejected,
    /// Another status: being deleted, archived, in appeal.
    Other(String),
}

impl LiveStatus {
    /// Parses Meta's word.
    pub fn from_word(word: &str) -> Self {
        match word.to_ascii_uppercase().as_str() {
            // ACTIVE: the dashboard's word for it (seed 004).
            "APPROVED" | "ACTIVE" => Self::Approved,
            "PENDING" => Self::Pending,
            "PAUSED" => Self::Paused,
            "DISABLED" => Self::Disabled,
            "REJECTED" => Self::Rejected,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for LiveStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Approved => "APPROVED",
            Self::Pending => "PENDING",
            Self::Paused => "PAUSED",
            Self::Disabled => "DISABLED",
            Self::Rejected => "REJECTED",
            Self::Other(word) => word,
        })
    }
}

impl Serialize for LiveStatus {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl LiveTemplate {
    /// The values that it takes; none if its header is of a kind that no message here can fill.
    pub fn parameters(&self) -> Option<Parameters> {
        let header = self.header.as_ref().map(LiveHeader::parameter);
        Some(Parameters {
            header: header.transpose().ok()?.flatten(),
            body: Variables::find(self.body.as_deref().unwrap_or_default()),
            buttons: self.buttons.iter().map(LiveButton::parameter).collect(),
        })
    }
}

/// The header is of a kind that no message here can fill, such as a GIF.
struct UnknownHeader;

impl LiveHeader {
    /// What it takes: nothing if it is a fixed text.
    fn parameter(&self) -> Result<Option<HeaderParameter>, UnknownHeader> {
        let media = |media| Ok(Some(HeaderParameter::Media(media)));
        match self.format.as_str() {
            "TEXT" => {
                let variables = Variables::find(self.text.as_deref().unwrap_or_default());
                Ok((!variables.is_empty()).then_some(HeaderParameter::Text(variables)))
            }
            "IMAGE" => media(Media::Image),
            "VIDEO" => media(Media::Video),
            "DOCUMENT" => media(Media::Document),
            "LOCATION" => Ok(Some(HeaderParameter::Location)),
            _ => Err(UnknownHeader),
        }
    }
}

impl LiveButton {
    fn parameter(&self) -> ButtonParameter {
        let takes_suffix = self.url.as_deref().is_some_and(|url| url.contains("{{"));
        match self.kind.as_str() {
            "URL" if takes_suffix => ButtonParameter::Required(ButtonKind::Url),
            "COPY_CODE" => ButtonParameter::Required(ButtonKind::Code),
            "QUICK_REPLY" => ButtonParameter::Optional(ButtonKind::Payload),
            "ORDER_DETAILS" => ButtonParameter::OrderDetails,
            _ => ButtonParameter::Fixed,
        }
    }
}

/// The templates in a list; none if the value is no list of templates.
pub(in crate::providers) fn list(data: &Value) -> Option<Vec<LiveTemplate>> {
    data.as_array()?.iter().map(template).collect()
}

fn template(value: &Value) -> Option<LiveTemplate> {
    let text = |name| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut template = LiveTemplate {
        name: text("name")?,
        language: text("language")?,
        status: LiveStatus::from_word(&text("status")?),
        category: text("category").unwrap_or_default(),
        sub_category: text("sub_category"),
        rejected_reason: text("rejected_reason").filter(|reason| !reason.is_empty() && reason != "NONE"),
        time_to_live: value.get("message_send_ttl_seconds").and_then(Value::as_i64),
        header: None,
        body: None,
        footer: None,
        buttons: Vec::new(),
    };
    for component in value.get("components").and_then(Value::as_array).into_iter().flatten() {
        let text = |name| component.get(name).and_then(Value::as_str).map(str::to_owned);
        match text("type").unwrap_or_default().to_ascii_uppercase().as_str() {
            "HEADER" => {
                let format = text("format").unwrap_or_else(|| "TEXT".to_owned()).to_ascii_uppercase();
                template.header = Some(LiveHeader { format, text: text("text") });
            }
            "BODY" => template.body = text("text"),
            "FOOTER" => template.footer = text("text"),
            "BUTTONS" => {
                let buttons = component.get("buttons").and_then(Value::as_array).into_iter().flatten();
                template.buttons = buttons.map(button).collect();
            }
            // Other components (a carousel, an offer) aren't compared.
            _ => {}
        }
    }
    Some(template)
}

fn button(value: &Value) -> LiveButton {
    let text = |name| value.get(name).and_then(Value::as_str).map(str::to_owned);
    LiveButton {
        kind: text("type").unwrap_or_default().to_ascii_uppercase(),
        text: text("text").unwrap_or_default(),
        url: text("url"),
        phone: text("phone_number"),
    }
}
