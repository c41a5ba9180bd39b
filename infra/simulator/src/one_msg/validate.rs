//! Parses a `sendTemplate` request as 1MSG does: its own checks first, then WhatsApp's.

use serde_json::{Map, Value};

use super::reply::OneMsgError;
use crate::account::OneMsgAccount;
use crate::message::{Content, Echo, FilledTemplate, Message};
use crate::provider::Provider;
use crate::recipient::Recipient;
use crate::whatsapp::{self, ErrorKind};

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
    let values = body_values(body.get("params"))?;
    let filled = FilledTemplate {
        name: template.to_owned(),
        language: language.to_owned(),
        content: Content::Body(values),
    };
    if namespace != account.namespace {
        return Err(OneMsgError::Upstream(
            ErrorKind::NO_SUCH_TEMPLATE
                .about(format!("template name ({template}) does not exist in the namespace")),
        ));
    }
    whatsapp::check(&account.templates, &filled).map_err(|error| match error.kind {
        // Seed 000: "Template variable count mismatch (422 from API)".
        ErrorKind::PARAMETER_COUNT => OneMsgError::Unprocessable(error.details),
        ErrorKind::WHITE_SPACE => OneMsgError::ParameterText(error.details),
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

/// Seed 000: "params carries body ONLY".
fn body_values(params: Option<&Value>) -> Result<Vec<String>, OneMsgError> {
    let malformed = || OneMsgError::BadRequest("params must be an array of components".to_owned());
    let Some(params) = params else { return Ok(Vec::new()) };
    let components = params.as_array().ok_or_else(malformed)?;
    let mut values = Vec::new();
    for component in components {
        let kind = component.get("type").and_then(Value::as_str).ok_or_else(malformed)?;
        let parameters = component.get("parameters").and_then(Value::as_array).ok_or_else(malformed)?;
        if kind != "body" {
            return Err(OneMsgError::Unprocessable(format!("{kind}: unexpected component")));
        }
        for parameter in parameters {
            values.push(text_value(parameter)?);
        }
    }
    Ok(values)
}

fn text_value(parameter: &Value) -> Result<String, OneMsgError> {
    if parameter.get("type").and_then(Value::as_str) != Some("text") {
        return Err(OneMsgError::BadRequest("params: parameter type must be text".to_owned()));
    }
    match parameter.get("text").and_then(Value::as_str) {
        Some(text) if !text.is_empty() => Ok(text.to_owned()),
        _ => Err(OneMsgError::EmptyText),
    }
}
