//! The routes of the webhook.

use lambda_http::http::Method;
use shared::provider::Provider;

/// A request that this function handles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    /// `GET /webhooks/meta`: Meta's handshake.
    MetaHandshake,
    /// A callback: `POST /webhooks/meta`, `POST /webhooks/onemsg/{secret}`, `GET|POST /webhooks/kaleyra` (a
    /// Kaleyra callback profile can choose GET).
    Callback {
        /// The provider named in the path.
        provider: Provider,
        /// The secret in the path; only 1MSG has one.
        path_secret: Option<&'a str>,
    },
    /// `GET /webhooks/onemsg/{secret}`: 1MSG probes a URL when it is registered.
    OneMsgProbe {
        /// The secret in the path.
        path_secret: &'a str,
    },
}

impl<'a> Route<'a> {
    /// Parses a path, with or without a stage prefix; `None` if there is no such route.
    pub(crate) fn of(method: &Method, path: &'a str) -> Option<Self> {
        let (_, rest) = path.split_once("/webhooks/")?;
        let mut segments = rest.trim_end_matches('/').split('/');
        let (provider, secret, more) = (segments.next()?, segments.next(), segments.next());
        if more.is_some() {
            return None;
        }
        let is_get = method == Method::GET;
        if !is_get && method != Method::POST {
            return None;
        }
        match (provider, secret) {
            ("meta", None) if is_get => Some(Self::MetaHandshake),
            ("meta", None) => Some(Self::Callback { provider: Provider::Meta, path_secret: None }),
            ("kaleyra", None) => Some(Self::Callback { provider: Provider::Kaleyra, path_secret: None }),
            ("onemsg", Some(path_secret)) if is_get => Some(Self::OneMsgProbe { path_secret }),
            ("onemsg", path_secret @ Some(_)) => {
                Some(Self::Callback { provider: Provider::OneMsg, path_secret })
            }
            _ => None,
        }
    }

    /// The route's name in the log.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::MetaHandshake => "handshake",
            Self::Callback { .. } => "callback",
            Self::OneMsgProbe { .. } => "probe",
        }
    }

    /// The provider that calls this route.
    pub(crate) const fn provider(self) -> Provider {
        match self {
            Self::MetaHandshake => Provider::Meta,
            Self::Callback { provider, .. } => provider,
            Self::OneMsgProbe { .. } => Provider::OneMsg,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_routes_of_the_design_exist_and_no_others() {
        let callback = |provider, path_secret| Some(Route::Callback { provider, path_secret });
        for (method, path, route) in [
            (Method::GET, "/webhooks/meta", Some(Route::MetaHandshake)),
            (Method::POST, "/webhooks/meta", callback(Provider::Meta, None)),
            (Method::POST, "/prod/webhooks/meta/", callback(Provider::Meta, None)),
            (Method::GET, "/webhooks/kaleyra", callback(Provider::Kaleyra, None)),
            (Method::POST, "/webhooks/kaleyra", callback(Provider::Kaleyra, None)),
            (Method::GET, "/webhooks/onemsg/s3", Some(Route::OneMsgProbe { path_secret: "s3" })),
            (Method::POST, "/webhooks/onemsg/s3", callback(Provider::OneMsg, Some("s3"))),
            (Method::POST, "/webhooks/onemsg", None),
            (Method::POST, "/webhooks/onemsg/s3/x", None),
            (Method::POST, "/webhooks/meta/x", None),
            (Method::PUT, "/webhooks/meta", None),
            (Method::POST, "/webhooks/sms", None),
            (Method::POST, "/meta", None),
        ] {
            assert_eq!(Route::of(&method, path), route, "{method} {path}");
        }
    }
}
