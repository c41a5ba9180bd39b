//! A call to a webhook.

use http::HeaderMap;

use crate::provider::Provider;
use crate::sender_scope::SenderScope;

/// The purpose of a call to a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Delivery reports.
    Callback,
    /// Meta's verification, which expects its challenge as the reply.
    Handshake,
    /// 1MSG's check that a URL replies before it is registered.
    Probe,
}

impl Purpose {
    /// The name in the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Callback => "callback",
            Self::Handshake => "handshake",
            Self::Probe => "probe",
        }
    }
}

/// A request that delivery-webhook handles: `GET|POST /webhooks/{provider}`, or with a secret as the last segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route<'a> {
    /// The provider named in the path.
    pub provider: Provider,
    /// The purpose of the call.
    pub purpose: Purpose,
    /// Whether it is a GET; otherwise it is a POST.
    pub is_get: bool,
    /// The secret in the path, if the provider's webhook has one there.
    pub path_secret: Option<&'a str>,
}

/// The parts of a request that are used for authentication or contain reports.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The route that was called.
    pub route: Route<'a>,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The query, without its question mark.
    pub query: &'a str,
    /// The body, unparsed, for the authentication.
    pub body: &'a [u8],
}

/// What to do with an authenticated call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authentic {
    /// A callback: parse it.
    Callback,
    /// A handshake or a probe: reply with this text.
    Answer(String),
}

/// An authenticated call, with the senders whose secrets it knows.
#[derive(Debug, PartialEq, Eq)]
pub enum Authenticated {
    /// A callback, which may report about these senders' messages.
    Callback(SenderScope),
    /// A handshake or a probe: reply with this text.
    Answer(String),
}
