//! WhatsApp by AWS End User Messaging Social: the request `SendWhatsAppMessage`
//! (<https://docs.aws.amazon.com/social-messaging/latest/APIReference/API_SendWhatsAppMessage.html>), which passes Meta's own
//! message object on. A reply with an id means that the message is queued.

use std::convert::Infallible;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;
use serde::Serialize;

use super::reply::{self, Meaning, ServiceError, refused};
use crate::message::TemplateMessage;
use crate::protocol::{Answer, Reason, ReasonClass};
use crate::provider::Provider;
use crate::providers::api::Api;
use crate::providers::aws_service::Service;
use crate::providers::base_urls::{BaseUrls, endpoint};
use crate::providers::http::{Reply, Request};
use crate::providers::sanitizer::Sanitizer;
use crate::providers::template_component::MessagingObject;
use crate::providers::{codes, lenient};
use crate::secrets::{AwsWhatsApp, Credentials};
use ReasonClass::{Account, Content};

pub(in super::super) enum WhatsApp {}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SendWhatsAppMessage<'a> {
    origination_phone_number_id: &'a str,
    meta_api_version: &'a str,
    /// Meta's message object, as JSON in base64.
    message: String,
}

impl Api for WhatsApp {
    const PROVIDER: Provider = Provider::AwsWhatsApp;
    type Credentials = AwsWhatsApp;
    type WebhookSecret = Infallible;

    fn credentials(all: &Credentials) -> Option<&AwsWhatsApp> {
        all.aws_whatsapp.as_ref()
    }

    fn secrets(_credentials: &AwsWhatsApp) -> Vec<&SecretString> {
        Vec::new()
    }

    fn mask(_credentials: &mut AwsWhatsApp) {}

    fn request(
        urls: &BaseUrls,
        credentials: &AwsWhatsApp,
        message: &TemplateMessage,
    ) -> Result<Request, Reason> {
        let object = MessagingObject {
            biz_opaque_callback_data: Some(message.reference.to_wire()),
            ..MessagingObject::new(message)?
        };
        let object = serde_json::to_vec(&object)
            .map_err(|_| Reason::new(Content, "request", "the message can't be written as JSON"))?;
        let body = SendWhatsAppMessage {
            origination_phone_number_id: &credentials.phone_number_id,
            meta_api_version: &credentials.version,
            message: STANDARD.encode(object),
        };
        let url = endpoint(&urls.aws.base(Service::WhatsApp)?, &["v1", "whatsapp", "send"])?;
        let mut request = Request::json(url, &body)?;
        request.signed_for = Some(Service::WhatsApp);
        Ok(request)
    }

    /// A text with Meta's code, such as `(#132001) Template name does not exist`, is classified by that code.
    fn answer(reply: &Reply, sanitizer: &Sanitizer<'_>) -> Answer {
        let answer = reply::answer(reply, sanitizer, "messageId", meaning);
        if !matches!(&answer, Answer::Refused(reason) if reason.class == Content) {
            return answer;
        }
        let error = reply::error(reply, lenient::object(&reply.body).as_ref());
        let message = error.map(|error| error.message).unwrap_or_default();
        codes::find_in(&sanitizer.normalize(&message))
            .and_then(|code| codes::answer(code, reply.retry_after, || sanitizer.clean(&message)))
            .unwrap_or(answer)
    }
}

