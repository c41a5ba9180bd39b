//! 1MSG: the channel's webhooks and settings.
//!
//! Documented (the vendor's specification and its own tools): the paths, that a POST replaces the list, five URLs at
//! most, `ackNotificationsOn`. Inferred: that `GET …/settings` returns the settings under their own names, like the
//! older API from which 1MSG's descends; that a list may be an array, because the specification shows only a text.

use reqwest::header::AUTHORIZATION;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use shared::provider::Provider;
use shared::providers::BaseUrls;
use shared::redaction::redact;
use shared::secrets::OneMsgCredentials;

use super::http::{Api, Reply};
use super::{CallError, Refusal};

const PROVIDER: Provider = Provider::OneMsg;

/// The maximum of URLs per channel.
pub const MAX_WEBHOOKS: usize = 5;

/// A channel at 1MSG.
#[derive(Debug)]
pub struct OneMsg {
    api: Api,
    channel: String,
}

/// The relevant settings of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Whether statuses are posted at all; none if 1MSG doesn't return it.
    pub ack_notifications_on: Option<bool>,
}

impl OneMsg {
    /// The channel of these credentials.
    pub fn new(base_urls: &BaseUrls, credentials: &OneMsgCredentials) -> Result<Self, CallError> {
        let bearer = format!("Bearer {}", credentials.token.expose_secret());
        let api = Api::new(PROVIDER, &base_urls.onemsg, AUTHORIZATION, &bearer)?;
        Ok(Self { api, channel: credentials.channel.clone() })
    }

    /// The URLs to which statuses are posted. Some of them contain secrets.
    pub async fn webhook(&self) -> Result<Vec<String>, CallError> {
        let reply = self.api.get(&[&self.channel, "webhook"], &[]).await?;
        let expected = "the list of webhooks";
        let body = accepted(&reply)?;
        body.get("webhookUrl").and_then(urls).ok_or(CallError::Unreadable {
            provider: PROVIDER,
            status: reply.status,
            expected,
        })
    }

    /// Replaces the URLs to which statuses are posted; a URL that is left out gets no more statuses.
    pub async fn set_webhook(&self, urls: &[String]) -> Result<(), CallError> {
        let reply = self.api.post(&[&self.channel, "webhook"], &json!({ "webhookUrl": urls })).await?;
        accepted(&reply).map(|_| ())
    }

    /// The channel's settings.
    pub async fn settings(&self) -> Result<Settings, CallError> {
        let reply = self.api.get(&[&self.channel, "settings"], &[]).await?;
        let body = accepted(&reply)?;
        Ok(Settings { ack_notifications_on: body.get("ackNotificationsOn").and_then(Value::as_bool) })
    }

    /// Switches the posting of statuses on. Other settings stay unchanged.
    pub async fn set_ack_notifications_on(&self) -> Result<(), CallError> {
        let body = json!({ "ackNotificationsOn": true });
        accepted(&self.api.post(&[&self.channel, "settings"], &body).await?).map(|_| ())
    }
}

/// The body, unless it is a refusal. Some of 1MSG's refusals have HTTP 200 and an `error`.
fn accepted(reply: &Reply) -> Result<Value, CallError> {
    let body = reply.json();
    if reply.status == 401 {
        // The text of this refusal contains the token.
        return Err(CallError::Credentials { provider: PROVIDER, status: reply.status });
    }
    let error = body.get("error").filter(|error| !error.is_null());
    if reply.is_success() && error.is_none() && body.is_object() {
        return Ok(body);
    }
    if reply.is_success() && error.is_none() {
        return Err(CallError::Unreadable {
            provider: PROVIDER,
            status: reply.status,
            expected: "a JSON object",
        });
    }
    let text = [error, body.get("message")]
        .into_iter()
        .flatten()
        .find_map(|said| said.as_str().or_else(|| said.get("message").and_then(Value::as_str)).map(redact));
    let refusal = Refusal { status: reply.status, code: None, subcode: None, text: text.unwrap_or_default() };
    Err(CallError::Refused { provider: PROVIDER, refusal })
}

/// The URLs in `webhookUrl`: a text, several separated by commas, an array, or null for none. An unknown format is an
/// error, because an overlooked URL would be dropped by the next change.
fn urls(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Null => Some(Vec::new()),
        Value::String(text) => Some(split(text)),
        Value::Array(items) => {
            let lists: Option<Vec<Vec<String>>> = items.iter().map(|item| item.as_str().map(split)).collect();
            lists.map(|lists| lists.concat())
        }
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

/// Splits at a comma only if another URL follows it: a URL may contain commas.
fn split(text: &str) -> Vec<String> {
    let mut urls: Vec<String> = Vec::new();
    for piece in text.split(',') {
        let begins_one = ["http://", "https://"].iter().any(|scheme| piece.trim_start().starts_with(scheme));
        match urls.last_mut() {
            Some(last) if !begins_one => {
                last.push(',');
                last.push_str(piece);
            }
            _ => urls.push(piece.to_owned()),
        }
    }
    urls.iter().map(|url| url.trim().to_owned()).filter(|url| !url.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_parsed_in_every_format() {
        for (value, list) in [
            (json!(null), Some(&[][..])),
            (json!(""), Some(&[])),
            (json!([]), Some(&[])),
            (json!("https://a/x"), Some(&["https://a/x"])),
            (json!("https://a/x,https://b/y"), Some(&["https://a/x", "https://b/y"])),
            (json!(" https://a/x , https://b/y "), Some(&["https://a/x", "https://b/y"])),
            (json!("https://a/x?q=1,2,http://b"), Some(&["https://a/x?q=1,2", "http://b"])),
            (json!(["https://a/x", "https://b/y"]), Some(&["https://a/x", "https://b/y"])),
            (json!(["https://a/x,https://b/y"]), Some(&["https://a/x", "https://b/y"])),
            (json!([""]), Some(&[])),
            (json!(["https://a/x", 7]), None),
            (json!({"0": "https://a/x"}), None),
            (json!(false), None),
        ] {
            let expected = list.map(|list| list.iter().map(|url| (*url).to_owned()).collect::<Vec<_>>());
            assert_eq!(urls(&value), expected, "{value}");
        }
    }

    #[test]
    fn a_refusal_is_recognised_with_any_status_and_hides_the_token() {
        for (status, body, expected) in [
            (200, r#"{"webhookUrl": null}"#, ""),
            (200, r#"{"error": null, "webhookUrl": []}"#, ""),
            (
                401,
                r#"{"error": "Wrong token \"eyJ0\" for channel"}"#,
                "1MSG does not take the credentials (HTTP 401)",
            ),
            (403, "Your subscription is blocked", "1MSG refused: no reason given (HTTP 403)"),
            (
                400,
                r#"{"message": "webhookUrl is not defined"}"#,
                "1MSG refused: webhookUrl is not defined (HTTP 400)",
            ),
            (200, r#"{"error": "No such channel."}"#, "1MSG refused: No such channel (HTTP 200)"),
            (500, r#"{"error": {"message": "try later"}}"#, "1MSG refused: try later (HTTP 500)"),
            (200, "[]", "1MSG answered with something else than a JSON object (HTTP 200)"),
            (200, "<html>", "1MSG answered with something else than a JSON object (HTTP 200)"),
        ] {
            let error =
                accepted(&Reply::new(status, body)).map_or_else(|error| error.to_string(), |_| String::new());
            assert_eq!(error, expected, "{status} {body}");
        }
    }
}
