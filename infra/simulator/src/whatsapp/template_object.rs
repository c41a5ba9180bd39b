//! The `template` object of the Cloud API, which Kaleyra adopts unchanged ("the message object as defined by Meta",
//! seed 003): only its structure, before the check whether such a template exists.

use std::str::FromStr;

use serde_json::{Map, Value};

use super::components::read_components;
use crate::message::{FilledTemplate, OrderState, OrderStatus};

/// Seed 003: the name of a template.
const NAME_MAX_CHARS: usize = 512;
/// Seed 003: `description`.
const DESCRIPTION_MAX_CHARS: usize = 120;

/// The fault of a JSON body, and its path in the Graph API's notation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ShapeFault {
    /// A mandatory field is missing.
    Missing { path: String },
    /// A field has the wrong JSON type.
    NotA { path: String, wanted: &'static str },
    /// A field has a value outside its list.
    NotOneOf { path: String, allowed: Vec<&'static str>, got: String },
    /// A field is too long.
    TooLong { path: String, limit: usize },
    /// An unknown field.
    UnexpectedKey { path: String, key: String },
    /// A parameter without the member that its type names.
    NoValue { kind: &'static str },
    /// A text parameter with an empty text.
    EmptyText,
    /// A button's parameter whose value is missing or empty.
    NoButtonValue { kind: &'static str },
    /// More parameters than the component can have.
    TooManyParameters { component: &'static str, given: usize },
    /// Media without an address.
    NoLink,
    /// An address that is no URL.
    NotUri { path: String },
}

/// A place in a JSON body.
pub(crate) struct Field<'body> {
    value: &'body Value,
    path: String,
}

impl<'body> Field<'body> {
    /// A value that is addressed by this path.
    pub fn at(value: &'body Value, path: &str) -> Self {
        Self { value, path: path.to_owned() }
    }

    /// A field of the body itself.
    pub fn of(body: &'body Map<String, Value>, name: &str) -> Result<Self, ShapeFault> {
        match body.get(name) {
            None | Some(Value::Null) => Err(ShapeFault::Missing { path: name.to_owned() }),
            Some(value) => Ok(Self { value, path: name.to_owned() }),
        }
    }

    /// The field's path in the Graph API's notation.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The field's text.
    pub fn text(&self) -> Result<&'body str, ShapeFault> {
        self.value.as_str().ok_or_else(|| self.not_a("a string"))
    }

    /// The field's text, which must be one of a list.
    pub fn one_of(&self, allowed: &[&'static str]) -> Result<&'static str, ShapeFault> {
        self.matching(allowed, |word, text| word == text)
    }

    /// The field's text in any case, which must be one of a list.
    pub fn word(&self, allowed: &[&'static str]) -> Result<&'static str, ShapeFault> {
        self.matching(allowed, str::eq_ignore_ascii_case)
    }

    fn matching(
        &self,
        allowed: &[&'static str],
        is_meant: impl Fn(&str, &str) -> bool,
    ) -> Result<&'static str, ShapeFault> {
        let text = self.text()?;
        allowed.iter().copied().find(|word| is_meant(word, text)).ok_or_else(|| ShapeFault::NotOneOf {
            path: self.path.clone(),
            allowed: allowed.to_vec(),
            got: text.to_owned(),
        })
    }

    /// The field's number, which may be written as text.
    pub fn number<N: FromStr>(&self) -> Result<N, ShapeFault> {
        let text = match self.value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return Err(self.not_a("a number")),
        };
        text.parse().map_err(|_| self.not_a("a number"))
    }

    /// The field's address.
    pub fn link(&self) -> Result<&'body str, ShapeFault> {
        let text = self.text()?;
        if is_address(text) { Ok(text) } else { Err(ShapeFault::NotUri { path: self.path.clone() }) }
    }

    /// The field's text, up to a number of characters.
    pub fn text_up_to(&self, limit: usize) -> Result<&'body str, ShapeFault> {
        let text = self.text()?;
        if text.chars().count() > limit {
            return Err(ShapeFault::TooLong { path: self.path.clone(), limit });
        }
        Ok(text)
    }

    /// Requires this child.
    pub fn require(&self, name: &str) -> Result<(), ShapeFault> {
        self.child(name).map(|_| ())
    }

    /// Requires this child, and this grandchild in it.
    pub fn require_in(&self, child: &str, name: &str) -> Result<(), ShapeFault> {
        self.child(child)?.require(name)
    }

    /// A child that must be present.
    pub fn child(&self, name: &str) -> Result<Self, ShapeFault> {
        self.optional(name)?.ok_or_else(|| ShapeFault::Missing { path: self.path_of(name) })
    }

    /// A child that may be absent.
    pub fn optional(&self, name: &str) -> Result<Option<Self>, ShapeFault> {
        let object = self.value.as_object().ok_or_else(|| self.not_a("an object"))?;
        Ok(object
            .get(name)
            .filter(|value| !value.is_null())
            .map(|value| Self { value, path: self.path_of(name) }))
    }

    /// The items of an array.
    pub fn items(&self) -> Result<Vec<Self>, ShapeFault> {
        let items = self.value.as_array().ok_or_else(|| self.not_a("an array"))?;
        Ok(items
            .iter()
            .enumerate()
            .map(|(place, value)| Self { value, path: format!("{}[{place}]", self.path) })
            .collect())
    }

    /// The Graph API refuses unknown keys below the top level, as in
    /// <https://github.com/WhatsApp/WhatsApp-Nodejs-SDK/issues/21>.
    pub fn only(&self, keys: &[&str]) -> Result<(), ShapeFault> {
        let object = self.value.as_object().ok_or_else(|| self.not_a("an object"))?;
        match object.keys().find(|key| !keys.contains(&key.as_str())) {
            Some(key) => Err(ShapeFault::UnexpectedKey { path: self.path.clone(), key: key.clone() }),
            None => Ok(()),
        }
    }

    fn path_of(&self, name: &str) -> String {
        format!("{}['{name}']", self.path)
    }

    fn not_a(&self, wanted: &'static str) -> ShapeFault {
        ShapeFault::NotA { path: self.path.clone(), wanted }
    }
}

/// Whether the text is a URL with a host.
pub(crate) fn is_address(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// Parses a `template` object.
pub(crate) fn read_template(template: &Field<'_>) -> Result<FilledTemplate, ShapeFault> {
    template.only(&["name", "language", "components", "namespace"])?;
    let name = template.child("name")?.text_up_to(NAME_MAX_CHARS)?;
    let language = template.child("language")?;
    language.only(&["policy", "code"])?;
    if let Some(policy) = language.optional("policy")? {
        policy.one_of(&["deterministic"])?;
    }
    let code = language.child("code")?.text()?;
    let components = match template.optional("components")? {
        Some(components) => components.items()?,
        None => Vec::new(),
    };
    Ok(read_components(&components)?.fill(name, code))
}

pub(super) fn read_order_status(parameters: &Field<'_>) -> Result<OrderStatus, ShapeFault> {
    let parameters = parameters.items()?;
    let [parameter] = parameters.as_slice() else {
        return Err(ShapeFault::Missing { path: "order_status".to_owned() });
    };
    parameter.only(&["type", "order_status"])?;
    parameter.child("type")?.one_of(&["order_status"])?;
    let order_status = parameter.child("order_status")?;
    order_status.only(&["reference_id", "order"])?;
    let reference_id = order_status.child("reference_id")?.text()?.to_owned();
    let order = order_status.child("order")?;
    order.only(&["status", "description"])?;
    let status = order.child("status")?;
    let word = status.one_of(&OrderState::WORDS)?;
    let state =
        OrderState::parse(word).ok_or_else(|| ShapeFault::Missing { path: status.path_of("status") })?;
    let description = order
        .optional("description")?
        .map(|description| description.text_up_to(DESCRIPTION_MAX_CHARS).map(str::to_owned))
        .transpose()?;
    Ok(OrderStatus { reference_id, state, description })
}
