//! Kaleyra, WhatsApp API V2: the account's templates, the only administrative read that Kaleyra documents
//! (<https://developers.kaleyra.io/docs/whatsapp-message-api-v2-get-templates>). Callback profiles have no API: an
//! operator configures them.
//!
//! Documented: the path, the header, the envelope `{code, message, data, error}` with Meta's own objects in `data`.
//! Inferred: that one answer contains all templates, because the documentation has no paging.

use reqwest::header::HeaderName;
use secrecy::ExposeSecret as _;
use serde_json::Value;
use shared::provider::Provider;
use shared::providers::BaseUrls;
use shared::redaction::redact;
use shared::secrets::KaleyraCredentials;

use super::http::{Api, Reply};
use super::meta::live;
use super::{CallError, LiveTemplate, Refusal};

const PROVIDER: Provider = Provider::Kaleyra;

/// An account at Kaleyra.
#[derive(Debug)]
pub struct Kaleyra {
    api: Api,
    sid: String,
}

impl Kaleyra {
    /// The account of these credentials.
    pub fn new(base_urls: &BaseUrls, credentials: &KaleyraCredentials) -> Result<Self, CallError> {
        let base =
            base_urls.kaleyra.as_ref().or(credentials.base_url.as_ref()).ok_or(CallError::Unusable {
                provider: PROVIDER,
                problem: "the credentials have no base_url (the pod's URL)",
            })?;
        let header = HeaderName::from_static("api-key");
        let api = Api::new(PROVIDER, base, header, credentials.api_key.expose_secret())?;
        Ok(Self { api, sid: credentials.sid.clone() })
    }

    /// The templates of a WhatsApp business account.
    pub async fn templates(&self, waba: &str) -> Result<Vec<LiveTemplate>, CallError> {
        let reply = self.api.get(&["v2", &self.sid, "whatsapp", waba, "message_templates"], &[]).await?;
        let body = accepted(&reply)?;
        body.get("data").and_then(live::list).ok_or(CallError::Unreadable {
            provider: PROVIDER,
            status: reply.status,
            expected: "templates",
        })
    }
}

/// Success is a 2xx with one of Kaleyra's own codes (`WA200`, `WA202`); a refusal has a code too.
fn accepted(reply: &Reply) -> Result<Value, CallError> {
    let body = reply.json();
    let code = body.get("code").and_then(Value::as_str);
    match (reply.is_success(), code) {
        (true, Some(code)) if code.starts_with("WA2") => Ok(body),
        (_, Some("RBC001")) | (false, None) if reply.status == 401 => {
            Err(CallError::Credentials { provider: PROVIDER, status: reply.status })
        }
        (true, None) => Err(CallError::Unreadable {
            provider: PROVIDER,
            status: reply.status,
            expected: "a JSON object with a code",
        }),
        (_, code) => {
            let text = body.get("message").and_then(Value::as_str).map(redact).unwrap_or_default();
            let refusal =
                Refusal { status: reply.status, code: code.map(str::to_owned), subcode: None, text };
            Err(CallError::Refused { provider: PROVIDER, refusal })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_kaleyras_own_codes_mean_success() {
        for (status, body, expected) in [
            (200, r#"{"code": "WA200", "data": []}"#, ""),
            (
                401,
                r#"{"code": "RBC001", "message": "Incorrect SID or API key.", "data": []}"#,
                "Kaleyra does not take the credentials (HTTP 401)",
            ),
            (401, "Unauthorized", "Kaleyra does not take the credentials (HTTP 401)"),
            (
                401,
                r#"{"code": "WA401", "message": "Not of this account."}"#,
                "Kaleyra refused: Not of this account (HTTP 401, code WA401)",
            ),
            (429, r#"{"code": "WA429"}"#, "Kaleyra refused: no reason given (HTTP 429, code WA429)"),
            (200, r#"{"code": "E110", "message": "m"}"#, "Kaleyra refused: m (HTTP 200, code E110)"),
            (404, "Not Found", "Kaleyra refused: no reason given (HTTP 404)"),
            (200, "[]", "Kaleyra answered with something else than a JSON object with a code (HTTP 200)"),
        ] {
            let error =
                accepted(&Reply::new(status, body)).map_or_else(|error| error.to_string(), |_| String::new());
            assert_eq!(error, expected, "{status} {body}");
        }
    }
}
