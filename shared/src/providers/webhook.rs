//! Routes, authenticates and parses the calls to the webhooks.

use std::collections::BTreeSet;

use http::Method;
use jiff::Timestamp;

use super::api::Api;
use super::authentication::Refused;
use super::callback::{Callback, Unparsable};
use super::registry::with_api;
use super::webhook_call::{Authentic, Authenticated, Call, Route};
use crate::message::Sender;
use crate::provider::Provider;
use crate::secrets::{Readable, Senders, WebhookSecrets};
use crate::sender_scope::SenderScope;

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
    /// Authenticates the call with the active versions of the secret. Compares the secrets of all senders, so that the
    /// time does not reveal which one matched.
    pub fn authenticate(&self, versions: &[&Senders<WebhookSecrets>]) -> Result<Authenticated, Refused> {
        with_api!(self.route.provider, P => {
            let mut scope = SenderScope::default();
            let mut answer = None;
            let mut nearest = Refused::NotConfigured;
            let mut checked: Vec<(&<P as Api>::WebhookSecret, Result<Authentic, Refused>)> = Vec::new();
            for secrets in versions {
                for (sender, own) in secrets.all() {
                    let Some(secret) = P::webhook_secret(own) else { continue };
                    let known = checked.iter().find(|(known, _)| P::is_same(known, secret));
                    let result = known.map(|(_, result)| result.clone());
                    let result = result.unwrap_or_else(|| P::authenticate(self, &[secret]));
                    checked.push((secret, result.clone()));
                    match result {
                        Ok(Authentic::Callback) => {
                            let number = P::business_number(secret).cloned();
                            match sender {
                                Some(sender) => scope.add(sender.clone(), number),
                                None => scope.add_default(with_own_secret::<P>(secrets), number),
                            }
                        }
                        Ok(Authentic::Answer(text)) => answer = Some(text),
                        Err(refused) => nearest = nearest.max(refused),
                    }
                }
            }
            match answer {
                Some(text) => Ok(Authenticated::Answer(text)),
                None if scope.is_empty() => Err(nearest),
                None => Ok(Authenticated::Callback(scope)),
            }
        })
    }

    /// Parses an authenticated callback. A fact without a time gets the time of receipt.
    pub fn parse_callback(&self, received_at: Timestamp) -> Result<Callback, Unparsable> {
        with_api!(self.route.provider, P => P::callback(self, received_at))
    }
}

/// The senders that don't share the default sender's secret for this provider: they have their own, or their values
/// can't be read.
fn with_own_secret<P: Api>(secrets: &Senders<WebhookSecrets>) -> BTreeSet<Sender> {
    let has_own = |values: &Readable<WebhookSecrets>| {
        values.0.as_ref().map_or(true, |values| P::webhook_secret(values).is_some())
    };
    let named = secrets.named.iter().filter(|(_, values)| has_own(values));
    named.map(|(sender, _)| sender.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::Purpose;

    #[test]
    fn a_call_may_report_about_the_senders_whose_secret_it_knows() {
        let secrets: Senders<WebhookSecrets> = serde_json::from_value(serde_json::json!({
            "onemsg": {"url_secret": "of-default"}, "senders": {
                "acme": {"onemsg": {"url_secret": "of-acme"}}, "beta": {}, "broken": {"onemsg": 7}}}))
        .unwrap();
        let sender = |name: &str| Sender::parse(name).unwrap();
        let scope = |secret: &str| {
            let path = format!("/webhooks/onemsg/{secret}");
            let route = Route::parse(&Method::POST, &path).unwrap();
            let call = Call { route, headers: &http::HeaderMap::new(), query: "", body: b"{}" };
            match call.authenticate(&[&secrets])? {
                Authenticated::Callback(scope) => Ok(scope),
                Authenticated::Answer(text) => panic!("{text}"),
            }
        };
        let of_acme = scope("of-acme").unwrap();
        assert_eq!(of_acme.only_named(), Some(&sender("acme")));
        assert!(!of_acme.allows(None, None));
        let of_default = scope("of-default").unwrap();
        let allows = |name: &str| of_default.allows(Some(&sender(name)), None);
        assert_eq!(
            (allows("acme"), allows("beta"), allows("new"), allows("broken")),
            (false, true, true, false)
        );
        assert_eq!(scope("of-another"), Err(Refused::Wrong));
    }

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
