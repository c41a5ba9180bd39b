//! Polls a provider for the status of a message.
//!
//! Only a reported fact can make a message fail; a missing or unreadable reply changes nothing.

use tokio::time::Instant;

use super::api::{Api, PollResult};
use super::registry::with_api;
use super::{Providers, http};
use crate::clock::Clock;
use crate::message::MessageKey;
use crate::protocol::{Reason, ReasonClass};
use crate::secrets::Credentials;

impl Providers {
    /// Polls for a message. Returns by `deadline`, and after ten seconds at the latest. A fact without a time
    /// gets the time of the reply, by `clock`.
    pub async fn poll(
        &self,
        credentials: &Credentials,
        message: &MessageKey,
        clock: &Clock,
        deadline: Instant,
    ) -> PollResult {
        let poll = with_api!(message.provider, P => P::POLL.map(|poll| {
            let request = P::own(credentials).and_then(|own| (poll.request)(&self.base_urls, own, &message.id));
            (request, poll.classify)
        }));
        let (request, classify) = match poll {
            Some((Ok(request), classify)) => (request, classify),
            Some((Err(reason), _)) => return PollResult::Blocked(reason),
            None => {
                let text = "this provider only sends callbacks";
                return PollResult::Nothing(Reason::new(ReasonClass::OurChoice, "cannot_be_asked", text));
            }
        };
        match http::fetch(&self.connections, request, deadline).await {
            Some(reply) => classify(&message.id, &reply, clock.now()),
            None => PollResult::Nothing(Reason::new(
                ReasonClass::Unavailable,
                "no_reply",
                "the provider could not be reached or did not reply in time",
            )),
        }
    }
}
