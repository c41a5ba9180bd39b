//! The fields of a JSON body, and its faults in the Graph API's notation.

use std::str::FromStr;

use serde_json::{Map, Value};

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

    /// A field of the body itself. A missing field and `null` are a fault.
    pub fn required(body: &'body Map<String, Value>, name: &str) -> Result<Self, ShapeFault> {
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

    pub fn path_of(&self, name: &str) -> String {
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
