//! The templates that the accounts hold.

use super::random;

/// No template has more variables than characters that its body may hold.
const MAX_VARIABLES: usize = 1024;

/// What a template is filled with.
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
    /// It may.
    Approved,
    /// It is being reviewed.
    Pending,
    /// The review found against it.
    Rejected,
    /// Not for some hours, because of what customers said.
    Paused,
    /// Never again, because of what customers said.
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

/// A template in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its language's code.
    pub language: String,
    /// What it is filled with.
    pub kind: TemplateKind,
    /// What it is billed as.
    pub category: String,
    /// Whether it may be used.
    pub status: TemplateStatus,
    /// Its body, with `{{1}}`, `{{2}}` and so on.
    pub text: String,
    /// The line below the body.
    pub footer: Option<String>,
    /// Its buttons.
    pub buttons: Vec<TemplateButton>,
}

/// A button that opens an address, the same in every message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateButton {
    /// What stands on it.
    pub text: String,
    /// What it opens.
    pub url: String,
}

impl Template {
    /// An approved UTILITY template without footer and buttons.
    pub fn approved(name: &str, language: &str, kind: TemplateKind, text: &str) -> Self {
        Self {
            id: random::decimal::<16>(),
            name: name.to_owned(),
            language: language.to_owned(),
            kind,
            category: "UTILITY".to_owned(),
            status: TemplateStatus::Approved,
            text: text.to_owned(),
            footer: None,
            buttons: Vec::new(),
        }
    }

    /// How many variables the body has.
    pub fn variables(&self) -> usize {
        (1..=MAX_VARIABLES).take_while(|number| self.text.contains(&placeholder(*number))).count()
    }

    /// The body with its variables filled in.
    pub fn hydrate(&self, values: &[String]) -> String {
        values
            .iter()
            .zip(1..)
            .fold(self.text.clone(), |text, (value, number)| text.replace(&placeholder(number), value))
    }
}

fn placeholder(number: usize) -> String {
    format!("{{{{{number}}}}}")
}

/// The templates of every provider's account.
#[derive(Debug, Clone)]
pub struct Templates {
    /// The namespace of 1MSG's, without which a send is answered with 422 (seed 000).
    pub namespace: String,
    /// 1MSG's.
    pub onemsg: Vec<Template>,
    /// Kaleyra's.
    pub kaleyra: Vec<Template>,
    /// Meta's.
    pub meta: Vec<Template>,
}
