//! WhatsApp's checks of a filled template against the account's one.
//!
//! Their order and most codes are as users report them, who quote the details word for word:
//! - 132012 for a header of another kind, or for none: <https://github.com/netflie/laravel-notification-whatsapp/issues/36>;
//! - 132000 for a header's and a body's number of values: <https://github.com/PipedreamHQ/pipedream/pull/6071>;
//! - 100 for a value without a name: <https://github.com/netflie/laravel-notification-whatsapp/issues/41>;
//! - 131008 for a button without its value: <https://github.com/PipedreamHQ/pipedream/issues/5899>;
//! - 100 for a value of a button that calls: <https://github.com/Secreto31126/whatsapp-api-js/issues/175>;
//! - 132018 for a button of another kind ("must be of type") and for a value of a fixed URL ("does not require
//!   parameters"), in many users' notes.
//!
//! Inferred, because no user reports them: the code for a button that isn't there (132018, as for the button of another
//! kind), for a name in a template with numbered variables (100, as for the missing name), for media in a template that
//! has no header for them (132012), and for a header or a URL that is too long (132005, as for the body).

use super::error::{ErrorKind, WhatsAppError};
use super::order_details;
use crate::message::{ButtonParameter, ButtonValue, Content, FilledTemplate, HeaderParameter};
use crate::placeholders;
use crate::templates::{
    ButtonKind, ParameterFormat, Template, TemplateButton, TemplateHeader, TemplateKind, TemplateStatus,
    variables,
};

/// The body of a template message, once filled in, has at most 1024 characters.
const BODY_MAX_CHARS: usize = 1024;
/// A header's text has at most 60 characters
/// (<https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components>).
const HEADER_MAX_CHARS: usize = 60;
/// The same page's limit of a button's URL.
const URL_MAX_CHARS: usize = 2000;
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
        (TemplateKind::Body, Content::OrderStatus(_)) => {
            return Err(ErrorKind::FORMAT_MISMATCH.about("order_status: unexpected component"));
        }
        (TemplateKind::OrderStatus, Content::Body(_)) => {
            return Err(ErrorKind::MISSING_VALUE.about("order_status: component is missing"));
        }
        (TemplateKind::Body, Content::Body(_)) | (TemplateKind::OrderStatus, Content::OrderStatus(_)) => {}
    }
    check_header(template, filled.header.as_ref())?;
    if let Content::Body(values) = &filled.content {
        check_count("body", values.len(), template.variables())?;
        check_names(template.parameters, &variables(&template.text), &filled.names)?;
    }
    check_buttons(&template.buttons, &filled.buttons)?;
    check_texts(template, filled)
}

fn check_header(template: &Template, given: Option<&HeaderParameter>) -> Result<(), WhatsAppError> {
    let mismatch = |expected: &str, received: &str| {
        Err(ErrorKind::FORMAT_MISMATCH
            .about(format!("header: Format mismatch, expected {expected}, received {received}")))
    };
    let received = given.map_or("UNKNOWN", HeaderParameter::format);
    let text = match (&template.header, given) {
        (None | Some(TemplateHeader::Text(_)), None | Some(HeaderParameter::Text { .. })) => {
            match &template.header {
                Some(TemplateHeader::Text(text)) => text.as_str(),
                _ => "",
            }
        }
        (None, Some(_)) => return mismatch("UNKNOWN", received),
        (Some(expected), _) if expected.format() != received => return mismatch(expected.format(), received),
        (Some(_), _) => return Ok(()),
    };
    let variables = variables(text);
    let names: Vec<_> = match given {
        Some(HeaderParameter::Text { name, .. }) => vec![name.clone()],
        _ => Vec::new(),
    };
    check_count("header", names.len(), variables.len())?;
    check_names(template.parameters, &variables, &names)
}

fn check_count(component: &str, given: usize, expected: usize) -> Result<(), WhatsAppError> {
    if given == expected {
        return Ok(());
    }
    Err(ErrorKind::PARAMETER_COUNT.about(format!(
        "{component}: number of localizable_params ({given}) does not match the expected number of params ({expected})"
    )))
}

fn check_names(
    format: ParameterFormat,
    variables: &[&str],
    given: &[Option<String>],
) -> Result<(), WhatsAppError> {
    let invalid = |details: String| Err(ErrorKind::INVALID_PARAMETER.about(details));
    let is_named = |name: &Option<String>| name.as_ref().is_some_and(|name| !name.is_empty());
    match format {
        ParameterFormat::Positional if given.iter().any(is_named) => {
            invalid("Parameter name is not allowed in a template with positional parameters".to_owned())
        }
        ParameterFormat::Named if !given.iter().all(is_named) => {
            invalid("Parameter name is missing or empty".to_owned())
        }
        ParameterFormat::Named => {
            let is_missing = |variable: &&&str| !given.iter().any(|name| name.as_deref() == Some(**variable));
            match variables.iter().find(is_missing) {
                Some(variable) => {
                    invalid(format!("Parameter name is missing for the parameter '{{{{{variable}}}}}'"))
                }
                None => Ok(()),
            }
        }
        ParameterFormat::Positional => Ok(()),
    }
}

