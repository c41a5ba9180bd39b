//! Text messages by AWS End User Messaging SMS: the request `SendTextMessage` of `PinpointSMSVoiceV2`
//! (<https://docs.aws.amazon.com/pinpoint/latest/apireference_smsvoicev2/API_SendTextMessage.html>). Its events return our
//! reference in `context`.

use std::collections::BTreeMap;
use std::convert::Infallible;

use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use secrecy::SecretString;
use serde::Serialize;

use super::reference_tag;
use super::reply::{self, Meaning, ServiceError, refused, rejected};
use crate::message::{Content, PhoneNumber, TemplateMessage};
use crate::protocol::{Answer, Reason, ReasonClass};
use crate::provider::Provider;
use crate::providers::api::Api;
use crate::providers::aws_service::Service;
use crate::providers::base_urls::BaseUrls;
use crate::providers::http::{Reply, Request};
use crate::providers::sanitizer::Sanitizer;
use crate::secrets::{AwsSms, Credentials};
use ReasonClass::{Account, Content as OfContent};

/// For one day AWS tries to hand the message to the carrier, in place of three. A text about an order is useless later.
const TIME_TO_LIVE_SECONDS: u32 = 86_400;
/// The service's protocol, `awsJson1_0`, has one path; the operation is in a header.
const TARGET: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-amz-target"), HeaderValue::from_static("PinpointSMSVoiceV2.SendTextMessage"));
const JSON_1_0: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.0");

pub(in super::super) enum Sms {}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SendTextMessage<'a> {
    destination_phone_number: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    origination_identity: Option<&'a str>,
    message_body: &'a str,
    message_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    configuration_set_name: Option<&'a str>,
    time_to_live: u32,
    context: BTreeMap<&'static str, String>,
    dry_run: bool,
}

impl Api for Sms {
    const PROVIDER: Provider = Provider::AwsSms;
    type Credentials = AwsSms;
    type WebhookSecret = Infallible;

    fn credentials(all: &Credentials) -> Option<&AwsSms> {
        all.aws_sms.as_ref()
    }

    fn secrets(_credentials: &AwsSms) -> Vec<&SecretString> {
        Vec::new()
    }

    fn mask(_credentials: &mut AwsSms) {}

    fn request(urls: &BaseUrls, credentials: &AwsSms, message: &TemplateMessage) -> Result<Request, Reason> {
        let Content::Plain(plain) = &message.content else { return Err(without_text()) };
        let number = message.recipient.phone().map(PhoneNumber::e164);
        let body = SendTextMessage {
            destination_phone_number: number.ok_or_else(without_number)?,
            origination_identity: credentials.origination.as_deref(),
            message_body: &plain.text,
            message_type: "TRANSACTIONAL",
            configuration_set_name: credentials.configuration_set.as_deref(),
            time_to_live: TIME_TO_LIVE_SECONDS,
            context: BTreeMap::from([(reference_tag::NAME, message.reference.to_wire())]),
            dry_run: credentials.dry_run,
        };
        let mut request = Request::json(urls.aws.base(Service::Sms)?, &body)?;
        request.headers.insert(CONTENT_TYPE, JSON_1_0);
        request.headers.extend([TARGET]);
        request.signed_for = Some(Service::Sms);
        Ok(request)
    }

    fn answer(reply: &Reply, sanitizer: &Sanitizer<'_>) -> Answer {
        reply::answer(reply, sanitizer, "MessageId", meaning)
    }
}

/// The errors of `SendTextMessage` and their reasons, as its page and the pages of its errors list them. Only an opt-out and a
/// number that AWS finds invalid are about the customer; a protect configuration, the sandbox and the countries are the account's.
fn meaning(error: &ServiceError) -> Option<Meaning> {
    let is_about_number = || error.fields.iter().any(|field| field == "DestinationPhoneNumber");
    Some(match (error.name.as_str(), error.reason.as_str()) {
        ("ConflictException", "DESTINATION_PHONE_NUMBER_OPTED_OUT") => {
            rejected("the customer has stopped text messages")
        }
        ("ConflictException", "DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE") => {
            rejected("a rule of the AWS account blocks this number")
        }
        ("ConflictException", "DESTINATION_PHONE_NUMBER_NOT_VERIFIED") => refused(
            Account,
            "the AWS account is in the sandbox for text messages, which sends to verified numbers only",
        ),
        ("ConflictException", "DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION") => {
            refused(Account, "the AWS account's protect configuration blocks the number's country")
        }
        ("ConflictException", _) => {
            refused(Account, "the sender or the configuration set is in a state in which it can't send")
        }
        ("ServiceQuotaExceededException", "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT") => {
            refused(Account, "the AWS account's monthly spend limit for text messages is reached")
        }
        ("ServiceQuotaExceededException", _) => refused(Account, "a quota of the AWS account is reached"),
        ("ResourceNotFoundException", _) => refused(
            Account,
            "AWS knows no such origination or configuration set as aws-sms in the credentials secret names",
        ),
        ("AccessDeniedException", "ACCOUNT_DISABLED" | "INSUFFICIENT_ACCOUNT_REPUTATION") => {
            refused(Account, "AWS has disabled the account's text messages")
        }
        ("ValidationException", "FIELD_VALIDATION_FAILED" | "INVALID_PARAMETER") if is_about_number() => {
            rejected("the customer's number can't receive text messages")
        }
        (
            "ValidationException",
            "CHANNEL_NOT_ENABLED"
            | "COUNTRY_CODE_MISMATCH"
            | "COUNTRY_NOT_ENABLED"
            | "DESTINATION_COUNTRY_BLOCKED"
            | "INTERNATIONAL_SENDING_NOT_SUPPORTED"
            | "INVALID_IDENTITY_FOR_DESTINATION_COUNTRY"
            | "RESOURCE_NOT_ACCESSIBLE"
            | "SENDER_ID_NOT_REGISTERED"
            | "SENDER_ID_NOT_SUPPORTED"
            | "SENDER_ID_REQUIRES_REGISTRATION",
        ) => refused(Account, "the AWS account or its sender can't send to the number's country"),
        ("ValidationException", _) => refused(OfContent, ""),
        _ => return None,
    })
}

