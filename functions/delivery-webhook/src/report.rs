//! A report on one call, from which its reply, log line and metrics derive.

use std::time::Duration;

use lambda_http::http::StatusCode;
use shared::delivery::FactKind;
use shared::facts::Stored;
use shared::provider::Provider;
use shared::providers::{Purpose, Refused, Route, Unparsable};
use shared::secrets::SecretError;
use shared::telemetry::Metric;

/// Filled in step by step while the call is handled.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    pub(crate) route: Option<Route<'a>>,
    pub(crate) body_bytes: usize,
    /// The sender whose secret the caller knows, if it has a name and there is no other.
    pub(crate) sender: Option<String>,
    pub(crate) end: End,
    /// Whether the values of some senders in the secret can't be read, so that a refused caller may be one of them.
    pub(crate) is_doubtful: bool,
    /// Delivery facts in the call, including repetitions.
    pub(crate) reported: usize,
    /// Entries in the call that could not be used.
    pub(crate) unusable: usize,
    /// Errors in the call that belong to no message; also counted as unusable.
    pub(crate) account_errors: usize,
    /// Reports that may hide a fact: of an unknown status, in an unknown envelope, or without a message; also counted as unusable.
    pub(crate) unread: usize,
    /// Reports about other senders' messages, which were not stored; also counted as unusable.
    pub(crate) outside: usize,
    /// Entries that are not delivery reports.
    pub(crate) ignored: usize,
    pub(crate) check_took: Duration,
    pub(crate) store_took: Duration,
    pub(crate) took: Duration,
}

/// How a call ended.
#[derive(Debug)]
pub(crate) enum End {
    NoRoute,
    /// The caller is not the provider.
    Refused(Refused),
    /// Authentication failed for lack of the secrets.
    Unchecked(SecretError),
    /// Meta's handshake or 1MSG's probe, with the reply's text.
    Answered(String),
    /// The body is neither JSON nor, from Kaleyra, a form.
    Unreadable(Unparsable),
    /// The callback was parsed, and its facts were stored as far as possible.
    Taken(Stored),
}

impl<'a> Report<'a> {
    pub(crate) fn new(route: Option<Route<'a>>, body_bytes: usize) -> Self {
        let (check_took, store_took, took) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
        let (reported, unusable, account_errors, unread, ignored) = (0, 0, 0, 0, 0);
        let end = End::NoRoute;
        Self {
            route,
            body_bytes,
            sender: None,
            end,
            is_doubtful: false,
            reported,
            unusable,
            account_errors,
            unread,
            outside: 0,
            ignored,
            check_took,
            store_took,
            took,
        }
    }

    /// The provider whose route was called.
    pub(crate) fn provider(&self) -> Option<Provider> {
        self.route.map(|route| route.provider)
    }

    /// What the route is for.
    pub(crate) fn purpose(&self) -> Option<Purpose> {
        self.route.map(|route| route.purpose)
    }

    pub(crate) fn status(&self) -> StatusCode {
        match &self.end {
            End::NoRoute => StatusCode::NOT_FOUND,
            End::Refused(_) if self.is_doubtful => StatusCode::SERVICE_UNAVAILABLE,
            // Meta documents 403 for a handshake with the wrong token.
            End::Refused(_) if self.purpose() == Some(Purpose::Handshake) => StatusCode::FORBIDDEN,
            End::Refused(_) => StatusCode::UNAUTHORIZED,
            End::Unchecked(_) => StatusCode::SERVICE_UNAVAILABLE,
            End::Unreadable(_) => StatusCode::BAD_REQUEST,
            End::Taken(stored) if stored.lost > 0 => StatusCode::SERVICE_UNAVAILABLE,
            End::Answered(_) | End::Taken(_) => StatusCode::OK,
        }
    }

    pub(crate) fn new_facts(&self, kind: FactKind) -> usize {
        self.counted().iter().filter(|one| matches!(one, Metric::Fact { fact, .. } if *fact == kind)).count()
    }

    /// The number of new facts about messages whose order is not known.
    pub(crate) fn unmatched(&self) -> usize {
        self.counted().iter().filter(|one| matches!(one, Metric::UnmatchedFact { .. })).count()
    }

    /// The result of storing; `None` if the call did not get that far.
    pub(crate) fn stored(&self) -> Option<&Stored> {
        if let End::Taken(stored) = &self.end { Some(stored) } else { None }
    }

    fn counted(&self) -> &[Metric] {
        self.stored().map_or(&[], |stored| &stored.counted)
    }

    pub(crate) fn metrics(&self) -> Vec<Metric> {
        match (&self.end, self.provider()) {
            (End::Refused(_), Some(provider)) => vec![Metric::AuthenticationFailure { provider }],
            (End::Unreadable(_), Some(provider)) => {
                vec![Metric::UnreadableCallback { provider: Some(provider) }]
            }
            (_, provider) => {
                let error = provider.map(|provider| Metric::AccountError { provider });
                let errors = error.into_iter().cycle().take(self.account_errors);
                let unread = provider.filter(|_| self.unread > 0 && self.reported == 0);
                let unread = unread.map(|provider| Metric::UnreadableCallback { provider: Some(provider) });
                let outside = provider.filter(|_| self.outside > 0);
                let outside = outside.map(|provider| Metric::AuthenticationFailure { provider });
                self.counted().iter().cloned().chain(errors).chain(unread).chain(outside).collect()
            }
        }
    }
}
