//! One question: what has become of a message, asked of a provider that can be asked.
//!
//! Whatever the reply is, it never makes a message fail: only a fact in it does.

use tokio::time::Instant;

use super::client::no_credentials;
use super::one_msg::hook_info;
use super::{Callback, Providers, http};
use crate::clock::Clock;
use crate::message::MessageKey;
use crate::protocol::{Reason, ReasonClass};
use crate::provider::Provider;
use crate::secrets::Credentials;

/// What a provider tells about a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// What it knows, perhaps nothing.
    Known(Callback),
    /// It doesn't know the message, or its reply can't be read, or none came.
    Nothing(Reason),
    /// It would say the same to every other question now: it refuses the credentials or the account, or is asked too
    /// often, or there are no usable credentials.
    NotNow(Reason),
}

impl Providers {
    /// Asks what has become of a message. The answer comes by `deadline`, and after ten seconds at the latest; what tells no
    /// time happened when it came, by `clock`.
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
