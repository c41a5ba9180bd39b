//! `POST {base}/{version}/{phone_number_id}/messages` (seed 004).

use reqwest::header::AUTHORIZATION;
use secrecy::ExposeSecret;
use url::Url;

use crate::message::TemplateMessage;
use crate::protocol::Reason;
use crate::providers::base_urls::endpoint;
use crate::providers::http::Request;
use crate::providers::template_component::MessagingObject;
use crate::secrets::MetaCredentials;

/// The request, or why these credentials can't make one.
pub(in crate::providers) fn send(
    credentials: &MetaCredentials,
    base: &Url,
    message: &TemplateMessage,
) -> Result<Request, Reason> {
    let body = MessagingObject {
        biz_opaque_callback_data: Some(message.reference.to_string()),
        ..MessagingObject::new(message)
    };
    let path = [&credentials.version, &credentials.phone_number_id, "messages"];
    Request::json(endpoint(base, &path)?, &body)?
        .with_secret_header(AUTHORIZATION, &format!("Bearer {}", credentials.token.expose_secret()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::BaseUrls;
    use crate::providers::samples::{self, on_the_wire};

    fn wire(message: &TemplateMessage) -> String {
        let credentials = MetaCredentials {
            version: "v25.0".to_owned(),
            phone_number_id: "106540352242922".to_owned(),
            token: "EAAtest".into(),
        };
        on_the_wire(&send(&credentials, &BaseUrls::default().meta, message).unwrap())
    }

    #[test]
    fn an_order_status_is_sent_as_seed_004_shows() {
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
}
