//! 1MSG (`api.1msg.io`): seeds 000, 001 and 002. It sends only templates, and returns no
//! reference in callbacks.

pub mod callback;
pub(super) mod hook_info;
pub(super) mod path_secret;
pub(super) mod reply;
pub(super) mod request;

use jiff::Timestamp;
use secrecy::SecretString;

use super::api::{Api, Poll};
use super::authentication::Refused;
use super::base_urls::BaseUrls;
use super::callback::{Callback, Unparsable};
use super::http::{Reply, Request};
use super::sanitizer::Sanitizer;
use super::webhook_call::{Authentic, Call, Purpose};
use crate::message::TemplateMessage;
use crate::protocol::{Answer, Reason};
use crate::provider::Provider;
use crate::secrets::{Credentials, OneMsgCredentials, OneMsgWebhookSecret, WebhookSecrets};

pub(super) enum OneMsg {}

impl Api for OneMsg {
    const PROVIDER: Provider = Provider::OneMsg;
    type Credentials = OneMsgCredentials;
    type WebhookSecret = OneMsgWebhookSecret;
    const POLL: Option<Poll<OneMsgCredentials>> = Some(Poll {
        request: |urls, credentials, message| hook_info::request(credentials, &urls.onemsg, message),
        classify: hook_info::classify,
    });

    fn credentials(all: &Credentials) -> Option<&OneMsgCredentials> {
        all.onemsg.as_ref()
    }

    fn webhook_secret(all: &WebhookSecrets) -> Option<&OneMsgWebhookSecret> {
        all.onemsg.as_ref()
    }

    fn secrets(credentials: &OneMsgCredentials) -> Vec<&SecretString> {
        vec![&credentials.token]
    }

    fn mask(credentials: &mut OneMsgCredentials) {
        credentials.token = "<token>".into();
    }

    fn request(
        urls: &BaseUrls,
        credentials: &OneMsgCredentials,
        message: &TemplateMessage,
    ) -> Result<Request, Reason> {
        request::send(credentials, &urls.onemsg, message)
    }

    fn answer(reply: &Reply, sanitizer: &Sanitizer<'_>) -> Answer {
        reply::answer(reply, sanitizer)
    }

    /// The secret is the last segment of the path. 1MSG probes a URL with a GET when it is registered.
    fn purpose(is_get: bool, has_path_secret: bool) -> Option<Purpose> {
        has_path_secret.then_some(if is_get { Purpose::Probe } else { Purpose::Callback })
    }

    fn authenticate(call: &Call<'_>, secrets: &[&OneMsgWebhookSecret]) -> Result<Authentic, Refused> {
        path_secret::verify(call.route.path_secret, secrets)?;
        let is_probe = call.route.purpose == Purpose::Probe;
        Ok(if is_probe { Authentic::Answer(String::new()) } else { Authentic::Callback })
    }

    fn callback(call: &Call<'_>, received_at: Timestamp) -> Result<Callback, Unparsable> {
        callback::parse(call.body, received_at)
    }
}
