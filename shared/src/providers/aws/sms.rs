//! Text messages by AWS End User Messaging SMS.

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
use crate::secrets::{AwsSms, Credentials, WebhookSecrets};

pub(in super::super) enum Sms {}

impl Api for Sms {
    const PROVIDER: Provider = Provider::AwsSms;
    type Credentials = AwsSms;
    type WebhookSecret = Infallible;

    fn credentials(all: &Credentials) -> Option<&AwsSms> {
        all.aws_sms.as_ref()
    }

    fn webhook_secret(_all: &WebhookSecrets) -> Option<&Infallible> {
        None
    }

    fn secrets(_credentials: &AwsSms) -> Vec<&SecretString> {
        Vec::new()
    }

    fn mask(_credentials: &mut AwsSms) {}

    fn request(
        _urls: &BaseUrls,
        _credentials: &AwsSms,
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
