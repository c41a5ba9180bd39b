//! WhatsApp by AWS End User Messaging Social.

use std::convert::Infallible;

use jiff::Timestamp;
use secrecy::SecretString;

use super::super::api::Api;
use super::super::authentication::Refused;
use super::super::base_urls::BaseUrls;
use super::super::callback::{Callback, Unparsable};
use super::super::http::{Reply, Request};
use super::super::sanitizer::Sanitizer;
use super::super::webhook_call::{Authentic, Call, Purpose};
use crate::message::TemplateMessage;
use crate::protocol::{Answer, Reason, ReasonClass};
use crate::provider::Provider;
use crate::secrets::{AwsWhatsApp, Credentials, WebhookSecrets};

pub(in super::super) enum WhatsApp {}

impl Api for WhatsApp {
    const PROVIDER: Provider = Provider::AwsWhatsApp;
    type Credentials = AwsWhatsApp;
    type WebhookSecret = Infallible;

    fn credentials(all: &Credentials) -> Option<&AwsWhatsApp> {
        all.aws_whatsapp.as_ref()
    }

    fn webhook_secret(_all: &WebhookSecrets) -> Option<&Infallible> {
        None
    }

    fn secrets(_credentials: &AwsWhatsApp) -> Vec<&SecretString> {
        Vec::new()
    }

    fn mask(_credentials: &mut AwsWhatsApp) {}

    fn request(
        _urls: &BaseUrls,
        _credentials: &AwsWhatsApp,
        _message: &TemplateMessage,
    ) -> Result<Request, Reason> {
        Err(Reason::new(ReasonClass::Account, "not_built", "this provider is not built yet"))
    }

    fn answer(reply: &Reply, _sanitizer: &Sanitizer<'_>) -> Answer {
        super::super::http_status::answer(reply.status, reply.retry_after, None)
    }

    fn purpose(_is_get: bool, _has_path_secret: bool) -> Option<Purpose> {
        None
    }

    fn authenticate(_call: &Call<'_>, _secrets: &[&Infallible]) -> Result<Authentic, Refused> {
        Err(Refused::NotConfigured)
    }

    fn callback(_call: &Call<'_>, _received_at: Timestamp) -> Result<Callback, Unparsable> {
        Ok(Callback::default())
    }
}
