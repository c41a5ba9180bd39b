//! WhatsApp's checks of a filled template against the account's one.

use super::error::{ErrorKind, WhatsAppError};
use crate::message::{Content, FilledTemplate};
use crate::templates::{Template, TemplateKind, TemplateStatus};

/// The body of a template message, once filled in, has at most 1024 characters.
const BODY_MAX_CHARS: usize = 1024;
/// More consecutive spaces than this are refused with 132018.
const MAX_SPACES_IN_A_ROW: usize = 4;

/// Finds the account's template and checks the filled one against it.
pub(crate) fn check(held: &[Template], filled: &FilledTemplate) -> Result<(), WhatsAppError> {
    let missing = || {
        ErrorKind::NO_SUCH_TEMPLATE
            .about(format!("template name ({}) does not exist in {}", filled.name, filled.language))
    };
    let template = held
        .iter()
        .find(|template| (&template.name, &template.language) == (&filled.name, &filled.language))
        .ok_or_else(missing)?;
    match template.status {
        TemplateStatus::Approved => {}
        TemplateStatus::Paused => {
            return Err(ErrorKind::TEMPLATE_PAUSED.about("Template is paused due to low quality"));
        }
        TemplateStatus::Disabled => {
            return Err(ErrorKind::TEMPLATE_DISABLED.about("Template is disabled due to low quality"));
        }
        // A template that was never approved doesn't exist for a sender (error 132001: "or has not been approved").
        TemplateStatus::Pending | TemplateStatus::Rejected => return Err(missing()),
    }
    match (template.kind, &filled.content) {
        (TemplateKind::Body, Content::Body(values)) => check_body(template, values),
        (TemplateKind::OrderStatus, Content::OrderStatus(_)) => Ok(()),
        (TemplateKind::Body, Content::OrderStatus(_)) => {
            Err(ErrorKind::FORMAT_MISMATCH.about("order_status: unexpected component"))
        }
        (TemplateKind::OrderStatus, Content::Body(_)) => {
            Err(ErrorKind::MISSING_VALUE.about("order_status: component is missing"))
        }
    }
}

fn check_body(template: &Template, values: &[String]) -> Result<(), WhatsAppError> {
    let (given, expected) = (values.len(), template.variables());
    if given != expected {
        return Err(ErrorKind::PARAMETER_COUNT.about(format!(
            "body: number of localizable_params ({given}) does not match the expected number of params ({expected})"
        )));
    }
    if values.iter().any(|value| has_refused_white_space(value)) {
        return Err(ErrorKind::WHITE_SPACE
            .about("Param text cannot have new-line/tab characters or more than 4 consecutive spaces"));
    }
    if template.hydrate(values).chars().count() > BODY_MAX_CHARS {
        return Err(ErrorKind::TEXT_TOO_LONG.about("body: hydrated text is too long"));
    }
    Ok(())
}

fn has_refused_white_space(text: &str) -> bool {
    text.contains(['\n', '\r', '\t']) || text.contains(&" ".repeat(MAX_SPACES_IN_A_ROW + 1))
}
