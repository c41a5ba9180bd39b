//! Parses a send as Kaleyra does. Kaleyra checks the payload against its own tables (seed 003) and accepts it; WhatsApp
//! checks the template and its variables later, and Kaleyra reports a failure in a callback.

use serde_json::{Map, Value};

use super::reply::KaleyraError;
use crate::account::KaleyraAccount;
use crate::message::{Echo, FilledTemplate, Message};
use crate::provider::Provider;
use crate::recipient::Recipient;
use crate::whatsapp::{self, Field, WhatsAppError, read_template};

/// The only version of the API that the sender is on.
const VERSION: &str = "v2";
/// Seed 003: "if the length of the string exceeds 255 characters, it will be truncated".
const REFERENCE_CHARS: usize = 255;

/// The caller, and the number or business account that it addresses.
pub(crate) struct Caller<'request> {
    pub version: &'request str,
    pub sid: &'request str,
    pub account: &'request str,
    pub api_key: Option<&'request str>,
}

/// A message with a valid payload, and WhatsApp's later objection.
pub(crate) struct Accepted {
    pub message: Message,
    pub found: Option<WhatsAppError>,
}

/// Checks the account, then the number, then the version of the API.
pub(crate) fn authenticate(account: &KaleyraAccount, caller: &Caller<'_>) -> Result<(), KaleyraError> {
    authenticate_for(&account.sender, account, caller)
}

/// Like [`authenticate`], for the WhatsApp business account.
pub(crate) fn authenticate_account(
    account: &KaleyraAccount,
    caller: &Caller<'_>,
) -> Result<(), KaleyraError> {
    authenticate_for(&account.waba_id, account, caller)
}

fn authenticate_for(own: &str, account: &KaleyraAccount, caller: &Caller<'_>) -> Result<(), KaleyraError> {
    if caller.sid != account.sid || caller.api_key != Some(account.api_key.as_str()) {
        return Err(KaleyraError::Credentials);
    }
    if caller.account != own {
        return Err(KaleyraError::Sender);
    }
    if caller.version != VERSION {
        return Err(KaleyraError::Version);
    }
    Ok(())
}

/// The message in a request's body. Kaleyra's error says only that the payload is wrong.
pub(crate) fn read(account: &KaleyraAccount, body: &Map<String, Value>) -> Result<Accepted, KaleyraError> {
    let object = body.get("messaging_object").and_then(Value::as_object).ok_or(KaleyraError::Payload)?;
    let (recipient, template) = read_messaging_object(object)?;
    let echo = match body.get("extra_info") {
        None | Some(Value::Null) => Echo::Nothing,
        Some(Value::Object(extra)) => Echo::References([
            reference(extra.get("ref"))?,
            reference(extra.get("ref1"))?,
            reference(extra.get("ref2"))?,
        ]),
        Some(_) => return Err(KaleyraError::Payload),
    };
    let found = whatsapp::check(&account.templates, &template).err();
    Ok(Accepted { message: Message { provider: Provider::Kaleyra, recipient, template, echo }, found })
}

fn read_messaging_object(object: &Map<String, Value>) -> Result<(Recipient, FilledTemplate), KaleyraError> {
    Field::required(object, "messaging_product")?.one_of(&["whatsapp"])?;
    if object.contains_key("recipient_type") {
        Field::required(object, "recipient_type")?.one_of(&["individual"])?;
    }
    Field::required(object, "type")?.one_of(&["template"])?;
    let to = Field::required(object, "to")?.text()?;
    let recipient = Recipient::from_e164(to).ok_or(KaleyraError::Payload)?;
    let template = Field::required(object, "template")?;
    // Seed 003's tables make these two mandatory, unlike Meta.
    template.require("components")?;
    template.require_in("language", "policy")?;
    Ok((recipient, read_template(&template)?))
}

fn reference(value: Option<&Value>) -> Result<Option<String>, KaleyraError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.chars().take(REFERENCE_CHARS).collect())),
        Some(_) => Err(KaleyraError::Payload),
    }
}
