//! A template as an account holds it.

use std::fmt;

use serde::Serialize;
use serde_json::Value;
use template_definitions::variables;

/// A template in one language, as an account holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveTemplate {
    /// Its name.
    pub name: String,
    /// Its language's code.
    pub language: String,
    /// Whether it may be used.
    pub status: LiveStatus,
    /// What it is billed as.
    pub category: String,
    /// What makes it an order status template, for one; none where the account doesn't say.
    pub sub_category: Option<String>,
    /// Why it was rejected; none where it wasn't.
    pub rejected_reason: Option<String>,
    /// The kind of its header, where it has one.
    pub header: Option<String>,
    /// Its body.
    pub body: Option<String>,
    /// Its footer.
    pub footer: Option<String>,
    /// Its buttons.
    pub buttons: Vec<LiveButton>,
}

/// A button of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveButton {
    /// `URL`, `QUICK_REPLY`, `PHONE_NUMBER`, …
    pub kind: String,
    /// What stands on it.
    pub text: String,
    /// What it opens, where it opens an address.
    pub url: Option<String>,
}

/// Whether a template may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveStatus {
    /// It may.
    Approved,
    /// It is being reviewed.
    Pending,
    /// Not for some hours, because of what customers said.
    Paused,
    /// Never again, because of what customers said.
    Disabled,
    /// The review found against it.
    Rejected,
    /// Something else: being deleted, archived, in appeal.
    Other(String),
}

impl LiveStatus {
    /// Reads Meta's word.
    pub fn of(word: &str) -> Self {
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
    /// How many variables its body has.
    pub fn variables(&self) -> usize {
        self.body.as_deref().map(variables).unwrap_or_default()
    }
}

/// The templates in a list; none where it is no list of templates.
pub(in crate::providers) fn list(data: &Value) -> Option<Vec<LiveTemplate>> {
    data.as_array()?.iter().map(template).collect()
}

fn template(value: &Value) -> Option<LiveTemplate> {
    let text = |name| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut template = LiveTemplate {
        name: text("name")?,
        language: text("language")?,
        status: LiveStatus::of(&text("status")?),
        category: text("category").unwrap_or_default(),
        sub_category: text("sub_category"),
        rejected_reason: text("rejected_reason").filter(|reason| !reason.is_empty() && reason != "NONE"),
        header: None,
        body: None,
        footer: None,
        buttons: Vec::new(),
    };
    for component in value.get("components").and_then(Value::as_array).into_iter().flatten() {
        let text = |name| component.get(name).and_then(Value::as_str).map(str::to_owned);
        match text("type").unwrap_or_default().to_ascii_uppercase().as_str() {
            "HEADER" => template.header = text("format").or(Some("TEXT".to_owned())),
            "BODY" => template.body = text("text"),
            "FOOTER" => template.footer = text("text"),
            "BUTTONS" => {
                let buttons = component.get("buttons").and_then(Value::as_array).into_iter().flatten();
                template.buttons = buttons.map(button).collect();
            }
            // What is shown besides (a carousel, an offer) isn't compared.
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
    }
}
