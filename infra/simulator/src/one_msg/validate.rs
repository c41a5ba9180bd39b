//! Parses a `sendTemplate` request as 1MSG does: its own checks first, then WhatsApp's.

use serde_json::{Map, Value};

use super::reply::OneMsgError;
use crate::account::OneMsgAccount;
use crate::message::{ButtonValue, Content, Echo, HeaderParameter, Message};
use crate::provider::Provider;
use crate::recipient::Recipient;
use crate::whatsapp::{self, Components, ErrorKind, Field, read_components};

/// The token is in the `Authorization` header; the vendor also accepts it as `?token=`.
pub(crate) fn authenticate(
    account: &OneMsgAccount,
    channel: &str,
    bearer: Option<&str>,
    query: Option<&str>,
) -> Result<(), OneMsgError> {
    let token = bearer.or(query);
    if channel == account.channel && token == Some(account.token.as_str()) {
        return Ok(());
    }
    Err(OneMsgError::WrongToken { token: token.unwrap_or_default().to_owned(), channel: channel.to_owned() })
}

/// The message in a request's body, or 1MSG's error.
pub(crate) fn read(account: &OneMsgAccount, body: &Map<String, Value>) -> Result<Message, OneMsgError> {
    let template = required_text(body, "template")?;
    let phone = required_text(body, "phone")?;
    // Seed 000: "422 without it".
    let namespace = match body.get("namespace").and_then(Value::as_str) {
        Some(namespace) if !namespace.is_empty() => namespace,
        _ => return Err(OneMsgError::Unprocessable("namespace is not defined".to_owned())),
    };
    let recipient = Recipient::from_digits(phone).ok_or_else(|| {
        OneMsgError::BadRequest("phone must be in international format, digits only".to_owned())
    })?;
    let language = body
        .get("language")
        .and_then(|language| language.get("code"))
        .and_then(Value::as_str)
        .ok_or_else(|| OneMsgError::BadRequest("language is not defined".to_owned()))?;
    let filled = components(body.get("params"))?.fill(template, language);
    if namespace != account.namespace {
        return Err(OneMsgError::Upstream(
            ErrorKind::NO_SUCH_TEMPLATE
                .about(format!("template name ({template}) does not exist in the namespace")),
        ));
    }
    whatsapp::check(&account.templates, &filled).map_err(|error| match error.kind {
        // Seed 000: "Template variable count mismatch (422 from API)". A button's value that is missing, or that a fixed
        // button doesn't take, is inferred to be such a mismatch.
        ErrorKind::PARAMETER_COUNT => OneMsgError::Unprocessable(error.details),
        _ if error.details.starts_with("buttons:") => OneMsgError::Unprocessable(error.details),
        ErrorKind::PARAMETER_ISSUE => OneMsgError::ParameterText(error.details),
        _ => OneMsgError::Upstream(error),
    })?;
    Ok(Message { provider: Provider::OneMsg, recipient, template: filled, echo: Echo::Nothing })
}

fn required_text<'body>(body: &'body Map<String, Value>, name: &str) -> Result<&'body str, OneMsgError> {
    match body.get(name).and_then(Value::as_str) {
        Some(text) if !text.is_empty() => Ok(text),
        _ => Err(OneMsgError::BadRequest(format!("{name} is not defined"))),
    }
}

/// The values in `params`, which has the form of the Cloud API's components. The vendor's help pages
/// (<https://help.1msg.io>) have headers of text, image, video and document, the body, and buttons that open a URL; what
/// they don't have is refused here. Seed 000's templates need only the body: "params carries body ONLY".
fn components(params: Option<&Value>) -> Result<Components, OneMsgError> {
    let fields = match params {
        Some(params) => Field::at(params, "params").items()?,
        None => Vec::new(),
    };
    let components = read_components(&fields)?;
    let header_name = match &components.header {
        Some(HeaderParameter::Text { name, .. }) => name.as_ref(),
        _ => None,
    };
    let unknown = if header_name.or(components.names.iter().flatten().next()).is_some() {
        "parameter_name"
    } else if matches!(components.header, Some(HeaderParameter::Location(_))) {
        "location"
    } else if matches!(components.content, Content::OrderStatus(_)) {
        "order_status"
    } else if components.buttons.iter().any(|button| !matches!(button.value, ButtonValue::Url(_))) {
        "button"
    } else {
        return Ok(components);
    };
    Err(OneMsgError::Unprocessable(format!("{unknown}: unexpected component")))
}
