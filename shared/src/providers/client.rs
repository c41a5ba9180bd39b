//! One attempt: a message to a provider, and what is known of it afterwards.
//!
//! An attempt is up to three tries, of which all but the last were definitely not sent. It always ends by its
//! deadline, and its answer never claims to know what isn't known.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::base_urls::BaseUrls;
use super::connections::Connections;
use super::http::{self, Reply};
use super::words::Words;
use super::{http_status, kaleyra, meta, one_msg, outgoing, pacing};
use crate::message::TemplateMessage;
use crate::protocol::{Answer, Reason, ReasonClass};
use crate::provider::Provider;
use crate::secrets::Credentials;
use crate::tls::{NoTls, Tls};

/// The providers, as this process reaches them.
#[derive(Debug, Clone)]
pub struct Providers {
    pub(super) connections: Connections,
    pub(super) base_urls: BaseUrls,
}

/// An attempt that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempted {
    /// What is known afterwards.
    pub answer: Answer,
    /// How long each request to the provider took, in their order.
    pub calls: Vec<Duration>,
}

impl Providers {
    /// The providers at these addresses, over this TLS.
    pub fn new(base_urls: BaseUrls, tls: &Tls) -> Result<Self, NoTls> {
        let connections = Connections::over(tls).map_err(NoTls::Client)?;
        Ok(Self { connections, base_urls })
    }

    /// Hands the message to the provider. The answer comes by `deadline`. A try has ten seconds; one that the deadline
    /// cuts short may leave the outcome unknown, and without a second left none is begun.
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
        let words = Words::about(message).without_secrets(credentials);
        let mut tries = 0;
        loop {
            let request = match outgoing::request(&self.base_urls, credentials, provider, message) {
                Ok(request) => request,
                Err(reason) => return Answer::Refused(reason),
            };
            let answer = match http::exchange(&self.connections, request, deadline, calls).await {
                Ok(reply) => read(provider, &reply, &words),
                Err(answer) => answer,
            };
            tries += 1;
            let left = deadline.saturating_duration_since(Instant::now());
            match pacing::next_try(&answer, tries, left, fastrand::f64()) {
                Some(wait) => sleep(wait).await,
                None => return answer,
            }
        }
    }
}

/// Why a provider isn't asked for whom the secret has no entry.
pub(super) fn no_credentials(provider: Provider) -> Reason {
    let key = provider.name();
    let text = format!("there are no credentials for {key}: add \"{key}\" to the credentials secret");
    Reason::new(ReasonClass::Credentials, "no_credentials", text)
}

/// What a reply means.
pub(super) fn read(provider: Provider, reply: &Reply, words: &Words<'_>) -> Answer {
    // After such a status nobody knows whether this try, or one before it, was taken, whatever the body says.
    if matches!(reply.status, 408 | 409 | 499) {
        return http_status::answer(reply.status, reply.retry_after, None);
    }
    match said(provider, reply, words) {
        Answer::Unreadable(_) if http_status::is_web_page(&reply.body) => http_status::web_page(),
        Answer::Unreadable(reason) => {
            accepted_inside(provider, reply, words).unwrap_or(Answer::Unreadable(reason))
        }
        answer => answer,
    }
}

fn said(provider: Provider, reply: &Reply, words: &Words<'_>) -> Answer {
    match provider {
        Provider::OneMsg => one_msg::reply::answer(reply, words),
        Provider::Kaleyra => kaleyra::reply::answer(reply, words),
        Provider::Meta => meta::reply::answer(reply, words),
    }
}

/// A plain yes in JSON that has other text around it: the notice of a program, or a mark against scripts. A no there isn't
/// certain: the text around it may say that the message was taken.
fn accepted_inside(provider: Provider, reply: &Reply, words: &Words<'_>) -> Option<Answer> {
    let begin = reply.body.iter().position(|byte| *byte == b'{')?;
    // A list may hold a no as well, or be broken off.
    if reply.body.iter().take(begin).any(|byte| *byte == b'[') {
        return None;
    }
    let end = reply.body.iter().rposition(|byte| *byte == b'}')?;
    let body = reply.body.get(begin..=end)?.to_owned();
    let inside = Reply { status: reply.status, retry_after: reply.retry_after, body };
    Some(said(provider, &inside, words)).filter(|answer| matches!(answer, Answer::Accepted(_)))
}

#[cfg(test)]
mod test_server;
#[cfg(test)]
mod tests;
