//! The outcome of a send that a provider finds valid.

use super::http_reply::HttpReply;
use super::ids::Ids;
use super::whatsapp::WhatsAppError;

/// The decision about a send.
pub(super) enum Outcome {
    Accepted(Ids),
    AcceptedWithoutId,
    Queued,
    AcceptedInSilence,
    CutOff(Ids),
    Unreadable(Ids),
    Refused(Refusal),
    /// In an undocumented format.
    RefusedInAnotherWay(HttpReply),
    ServerError,
    Redirect,
    Hang,
    Reset,
}

/// Why a valid send is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    Throttled,
    Credentials,
    Account,
    WhatsApp(WhatsAppError),
}

impl Outcome {
    /// The refusal in brief for observers; none if the send may have been accepted.
    pub fn refusal(&self) -> Option<String> {
        Some(match self {
            Self::Refused(Refusal::Throttled) => "throttled".to_owned(),
            Self::Refused(Refusal::Credentials) => "credentials".to_owned(),
            Self::Refused(Refusal::Account) => "account".to_owned(),
            Self::Refused(Refusal::WhatsApp(error)) => error.kind.code.to_string(),
            Self::RefusedInAnotherWay(reply) => format!("HTTP {}, in words of its own", reply.status),
            Self::ServerError => "HTTP 500".to_owned(),
            Self::Redirect => "HTTP 302".to_owned(),
            Self::Hang => "no answer".to_owned(),
            Self::Reset
            | Self::AcceptedInSilence
            | Self::Accepted(_)
            | Self::AcceptedWithoutId
            | Self::Queued
            | Self::CutOff(_)
            | Self::Unreadable(_) => return None,
        })
    }
}
