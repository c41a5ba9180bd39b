//! The templates that the accounts hold.

use serde_json::Value;

use super::message::{Content, FilledTemplate, HeaderParameter};
use super::{placeholders, random};

/// The kind of a template's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplateKind {
    /// Body variables.
    Body,
    /// An `order_status` component.
    OrderStatus,
}

/// Whether a template may be used: the words of the template's node in the Graph API
/// (<https://developers.facebook.com/docs/graph-api/reference/whats-app-business-hsm>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplateStatus {
    /// Usable in sends.
    Approved,
    /// Under review.
    Pending,
    /// Refused by the review.
    Rejected,
    /// Blocked for some hours, because of customer feedback.
    Paused,
    /// Blocked for ever, because of customer feedback.
    Disabled,
}

impl TemplateStatus {
    /// The Graph API's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Approved => "APPROVED",
            Self::Pending => "PENDING",
            Self::Rejected => "REJECTED",
            Self::Paused => "PAUSED",
            Self::Disabled => "DISABLED",
        }
    }
}

/// The result of a template's review: at once, as Meta's automatic review decides for most, or not yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reviews {
    /// A new template is approved before the reply to its creation.
    AtOnce,
    /// A new template stays pending.
    Later,
}

impl Reviews {
    /// The status of a new template.
    pub(super) const fn status(self) -> TemplateStatus {
        match self {
            Self::AtOnce => TemplateStatus::Approved,
            Self::Later => TemplateStatus::Pending,
        }
    }
}

/// A template in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The id that the provider assigned.
    pub id: String,
    /// The name, the same in every language.
    pub name: String,
    /// The language code in the provider's notation.
    pub language: String,
    /// The kind of its values.
    pub kind: TemplateKind,
    /// The billing category, such as `UTILITY`.
    pub category: String,
    /// The result of its review.
    pub status: TemplateStatus,
    /// How the variables in header and body are written.
    pub parameters: ParameterFormat,
    /// What stands above the body.
    pub header: Option<TemplateHeader>,
    /// The body, with `{{1}}`, `{{2}}` and so on, or with names in the braces.
    pub text: String,
    /// The line below the body.
    pub footer: Option<String>,
    /// The buttons, in order.
    pub buttons: Vec<TemplateButton>,
    /// How long WhatsApp tries to deliver a message, in seconds; none for WhatsApp's own default, -1 for 30 days.
    pub message_send_ttl_seconds: Option<i64>,
    /// The samples with which the template was created.
    pub samples: Samples,
}

/// How a template's variables are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterFormat {
    /// `{{1}}`, `{{2}}` and so on.
    Positional,
    /// `{{order_number}}`.
    Named,
}

impl ParameterFormat {
    /// The Graph API's word.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Positional => "POSITIONAL",
            Self::Named => "NAMED",
        }
    }
}

/// What stands above a template's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplateHeader {
    /// A text with one variable, or with none.
    Text(String),
    /// A picture, which each message brings.
    Image,
    /// A video, which each message brings.
    Video,
    /// A document, which each message brings.
    Document,
    /// A place on the map, which each message brings.
    Location,
}

impl TemplateHeader {
    /// The Graph API's word.
    pub(super) const fn format(&self) -> &'static str {
        match self {
            Self::Text(_) => "TEXT",
            Self::Image => "IMAGE",
            Self::Video => "VIDEO",
            Self::Document => "DOCUMENT",
            Self::Location => "LOCATION",
        }
    }
}

/// The `example` members of a template's header and body, in the Graph API's form. Nothing reads them but its list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Samples {
    /// The header's.
    pub header: Option<Value>,
    /// The body's.
    pub body: Option<Value>,
}

/// A button below a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateButton {
    /// What the button does.
    pub kind: ButtonKind,
    /// The button's label.
    pub text: String,
    /// The URL that it opens, with `{{1}}` as its end if each message brings that; empty for the other kinds.
    pub url: String,
    /// A sample of what each message brings.
    pub sample: Option<String>,
}

/// What a button does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ButtonKind {
    /// Opens a URL.
    Url,
    /// Answers the business with the button's label.
    QuickReply,
    /// Copies the code that each message brings.
    CopyCode,
    /// Calls this number.
    Phone(String),
    /// Opens the order that each message brings.
    OrderDetails,
}

impl TemplateButton {
    /// A button that opens a URL.
    pub fn url(text: &str, url: &str) -> Self {
        Self { url: url.to_owned(), ..Self::new(ButtonKind::Url, text) }
    }

    /// A button that answers the business with its label.
    pub fn quick_reply(text: &str) -> Self {
        Self::new(ButtonKind::QuickReply, text)
    }

    /// A button that copies the code that each message brings. Its label is WhatsApp's own.
    pub fn copy_code() -> Self {
        Self::new(ButtonKind::CopyCode, "Copy offer code")
    }

    /// A button that calls a number.
    pub fn phone(text: &str, number: &str) -> Self {
        Self::new(ButtonKind::Phone(number.to_owned()), text)
    }

    /// A button that opens the order that each message brings.
    pub fn order_details(text: &str) -> Self {
        Self::new(ButtonKind::OrderDetails, text)
    }

    fn new(kind: ButtonKind, text: &str) -> Self {
        Self { kind, text: text.to_owned(), url: String::new(), sample: None }
    }
}

impl Template {
    /// An approved UTILITY template with numbered variables, and with nothing but a body.
    pub fn approved(name: &str, language: &str, kind: TemplateKind, text: &str) -> Self {
        Self {
            id: random::decimal::<16>(),
            name: name.to_owned(),
            language: language.to_owned(),
            kind,
            category: "UTILITY".to_owned(),
            status: TemplateStatus::Approved,
            parameters: ParameterFormat::Positional,
            header: None,
            text: text.to_owned(),
            footer: None,
            buttons: Vec::new(),
            message_send_ttl_seconds: None,
            samples: Samples::default(),
        }
    }

    /// The number of variables in the body.
    pub fn variables(&self) -> usize {
        variables(&self.text).len()
    }

    /// The body with its variables filled in.
    pub(super) fn filled_body(&self, filled: &FilledTemplate) -> String {
        let Content::Body(values) = &filled.content else { return self.text.clone() };
        placeholders::fill(&self.text, |variable| {
            let place = match self.parameters {
                ParameterFormat::Positional => variable.parse::<usize>().ok()?.checked_sub(1)?,
                ParameterFormat::Named => {
                    filled.names.iter().position(|name| name.as_deref() == Some(variable))?
                }
            };
            values.get(place).map(String::as_str)
        })
    }

    /// The header's text with its variable filled in; none for a header of another kind.
    pub(super) fn filled_header(&self, filled: &FilledTemplate) -> Option<String> {
        let Some(TemplateHeader::Text(header)) = &self.header else { return None };
        let value = match &filled.header {
            Some(HeaderParameter::Text { text, .. }) => Some(text.as_str()),
            _ => None,
        };
        Some(placeholders::fill(header, |_| value))
    }
}

/// The distinct variables of a text that the account holds. Braces that aren't closed are plain text.
pub(super) fn variables(text: &str) -> Vec<&str> {
    placeholders::variables(text).unwrap_or_default()
}

/// The templates of every provider's account.
#[derive(Debug, Clone)]
pub struct Templates {
    /// 1MSG's namespace, without which a send is answered with 422 (seed 000).
    pub namespace: String,
    /// 1MSG's templates.
    pub onemsg: Vec<Template>,
    /// Kaleyra's templates.
    pub kaleyra: Vec<Template>,
    /// Meta's templates.
    pub meta: Vec<Template>,
}
