//! Polls a provider for the status of a message.
//!
//! No reply makes a message fail; only a fact in it does.

use tokio::time::Instant;

use super::client::no_credentials;
use super::one_msg::hook_info;
use super::{Callback, Providers, http};
use crate::clock::Clock;
use crate::message::MessageKey;
use crate::protocol::{Reason, ReasonClass};
use crate::provider::Provider;
use crate::secrets::Credentials;

/// The result of a poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// The reply's facts; there may be none.
    Known(Callback),
    /// The provider does not know the message, or there was no readable reply.
    Nothing(Reason),
    /// Every other poll would get the same result now: the credentials or the account are refused, there are
    /// too many requests, or there are no usable credentials.
    NotNow(Reason),
}

impl Providers {
    /// Polls for a message. Returns by `deadline`, and after ten seconds at the latest. A fact without a time
    /// gets the time of the reply, by `clock`.
    pub async fn ask(
        &self,
        credentials: &Credentials,
        message: &MessageKey,
        clock: &Clock,
        deadline: Instant,
    ) -> Told {
        let Provider::OneMsg = message.provider else {
            let text = "this provider only calls back";
            return Told::Nothing(Reason::new(ReasonClass::OurChoice, "cannot_be_asked", text));
        };
        let Some(credentials) = &credentials.onemsg else {
            return Told::NotNow(no_credentials(message.provider));
        };
        let request = match hook_info::request(credentials, &self.base_urls.onemsg, &message.id) {
            Ok(request) => request,
            Err(reason) => return Told::NotNow(reason),
        };
        match http::fetch(&self.connections, request, deadline).await {
            Some(reply) => hook_info::read(&message.id, &reply, clock.now()),
            None => Told::Nothing(Reason::new(
                ReasonClass::Unavailable,
                "no_reply",
                "the provider could not be reached or did not answer in time",
            )),
        }
    }
}
