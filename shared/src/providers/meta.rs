//! Meta's WhatsApp Cloud API: seed 004. Its callbacks return our reference in `biz_opaque_callback_data`.

pub mod callback;
pub(super) mod handshake;
pub(super) mod reply;
pub(super) mod request;
pub(super) mod signature;

use http::HeaderValue;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use super::api::Api;
use super::authentication::Refused;
use super::base_urls::BaseUrls;
use super::callback::{Callback, Unparsable};
use super::http::{Reply, Request};
use super::sanitizer::Sanitizer;
use super::webhook_call::{Authentic, Call, Purpose};
use crate::message::TemplateMessage;
use crate::protocol::{Answer, Reason};
use crate::provider::Provider;
use crate::secrets::{Credentials, MetaCredentials, MetaWebhookSecret, WebhookSecrets};

pub(super) enum Meta {}

impl Api for Meta {
    const PROVIDER: Provider = Provider::Meta;
    type Credentials = MetaCredentials;
    type WebhookSecret = MetaWebhookSecret;

    fn credentials(all: &Credentials) -> Option<&MetaCredentials> {
        all.meta.as_ref()
    }

    fn webhook_secret(all: &WebhookSecrets) -> Option<&MetaWebhookSecret> {
        all.meta.as_ref()
    }

    fn is_same(one: &MetaWebhookSecret, other: &MetaWebhookSecret) -> bool {
        let texts = |secret: &MetaWebhookSecret| {
            [&secret.app_secret, &secret.verify_token].map(|text| text.expose_secret().to_owned())
        };
        texts(one) == texts(other)
    }

    fn business_number(secret: &MetaWebhookSecret) -> Option<&String> {
        secret.phone_number_id.as_ref()
    }

    fn secrets(credentials: &MetaCredentials) -> Vec<&SecretString> {
        vec![&credentials.token]
    }

    fn mask(credentials: &mut MetaCredentials) {
        credentials.token = "<token>".into();
    }

    fn request(
        urls: &BaseUrls,
        credentials: &MetaCredentials,
        message: &TemplateMessage,
    ) -> Result<Request, Reason> {
        request::send(credentials, &urls.meta, message)
    }

    fn answer(reply: &Reply, sanitizer: &Sanitizer<'_>) -> Answer {
        reply::answer(reply, sanitizer)
    }

    fn purpose(is_get: bool, has_path_secret: bool) -> Option<Purpose> {
        (!has_path_secret).then_some(if is_get { Purpose::Handshake } else { Purpose::Callback })
    }

    fn authenticate(call: &Call<'_>, secrets: &[&MetaWebhookSecret]) -> Result<Authentic, Refused> {
        if call.route.purpose == Purpose::Handshake {
            return handshake::challenge(call.query, secrets).map(Authentic::Answer);
        }
        let signature = call.headers.get(signature::HEADER).map(HeaderValue::as_bytes);
        signature::verify(signature, call.body, secrets)?;
        Ok(Authentic::Callback)
    }

    fn callback(call: &Call<'_>, received_at: Timestamp) -> Result<Callback, Unparsable> {
        callback::parse(call.body, received_at)
    }
}
