//! Meta's Graph API: the account's templates and the business number.
//!
//! Documented
//! (<https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-management>): the
//! paths, the cursors, the fields `name`, `language`, `status`, `category`, `components` and `id`, the answer
//! `{id, status, category}` to a new template, and code 100 with subcode 2388024 for an existing one. The subscribed
//! apps and the callback URL:
//! <https://developers.facebook.com/documentation/business-messaging/whatsapp/solution-providers/manage-webhooks>.
//! `rejected_reason` and `sub_category` are fields of the template's node
//! (<https://developers.facebook.com/docs/graph-api/reference/whats-app-business-hsm>), and `verified_name` and
//! `quality_rating` of the number's.

pub(super) mod live;
mod request;
#[cfg(test)]
mod tests;
mod upload;

use std::collections::HashSet;

use reqwest::header::AUTHORIZATION;
use secrecy::ExposeSecret as _;
use serde_json::Value;
use shared::message::Language;
use shared::provider::Provider;
use shared::providers::BaseUrls;
use shared::redaction::redact;
use shared::secrets::MetaCredentials;
use template_definitions::{Definition, Text};

use super::http::{Api, Reply};
use super::{CallError, Refusal};

pub use live::{LiveButton, LiveHeader, LiveStatus, LiveTemplate};
pub use request::template as template_request;
pub use upload::Upload;

const PROVIDER: Provider = Provider::Meta;

/// The requested fields of each template; the answer always includes the id.
const TEMPLATE_FIELDS: &str =
    "name,language,status,category,sub_category,components,rejected_reason,message_send_ttl_seconds";
/// Templates in a page. An account has 250 templates, or 6,000 once its business is verified.
const PAGE: &str = "100";
/// More pages than any account fills.
const MAX_PAGES: usize = 200;

/// `message_send_ttl_seconds` of a template that leaves it at Meta's default.
pub const META_DEFAULT_TTL: i64 = -1;

/// "Content in This Language Already Exists".
const ALREADY_EXISTS: u64 = 2_388_024;

/// A business account and a number at Meta.
#[derive(Debug)]
pub struct Meta {
    api: Api,
    /// The same API with the header that uploads need.
    uploads: Api,
    version: String,
    phone_number_id: String,
}

/// Meta's description of a business number, without the number itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneNumber {
    /// The name that customers see.
    pub verified_name: Option<String>,
    /// GREEN, YELLOW, RED or UNKNOWN.
    pub quality_rating: Option<String>,
}

/// The result of creating a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created {
    /// The template was created.
    New {
        /// The template's id.
        id: String,
        /// Whether it is already usable.
        status: LiveStatus,
        /// Meta's category, which may differ from the requested one.
        category: Option<String>,
    },
    /// A template of this name in this language already existed.
    AlreadyThere,
}

impl Meta {
    /// The account and the number of these credentials.
    pub fn new(base_urls: &BaseUrls, credentials: &MetaCredentials) -> Result<Self, CallError> {
        let token = credentials.token.expose_secret();
        let api =
            |scheme: &str| Api::new(PROVIDER, &base_urls.meta, AUTHORIZATION, &format!("{scheme} {token}"));
        Ok(Self {
            api: api("Bearer")?,
            uploads: api("OAuth")?,
            version: credentials.version.clone(),
            phone_number_id: credentials.phone_number_id.clone(),
        })
    }

    /// All templates of a WhatsApp business account, in all languages.
    pub async fn templates(&self, waba: &str) -> Result<Vec<LiveTemplate>, CallError> {
        let mut templates = Vec::new();
        let mut after: Option<String> = None;
        let mut seen = HashSet::new();
        for _ in 0..MAX_PAGES {
            let mut query = vec![("fields", TEMPLATE_FIELDS), ("limit", PAGE)];
            query.extend(after.as_deref().map(|after| ("after", after)));
            let reply = self.api.get(&[&self.version, waba, "message_templates"], &query).await?;
            let body = accepted(&reply)?;
            let unreadable = CallError::Unreadable {
                provider: PROVIDER,
                status: reply.status,
                expected: "a page of templates",
            };
            let mut page = body.get("data").and_then(live::list).ok_or_else(|| unreadable.clone())?;
            // Meta leaves a field without a value out, although it was asked for.
            for template in &mut page {
                template.time_to_live = template.time_to_live.or(Some(META_DEFAULT_TTL));
            }
            templates.extend(page);
            match next_page(&body) {
                None => return Ok(templates),
                // A repeated cursor would loop for ever.
                Some(cursor) if seen.insert(cursor.clone()) => after = Some(cursor),
                Some(_) => return Err(unreadable),
            }
        }
        Err(CallError::Unreadable { provider: PROVIDER, status: 200, expected: "a list that ends" })
    }

