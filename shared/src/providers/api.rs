//! The interface of a provider. Each provider's folder implements it, and [`registry`](super::registry) names the
//! implementations.

use jiff::Timestamp;
use secrecy::SecretString;

use super::authentication::Refused;
use super::base_urls::BaseUrls;
use super::callback::{Callback, Unparsable};
use super::http::{Reply, Request};
use super::sanitizer::Sanitizer;
use super::webhook_call::{Authentic, Call, Purpose};
use crate::message::{MessageId, TemplateMessage};
use crate::protocol::{Answer, Reason, ReasonClass};
use crate::provider::Provider;
use crate::secrets::{Credentials, WebhookSecrets};

/// A provider: pure functions that convert between bytes and this crate's values.
pub(super) trait Api {
    const PROVIDER: Provider;
    /// The provider's entry in the credentials secret.
    type Credentials: Clone;
    /// The provider's entry in the webhook secret.
    type WebhookSecret;
    /// How to poll for a message's status; `None` if the provider only sends callbacks.
    const POLL: Option<Poll<Self::Credentials>> = None;

    fn credentials(all: &Credentials) -> Option<&Self::Credentials>;

    /// `None` for a provider that calls no webhook, as those of AWS; it doesn't implement the functions about calls either.
    fn webhook_secret(_all: &WebhookSecrets) -> Option<&Self::WebhookSecret> {
        None
    }

    /// Whether two secrets authenticate the same calls. Only for secrets that take long to check: a call is checked once
    /// for all senders with the same secret.
    fn is_same(_one: &Self::WebhookSecret, _other: &Self::WebhookSecret) -> bool {
        false
    }

    /// The id of the business number to which the secret belongs, if it names one.
    fn business_number(_secret: &Self::WebhookSecret) -> Option<&String> {
        None
    }

    /// Every value in the credentials that no log may show.
    fn secrets(credentials: &Self::Credentials) -> Vec<&SecretString>;

    /// Replaces every secret by a placeholder with its name, for displayed requests.
    fn mask(credentials: &mut Self::Credentials);

    /// Builds the request that sends a message. Fails if the credentials or the message do not allow one.
    fn request(
        urls: &BaseUrls,
        credentials: &Self::Credentials,
        message: &TemplateMessage,
    ) -> Result<Request, Reason>;

    /// Classifies the reply to a send.
    fn answer(reply: &Reply, sanitizer: &Sanitizer<'_>) -> Answer;

    /// The class of the provider's own code; `None` if the code is undocumented.
    fn code_class(_code: &str) -> Option<ReasonClass> {
        None
    }

    /// What a GET or a POST to its webhook is for, with or without a secret in the path; `None` if there is no
    /// such route.
    fn purpose(_is_get: bool, _has_path_secret: bool) -> Option<Purpose> {
        None
    }

    /// Authenticates an unparsed call with the active secrets.
    fn authenticate(_call: &Call<'_>, _secrets: &[&Self::WebhookSecret]) -> Result<Authentic, Refused> {
        Err(Refused::NotConfigured)
    }

    /// Parses an authenticated callback.
    fn callback(_call: &Call<'_>, _received_at: Timestamp) -> Result<Callback, Unparsable> {
        Ok(Callback::default())
    }

    /// This provider's credentials, or the reason for not sending to it.
    fn own(all: &Credentials) -> Result<&Self::Credentials, Reason> {
        Self::credentials(all).ok_or_else(|| {
            let key = Self::PROVIDER.name();
            let text = format!("there are no credentials for {key}: add \"{key}\" to the credentials secret");
            Reason::new(ReasonClass::Credentials, "no_credentials", text)
        })
    }
}

/// The result of a poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PollResult {
    /// The reply's facts; there may be none.
    Reported(Callback),
    /// No facts: the message is unknown to the provider, or there was no readable reply.
    Nothing(Reason),
    /// Other polls would fail now too: the provider refuses the credentials or the account or throttles, or there are
    /// no usable credentials.
    Blocked(Reason),
}

/// A poll for the status of a message.
pub(super) struct Poll<C> {
    /// Builds the request. Fails if these credentials do not allow one.
    pub(super) request: fn(&BaseUrls, &C, &MessageId) -> Result<Request, Reason>,
    /// Classifies the reply; a fact without a time gets this one.
    pub(super) classify: fn(&MessageId, &Reply, Timestamp) -> PollResult,
}
