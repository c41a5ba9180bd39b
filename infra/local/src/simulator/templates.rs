//! The templates that the accounts have had approved, and the file that lists them.

use serde::Deserialize;

/// The list that ships with the repository.
const SHIPPED: &str = include_str!("../../account.toml");

/// No template has more variables than characters that its body may hold.
const MAX_VARIABLES: usize = 1024;

/// What a template is filled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateKind {
    /// Body variables.
    Body,
    /// An `order_status` component.
    OrderStatus,
}

/// One approved template.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Its name.
    pub name: String,
    /// What it is filled with.
    pub kind: TemplateKind,
    /// The languages that it exists in.
    pub languages: Vec<String>,
    /// Its body, with `{{1}}`, `{{2}}` and so on.
    pub text: String,
}

impl Template {
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
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Templates {
    /// 1MSG's, in their namespace.
    pub onemsg: OneMsgTemplates,
    /// Kaleyra's.
    pub kaleyra: TemplateList,
    /// Meta's.
    pub meta: TemplateList,
}

/// A provider's templates.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateList {
    /// The templates.
    pub templates: Vec<Template>,
}

/// 1MSG's templates and the namespace that they are in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneMsgTemplates {
    /// The namespace, without which a send is answered with 422 (seed 000).
    pub namespace: String,
    /// The templates.
    pub templates: Vec<Template>,
}

impl Templates {
    /// The templates that ship with the repository.
    pub fn shipped() -> Result<Self, toml::de::Error> {
        Self::parse(SHIPPED)
    }

    /// Reads a list of the same shape.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }
}