fn check_buttons(held: &[TemplateButton], given: &[ButtonParameter]) -> Result<(), WhatsAppError> {
    for (index, button) in held.iter().enumerate() {
        let value = given.iter().find(|given| given.index == index).map(|given| &given.value);
        check_button(index, button, value)?;
    }
    match given.iter().find(|given| given.index >= held.len()) {
        Some(ButtonParameter { index, .. }) => {
            Err(ErrorKind::PARAMETER_ISSUE.about(format!("buttons: Button at index {index} does not exist")))
        }
        None => Ok(()),
    }
}

fn check_button(
    index: usize,
    button: &TemplateButton,
    value: Option<&ButtonValue>,
) -> Result<(), WhatsAppError> {
    let refused = |kind: ErrorKind, problem: &str| {
        Err(kind.about(format!("buttons: Button at index {index} {problem}")))
    };
    let takes_an_end = !variables(&button.url).is_empty();
    match (&button.kind, value) {
        (ButtonKind::Phone(_), Some(_)) => {
            refused(ErrorKind::INVALID_PARAMETER, "is of type Call and does not support parameters")
        }
        (ButtonKind::Url, Some(ButtonValue::Url(_))) if !takes_an_end => {
            refused(ErrorKind::PARAMETER_ISSUE, "of type Url does not require parameters")
        }
        (ButtonKind::Url, None) if takes_an_end => {
            refused(ErrorKind::MISSING_VALUE, "of type Url requires a parameter")
        }
        (ButtonKind::Url, Some(ButtonValue::Url(end))) => {
            let url = placeholders::fill(&button.url, |_| Some(end));
            if url.chars().count() > URL_MAX_CHARS {
                return refused(ErrorKind::TEXT_TOO_LONG, "has a URL that is too long");
            }
            Ok(())
        }
        (ButtonKind::CopyCode, None) => {
            refused(ErrorKind::MISSING_VALUE, "of type copy_code requires a non-empty parameter coupon_code")
        }
        (ButtonKind::OrderDetails, Some(ButtonValue::OrderDetails(details))) => order_details::check(details),
        (ButtonKind::OrderDetails, None) => {
            refused(ErrorKind::MISSING_VALUE, "of type order_details requires a parameter")
        }
        (ButtonKind::OrderDetails, Some(_)) => {
            refused(ErrorKind::PARAMETER_ISSUE, "must be of type OrderDetails")
        }
        (ButtonKind::Url, Some(_)) => refused(ErrorKind::PARAMETER_ISSUE, "must be of type Url"),
        (
            ButtonKind::QuickReply,
            Some(ButtonValue::Url(_) | ButtonValue::Code(_) | ButtonValue::OrderDetails(_)),
        ) => refused(ErrorKind::PARAMETER_ISSUE, "must be of type QuickReply"),
        (
            ButtonKind::CopyCode,
            Some(ButtonValue::Url(_) | ButtonValue::Payload(_) | ButtonValue::OrderDetails(_)),
        ) => refused(ErrorKind::PARAMETER_ISSUE, "must be of type CopyCode"),
        (ButtonKind::Phone(_) | ButtonKind::Url, None)
        | (ButtonKind::QuickReply, None | Some(ButtonValue::Payload(_)))
        | (ButtonKind::CopyCode, Some(ButtonValue::Code(_))) => Ok(()),
    }
}

fn check_texts(template: &Template, filled: &FilledTemplate) -> Result<(), WhatsAppError> {
    let header = match &filled.header {
        Some(HeaderParameter::Text { text, .. }) => Some(text),
        _ => None,
    };
    let values = match &filled.content {
        Content::Body(values) => values.as_slice(),
        Content::OrderStatus(_) => &[],
    };
    if header.into_iter().chain(values).any(|value| has_refused_white_space(value)) {
        return Err(ErrorKind::PARAMETER_ISSUE
            .about("Param text cannot have new-line/tab characters or more than 4 consecutive spaces"));
    }
    let is_longer = |text: &str, limit: usize| text.chars().count() > limit;
    if template.filled_header(filled).is_some_and(|header| is_longer(&header, HEADER_MAX_CHARS)) {
        return Err(ErrorKind::TEXT_TOO_LONG.about("header: hydrated text is too long"));
    }
    if is_longer(&template.filled_body(filled), BODY_MAX_CHARS) {
        return Err(ErrorKind::TEXT_TOO_LONG.about("body: hydrated text is too long"));
    }
    Ok(())
}

fn has_refused_white_space(text: &str) -> bool {
    text.contains(['\n', '\r', '\t']) || text.contains(&" ".repeat(MAX_SPACES_IN_A_ROW + 1))
}
