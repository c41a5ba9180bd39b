//! What one call was and what became of it: the one value that its answer, its line in the log and its metrics come from.

use std::time::Duration;

use lambda_http::http::StatusCode;
use shared::delivery::FactKind;
use shared::provider::Provider;
use shared::providers::{Refused, Unparsable};
use shared::secrets::SecretError;
use shared::telemetry::Metric;

use crate::route::Route;
use crate::storage::Stored;

/// Filled on the way.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    pub(crate) route: Option<Route<'a>>,
    pub(crate) body_bytes: usize,
    pub(crate) end: End,
    /// Facts in the call, with repetitions.
    pub(crate) reported: usize,
    /// Reports in it that could not be used.
    pub(crate) unusable: usize,
    /// Errors in it that belong to no message; they count as unusable too.
    pub(crate) account_errors: usize,
    /// Envelopes in it that hold a status and are not known here; they count as unusable too.
    pub(crate) unknown_envelopes: usize,
    /// Things in it that are none of ours to read.
    pub(crate) ignored: usize,
    pub(crate) check_took: Duration,
    pub(crate) store_took: Duration,
    pub(crate) took: Duration,
}

/// How a call ended.
#[derive(Debug)]
pub(crate) enum End {
    /// There is no such route.
    NoRoute,
    /// The caller isn't the provider.
    Refused(Refused),
    /// It could not be found out whether it is.
    Unchecked(SecretError),
    /// The handshake or the probe, and its answer.
    Answered(String),
    /// The body is not what it says it is.
    Unreadable(Unparsable),
    /// It was read, and stored as far as could be.
    Taken(Stored),
}

impl<'a> Report<'a> {
    pub(crate) fn new(route: Option<Route<'a>>, body_bytes: usize) -> Self {
        let (check_took, store_took, took) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
        let (reported, unusable, account_errors, unknown_envelopes, ignored) = (0, 0, 0, 0, 0);
        let end = End::NoRoute;
        Self {
            route,
            body_bytes,
            end,
            reported,
            unusable,
            account_errors,
            unknown_envelopes,
            ignored,
            check_took,
            store_took,
            took,
        }
    }

    /// Whose webhook was called.
    pub(crate) fn provider(&self) -> Option<Provider> {
        self.route.map(Route::provider)
    }

    /// The answer's status.
    pub(crate) fn status(&self) -> StatusCode {
        match &self.end {
            End::NoRoute => StatusCode::NOT_FOUND,
            // Meta documents 403 for a handshake with the wrong token.
            End::Refused(_) if self.route == Some(Route::MetaHandshake) => StatusCode::FORBIDDEN,
            End::Refused(_) => StatusCode::UNAUTHORIZED,
            End::Unchecked(_) => StatusCode::SERVICE_UNAVAILABLE,
            End::Unreadable(_) => StatusCode::BAD_REQUEST,
            End::Taken(stored) if stored.lost > 0 => StatusCode::SERVICE_UNAVAILABLE,
            End::Answered(_) | End::Taken(_) => StatusCode::OK,
        }
    }

    /// How many new facts there were of a kind.
    pub(crate) fn new_facts(&self, kind: FactKind) -> usize {
        self.counted().iter().filter(|one| matches!(one, Metric::Fact { fact, .. } if *fact == kind)).count()
    }

    /// How many new facts were about messages whose order isn't known.
    pub(crate) fn unmatched(&self) -> usize {
        self.counted().iter().filter(|one| matches!(one, Metric::UnmatchedFact { .. })).count()
    }

    /// What storing showed, where anything was stored.
    pub(crate) fn stored(&self) -> Option<&Stored> {
        if let End::Taken(stored) = &self.end { Some(stored) } else { None }
    }

    fn counted(&self) -> &[Metric] {
        self.stored().map_or(&[], |stored| &stored.counted)
    }

    /// What it counts.
    pub(crate) fn metrics(&self) -> Vec<Metric> {
        match (&self.end, self.provider()) {
            (End::Refused(_), Some(provider)) => vec![Metric::AuthenticationFailure { provider }],
            (End::Unreadable(_), Some(provider)) => vec![Metric::UnreadableCallback { provider }],
            (_, provider) => {
                let error = provider.map(|provider| Metric::AccountError { provider });
                let errors = error.into_iter().cycle().take(self.account_errors);
                let unread = provider.filter(|_| self.unknown_envelopes > 0 && self.reported == 0);
                let unread = unread.map(|provider| Metric::UnreadableCallback { provider });
                self.counted().iter().copied().chain(errors).chain(unread).collect()
            }
        }
    }
}
