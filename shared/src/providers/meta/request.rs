//! Builds `POST {base}/{version}/{phone_number_id}/messages` (seed 004).

use reqwest::header::AUTHORIZATION;
use secrecy::ExposeSecret;
use url::Url;

use crate::message::TemplateMessage;
use crate::protocol::Reason;
use crate::providers::base_urls::endpoint;
use crate::providers::http::Request;
use crate::providers::template_component::MessagingObject;
use crate::secrets::MetaCredentials;

/// Builds the request. Fails if these credentials do not allow one.
pub(in crate::providers) fn send(
    credentials: &MetaCredentials,
    base: &Url,
    message: &TemplateMessage,
) -> Result<Request, Reason> {
    let body = MessagingObject {
        biz_opaque_callback_data: Some(message.reference.to_wire()),
        ..MessagingObject::new(message)?
    };
    let path = [&credentials.version, &credentials.phone_number_id, "messages"];
    Request::json(endpoint(base, &path)?, &body)?
        .with_secret_header(AUTHORIZATION, &format!("Bearer {}", credentials.token.expose_secret()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Recipient;
    use crate::providers::samples::{self, on_the_wire};
    use crate::providers::{BaseUrls, kaleyra, one_msg};
    use crate::secrets::{KaleyraCredentials, OneMsgCredentials};

    fn wire(message: &TemplateMessage) -> String {
        let credentials = MetaCredentials {
            version: "v25.0".to_owned(),
            phone_number_id: "106540352242922".to_owned(),
            token: "EAAtest".into(),
            waba_id: None,
            app_id: None,
        };
        on_the_wire(&send(&credentials, &BaseUrls::default().meta, message).unwrap())
    }

    #[test]
    fn a_picture_and_a_tracking_button_are_components_of_their_own() {
        insta::assert_snapshot!(wire(&samples::with_picture_and_tracking()), @r#"
        POST https://graph.facebook.com/v25.0/106540352242922/messages
        content-type: application/json
        authorization: Bearer EAAtest (sensitive)

        {"messaging_product":"whatsapp","recipient_type":"individual","to":"+12025550100","type":"template","template":{"name":"order_shipped","language":{"policy":"deterministic","code":"en_US"},"components":[{"type":"header","parameters":[{"type":"image","image":{"link":"https://cdn.shop.example/headphones.jpg"}}]},{"type":"body","parameters":[{"type":"text","text":"Alexey"},{"type":"text","text":"10482"}]},{"type":"button","sub_type":"url","index":"0","parameters":[{"type":"text","text":"1Z999AA10123456784"}]}]},"biz_opaque_callback_data":"notification/k-1/10482"}
        "#);
    }

    #[test]
    fn an_order_status_is_sent_as_seed_004_shows() {
        insta::assert_snapshot!(wire(&samples::order_status(Some("This order has been shipped."))), @r#"
        POST https://graph.facebook.com/v25.0/106540352242922/messages
        content-type: application/json
        authorization: Bearer EAAtest (sensitive)

        {"messaging_product":"whatsapp","recipient_type":"individual","to":"+12025550100","type":"template","template":{"name":"order_confirmation","language":{"policy":"deterministic","code":"en_US"},"components":[{"type":"order_status","parameters":[{"type":"order_status","order_status":{"reference_id":"395XXXXX","order":{"status":"shipped","description":"This order has been shipped."}}}]}]},"biz_opaque_callback_data":"notification/k-1/10482"}
        "#);
    }

    #[test]
    fn an_orders_details_are_the_first_button_beside_the_body() {
        insta::assert_snapshot!(wire(&samples::order_details()), @r#"
        POST https://graph.facebook.com/v25.0/106540352242922/messages
        content-type: application/json
        authorization: Bearer EAAtest (sensitive)

        {"messaging_product":"whatsapp","recipient_type":"individual","to":"+12025550100","type":"template","template":{"name":"order_placed","language":{"policy":"deterministic","code":"en_US"},"components":[{"type":"body","parameters":[{"type":"text","text":"Nidhi"},{"type":"text","text":"10482"}]},{"type":"button","sub_type":"order_details","index":"0","parameters":[{"type":"action","action":{"order_details":{"reference_id":"abc.123_xyz-1","type":"physical-goods","beneficiaries":[{"name":"Nidhi Tripathi","address_line1":"Bandra Kurla Complex","city":"Mumbai","state":"Maharashtra","country":"India","postal_code":"400051"}],"payment_settings":[{"type":"payment_gateway","payment_gateway":{"type":"razorpay","configuration_name":"prod-razor-pay-config-05"}}],"currency":"INR","total_amount":{"value":165000,"offset":100},"order":{"status":"pending","catalog_id":"195827435762","items":[{"retailer_id":"1234567","name":"Blue Elf Aloe","amount":{"value":200000,"offset":100},"sale_amount":{"value":150000,"offset":100},"quantity":1}],"subtotal":{"value":150000,"offset":100},"tax":{"value":10000,"offset":100},"shipping":{"value":20000,"offset":100},"discount":{"value":15000,"offset":100}}}}}]}]},"biz_opaque_callback_data":"notification/k-1/10482"}
        "#);
    }

    #[test]
    fn an_order_in_brazil_has_its_payment_type_and_its_pix_code_unchanged() {
        insta::assert_snapshot!(wire(&samples::order_details_in_brazil()), @r#"
        POST https://graph.facebook.com/v25.0/106540352242922/messages
        content-type: application/json
        authorization: Bearer EAAtest (sensitive)

        {"messaging_product":"whatsapp","recipient_type":"individual","to":"+12025550100","type":"template","template":{"name":"order_placed","language":{"policy":"deterministic","code":"en_US"},"components":[{"type":"body","parameters":[{"type":"text","text":"Nidhi"},{"type":"text","text":"10482"}]},{"type":"button","sub_type":"order_details","index":"0","parameters":[{"type":"action","action":{"order_details":{"reference_id":"10482","type":"digital-goods","payment_type":"br","payment_settings":[{"type":"pix_dynamic_code","pix_dynamic_code":{"code":"00020101021226700014br.gov.bcb.pix5911Minha  Loja","merchant_name":"Minha Loja","key":"39580525000189","key_type":"CNPJ"}},{"type":"payment_link","payment_link":{"uri":"https://pay.example/1"}}],"currency":"BRL","total_amount":{"value":50000,"offset":100},"order":{"status":"pending","items":[{"name":"Cake","amount":{"value":25000,"offset":100},"quantity":2}],"subtotal":{"value":50000,"offset":100},"tax":{"value":0,"offset":100}}}}}]}]},"biz_opaque_callback_data":"notification/k-1/10482"}
        "#);
    }

    #[test]
    fn an_order_status_without_description_leaves_it_out() {
        insta::assert_snapshot!(wire(&samples::order_status(None)), @r#"
        POST https://graph.facebook.com/v25.0/106540352242922/messages
        content-type: application/json
        authorization: Bearer EAAtest (sensitive)

        {"messaging_product":"whatsapp","recipient_type":"individual","to":"+12025550100","type":"template","template":{"name":"order_confirmation","language":{"policy":"deterministic","code":"en_US"},"components":[{"type":"order_status","parameters":[{"type":"order_status","order_status":{"reference_id":"395XXXXX","order":{"status":"shipped"}}}]}]},"biz_opaque_callback_data":"notification/k-1/10482"}
        "#);
    }

    #[test]
    fn a_registered_return_is_a_body_template() {
        insta::assert_snapshot!(wire(&samples::return_registered()), @r#"
        POST https://graph.facebook.com/v25.0/106540352242922/messages
        content-type: application/json
        authorization: Bearer EAAtest (sensitive)

        {"messaging_product":"whatsapp","recipient_type":"individual","to":"+12025550100","type":"template","template":{"name":"order_return","language":{"policy":"deterministic","code":"en_US"},"components":[{"type":"body","parameters":[{"type":"text","text":"Alexey"},{"type":"text","text":"10482"},{"type":"text","text":"Wireless headphones"},{"type":"text","text":"Return the item to the drop-off point by July 5. Refund within 5–7 business days after inspection"}]}]},"biz_opaque_callback_data":"notification/k-1/10482"}
        "#);
    }

    #[test]
    fn an_updated_return_is_a_body_template() {
        insta::assert_snapshot!(wire(&samples::return_updated()), @r#"
        POST https://graph.facebook.com/v25.0/106540352242922/messages
        content-type: application/json
        authorization: Bearer EAAtest (sensitive)

        {"messaging_product":"whatsapp","recipient_type":"individual","to":"+12025550100","type":"template","template":{"name":"order_return","language":{"policy":"deterministic","code":"en_US"},"components":[{"type":"body","parameters":[{"type":"text","text":"Alexey"},{"type":"text","text":"10482"},{"type":"text","text":"Wireless headphones"},{"type":"text","text":"The item arrived at our warehouse. Refund within 2 business days"}]}]},"biz_opaque_callback_data":"notification/k-1/10482"}
        "#);
    }

    #[test]
    fn a_cancelled_order_is_a_body_template() {
        insta::assert_snapshot!(wire(&samples::order_cancelled()), @r#"
        POST https://graph.facebook.com/v25.0/106540352242922/messages
        content-type: application/json
        authorization: Bearer EAAtest (sensitive)

        {"messaging_product":"whatsapp","recipient_type":"individual","to":"+12025550100","type":"template","template":{"name":"order_cancelled","language":{"policy":"deterministic","code":"en_US"},"components":[{"type":"body","parameters":[{"type":"text","text":"Alexey"},{"type":"text","text":"10482"},{"type":"text","text":"Wireless headphones"},{"type":"text","text":"Payment will be refunded within 3–5 business days to the card used for the order"}]}]},"biz_opaque_callback_data":"notification/k-1/10482"}
        "#);
    }

    #[test]
    fn arrived_stock_is_a_body_template() {
        insta::assert_snapshot!(wire(&samples::stock_arrived()), @r#"
        POST https://graph.facebook.com/v25.0/106540352242922/messages
        content-type: application/json
        authorization: Bearer EAAtest (sensitive)

        {"messaging_product":"whatsapp","recipient_type":"individual","to":"+12025550100","type":"template","template":{"name":"stock_arrived","language":{"policy":"deterministic","code":"en_US"},"components":[{"type":"body","parameters":[{"type":"text","text":"Alexey"},{"type":"text","text":"10482"},{"type":"text","text":"Wireless headphones"},{"type":"text","text":"We can start picking today — confirm shipment using the link below"}]}]},"biz_opaque_callback_data":"notification/k-1/10482"}
        "#);
    }

    #[test]
    fn a_customer_without_a_phone_number_is_written_to_by_user_id_and_by_meta_alone() {
        let mut message = samples::for_one_msg(samples::order_cancelled());
        message.recipient = Recipient::parse("US.13491208655302741918", None, false).unwrap();
        let wire = wire(&message);
        assert!(
            wire.contains(
                r#""recipient_type":"individual","recipient":"US.13491208655302741918","type":"template""#
            ),
            "{wire}"
        );
        assert!(!wire.contains("\"to\""), "{wire}");
        let onemsg = OneMsgCredentials { channel: "VID1".to_owned(), token: "t".into() };
        let kaleyra = KaleyraCredentials {
            base_url: None,
            sid: "SID".to_owned(),
            api_key: "k".into(),
            sender: "+16505550100".into(),
            waba_id: None,
        };
        let urls = BaseUrls::default();
        let refused = [
            one_msg::request::send(&onemsg, &urls.onemsg, &message).err(),
            kaleyra::request::send(&kaleyra, Some(&urls.meta), &message).err(),
        ];
        for reason in refused {
            assert_eq!(reason.unwrap().code, "no_phone_number");
        }
    }
}
