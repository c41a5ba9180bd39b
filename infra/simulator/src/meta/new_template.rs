//! Parses a new template as the Graph API does, and refuses the same faults.
//!
//! Documented: code 100 for all faults, the format of names, subcode 2388024 for an existing template. Many users
//! report the other subcodes: 2388043 (no example for the variables), 2388299 (a variable at the start or the end),
//! 2388040 (too long), 2388072 and 2388073 (body, footer), 2388273 (a header's sample). Their texts are Meta's as far as they are quoted anywhere.
//! Others also report 2388299 for a variable that only a full stop follows; here that passes, because the texts of the
//! use-case pages end like that, and those pages call their templates approved (seeds 000 to 002).

mod buttons;
mod header;
mod variables;

use serde_json::{Map, Value};

use super::Uploads;
use super::reply::MetaError;
use crate::templates::{ParameterFormat, Template, TemplateKind};
use crate::whatsapp::Field;
use variables::{Variables, read_example};

const NAME_MAX_CHARS: usize = 512;
const BODY_MAX_CHARS: usize = 1024;
const FOOTER_MAX_CHARS: usize = 60;

/// The template in a request's body. Words such as `HEADER`, `header` and `NAMED`, `named` mean the same, as Meta's own
/// samples have them.
pub(crate) fn read(body: &Map<String, Value>, uploads: &Uploads) -> Result<Template, MetaError> {
    let name = Field::required(body, "name")?.text()?;
    if name.is_empty() || name.chars().count() > NAME_MAX_CHARS || !name.bytes().all(is_of_a_name) {
        return Err(parameter(
            "(#100) Param name must consist of lowercase letters, digits and underscores.",
        ));
    }
    let language = Field::required(body, "language")?.text()?;
    if !is_language(language) {
        return Err(parameter(&format!(
            "(#100) Param language must be one of {{EN, EN_US, ES, …}} - got \"{language}\"."
        )));
    }
    let category = Field::required(body, "category")?.one_of(&["AUTHENTICATION", "MARKETING", "UTILITY"])?;
    let kind = if body.contains_key("sub_category") {
        Field::required(body, "sub_category")?.one_of(&["ORDER_STATUS"])?;
        if category != "UTILITY" {
            return Err(parameter("(#100) Param sub_category does not belong to the category."));
        }
        TemplateKind::OrderStatus
    } else {
        TemplateKind::Body
    };
    let mut template = Template::approved(name, language, kind, "");
    category.clone_into(&mut template.category);
    if body.contains_key("parameter_format") {
        template.parameters =
            match Field::required(body, "parameter_format")?.word(&["NAMED", "POSITIONAL"])? {
                "NAMED" => ParameterFormat::Named,
                _ => ParameterFormat::Positional,
            };
    }
    if body.contains_key("message_send_ttl_seconds") {
        let seconds = Field::required(body, "message_send_ttl_seconds")?.number()?;
        check_ttl(category, seconds)?;
        template.message_send_ttl_seconds = Some(seconds);
    }
    let components = Field::required(body, "components")?;
    for component in components.items()? {
        read_component(&component, &mut template, uploads)?;
    }
    if template.text.is_empty() {
        return Err(missing("component of type BODY is missing"));
    }
    Ok(template)
}

/// <https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/time-to-live>; the error is
/// inferred.
fn check_ttl(category: &str, seconds: i64) -> Result<(), MetaError> {
    let range = match category {
        "AUTHENTICATION" => 30..=900,
        "MARKETING" => 43_200..=2_592_000,
        _ => 30..=43_200,
    };
    if seconds == -1 || range.contains(&seconds) {
        return Ok(());
    }
    Err(parameter(&format!(
        "(#100) Param message_send_ttl_seconds must be -1 or between {} and {} seconds.",
        range.start(),
        range.end()
    )))
}

fn read_component(
    component: &Field<'_>,
    template: &mut Template,
    uploads: &Uploads,
) -> Result<(), MetaError> {
    match component.child("type")?.word(&["HEADER", "BODY", "FOOTER", "BUTTONS"])? {
        "HEADER" => header::read(component, template, uploads)?,
        "BODY" => {
            let text = component.child("text")?.text()?;
            let variables = check_body(text, template.parameters)?;
            let members = ("body_text", "body_text_named_params");
            template.samples.body =
                read_example(component, "BODY", members, template.parameters, &variables)?;
            text.clone_into(&mut template.text);
        }
        "FOOTER" => {
            let text = component.child("text")?.text()?;
            if text.chars().count() > FOOTER_MAX_CHARS {
                return Err(too_long("FOOTER", FOOTER_MAX_CHARS));
            }
            if text.contains("{{") || text.contains('\n') || text.is_empty() {
                let message = "The message footer can't have any variables, newlines or emojis.";
                return Err(refused(2_388_073, "Footer Format Is Incorrect", message));
            }
            template.footer = Some(text.to_owned());
        }
        _ => template.buttons = buttons::read(component)?,
    }
    Ok(())
}

fn check_body(text: &str, format: ParameterFormat) -> Result<Variables<'_>, MetaError> {
    if text.chars().count() > BODY_MAX_CHARS {
        return Err(too_long("BODY", BODY_MAX_CHARS));
    }
    let Some(variables) = Variables::read(text, format) else {
        let message =
            "The variables of the body must be written as the parameter format requires, without a gap.";
        return Err(refused(2_388_072, "Message Body Format Is Incorrect", message));
    };
    let trimmed = text.trim();
    if trimmed.starts_with("{{") || trimmed.ends_with("}}") {
        let message = "Variables can't be at the start or end of the template.";
        return Err(refused(2_388_299, "Leading or Trailing Params Not Allowed", message));
    }
    Ok(variables)
}

const fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'
}

/// The format of the codes in Meta's list of languages.
fn is_language(code: &str) -> bool {
    let (language, region) = code.split_once('_').unwrap_or((code, "XX"));
    matches!(language.len(), 2 | 3)
        && language.bytes().all(|byte| byte.is_ascii_lowercase())
        && matches!(region.len(), 2 | 3)
        && region.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// The account has a template of this name in this language.
pub(crate) fn already_exists(language: &str) -> MetaError {
    let message = format!(
        "There is already {language} content for this template. You can create a new template and try again."
    );
    refused(2_388_024, "Content in This Language Already Exists", &message)
}

fn missing(message: &str) -> MetaError {
    refused(2_388_043, "Message Template \"components\" Param Is Missing Expected Field(s)", message)
}

fn too_long(component: &str, limit: usize) -> MetaError {
    let message = format!("The text of component {component} is longer than {limit} characters.");
    refused(2_388_040, "Character Limit Exceeded", &message)
}

fn parameter(message: &str) -> MetaError {
    MetaError::Parameter { message: message.to_owned(), details: None }
}

fn refused(subcode: u32, title: &'static str, message: &str) -> MetaError {
    MetaError::Template { subcode, title, message: message.to_owned() }
}
