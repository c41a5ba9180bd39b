//! Routes, authenticates and parses the calls to the webhooks.

use http::Method;
use jiff::Timestamp;

use super::api::Api;
use super::authentication::Refused;
use super::callback::{Callback, Unparsable};
use super::registry::with_api;
use super::webhook_call::{Authentic, Call, Route};
use crate::provider::Provider;
use crate::secrets::WebhookSecrets;

impl<'a> Route<'a> {
    /// Parses a path, with or without a stage prefix; `None` if there is no such route.
    pub fn parse(method: &Method, path: &'a str) -> Option<Self> {
        let (_, rest) = path.split_once("/webhooks/")?;
        let mut segments = rest.trim_end_matches('/').split('/');
        let (provider, path_secret, more) = (segments.next()?, segments.next(), segments.next());
        let is_get = method == Method::GET;
        if more.is_some() || !is_get && method != Method::POST {
            return None;
        }
        let provider: Provider = provider.parse().ok()?;
        let purpose = with_api!(provider, P => P::purpose(is_get, path_secret.is_some()))?;
        Some(Self { provider, purpose, is_get, path_secret })
    }
}

impl Call<'_> {
    /// Authenticates the call with the active secrets.
    pub fn authenticate(&self, secrets: &[&WebhookSecrets]) -> Result<Authentic, Refused> {
        with_api!(self.route.provider, P => {
            let own: Vec<_> = secrets.iter().filter_map(|all| P::webhook_secret(all)).collect();
            P::authenticate(self, &own)
        })
    }

    /// Parses an authenticated callback. A fact without a time gets the time of receipt.
    pub fn parse_callback(&self, received_at: Timestamp) -> Result<Callback, Unparsable> {
        with_api!(self.route.provider, P => P::callback(self, received_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::Purpose;

    #[test]
    fn only_the_documented_routes_exist() {
        let route = |provider, purpose, path_secret| Some((provider, purpose, path_secret));
        for (method, path, expected) in [
            (Method::GET, "/webhooks/meta", route(Provider::Meta, Purpose::Handshake, None)),
            (Method::POST, "/webhooks/meta", route(Provider::Meta, Purpose::Callback, None)),
            (Method::POST, "/prod/webhooks/meta/", route(Provider::Meta, Purpose::Callback, None)),
            (Method::GET, "/webhooks/kaleyra", route(Provider::Kaleyra, Purpose::Callback, None)),
            (Method::POST, "/webhooks/kaleyra", route(Provider::Kaleyra, Purpose::Callback, None)),
            (Method::GET, "/webhooks/onemsg/s3", route(Provider::OneMsg, Purpose::Probe, Some("s3"))),
            (Method::POST, "/webhooks/onemsg/s3", route(Provider::OneMsg, Purpose::Callback, Some("s3"))),
            (Method::GET, "/webhooks/onemsg", None),
            (Method::POST, "/webhooks/onemsg", None),
            (Method::POST, "/webhooks/onemsg/s3/x", None),
            (Method::POST, "/webhooks/meta/x", None),
            (Method::POST, "/webhooks/kaleyra/x", None),
            (Method::PUT, "/webhooks/meta", None),
            (Method::POST, "/webhooks/sms", None),
            (Method::POST, "/meta", None),
        ] {
            let found = Route::parse(&method, path);
            assert!(found.is_none_or(|route| route.is_get == (method == Method::GET)));
            let found = found.map(|route| (route.provider, route.purpose, route.path_secret));
            assert_eq!(found, expected, "{method} {path}");
        }
    }
}
