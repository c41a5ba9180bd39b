//! Makes one attempt: sends a message through a provider and returns the result.
//!
//! An attempt consists of up to three tries; all tries before the last were definitely not sent. It always ends by its
//! deadline.

use std::time::{Duration, SystemTime};

use secrecy::SecretString;
use tokio::time::{Instant, sleep};

use super::api::Api;
use super::aws::Signer;
use super::base_urls::BaseUrls;
use super::connections::Connections;
use super::http::{self, Reply, Request};
use super::registry::with_api;
use super::sanitizer::Sanitizer;
use super::{gateway, http_status, outgoing, retry};
use crate::message::TemplateMessage;
use crate::protocol::{Answer, Reason, ReasonClass};
use crate::provider::Provider;
use crate::secrets::Credentials;
use crate::tls::{Tls, TlsError};

/// The clients and addresses of the providers.
#[derive(Debug, Clone)]
pub struct Providers {
    pub(super) connections: Connections,
    pub(super) base_urls: BaseUrls,
    signer: Option<Signer>,
}

/// The result of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempted {
    /// The provider's answer.
    pub answer: Answer,
    /// The duration of each request to the provider, in order.
    pub calls: Vec<Duration>,
}

impl Providers {
    /// Creates the clients for the providers at these addresses.
    pub fn new(base_urls: BaseUrls, tls: &Tls) -> Result<Self, TlsError> {
        let connections = Connections::new(tls).map_err(TlsError::Client)?;
        Ok(Self { connections, base_urls, signer: None })
    }

    /// Signs requests to AWS with this signer. Without one, AWS's providers refuse every message.
    #[must_use]
    pub fn with_signer(self, signer: Option<Signer>) -> Self {
        Self { signer, ..self }
    }

    /// Sends the message through the provider. The answer is returned by `deadline`. Each try has at most ten
    /// seconds. A try cut short by the deadline may leave the result unknown; none starts with less than a
    /// second left.
    pub async fn send(
        &self,
        credentials: &Credentials,
        provider: Provider,
        message: &TemplateMessage,
        deadline: Instant,
    ) -> Attempted {
        let mut calls = Vec::new();
        let answer = self.answer(credentials, provider, message, deadline, &mut calls).await;
        Attempted { answer, calls }
    }

    async fn answer(
        &self,
        credentials: &Credentials,
        provider: Provider,
        message: &TemplateMessage,
        deadline: Instant,
        calls: &mut Vec<Duration>,
    ) -> Answer {
        let sanitizer = Sanitizer::about(message).without_secrets(secrets(credentials));
        let mut tries = 0;
        loop {
            let request = outgoing::request(&self.base_urls, credentials, provider, message);
            let request = match request.and_then(|request| self.signed(request)) {
                Ok(request) => request,
                Err(reason) => return Answer::Refused(reason),
            };
            let answer = match http::exchange(&self.connections, request, deadline, calls).await {
                Ok(reply) => classify(provider, &reply, &sanitizer),
                Err(answer) => answer,
            };
            tries += 1;
            let left = deadline.saturating_duration_since(Instant::now());
            match retry::next_try(&answer, tries, left, fastrand::f64()) {
                Some(wait) => sleep(wait).await,
                None => return answer,
            }
        }
    }
}

impl Providers {
    /// Signs a request to AWS with the current time.
    fn signed(&self, request: Request) -> Result<Request, Reason> {
        let Some(service) = request.signed_for else { return Ok(request) };
        let signer = self.signer.as_ref().ok_or_else(without_signer)?;
        signer.sign(request, service, SystemTime::now())
    }
}

/// The reason for not sending through AWS.
fn without_signer() -> Reason {
    let text = "there are no AWS credentials in the environment to sign the request with: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
    Reason::new(ReasonClass::Credentials, "no_aws_credentials", text)
}

/// The secrets in the credentials of every provider.
fn secrets(credentials: &Credentials) -> impl Iterator<Item = &SecretString> {
    let secrets = move |provider| with_api!(provider, P => P::credentials(credentials).map(P::secrets));
    Provider::ALL.into_iter().filter_map(secrets).flatten()
}

/// Classifies a reply.
pub(super) fn classify(provider: Provider, reply: &Reply, sanitizer: &Sanitizer<'_>) -> Answer {
    // After these statuses it is unknown whether this or an earlier try was accepted, even if the body names a result.
    // AWS's errors have names, and these count.
    if matches!(reply.status, 408 | 409 | 499) && !provider.is_aws() {
        return http_status::answer(reply.status, reply.retry_after, None);
    }
    if let Some(answer) = gateway::unreached(reply) {
        return answer;
    }
    match classify_body(provider, reply, sanitizer) {
        Answer::Unreadable(_) if http_status::is_web_page(&reply.body) => http_status::web_page(),
        Answer::Unreadable(reason) => {
            accepted_inside(provider, reply, sanitizer).unwrap_or(Answer::Unreadable(reason))
        }
        answer => answer,
    }
}

fn classify_body(provider: Provider, reply: &Reply, sanitizer: &Sanitizer<'_>) -> Answer {
    with_api!(provider, P => P::answer(reply, sanitizer))
}

/// Finds a clear acceptance in JSON with other text around it, such as a program's warning or a guard against
/// scripts. A refusal found this way is not certain, because the text around it may report acceptance.
fn accepted_inside(provider: Provider, reply: &Reply, sanitizer: &Sanitizer<'_>) -> Option<Answer> {
    let begin = reply.body.iter().position(|byte| *byte == b'{')?;
    // A list may also contain a refusal, or be truncated.
    if reply.body.iter().take(begin).any(|byte| *byte == b'[') {
        return None;
    }
    let end = reply.body.iter().rposition(|byte| *byte == b'}')?;
    let body = reply.body.get(begin..=end)?.to_owned();
    let error_type = reply.error_type.clone();
    let inside = Reply { status: reply.status, retry_after: reply.retry_after, error_type, body };
    Some(classify_body(provider, &inside, sanitizer)).filter(|answer| matches!(answer, Answer::Accepted(_)))
}

#[cfg(test)]
mod test_server;
#[cfg(test)]
mod tests;
