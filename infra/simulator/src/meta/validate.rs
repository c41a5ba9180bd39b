//! Parses a send as the Graph API does: path, token, object, parameters, and then WhatsApp's own checks.

use serde_json::{Map, Value};

use super::reply::MetaError;
use crate::account::MetaAccount;
use crate::message::{Echo, Message};
use crate::provider::Provider;
use crate::recipient::Recipient;
use crate::whatsapp::{self, ErrorKind, Field, read_template};

/// The reference's limit of `biz_opaque_callback_data`.
const OPAQUE_DATA_MAX_CHARS: usize = 512;

/// Checks the version's format, then the token, then whether the token may use the number.
pub(crate) fn authenticate_number(
    account: &MetaAccount,
    version: &str,
    id: &str,
    token: Option<&str>,
) -> Result<(), MetaError> {
    authenticate(account, version, (id, &account.phone_number_id), token)
}

/// Like [`authenticate_number`], for the business account.
pub(crate) fn authenticate_account(
    account: &MetaAccount,
    version: &str,
    id: &str,
    token: Option<&str>,
) -> Result<(), MetaError> {
    authenticate(account, version, (id, &account.waba_id), token)
}

/// Like [`authenticate_number`], for the app.
pub(crate) fn authenticate_app(
    account: &MetaAccount,
    version: &str,
    id: &str,
    token: Option<&str>,
) -> Result<(), MetaError> {
    authenticate(account, version, (id, &account.app_id), token)
}

/// Checks the version's format, then the token.
pub(crate) fn authenticate_token(
    account: &MetaAccount,
    version: &str,
    token: Option<&str>,
) -> Result<(), MetaError> {
    if !is_version(version) {
        return Err(MetaError::UnknownPath);
    }
    if token != Some(account.token.as_str()) {
        return Err(MetaError::Credentials);
    }
    Ok(())
}

fn authenticate(
    account: &MetaAccount,
    version: &str,
    (id, own): (&str, &str),
    token: Option<&str>,
) -> Result<(), MetaError> {
    authenticate_token(account, version, token)?;
    if id != own {
        return Err(MetaError::NoSuchObject(id.to_owned()));
    }
    Ok(())
}

/// The message in a request's body, and the recipient in its original notation.
pub(crate) fn read(account: &MetaAccount, body: &Map<String, Value>) -> Result<(Message, String), MetaError> {
    Field::required(body, "messaging_product")?.one_of(&["whatsapp"])?;
    if body.contains_key("recipient_type") {
        Field::required(body, "recipient_type")?.one_of(&["individual"])?;
    }
    // If both are present, the phone number takes precedence.
    let has_user_id = body.contains_key("recipient") && !body.contains_key("to");
    let to = Field::required(body, if has_user_id { "recipient" } else { "to" })?.text()?;
    // The API's default is `text`, which is not simulated.
    Field::required(body, "type")?.one_of(&["template"])?;
    let echo = if body.contains_key("biz_opaque_callback_data") {
        let data = Field::required(body, "biz_opaque_callback_data")?.text_up_to(OPAQUE_DATA_MAX_CHARS)?;
        Echo::Opaque(data.to_owned())
    } else {
        Echo::Nothing
    };
    let template = read_template(&Field::required(body, "template")?)?;
    let (recipient, problem) = if has_user_id {
        (Recipient::from_user_id(to), "recipient: not a user id")
    } else {
        (Recipient::from_any_format(to), "to: not a phone number")
    };
    let recipient = recipient.ok_or_else(|| MetaError::WhatsApp(ErrorKind::NOT_VALID.about(problem)))?;
    whatsapp::check(&account.templates, &template).map_err(MetaError::WhatsApp)?;
    Ok((Message { provider: Provider::Meta, recipient, template, echo }, to.to_owned()))
}

/// `v25.0`: the Graph API accepts any version in this format, and serves an old one as the oldest that it still
/// supports.
fn is_version(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.strip_prefix('v')
        .and_then(|numbers| numbers.split_once('.'))
        .is_some_and(|(major, minor)| digits(major) && digits(minor))
}