    /// Creates a template in one language, with Meta's code `language`. `header_handle` is the uploaded sample of a picture,
    /// video or document in its header.
    pub async fn create_template(
        &self,
        waba: &str,
        definition: &Definition,
        text: &Text,
        language: &Language,
        header_handle: Option<&str>,
    ) -> Result<Created, CallError> {
        let body = template_request(definition, text, language, header_handle);
        let reply = self.api.post(&[&self.version, waba, "message_templates"], &body).await?;
        match accepted(&reply) {
            Ok(body) => created(&body).ok_or(CallError::Unreadable {
                provider: PROVIDER,
                status: reply.status,
                expected: "the new template's id",
            }),
            Err(CallError::Refused { refusal, .. }) if refusal.subcode == Some(ALREADY_EXISTS) => {
                Ok(Created::AlreadyThere)
            }
            Err(error) => Err(error),
        }
    }

    /// The URL for callbacks about the business number; none if none is configured. The number's own URL takes
    /// precedence over the account's, and that over the app's.
    pub async fn callback_url(&self) -> Result<Option<String>, CallError> {
        let fields = [("fields", "webhook_configuration")];
        let reply = self.api.get(&[&self.version, &self.phone_number_id], &fields).await?;
        Ok(effective_url(&accepted(&reply)?))
    }

    /// The names of the apps that are subscribed to a WhatsApp business account's webhooks. Without one, no callbacks
    /// are posted.
    pub async fn subscribed_apps(&self, waba: &str) -> Result<Vec<String>, CallError> {
        let reply = self.api.get(&[&self.version, waba, "subscribed_apps"], &[]).await?;
        let body = accepted(&reply)?;
        let apps = body.get("data").and_then(Value::as_array).ok_or(CallError::Unreadable {
            provider: PROVIDER,
            status: reply.status,
            expected: "the subscribed apps",
        })?;
        let name = |app: &Value| {
            let name = app.pointer("/whatsapp_business_api_data/name").and_then(Value::as_str);
            name.unwrap_or("(without a name)").to_owned()
        };
        Ok(apps.iter().map(name).collect())
    }

    /// Reads the business number: a call without side effects that needs a token with access to it.
    pub async fn phone_number(&self) -> Result<PhoneNumber, CallError> {
        let fields = [("fields", "verified_name,quality_rating")];
        let reply = self.api.get(&[&self.version, &self.phone_number_id], &fields).await?;
        let body = accepted(&reply)?;
        let text = |name| body.get(name).and_then(Value::as_str).map(str::to_owned);
        Ok(PhoneNumber { verified_name: text("verified_name"), quality_rating: text("quality_rating") })
    }
}

fn effective_url(body: &Value) -> Option<String> {
    let configuration = body.get("webhook_configuration")?;
    ["phone_number", "whatsapp_business_account", "application"]
        .into_iter()
        .filter_map(|level| configuration.get(level).and_then(Value::as_str))
        .find(|url| !url.is_empty())
        .map(str::to_owned)
}

/// The cursor of the next page; none after the last one. `next` itself is a URL that may contain the token, so only its
/// presence is used.
fn next_page(body: &Value) -> Option<String> {
    let paging = body.get("paging")?;
    paging.get("next")?;
    paging.pointer("/cursors/after").and_then(Value::as_str).map(str::to_owned)
}

fn created(body: &Value) -> Option<Created> {
    let text = |name| body.get(name).and_then(Value::as_str);
    Some(Created::New {
        id: text("id")?.to_owned(),
        // Without a status, the review is still pending.
        status: LiveStatus::from_word(text("status").unwrap_or("PENDING")),
        category: text("category").map(str::to_owned),
    })
}

/// The body, unless it is a refusal, which has an `error` with any HTTP status.
fn accepted(reply: &Reply) -> Result<Value, CallError> {
    let body = reply.json();
    let Some(error) = body.get("error") else {
        if reply.is_success() && body.is_object() {
            return Ok(body);
        }
        return Err(CallError::Unreadable {
            provider: PROVIDER,
            status: reply.status,
            expected: "a JSON object",
        });
    };
    let number = |name| error.get(name).and_then(Value::as_u64);
    let code = number("code");
    // 190: the token; 0: no authentication worked (the Graph API's error table).
    if matches!(code, Some(0 | 190)) {
        return Err(CallError::Credentials { provider: PROVIDER, status: reply.status });
    }
    // `error_user_msg` is meant for people; `message` often says only "Invalid parameter".
    let text = [error.get("error_user_msg"), error.pointer("/error_data/details"), error.get("message")]
        .into_iter()
        .flatten()
        .find_map(Value::as_str);
    let refusal = Refusal {
        status: reply.status,
        code: code.map(|code| code.to_string()),
        subcode: number("error_subcode"),
        text: text.map(redact).unwrap_or_default(),
    };
    Err(CallError::Refused { provider: PROVIDER, refusal })
}
