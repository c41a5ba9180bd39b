//! The buttons of a new template
//! (<https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components>; the numbers of each
//! kind: <https://docs.gupshup.io/docs/template-button-list.md>).

use super::{missing, parameter, too_long};
use crate::meta::reply::MetaError;
use crate::placeholders;
use crate::templates::{ButtonKind, TemplateButton};
use crate::whatsapp::{CODE_MAX_CHARS, Field, is_address};

const LABEL_MAX_CHARS: usize = 25;
const URL_MAX_CHARS: usize = 2000;
const PHONE_MAX_CHARS: usize = 20;
const MAX_BUTTONS: usize = 10;
const MAX_URLS: usize = 2;
/// Of phone numbers and of codes.
const MAX_OTHERS: usize = 1;

/// Reads a component of type BUTTONS.
pub(super) fn read(component: &Field<'_>) -> Result<Vec<TemplateButton>, MetaError> {
    let buttons =
        component.child("buttons")?.items()?.iter().map(read_button).collect::<Result<Vec<_>, _>>()?;
    let count = |is_meant: fn(&ButtonKind) -> bool| buttons.iter().filter(|it| is_meant(&it.kind)).count();
    if buttons.is_empty()
        || buttons.len() > MAX_BUTTONS
        || count(|kind| *kind == ButtonKind::Url) > MAX_URLS
        || count(|kind| *kind == ButtonKind::CopyCode) > MAX_OTHERS
        || count(|kind| matches!(kind, ButtonKind::Phone(_))) > MAX_OTHERS
    {
        return Err(parameter(
            "(#100) Param components['buttons'] must have 1 to 10 buttons, of which at most two open a URL, one copies a code and one calls.",
        ));
    }
    // "If using quick reply buttons with buttons of some other type, buttons must be organized into two groups".
    let is_quick_reply = |button: &TemplateButton| button.kind == ButtonKind::QuickReply;
    if buttons.chunk_by(|one, next| is_quick_reply(one) == is_quick_reply(next)).count() > 2 {
        return Err(parameter("(#100) Param components['buttons'] has an invalid combination of buttons."));
    }
    Ok(buttons)
}

fn read_button(button: &Field<'_>) -> Result<TemplateButton, MetaError> {
    let kind =
        button.child("type")?.word(&["URL", "QUICK_REPLY", "PHONE_NUMBER", "COPY_CODE", "ORDER_DETAILS"])?;
    // Unknown keys are refused here too, as a user's notes say.
    button.only(match kind {
        "URL" => &["type", "text", "url", "example"],
        "PHONE_NUMBER" => &["type", "text", "phone_number"],
        "COPY_CODE" => &["type", "example"],
        _ => &["type", "text"],
    })?;
    if kind == "COPY_CODE" {
        return read_code(button);
    }
    let text = button.child("text")?.text()?;
    if text.chars().count() > LABEL_MAX_CHARS {
        return Err(too_long("BUTTONS", LABEL_MAX_CHARS));
    }
    match kind {
        "URL" => read_url(button, text),
        "ORDER_DETAILS" => Ok(TemplateButton::order_details(text)),
        "PHONE_NUMBER" => {
            let number = button.child("phone_number")?;
            let digits = number.text()?.strip_prefix('+').unwrap_or(number.text()?);
            if digits.len() > PHONE_MAX_CHARS
                || digits.is_empty()
                || !digits.bytes().all(|byte| byte.is_ascii_digit())
            {
                return Err(MetaError::PhoneNumber(number.path().to_owned()));
            }
            Ok(TemplateButton::phone(text, number.text()?))
        }
        _ => Ok(TemplateButton::quick_reply(text)),
    }
}

/// A URL may end in one variable, `{{1}}`, and then needs the whole address of a sample.
fn read_url(button: &Field<'_>, text: &str) -> Result<TemplateButton, MetaError> {
    let field = button.child("url")?;
    let url = field.text()?;
    let invalid = || parameter(&format!("(#100) Param {} is not a valid URI", field.path()));
    let variables = placeholders::variables(url).ok_or_else(invalid)?;
    let fixed = url.strip_suffix("{{1}}").unwrap_or(url);
    let is_right = match variables.as_slice() {
        [] => true,
        ["1"] => !fixed.contains("{{") && fixed.len() < url.len(),
        _ => false,
    };
    if !is_right || url.chars().count() > URL_MAX_CHARS || !is_address(fixed) {
        return Err(invalid());
    }
    let mut read = TemplateButton::url(text, url);
    if !variables.is_empty() {
        let no_example = || missing("component of type BUTTONS is missing expected field(s) (example)");
        let samples = button.optional("example")?.ok_or_else(no_example)?.items()?;
        read.sample = Some(samples.first().ok_or_else(no_example)?.text()?.to_owned());
    }
    Ok(read)
}

/// A code's example is one text, and WhatsApp gives the label
/// (<https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/marketing-templates/coupon-templates>).
fn read_code(button: &Field<'_>) -> Result<TemplateButton, MetaError> {
    let no_example = || missing("component of type BUTTONS is missing expected field(s) (example)");
    let sample = button.optional("example")?.ok_or_else(no_example)?.text_up_to(CODE_MAX_CHARS)?;
    Ok(TemplateButton { sample: Some(sample.to_owned()), ..TemplateButton::copy_code() })
}