/// The errors of `SendWhatsAppMessage`, as its page lists them, and two that other requests of the service have:
/// `LimitExceededException`
/// (<https://docs.aws.amazon.com/social-messaging/latest/APIReference/API_AssociateWhatsAppBusinessAccount.html>) and
/// `AccessDeniedByMetaException`
/// (<https://docs.aws.amazon.com/social-messaging/latest/APIReference/API_CreateWhatsAppDataset.html>). Its two 5xx,
/// `InternalServiceException` and `DependencyException`, leave open whether Meta has the message.
fn meaning(error: &ServiceError) -> Option<Meaning> {
    Some(match error.name.as_str() {
        "ResourceNotFoundException" => refused(
            Account,
            "AWS knows no such phone_number_id as aws-whatsapp in the credentials secret names",
        ),
        "AccessDeniedByMetaException" => refused(
            Account,
            "Meta denies the access: see the state of the WhatsApp Business Account in Meta's Business Manager",
        ),
        "LimitExceededException" => refused(Account, "a limit of the AWS account is reached"),
        "InvalidParametersException" | "ValidationException" => refused(Content, ""),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::AwsUrls;
    use crate::providers::samples::{self, on_the_wire};
    use crate::providers::summary::{self, summary};

    fn request(message: &TemplateMessage) -> Result<Request, Reason> {
        let credentials = r#"{"phone_number_id": "phone-number-id-0123456789abcdef0123456789abcdef"}"#;
        let region = Some("eu-central-1".to_owned());
        let aws = AwsUrls::from_variables(region, None, |_| None);
        let urls = BaseUrls { aws, ..BaseUrls::default() };
        WhatsApp::request(&urls, &serde_json::from_str(credentials).unwrap(), message)
    }

    #[test]
    fn metas_own_message_is_passed_on_in_base64() {
        let request = request(&samples::order_status(None)).unwrap();
        insta::assert_snapshot!(on_the_wire(&request), @r#"
        POST https://social-messaging.eu-central-1.amazonaws.com/v1/whatsapp/send
        content-type: application/json

        {"originationPhoneNumberId":"phone-number-id-0123456789abcdef0123456789abcdef","metaApiVersion":"v25.0","message":"eyJtZXNzYWdpbmdfcHJvZHVjdCI6IndoYXRzYXBwIiwicmVjaXBpZW50X3R5cGUiOiJpbmRpdmlkdWFsIiwidG8iOiIrMTIwMjU1NTAxMDAiLCJ0eXBlIjoidGVtcGxhdGUiLCJ0ZW1wbGF0ZSI6eyJuYW1lIjoib3JkZXJfY29uZmlybWF0aW9uIiwibGFuZ3VhZ2UiOnsicG9saWN5IjoiZGV0ZXJtaW5pc3RpYyIsImNvZGUiOiJlbl9VUyJ9LCJjb21wb25lbnRzIjpbeyJ0eXBlIjoib3JkZXJfc3RhdHVzIiwicGFyYW1ldGVycyI6W3sidHlwZSI6Im9yZGVyX3N0YXR1cyIsIm9yZGVyX3N0YXR1cyI6eyJyZWZlcmVuY2VfaWQiOiIzOTVYWFhYWCIsIm9yZGVyIjp7InN0YXR1cyI6InNoaXBwZWQifX19XX1dfSwiYml6X29wYXF1ZV9jYWxsYmFja19kYXRhIjoibm90aWZpY2F0aW9uL2stMS8xMDQ4MiJ9"}
        "#);
        let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        let message = STANDARD.decode(body["message"].as_str().unwrap()).unwrap();
        insta::assert_snapshot!(String::from_utf8(message).unwrap(), @r#"{"messaging_product":"whatsapp","recipient_type":"individual","to":"+12025550100","type":"template","template":{"name":"order_confirmation","language":{"policy":"deterministic","code":"en_US"},"components":[{"type":"order_status","parameters":[{"type":"order_status","order_status":{"reference_id":"395XXXXX","order":{"status":"shipped"}}}]}]},"biz_opaque_callback_data":"notification/k-1/10482"}"#);
    }

    #[test]
    fn a_text_message_has_no_template() {
        assert_eq!(request(&samples::text_message()).unwrap_err().code, "no_template");
    }

    #[test]
    fn each_documented_error_has_one_classification() {
        for (status, name, text, meaning) in [
            (400, "ValidationException", "m", "refused content ValidationException"),
            (
                400,
                "InvalidParametersException",
                "(#132001) Template name does not exist",
                "refused template 132001",
            ),
            (400, "ValidationException", "(#131026) Message undeliverable", "rejected recipient 131026"),
            (403, "AccessDeniedByMetaException", "", "refused account AccessDeniedByMetaException"),
            (400, "LimitExceededException", "", "refused account LimitExceededException"),
            (404, "ResourceNotFoundException", "", "refused account ResourceNotFoundException"),
            (403, "AccessDeniedException", "", "refused credentials AccessDeniedException"),
            (429, "ThrottledRequestException", "", "not sent throttled ThrottledRequestException"),
            (500, "InternalServiceException", "", "unknown unclear http_500"),
            (502, "DependencyException", "(#131026)", "unknown unclear http_502"),
        ] {
            let body = format!(r#"{{"__type":"{name}","message":"{text}"}}"#);
            assert_eq!(summary(&summary::classify(WhatsApp::answer, status, &body)), meaning, "{text}");
        }
        let accepted = summary::classify(WhatsApp::answer, 200, r#"{"messageId":"6d69f07a-c317"}"#);
        assert_eq!(summary(&accepted), "accepted 6d69f07a-c317");
    }
}