fn without_text() -> Reason {
    Reason::new(ReasonClass::Content, "no_text", "a template message can't be sent as a text message")
}

fn without_number() -> Reason {
    Reason::new(ReasonClass::Content, "no_phone_number", "a text message needs a phone number")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::AwsUrls;
    use crate::providers::samples::{self, on_the_wire};
    use crate::providers::summary::{self, summary};

    fn urls() -> BaseUrls {
        let region = Some("eu-central-1".to_owned());
        BaseUrls { aws: AwsUrls::from_variables(region, None, |_| None), ..BaseUrls::default() }
    }

    fn request(credentials: &str, message: &TemplateMessage) -> Result<Request, Reason> {
        Sms::request(&urls(), &serde_json::from_str(credentials).unwrap(), message)
    }

    #[test]
    fn a_text_message_has_our_reference_in_its_context() {
        let credentials = r#"{"origination": "pool-1", "configuration_set": "orders"}"#;
        insta::assert_snapshot!(on_the_wire(&request(credentials, &samples::text_message()).unwrap()), @r#"
        POST https://sms-voice.eu-central-1.amazonaws.com/
        content-type: application/x-amz-json-1.0
        x-amz-target: PinpointSMSVoiceV2.SendTextMessage

        {"DestinationPhoneNumber":"+12025550100","OriginationIdentity":"pool-1","MessageBody":"Hi Alexey, your order 10482 was cancelled.","MessageType":"TRANSACTIONAL","ConfigurationSetName":"orders","TimeToLive":86400,"Context":{"reference":"notification/k-1/10482"},"DryRun":false}
        "#);
        insta::assert_snapshot!(on_the_wire(&request(r#"{"dry_run": true}"#, &samples::text_message()).unwrap()), @r#"
        POST https://sms-voice.eu-central-1.amazonaws.com/
        content-type: application/x-amz-json-1.0
        x-amz-target: PinpointSMSVoiceV2.SendTextMessage

        {"DestinationPhoneNumber":"+12025550100","MessageBody":"Hi Alexey, your order 10482 was cancelled.","MessageType":"TRANSACTIONAL","TimeToLive":86400,"Context":{"reference":"notification/k-1/10482"},"DryRun":true}
        "#);
    }

    #[test]
    fn only_a_text_to_a_phone_number_is_a_text_message() {
        let code = |message: &TemplateMessage| request("{}", message).unwrap_err().code;
        assert_eq!(code(&samples::order_cancelled()), "no_text");
        assert_eq!(code(&samples::mail()), "no_phone_number");
    }

    #[test]
    fn each_documented_reason_has_one_classification() {
        for (name, reasons, meaning) in [
            ("ConflictException", &["DESTINATION_PHONE_NUMBER_OPTED_OUT"][..], "rejected recipient"),
            (
                "ConflictException",
                &[
                    "DESTINATION_PHONE_NUMBER_NOT_VERIFIED",
                    "DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION",
                    "NO_ORIGINATION_IDENTITIES_FOUND",
                    "RESOURCE_NOT_ACTIVE",
                ],
                "refused account",
            ),
            (
                "ServiceQuotaExceededException",
                &["MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT", "POOLS_PER_ACCOUNT"],
                "refused account",
            ),
            ("AccessDeniedException", &["ACCOUNT_DISABLED"], "refused account"),
            ("AccessDeniedException", &["SOMETHING_NEW"], "refused credentials"),
            ("ValidationException", &["COUNTRY_NOT_ENABLED", "SENDER_ID_NOT_REGISTERED"], "refused account"),
            ("ValidationException", &["INVALID_PARAMETER", "SOMETHING_NEW"], "refused content"),
            ("ResourceNotFoundException", &["SOMETHING_NEW"], "refused account"),
        ] {
            for reason in reasons {
                let body = format!(r#"{{"__type":"{name}","Message":"m","Reason":"{reason}"}}"#);
                let answer = summary::classify(Sms::answer, 400, &body);
                assert_eq!(summary(&answer), format!("{meaning} {reason}"), "{name}");
            }
        }
    }

    #[test]
    fn an_invalid_number_is_the_customers_and_another_invalid_field_is_ours() {
        let about = |field: &str| {
            let body = format!(
                r#"{{"__type":"ValidationException","Reason":"INVALID_PARAMETER","Fields":[{{"Name":"{field}","Message":"m"}}]}}"#
            );
            summary(&summary::classify(Sms::answer, 400, &body))
        };
        assert_eq!(about("DestinationPhoneNumber"), "rejected recipient INVALID_PARAMETER");
        assert_eq!(about("MessageBody"), "refused content INVALID_PARAMETER");
    }
}
