//! The `template` object of the Cloud API, which Kaleyra adopts unchanged ("the message object as defined by Meta",
//! seed 003): only its structure, before the check whether such a template exists.

use super::components::read_components;
use super::field::{Field, ShapeFault};
use crate::message::FilledTemplate;

/// Seed 003: the name of a template.
const NAME_MAX_CHARS: usize = 512;

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
