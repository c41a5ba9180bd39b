//! `POST {base}/v2/{sid}/whatsapp/{sender}/messages` (seed 003).

use reqwest::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use secrecy::ExposeSecret;
use serde::Serialize;
use url::Url;

use crate::message::TemplateMessage;
use crate::protocol::{Reason, ReasonClass};
use crate::providers::base_urls::endpoint;
use crate::providers::http::Request;
use crate::providers::template_component::MessagingObject;
use crate::secrets::KaleyraCredentials;

const API_KEY: HeaderName = HeaderName::from_static("api-key");
/// From the list of values that Kaleyra takes; it counts any other as this one.
const SOURCE: &str = "api";

#[derive(Serialize)]
struct SendMessage<'a> {
    messaging_object: MessagingObject<'a>,
    extra_info: ExtraInfo<'a>,
}

/// Comes back in callbacks and in Kaleyra's own reports; each `ref` is cut at 255 characters.
#[derive(Serialize)]
struct ExtraInfo<'a> {
    r#ref: String,
    ref1: &'a str,
    ref2: &'a str,
    wa_source: &'static str,
}

/// The request, or why these credentials can't make one. `base` wins over the credentials' own address.
///
/// Seed 003's table calls the path's number the customer's; its own errors ("does not belong to the account") and its
/// separate `to` say that it is the business number, and so it is taken from the credentials.
pub(in crate::providers) fn send(
    credentials: &KaleyraCredentials,
    base: Option<&Url>,
    message: &TemplateMessage,
) -> Result<Request, Reason> {
    let base = base.or(credentials.base_url.as_ref()).ok_or_else(|| {
        Reason::new(
            ReasonClass::Credentials,
            "no_base_url",
            "Kaleyra's address is not set: add kaleyra.base_url to the credentials secret",
        )
    })?;
    let path = ["v2", &credentials.sid, "whatsapp", &credentials.sender, "messages"];
    let body = SendMessage {
        messaging_object: MessagingObject::new(message),
        extra_info: ExtraInfo {
            r#ref: message.reference.to_string(),
            ref1: &message.notification,
            ref2: message.reference.order.as_str(),
            wa_source: SOURCE,
        },
    };
    let mut request = Request::json(endpoint(base, &path)?, &body)?
        .with_secret_header(API_KEY, credentials.api_key.expose_secret())?;
    request.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::samples::{self, on_the_wire};

    fn credentials() -> KaleyraCredentials {
        KaleyraCredentials {
            base_url: Some(Url::parse("https://api.in.kaleyra.io").unwrap()),
            sid: "HXAP16XXXXXX97IN".to_owned(),
            api_key: "Atest3".into(),
            sender: "+919999999999".to_owned(),
        }
    }

    fn wire(message: &TemplateMessage) -> String {
        on_the_wire(&send(&credentials(), None, message).unwrap())
    }

    #[test]
    fn an_order_status_is_sent_as_seed_003_shows() {
        insta::assert_snapshot!(wire(&samples::order_status(Some("This order has been shipped."))), @"");
    }

    #[test]
    fn an_order_status_without_description_leaves_it_out() {
        insta::assert_snapshot!(wire(&samples::order_status(None)), @"");
    }

    #[test]
    fn a_registered_return_is_a_body_template() {
        insta::assert_snapshot!(wire(&samples::return_registered()), @"");
    }

    #[test]
    fn an_updated_return_is_a_body_template() {
        insta::assert_snapshot!(wire(&samples::return_updated()), @"");
    }

    #[test]
    fn a_cancelled_order_is_a_body_template() {
        insta::assert_snapshot!(wire(&samples::order_cancelled()), @"");
    }

    #[test]
    fn arrived_stock_is_a_body_template() {
        insta::assert_snapshot!(wire(&samples::stock_arrived()), @"");
    }

    #[test]
    fn the_given_address_wins_over_the_secrets() {
        let base = Url::parse("http://127.0.0.1:4010/kaleyra").unwrap();
        let request = send(&credentials(), Some(&base), &samples::order_cancelled()).unwrap();
        assert_eq!(
            request.url.as_str(),
            "http://127.0.0.1:4010/kaleyra/v2/HXAP16XXXXXX97IN/whatsapp/+919999999999/messages"
        );
    }

    #[test]
    fn without_any_address_the_missing_key_is_named() {
        let credentials = KaleyraCredentials { base_url: None, ..credentials() };
        let reason = send(&credentials, None, &samples::order_cancelled()).unwrap_err();
        assert_eq!((reason.class, reason.code.as_str()), (ReasonClass::Credentials, "no_base_url"));
        assert!(reason.text.contains("kaleyra.base_url"));
    }
}
