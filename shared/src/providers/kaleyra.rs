//! Kaleyra, WhatsApp API V2: seed 003. Its callbacks return our reference in `extra_info.ref`.

pub(super) mod authentication;
pub mod callback;
mod multipart;
pub(super) mod reply;
pub(super) mod request;

use jiff::Timestamp;
use secrecy::SecretString;

use super::api::Api;
use super::authentication::Refused;
use super::base_urls::BaseUrls;
use super::callback::{Callback, Unparsable};
use super::http::{Reply, Request};
use super::sanitizer::Sanitizer;
use super::webhook_call::{Authentic, Call, Purpose};
use crate::message::TemplateMessage;
use crate::protocol::{Answer, Reason, ReasonClass};
use crate::provider::Provider;
use crate::secrets::{Credentials, KaleyraCredentials, KaleyraWebhookSecret, WebhookSecrets};

pub(super) enum Kaleyra {}

impl Api for Kaleyra {
    const PROVIDER: Provider = Provider::Kaleyra;
    type Credentials = KaleyraCredentials;
    type WebhookSecret = KaleyraWebhookSecret;

    fn credentials(all: &Credentials) -> Option<&KaleyraCredentials> {
        all.kaleyra.as_ref()
    }

    fn webhook_secret(all: &WebhookSecrets) -> Option<&KaleyraWebhookSecret> {
        all.kaleyra.as_ref()
    }

    fn secrets(credentials: &KaleyraCredentials) -> Vec<&SecretString> {
        vec![&credentials.api_key, &credentials.sender]
    }

    fn mask(credentials: &mut KaleyraCredentials) {
        credentials.api_key = "<api_key>".into();
        credentials.sender = "SENDER".into();
    }

    fn request(
        urls: &BaseUrls,
        credentials: &KaleyraCredentials,
        message: &TemplateMessage,
    ) -> Result<Request, Reason> {
        request::send(credentials, urls.kaleyra.as_ref(), message)
    }

    fn answer(reply: &Reply, sanitizer: &Sanitizer<'_>) -> Answer {
        reply::answer(reply, sanitizer)
    }

    fn code_class(code: &str) -> Option<ReasonClass> {
        reply::class(code)
    }

    /// A callback profile can choose GET.
    fn purpose(_is_get: bool, has_path_secret: bool) -> Option<Purpose> {
        (!has_path_secret).then_some(Purpose::Callback)
    }

    fn authenticate(call: &Call<'_>, secrets: &[&KaleyraWebhookSecret]) -> Result<Authentic, Refused> {
        authentication::verify(call.headers, secrets)?;
        Ok(Authentic::Callback)
    }

    /// Kaleyra may also send a POST whose fields are in the query.
    fn callback(call: &Call<'_>, received_at: Timestamp) -> Result<Callback, Unparsable> {
        if call.route.is_get || call.body.trim_ascii().is_empty() && !call.query.is_empty() {
            Ok(callback::parse_query(call.query, received_at))
        } else {
            callback::parse(call.body, received_at)
        }
    }
}
