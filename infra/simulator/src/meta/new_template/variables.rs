//! The variables of a new template and their samples.

use serde_json::{Value, json};

use super::missing;
use crate::meta::reply::MetaError;
use crate::placeholders;
use crate::templates::ParameterFormat;
use crate::whatsapp::Field;

/// The distinct variables of a text.
pub(super) struct Variables<'text>(pub Vec<&'text str>);

impl<'text> Variables<'text> {
    /// None if the variables aren't written as the template's format requires: `{{1}}`, `{{2}}` and so on without a gap,
    /// or names of lowercase letters, digits and underscores that begin with a letter.
    pub fn read(text: &'text str, format: ParameterFormat) -> Option<Self> {
        let variables = placeholders::variables(text)?;
        let is_right = match format {
            ParameterFormat::Positional => {
                (1..=variables.len()).all(|number| variables.contains(&number.to_string().as_str()))
            }
            ParameterFormat::Named => variables.iter().all(|name| is_name(name)),
        };
        is_right.then_some(Self(variables))
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// The `example` of a component, with a sample for each variable; none for a text without variables. A body's list of
/// samples is in a list of its own.
pub(super) fn read_example(
    component: &Field<'_>,
    kind: &str,
    (positional, named): (&str, &str),
    format: ParameterFormat,
    variables: &Variables<'_>,
) -> Result<Option<Value>, MetaError> {
    let Variables(variables) = variables;
    if variables.is_empty() {
        return Ok(None);
    }
    let no_example = || missing(&format!("component of type {kind} is missing expected field(s) (example)"));
    let example = component.optional("example")?.ok_or_else(no_example)?;
    let member = match format {
        ParameterFormat::Positional => positional,
        ParameterFormat::Named => named,
    };
    let mut samples = example.optional(member)?.ok_or_else(no_example)?.items()?;
    if member == "body_text" {
        samples = samples.first().ok_or_else(no_example)?.items()?;
    }
    let mut given = Vec::new();
    for sample in &samples {
        given.push(match format {
            ParameterFormat::Positional => json!(sample.text()?),
            ParameterFormat::Named => {
                let name = sample.child("param_name")?.text()?;
                if !variables.contains(&name) {
                    return Err(no_example());
                }
                json!({"param_name": name, "example": sample.child("example")?.text()?})
            }
        });
    }
    if given.len() != variables.len() {
        return Err(no_example());
    }
    let given = if member == "body_text" { json!([given]) } else { json!(given) };
    Ok(Some(json!({member: given})))
}
