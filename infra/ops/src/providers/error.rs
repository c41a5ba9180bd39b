//! Errors of administrative calls.

use std::fmt;

use shared::provider::Provider;

use crate::failure::Failure;

/// Why a call to a provider failed. Contains no secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The credentials or the URL can't form a request.
    #[error("{} can't be called: {problem}", provider.title())]
    Unusable {
        /// The provider that was called.
        provider: Provider,
        /// The reason.
        problem: &'static str,
    },
    /// The provider's host can't be reached.
    #[error("{} can't be reached", .0.title())]
    Unreachable(Provider),
    /// The answer was missing or incomplete. Whether the request was executed is unknown.
    #[error("{} gave no complete answer", .0.title())]
    NoAnswer(Provider),
    /// The provider refused the credentials.
    #[error("{} does not take the credentials (HTTP {status})", provider.title())]
    Credentials {
        /// The provider that was called.
        provider: Provider,
        /// The HTTP status.
        status: u16,
    },
    /// The provider parsed the request and refused it.
    #[error("{} refused: {refusal}", provider.title())]
    Refused {
        /// The provider that was called.
        provider: Provider,
        /// The provider's reason.
        refusal: Refusal,
    },
    /// The answer has an unexpected format.
    #[error("{} answered with something else than {expected} (HTTP {status})", provider.title())]
    Unreadable {
        /// The provider that was called.
        provider: Provider,
        /// The HTTP status.
        status: u16,
        /// The expected contents.
        expected: &'static str,
    },
}

/// A provider's refusal of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The provider's own code.
    pub code: Option<String>,
    /// Meta's additional, more specific code.
    pub subcode: Option<u64>,
    /// The provider's text, redacted.
    pub text: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.text.trim_end_matches('.');
        write!(f, "{} (HTTP {}", if text.is_empty() { "no reason given" } else { text }, self.status)?;
        if let Some(code) = &self.code {
            write!(f, ", code {code}")?;
        }
        if let Some(subcode) = self.subcode {
            write!(f, ", subcode {subcode}")?;
        }
        f.write_str(")")
    }
}

impl CallError {
    /// The provider that was called.
    pub const fn provider(&self) -> Provider {
        match self {
            Self::Unreachable(provider)
            | Self::NoAnswer(provider)
            | Self::Unusable { provider, .. }
            | Self::Credentials { provider, .. }
            | Self::Refused { provider, .. }
            | Self::Unreadable { provider, .. } => *provider,
        }
    }

    /// The next step for the operator.
    pub fn remedy(&self) -> String {
        let name = self.provider().name();
        match self {
            Self::Unusable { .. } | Self::Credentials { .. } => {
                format!("store valid {name} credentials in the credentials secret; `ops doctor` checks them")
            }
            Self::Unreachable(_) => {
                format!("check the network and {}_BASE_URL, then run the command again", name.to_uppercase())
            }
            Self::NoAnswer(_) => "run the command again; completed steps are not repeated".to_owned(),
            Self::Refused { refusal, .. } => refused(self.provider(), refusal),
            Self::Unreadable { .. } => format!(
                "check that {}_BASE_URL is the provider's own; if it is, the provider's interface has changed",
                name.to_uppercase()
            ),
        }
    }
}

fn refused(provider: Provider, refusal: &Refusal) -> String {
    match (provider, refusal.code.as_deref(), refusal.subcode) {
        // The Graph API's "does not exist, or missing permissions".
        (Provider::Meta, Some("100"), Some(33)) => {
            "check the ids (the account's is meta.waba_id or --waba-id, the number's is meta.phone_number_id), and that \
             the token may manage that account: permissions whatsapp_business_management and whatsapp_business_messaging"
                .to_owned()
        }
        (Provider::Meta, Some(code), _) if permission(code) => {
            "give the token the permission whatsapp_business_management, and its system user access to the account"
                .to_owned()
        }
        _ => format!("fix what {} says, then run the command again", provider.title()),
    }
}

/// 10 and 200 to 299: the token lacks a permission (the Graph API's error table).
fn permission(code: &str) -> bool {
    code.parse().is_ok_and(|code: u32| code == 10 || (200..300).contains(&code))
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        let remedy = error.remedy();
        Self::unavailable(error).with_remedy(remedy)
    }
}
