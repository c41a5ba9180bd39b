//! The templates that the accounts hold.

use super::random;

/// A body can't contain more variables than characters.
const MAX_VARIABLES: usize = 1024;

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
    /// The body, with `{{1}}`, `{{2}}` and so on.
    pub text: String,
    /// The line below the body.
    pub footer: Option<String>,
    /// The buttons, in order.
    pub buttons: Vec<TemplateButton>,
}

/// A button that opens a URL, the same in every message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateButton {
    /// The button's label.
    pub text: String,
    /// The URL that it opens.
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

    /// The number of variables in the body.
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
    /// 1MSG's namespace, without which a send is answered with 422 (seed 000).
    pub namespace: String,
    /// 1MSG's templates.
    pub onemsg: Vec<Template>,
    /// Kaleyra's templates.
    pub kaleyra: Vec<Template>,
    /// Meta's templates.
    pub meta: Vec<Template>,
}
