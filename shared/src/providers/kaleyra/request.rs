//! Builds `POST {base}/v2/{sid}/whatsapp/{sender}/messages` (seed 003).

use reqwest::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use secrecy::ExposeSecret;
use serde::Serialize;
use url::Url;

use crate::message::TemplateMessage;
use crate::protocol::{Reason, ReasonClass};
use crate::provider::Provider;
use crate::providers::base_urls::endpoint;
use crate::providers::http::Request;
use crate::providers::template_component::{MessagingObject, without_phone_number};
use crate::secrets::KaleyraCredentials;

const API_KEY: HeaderName = HeaderName::from_static("api-key");
/// One of the values that Kaleyra accepts; it treats any other as this one.
const SOURCE: &str = "api";

#[derive(Serialize)]
struct SendMessage<'a> {
    messaging_object: MessagingObject<'a>,
    extra_info: ExtraInfo<'a>,
}

/// Returned in callbacks and in Kaleyra's own reports; each `ref` is cut at 255 characters.
#[derive(Serialize)]
struct ExtraInfo<'a> {
    r#ref: String,
    ref1: &'a str,
    ref2: &'a str,
    wa_source: &'static str,
}

/// Builds the request. Fails if these credentials do not allow one. `base` takes precedence over the
/// credentials' address.
///
/// Seed 003's table calls the number in the path the customer's. But the error texts ("does not belong to the
/// account") and the separate `to` show that it is the business number, so it is taken from the credentials.
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
    if message.recipient.phone().is_none() {
        return Err(without_phone_number(Provider::Kaleyra));
    }
    let path = ["v2", &credentials.sid, "whatsapp", credentials.sender.expose_secret(), "messages"];
    let body = SendMessage {
        messaging_object: MessagingObject::new(message)?,
        extra_info: ExtraInfo {
            r#ref: message.reference.to_wire(),
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
            sender: "+919999999999".into(),
            waba_id: None,
        }
    }

    fn wire(message: &TemplateMessage) -> String {
        on_the_wire(&send(&credentials(), None, message).unwrap())
    }

    #[test]
    fn a_picture_and_a_tracking_button_are_components_of_their_own() {
        insta::assert_snapshot!(wire(&samples::with_picture_and_tracking()), @r#"
        POST https://api.in.kaleyra.io/v2/HXAP16XXXXXX97IN/whatsapp/+919999999999/messages
        content-type: application/json
        api-key: Atest3 (sensitive)
        cache-control: no-cache

        {"messaging_object":{"messaging_product":"whatsapp","recipient_type":"individual","to":"+12025550100","type":"template","template":{"name":"order_shipped","language":{"policy":"deterministic","code":"en_US"},"components":[{"type":"header","parameters":[{"type":"image","image":{"link":"https://cdn.shop.example/headphones.jpg"}}]},{"type":"body","parameters":[{"type":"text","text":"Alexey"},{"type":"text","text":"10482"}]},{"type":"button","sub_type":"url","index":"0","parameters":[{"type":"text","text":"1Z999AA10123456784"}]}]}},"extra_info":{"ref":"notification/k-1/10482","ref1":"order-shipped","ref2":"10482","wa_source":"api"}}
        "#);
    }

    #[test]
    fn an_order_status_is_sent_as_seed_003_shows() {
        insta::assert_snapshot!(wire(&samples::order_status(Some("This order has been shipped."))), @r#"
        POST https://api.in.kaleyra.io/v2/HXAP16XXXXXX97IN/whatsapp/+919999999999/messages
        content-type: application/json
        api-key: Atest3 (sensitive)
        cache-control: no-cache

        {"messaging_object":{"messaging_product":"whatsapp","recipient_type":"individual","to":"+12025550100","type":"template","template":{"name":"order_confirmation","language":{"policy":"deterministic","code":"en_US"},"components":[{"type":"order_status","parameters":[{"type":"order_status","order_status":{"reference_id":"395XXXXX","order":{"status":"shipped","description":"This order has been shipped."}}}]}]}},"extra_info":{"ref":"notification/k-1/10482","ref1":"order-status-changed","ref2":"10482","wa_source":"api"}}
        "#);
    }

    #[test]
    fn an_orders_details_are_the_first_button_beside_the_body() {
        insta::assert_snapshot!(wire(&samples::order_details()), @r#"
        POST https://api.in.kaleyra.io/v2/HXAP16XXXXXX97IN/whatsapp/+919999999999/messages
        content-type: application/json
        api-key: Atest3 (sensitive)
        cache-control: no-cache

        {"messaging_object":{"messaging_product":"whatsapp","recipient_type":"individual","to":"+12025550100","type":"template","template":{"name":"order_placed","language":{"policy":"deterministic","code":"en_US"},"components":[{"type":"body","parameters":[{"type":"text","text":"Nidhi"},{"type":"text","text":"10482"}]},{"type":"button","sub_type":"order_details","index":"0","parameters":[{"type":"action","action":{"order_details":{"reference_id":"abc.123_xyz-1","type":"physical-goods","beneficiaries":[{"name":"Nidhi Tripathi","address_line1":"Bandra Kurla Complex","city":"Mumbai","state":"Maharashtra","country":"India","postal_code":"400051"}],"payment_settings":[{"type":"payment_gateway","payment_gateway":{"type":"razorpay","configuration_name":"prod-razor-pay-config-05"}}],"currency":"INR","total_amount":{"value":165000,"offset":100},"order":{"status":"pending","catalog_id":"195827435762","items":[{"retailer_id":"1234567","name":"Blue Elf Aloe","amount":{"value":200000,"offset":100},"sale_amount":{"value":150000,"offset":100},"quantity":1}],"subtotal":{"value":150000,"offset":100},"tax":{"value":10000,"offset":100},"shipping":{"value":20000,"offset":100},"discount":{"value":15000,"offset":100}}}}}]}]}},"extra_info":{"ref":"notification/k-1/10482","ref1":"order-placed","ref2":"10482","wa_source":"api"}}
        "#);
    }

    #[test]
    fn an_order_in_brazil_has_its_payment_type_and_its_pix_code_unchanged() {
        insta::assert_snapshot!(wire(&samples::order_details_in_brazil()), @r#"
        POST https://api.in.kaleyra.io/v2/HXAP16XXXXXX97IN/whatsapp/+919999999999/messages
        content-type: application/json
        api-key: Atest3 (sensitive)
        cache-control: no-cache

        {"messaging_object":{"messaging_product":"whatsapp","recipient_type":"individual","to":"+12025550100","type":"template","template":{"name":"order_placed","language":{"policy":"deterministic","code":"en_US"},"components":[{"type":"body","parameters":[{"type":"text","text":"Nidhi"},{"type":"text","text":"10482"}]},{"type":"button","sub_type":"order_details","index":"0","parameters":[{"type":"action","action":{"order_details":{"reference_id":"10482","type":"digital-goods","payment_type":"br","payment_settings":[{"type":"pix_dynamic_code","pix_dynamic_code":{"code":"00020101021226700014br.gov.bcb.pix5911Minha  Loja","merchant_name":"Minha Loja","key":"39580525000189","key_type":"CNPJ"}},{"type":"payment_link","payment_link":{"uri":"https://pay.example/1"}}],"currency":"BRL","total_amount":{"value":50000,"offset":100},"order":{"status":"pending","items":[{"name":"Cake","amount":{"value":25000,"offset":100},"quantity":2}],"subtotal":{"value":50000,"offset":100},"tax":{"value":0,"offset":100}}}}}]}]}},"extra_info":{"ref":"notification/k-1/10482","ref1":"order-placed","ref2":"10482","wa_source":"api"}}
        "#);
    }

    #[test]
    fn an_order_status_without_description_leaves_it_out() {
        insta::assert_snapshot!(wire(&samples::order_status(None)), @r#"
        POST https://api.in.kaleyra.io/v2/HXAP16XXXXXX97IN/whatsapp/+919999999999/messages
        content-type: application/json
        api-key: Atest3 (sensitive)
        cache-control: no-cache

        {"messaging_object":{"messaging_product":"whatsapp","recipient_type":"individual","to":"+12025550100","type":"template","template":{"name":"order_confirmation","language":{"policy":"deterministic","code":"en_US"},"components":[{"type":"order_status","parameters":[{"type":"order_status","order_status":{"reference_id":"395XXXXX","order":{"status":"shipped"}}}]}]}},"extra_info":{"ref":"notification/k-1/10482","ref1":"order-status-changed","ref2":"10482","wa_source":"api"}}
        "#);
    }

    #[test]
    fn a_registered_return_is_a_body_template() {
        insta::assert_snapshot!(wire(&samples::return_registered()), @r#"
        POST https://api.in.kaleyra.io/v2/HXAP16XXXXXX97IN/whatsapp/+919999999999/messages
        content-type: application/json
        api-key: Atest3 (sensitive)
        cache-control: no-cache

        {"messaging_object":{"messaging_product":"whatsapp","recipient_type":"individual","to":"+12025550100","type":"template","template":{"name":"order_return","language":{"policy":"deterministic","code":"en_US"},"components":[{"type":"body","parameters":[{"type":"text","text":"Alexey"},{"type":"text","text":"10482"},{"type":"text","text":"Wireless headphones"},{"type":"text","text":"Return the item to the drop-off point by July 5. Refund within 5–7 business days after inspection"}]}]}},"extra_info":{"ref":"notification/k-1/10482","ref1":"return-registered","ref2":"10482","wa_source":"api"}}
        "#);
    }

    #[test]
    fn an_updated_return_is_a_body_template() {
        insta::assert_snapshot!(wire(&samples::return_updated()), @r#"
        POST https://api.in.kaleyra.io/v2/HXAP16XXXXXX97IN/whatsapp/+919999999999/messages
        content-type: application/json
        api-key: Atest3 (sensitive)
        cache-control: no-cache

        {"messaging_object":{"messaging_product":"whatsapp","recipient_type":"individual","to":"+12025550100","type":"template","template":{"name":"order_return","language":{"policy":"deterministic","code":"en_US"},"components":[{"type":"body","parameters":[{"type":"text","text":"Alexey"},{"type":"text","text":"10482"},{"type":"text","text":"Wireless headphones"},{"type":"text","text":"The item arrived at our warehouse. Refund within 2 business days"}]}]}},"extra_info":{"ref":"notification/k-1/10482","ref1":"return-updated","ref2":"10482","wa_source":"api"}}
        "#);
    }

    #[test]
    fn a_cancelled_order_is_a_body_template() {
        insta::assert_snapshot!(wire(&samples::order_cancelled()), @r#"
        POST https://api.in.kaleyra.io/v2/HXAP16XXXXXX97IN/whatsapp/+919999999999/messages
        content-type: application/json
        api-key: Atest3 (sensitive)
        cache-control: no-cache

        {"messaging_object":{"messaging_product":"whatsapp","recipient_type":"individual","to":"+12025550100","type":"template","template":{"name":"order_cancelled","language":{"policy":"deterministic","code":"en_US"},"components":[{"type":"body","parameters":[{"type":"text","text":"Alexey"},{"type":"text","text":"10482"},{"type":"text","text":"Wireless headphones"},{"type":"text","text":"Payment will be refunded within 3–5 business days to the card used for the order"}]}]}},"extra_info":{"ref":"notification/k-1/10482","ref1":"order-cancelled","ref2":"10482","wa_source":"api"}}
        "#);
    }

    #[test]
    fn arrived_stock_is_a_body_template() {
        insta::assert_snapshot!(wire(&samples::stock_arrived()), @r#"
        POST https://api.in.kaleyra.io/v2/HXAP16XXXXXX97IN/whatsapp/+919999999999/messages
        content-type: application/json
        api-key: Atest3 (sensitive)
        cache-control: no-cache

        {"messaging_object":{"messaging_product":"whatsapp","recipient_type":"individual","to":"+12025550100","type":"template","template":{"name":"stock_arrived","language":{"policy":"deterministic","code":"en_US"},"components":[{"type":"body","parameters":[{"type":"text","text":"Alexey"},{"type":"text","text":"10482"},{"type":"text","text":"Wireless headphones"},{"type":"text","text":"We can start picking today — confirm shipment using the link below"}]}]}},"extra_info":{"ref":"notification/k-1/10482","ref1":"stock-arrived","ref2":"10482","wa_source":"api"}}
        "#);
    }

    #[test]
    fn an_order_status_without_a_reference_is_no_request_and_can_be_mended() {
        let reason = send(&credentials(), None, &samples::order_status_without_reference()).unwrap_err();
        assert_eq!((reason.class, reason.code.as_str()), (ReasonClass::Content, "no_reference_id"));
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
