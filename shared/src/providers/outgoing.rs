//! Builds the request that sends a message. This is the only place that builds it, so that a displayed
//! request is the same as a sent one.

use std::fmt;

use url::Url;

use super::api::Api;
use super::base_urls::BaseUrls;
use super::http::Request;
use super::registry::with_api;
use crate::message::TemplateMessage;
use crate::protocol::Reason;
use crate::provider::Provider;
use crate::secrets::Credentials;

/// A request for display. It contains no secret, but its body is the customer's data, so `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The HTTP method.
    pub method: &'static str,
    /// The address; a business number in it is replaced by `SENDER`.
    pub url: Url,
    /// The headers, with `<token>`, `<api_key>` and `<AWS signature>` in place of what is secret or differs with each try.
    pub headers: Vec<(String, String)>,
    /// The body as sent.
    pub body: Vec<u8>,
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("host", &self.url.host_str()).finish_non_exhaustive()
    }
}

impl Outgoing {
    /// The request that would be sent, or why there is none. The secrets are replaced before the request is
    /// built.
    pub fn build(
        urls: &BaseUrls,
        credentials: &Credentials,
        provider: Provider,
        message: &TemplateMessage,
    ) -> Result<Self, Reason> {
        let request = with_api!(provider, P => {
            let mut own = P::own(credentials)?.clone();
            P::mask(&mut own);
            P::request(urls, &own, message)
        })?;
        let headers = request
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        let mut headers: Vec<_> = headers.collect();
        if request.signed_for.is_some() {
            headers.push(("authorization".to_owned(), "<AWS signature>".to_owned()));
        }
        Ok(Self { method: "POST", headers, url: request.url, body: request.body })
    }
}

/// Builds the request. Fails if the credentials or the message do not allow one.
pub(super) fn request(
    urls: &BaseUrls,
    credentials: &Credentials,
    provider: Provider,
    message: &TemplateMessage,
) -> Result<Request, Reason> {
    with_api!(provider, P => P::request(urls, P::own(credentials)?, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::{AwsUrls, samples};

    fn credentials() -> Credentials {
        serde_json::from_value(serde_json::json!({
            "onemsg": {"channel": "VID1", "token": "hush"},
            "kaleyra": {"base_url": "https://api.in.kaleyra.io", "sid": "HX", "api_key": "hush", "sender": "+9199999hush"},
            "meta": {"phone_number_id": "106", "token": "hush"},
            "aws-sms": {"origination": "pool-1"},
        }))
        .unwrap()
    }

    #[test]
    fn a_displayed_request_equals_the_sent_one_except_for_the_secrets() {
        let urls = BaseUrls::default();
        for (provider, message, url, secret) in [
            (
                Provider::OneMsg,
                samples::for_one_msg(samples::order_cancelled()),
                "https://api.1msg.io/VID1/sendTemplate",
                ("authorization", "Bearer <token>"),
            ),
            (
                Provider::Kaleyra,
                samples::order_status(None),
                "https://api.in.kaleyra.io/v2/HX/whatsapp/SENDER/messages",
                ("api-key", "<api_key>"),
            ),
            (
                Provider::Meta,
                samples::order_status(None),
                "https://graph.facebook.com/v25.0/106/messages",
                ("authorization", "Bearer <token>"),
            ),
        ] {
            let seen = Outgoing::build(&urls, &credentials(), provider, &message).unwrap();
            let sent = request(&urls, &credentials(), provider, &message).unwrap();
            assert_eq!((seen.url.as_str(), &seen.body), (url, &sent.body));
            let (name, value) = secret;
            assert!(seen.headers.contains(&(name.to_owned(), value.to_owned())), "{:?}", seen.headers);
            assert_eq!(seen.headers.len(), sent.headers.len());
            let whole = format!("{} {:?} {}", seen.url, seen.headers, String::from_utf8_lossy(&seen.body));
            assert!(!whole.contains("hush"), "{whole}");
        }
    }

    #[test]
    fn a_displayed_request_to_aws_has_a_placeholder_for_the_signature() {
        let urls = BaseUrls {
            aws: AwsUrls { region: Some("eu-central-1".to_owned()), ..AwsUrls::default() },
            ..BaseUrls::default()
        };
        let message = samples::text_message();
        let seen = Outgoing::build(&urls, &credentials(), Provider::AwsSms, &message).unwrap();
        let sent = request(&urls, &credentials(), Provider::AwsSms, &message).unwrap();
        assert_eq!((&seen.url, &seen.body), (&sent.url, &sent.body));
        let signature = ("authorization".to_owned(), "<AWS signature>".to_owned());
        assert_eq!(seen.headers.last(), Some(&signature));
        assert_eq!(sent.headers.get("authorization"), None);
    }

    #[test]
    fn missing_credentials_are_reported() {
        let none = Outgoing::build(
            &BaseUrls::default(),
            &Credentials::default(),
            Provider::Meta,
            &samples::stock_arrived(),
        );
        assert_eq!(none.unwrap_err().code, "no_credentials");
    }
}
