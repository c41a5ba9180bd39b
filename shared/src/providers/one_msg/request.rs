//! Builds `POST {base}/{channel}/sendTemplate` (seeds 000, 001 and 002).

use reqwest::header::AUTHORIZATION;
use secrecy::ExposeSecret;
use serde::Serialize;
use url::Url;

use crate::message::{Content, TemplateMessage};
use crate::protocol::{Reason, ReasonClass};
use crate::provider::Provider;
use crate::providers::base_urls::endpoint;
use crate::providers::http::Request;
use crate::providers::template_component::{Component, LanguageObject, without_phone_number};
use crate::secrets::OneMsgCredentials;

#[derive(Serialize)]
struct SendTemplate<'a> {
    /// International format without `+` and spaces.
    phone: &'a str,
    template: &'a str,
    namespace: &'a str,
    language: LanguageObject<'a>,
    /// A fixed header or button takes no value and is left out.
    params: Vec<Component<'a>>,
}

/// Builds the request. Fails if this message does not allow one.
pub(in crate::providers) fn send(
    credentials: &OneMsgCredentials,
    base: &Url,
    message: &TemplateMessage,
) -> Result<Request, Reason> {
    let Content::Template(components) = &message.content else {
        return Err(Reason::new(
            ReasonClass::Content,
            "no_order_status",
            "1MSG documents no order_status message: the catalogue must name another provider",
        ));
    };
    if components.order_details.is_some() {
        return Err(Reason::new(
            ReasonClass::Content,
            "no_order_details",
            "1MSG documents no order_status message, which follows order_details: the catalogue must name another provider",
        ));
    }
    let Some(namespace) = &message.template.namespace else {
        return Err(Reason::new(
            ReasonClass::Template,
            "no_namespace",
            "1MSG answers 422 to a template without its namespace: the catalogue must name it",
        ));
    };
    let phone = message.recipient.phone().ok_or_else(|| without_phone_number(Provider::OneMsg))?;
    let body = SendTemplate {
        phone: phone.digits(),
        template: &message.template.name,
        namespace,
        language: LanguageObject::new(&message.language),
        params: Component::of_template(components),
    };
    Request::json(endpoint(base, &[&credentials.channel, "sendTemplate"])?, &body)?
        .with_secret_header(AUTHORIZATION, &format!("Bearer {}", credentials.token.expose_secret()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::BaseUrls;
    use crate::providers::samples::{self, for_one_msg, on_the_wire};

    fn credentials() -> OneMsgCredentials {
        OneMsgCredentials { channel: "VID182868781".to_owned(), token: "eyJ.test.token".into() }
    }

    fn wire(message: TemplateMessage) -> String {
        on_the_wire(&send(&credentials(), &BaseUrls::default().onemsg, &for_one_msg(message)).unwrap())
    }

    #[test]
    fn a_picture_and_a_tracking_button_are_components_of_their_own() {
        insta::assert_snapshot!(wire(samples::with_picture_and_tracking()), @r#"
        POST https://api.1msg.io/VID182868781/sendTemplate
        content-type: application/json
        authorization: Bearer eyJ.test.token (sensitive)

        {"phone":"12025550100","template":"order_shipped","namespace":"5e7c1a90_3b6d_4f1e_9c52_7d0a8f4b2e61","language":{"policy":"deterministic","code":"en"},"params":[{"type":"header","parameters":[{"type":"image","image":{"link":"https://cdn.shop.example/headphones.jpg"}}]},{"type":"body","parameters":[{"type":"text","text":"Alexey"},{"type":"text","text":"10482"}]},{"type":"button","sub_type":"url","index":"0","parameters":[{"type":"text","text":"1Z999AA10123456784"}]}]}
        "#);
    }

    #[test]
    fn a_registered_return_is_sent_as_seed_000_shows() {
        insta::assert_snapshot!(wire(samples::return_registered()), @r#"
        POST https://api.1msg.io/VID182868781/sendTemplate
        content-type: application/json
        authorization: Bearer eyJ.test.token (sensitive)

        {"phone":"12025550100","template":"order_return","namespace":"5e7c1a90_3b6d_4f1e_9c52_7d0a8f4b2e61","language":{"policy":"deterministic","code":"en"},"params":[{"type":"body","parameters":[{"type":"text","text":"Alexey"},{"type":"text","text":"10482"},{"type":"text","text":"Wireless headphones"},{"type":"text","text":"Return the item to the drop-off point by July 5. Refund within 5–7 business days after inspection"}]}]}
        "#);
    }

    #[test]
    fn an_updated_return_is_sent_as_seed_000_shows() {
        insta::assert_snapshot!(wire(samples::return_updated()), @r#"
        POST https://api.1msg.io/VID182868781/sendTemplate
        content-type: application/json
        authorization: Bearer eyJ.test.token (sensitive)

        {"phone":"12025550100","template":"order_return","namespace":"5e7c1a90_3b6d_4f1e_9c52_7d0a8f4b2e61","language":{"policy":"deterministic","code":"en"},"params":[{"type":"body","parameters":[{"type":"text","text":"Alexey"},{"type":"text","text":"10482"},{"type":"text","text":"Wireless headphones"},{"type":"text","text":"The item arrived at our warehouse. Refund within 2 business days"}]}]}
        "#);
    }

    #[test]
    fn a_cancelled_order_is_sent_as_seed_001_shows() {
        insta::assert_snapshot!(wire(samples::order_cancelled()), @r#"
        POST https://api.1msg.io/VID182868781/sendTemplate
        content-type: application/json
        authorization: Bearer eyJ.test.token (sensitive)

        {"phone":"12025550100","template":"order_cancelled","namespace":"5e7c1a90_3b6d_4f1e_9c52_7d0a8f4b2e61","language":{"policy":"deterministic","code":"en"},"params":[{"type":"body","parameters":[{"type":"text","text":"Alexey"},{"type":"text","text":"10482"},{"type":"text","text":"Wireless headphones"},{"type":"text","text":"Payment will be refunded within 3–5 business days to the card used for the order"}]}]}
        "#);
    }

    #[test]
    fn arrived_stock_is_sent_as_seed_002_shows() {
        insta::assert_snapshot!(wire(samples::stock_arrived()), @r#"
        POST https://api.1msg.io/VID182868781/sendTemplate
        content-type: application/json
        authorization: Bearer eyJ.test.token (sensitive)

        {"phone":"12025550100","template":"stock_arrived","namespace":"5e7c1a90_3b6d_4f1e_9c52_7d0a8f4b2e61","language":{"policy":"deterministic","code":"en"},"params":[{"type":"body","parameters":[{"type":"text","text":"Alexey"},{"type":"text","text":"10482"},{"type":"text","text":"Wireless headphones"},{"type":"text","text":"We can start picking today — confirm shipment using the link below"}]}]}
        "#);
    }

    #[test]
    fn what_1msg_does_not_document_is_not_sent() {
        for (message, class, code) in [
            (for_one_msg(samples::order_status(None)), ReasonClass::Content, "no_order_status"),
            (samples::order_cancelled(), ReasonClass::Template, "no_namespace"),
        ] {
            let reason = send(&credentials(), &BaseUrls::default().onemsg, &message).unwrap_err();
            assert_eq!((reason.class, reason.code.as_str()), (class, code));
        }
    }
}
