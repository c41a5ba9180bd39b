//! Polls a provider for the status of a message.
//!
//! No reply makes a message fail; only a fact in it does.

use tokio::time::Instant;

use super::api::{Api, Told};
use super::registry::with_api;
use super::{Providers, http};
use crate::clock::Clock;
use crate::message::MessageKey;
use crate::protocol::{Reason, ReasonClass};
use crate::secrets::Credentials;

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
        let poll = with_api!(message.provider, P => P::POLL.map(|poll| {
            let request = P::own(credentials).and_then(|own| (poll.request)(&self.base_urls, own, &message.id));
            (request, poll.read)
        }));
        let (request, read) = match poll {
            Some((Ok(request), read)) => (request, read),
            Some((Err(reason), _)) => return Told::NotNow(reason),
            None => {
                let text = "this provider only calls back";
                return Told::Nothing(Reason::new(ReasonClass::OurChoice, "cannot_be_asked", text));
            }
        };
        match http::fetch(&self.connections, request, deadline).await {
            Some(reply) => read(&message.id, &reply, clock.now()),
            None => Told::Nothing(Reason::new(
                ReasonClass::Unavailable,
                "no_reply",
                "the provider could not be reached or did not answer in time",
            )),
        }
    }
}
