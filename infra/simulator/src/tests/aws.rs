//! AWS's services: requests, refusals and events.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::time::timeout;

use super::desk::account;
use crate::aws::{
    AWS_MAGIC_NUMBERS, AwsAccount, AwsEvent, AwsEventKind, AwsLedger, AwsService, AwsTopic, AwsTrouble,
    signature,
};
use crate::{Provider, Simulator, SimulatorOptions};

struct Aws {
    simulator: Simulator,
    account: AwsAccount,
    events: Receiver<AwsEvent>,
}

impl Aws {
    async fn start() -> Self {
        Self::start_with(None).await
    }

    async fn start_with(topic: Option<AwsTopic>) -> Self {
        let aws = AwsAccount { topic, ..AwsAccount::new("eu-central-1", "AKID", "secret") };
        let options =
            SimulatorOptions { timing: 0.02, aws: Some(aws.clone()), ..SimulatorOptions::new(account()) };
        let simulator = Simulator::start(options).await.unwrap();
        let events = simulator.aws_events();
        Self { simulator, account: aws, events }
    }

    fn text_message(&self, number: &str) -> Value {
        json!({"DestinationPhoneNumber": number, "OriginationIdentity": self.account.pool, "MessageBody": "Hi",
            "MessageType": "TRANSACTIONAL", "ConfigurationSetName": self.account.configuration_set,
            "TimeToLive": 86_400, "Context": {"reference": "notification/k/1"}})
    }

    fn mail(&self, to: &str) -> Value {
        let text = |data: &str| json!({"Data": data, "Charset": "UTF-8"});
        json!({"FromEmailAddress": self.account.from, "Destination": {"ToAddresses": [to]},
            "Content": {"Simple": {"Subject": text("№7"), "Body": {"Text": text("Hi")}}},
            "EmailTags": [{"Name": "reference", "Value": "notification_2Fk_2F1"}]})
    }

    fn whatsapp(&self, number: &str) -> Value {
        let parameters: Vec<Value> =
            ["a", "b", "c", "d"].iter().map(|text| json!({"type": "text", "text": text})).collect();
        let message = json!({"messaging_product": "whatsapp", "recipient_type": "individual", "to": number,
            "type": "template", "biz_opaque_callback_data": "notification/k/1",
            "template": {"name": "order_cancelled", "language": {"policy": "deterministic", "code": "en_US"},
                "components": [{"type": "body", "parameters": parameters}]}});
        let message = STANDARD.encode(message.to_string());
        json!({"originationPhoneNumberId": self.account.phone_number_id, "metaApiVersion": "v25.0", "message": message})
    }

    fn body(&self, service: AwsService, to: &str) -> Value {
        match service {
            AwsService::Sms => self.text_message(to),
            AwsService::Email => self.mail(to),
            AwsService::WhatsApp => self.whatsapp(to),
        }
    }

    /// A signed request.
    fn request(&self, service: AwsService, body: &Value) -> RequestBuilder {
        let rest = match service {
            AwsService::Sms => "",
            AwsService::Email => "/v2/email/outbound-emails",
            AwsService::WhatsApp => "/v1/whatsapp/send",
        };
        let path = format!("/aws/{}{rest}", service.name());
        let body = body.to_string();
        let time = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
        let host = self.simulator.address().to_string();
        let target = "PinpointSMSVoiceV2.SendTextMessage";
        let signed = "host;x-amz-date;x-amz-target";
        let headers = format!("host:{host}\nx-amz-date:{time}\nx-amz-target:{target}\n");
        let canonical = signature::canonical_request(&path, &headers, signed, body.as_bytes());
        let scope = [&time[..8], &self.account.region, service.signing_name(), "aws4_request"];
        let signature = signature::signature(&self.account.secret_access_key, &time, &scope, &canonical);
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={signed}, Signature={signature}",
            self.account.access_key_id,
            scope.join("/")
        );
        let client = Client::builder().no_proxy().tls_certs_only([]).timeout(Duration::from_secs(1));
        client
            .build()
            .unwrap()
            .post(format!("{}{rest}", self.simulator.aws_endpoint(service)))
            .header("x-amz-date", &time)
            .header("x-amz-target", target)
            .header("authorization", authorization)
            .body(body)
    }

    /// The status, the error's name in its header, and the body of a reply to a valid request.
    async fn send(&self, service: AwsService, to: &str) -> (u16, Option<String>, Value) {
        self.answer(self.request(service, &self.body(service, to))).await
    }

    async fn answer(&self, request: RequestBuilder) -> (u16, Option<String>, Value) {
        let response = request.send().await.unwrap();
        let name = response.headers().get("x-amzn-errortype").map(|name| name.to_str().unwrap().to_owned());
        (response.status().as_u16(), name, response.json().await.unwrap())
    }

    async fn event(&mut self) -> AwsEvent {
        timeout(Duration::from_secs(5), self.events.recv()).await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn a_text_message_is_accepted_and_reported_on_the_event_bus() {
    let mut aws = Aws::start().await;
    let (status, _, body) = aws.send(AwsService::Sms, "+12025550100").await;
    let send = aws.simulator.aws_ledger().accepted.remove(0);
    assert_eq!((status, &body), (200, &json!({"MessageId": send.message_id})));
    assert_eq!((send.text.as_str(), send.reference.as_deref()), ("Hi", Some("notification/k/1")));
    for (event_type, is_final) in [("TEXT_SUCCESSFUL", false), ("TEXT_DELIVERED", true)] {
        let AwsEvent { kind, body } = aws.event().await;
        assert_eq!((kind, &body["source"]), (AwsEventKind::EventBridge, &json!("aws.sms-voice")));
        assert_eq!(body["detail-type"], "Text Message Delivery Status Updated");
        let detail = &body["detail"];
        assert_eq!((&detail["eventType"], &detail["isFinal"]), (&json!(event_type), &json!(is_final)));
        assert_eq!(
            (&detail["messageId"], &detail["context"]),
            (&json!(send.message_id), &json!({"reference": "notification/k/1"}))
        );
    }
    aws.simulator.callbacks_settled().await;
}

#[tokio::test]
async fn repeated_events_come_in_reverse_order_and_the_ledger_has_each() {
    let mut aws = Aws::start().await;
    for (service, to, types) in [
        (AwsService::Sms, "+12025550150", ["TEXT_DELIVERED", "TEXT_SUCCESSFUL"]),
        (AwsService::Email, "twice@simulator.amazonses.com", ["Delivery", "Send"]),
    ] {
        assert_eq!(aws.send(service, to).await.0, 200);
        for event_type in types.into_iter().flat_map(|event_type| [event_type, event_type]) {
            assert_eq!(aws.event().await.body["detail"]["eventType"], event_type);
        }
        let AwsLedger { accepted, reports, .. } = aws.simulator.aws_ledger();
        let message = &accepted.last().unwrap().message_id;
        let words: Vec<_> =
            reports.iter().filter(|it| it.message_id == *message).map(|it| it.status).collect();
        assert_eq!(words, ["delivered", "delivered", "sent", "sent"]);
    }
}

#[tokio::test]
async fn an_email_is_reported_with_its_tags() {
    let mut aws = Aws::start().await;
    for (to, types) in [
        ("jane@shop.example", &[("Email Sent", "Send"), ("Email Delivered", "Delivery")][..]),
        ("bounce+7@simulator.amazonses.com", &[("Email Sent", "Send"), ("Email Bounced", "Bounce")]),
        (
            "complaint@simulator.amazonses.com",
            &[
                ("Email Sent", "Send"),
                ("Email Delivered", "Delivery"),
                ("Email Complaint Received", "Complaint"),
            ],
        ),
    ] {
        let (status, _, body) = aws.send(AwsService::Email, to).await;
        assert_eq!(status, 200, "{body}");
        for (detail_type, event_type) in types {
            let body = aws.event().await.body;
            let (detail, mail) = (&body["detail"], &body["detail"]["mail"]);
            assert_eq!(
                (&body["detail-type"], &detail["eventType"]),
                (&json!(detail_type), &json!(event_type))
            );
            assert_eq!(mail["tags"]["reference"], json!(["notification_2Fk_2F1"]));
            assert_eq!(mail["destination"], json!([to]));
        }
    }
}

#[tokio::test]
async fn a_whatsapp_message_is_reported_on_the_event_bus_by_the_id_of_aws() {
    let mut aws = Aws::start().await;
    for (to, words) in
        [("+12025550100", &["sent", "delivered", "read"][..]), ("+12025550112", &["sent", "failed"])]
    {
        let (status, _, reply) = aws.send(AwsService::WhatsApp, to).await;
        assert_eq!(status, 200, "{reply}");
        for word in words {
            let AwsEvent { kind, body } = aws.event().await;
            assert_eq!((kind, &body["source"]), (AwsEventKind::EventBridge, &json!("aws.social-messaging")));
            assert_eq!(body["detail"]["messageId"], reply["messageId"]);
            assert_eq!(body["detail"]["status"], *word);
        }
    }
}

#[tokio::test]
async fn a_topic_gets_metas_entries_and_once_the_id_of_aws() {
    for (topic, key) in [(AwsTopic::WithoutKey, None), (AwsTopic::WithKey, Some("notification/k/1"))] {
        let mut aws = Aws::start_with(Some(topic)).await;
        let (_, _, reply) = aws.send(AwsService::WhatsApp, "+12025550100").await;
        for word in ["accepted", "sent", "delivered", "read"] {
            let mut event = aws.event().await;
            if word != "accepted" {
                assert_eq!(event.kind, AwsEventKind::EventBridge);
                event = aws.event().await;
            }
            assert_eq!(event.kind, AwsEventKind::Sns);
            let message: Value = serde_json::from_str(event.body["Message"].as_str().unwrap()).unwrap();
            assert_eq!(message.get("messageId"), reply.get("messageId").filter(|_| word == "accepted"));
            let entry: Value =
                serde_json::from_str(message["whatsAppWebhookEntry"].as_str().unwrap()).unwrap();
            let status = entry.pointer("/changes/0/value/statuses/0").unwrap();
            assert_eq!((&status["status"], status["biz_opaque_callback_data"].as_str()), (&json!(word), key));
        }
    }
}

#[tokio::test]
async fn each_refusal_has_the_services_own_form() {
    let aws = Aws::start().await;
    for (service, to, status, name, reason) in [
        (
            AwsService::Sms,
            "+12025550143",
            400,
            "ConflictException",
            Some("DESTINATION_PHONE_NUMBER_OPTED_OUT"),
        ),
        (AwsService::Sms, "+12025550144", 400, "ValidationException", Some("FIELD_VALIDATION_FAILED")),
        (AwsService::Sms, "+12025550147", 400, "ThrottlingException", None),
        (AwsService::Sms, "+12025550149", 500, "InternalServerException", None),
        (AwsService::Email, "throttled@simulator.amazonses.com", 429, "TooManyRequestsException", None),
        (AwsService::Email, "denied@simulator.amazonses.com", 403, "AccessDeniedException", None),
        (AwsService::Email, "paused@simulator.amazonses.com", 400, "SendingPausedException", None),
        (AwsService::WhatsApp, "+12025550111", 429, "ThrottledRequestException", None),
    ] {
        let (got, header, body) = aws.send(service, to).await;
        assert_eq!(got, status, "{to} {body}");
        let named = header.unwrap_or_else(|| body["__type"].as_str().unwrap().to_owned());
        assert!(named.contains(name), "{to} {named}");
        assert_eq!(body["Reason"].as_str(), reason, "{to}");
    }
    let throttled_once = AWS_MAGIC_NUMBERS.iter().find(|it| it.trouble == AwsTrouble::ThrottledOnce).unwrap();
    assert_eq!(aws.send(AwsService::Sms, &throttled_once.phone()).await.0, 400);
    assert_eq!(aws.send(AwsService::Sms, &throttled_once.phone()).await.0, 200);
    let ledger = aws.simulator.aws_ledger();
    assert_eq!(
        (ledger.accepted_by(AwsService::Sms).count(), ledger.accepted.len(), ledger.requests),
        (1, 1, 10)
    );
}

#[tokio::test]
async fn what_the_documents_forbid_is_refused() {
    let aws = Aws::start().await;
    let changed = |service, pointer: &str, value: Value| {
        let mut body =
            aws.body(service, if service == AwsService::Email { "a@b.example" } else { "+12025550100" });
        *body.pointer_mut(pointer).unwrap() = value;
        aws.request(service, &body)
    };
    for (request, status) in [
        (changed(AwsService::Sms, "/TimeToLive", json!(4)), 400),
        (changed(AwsService::Sms, "/MessageBody", json!(" ")), 400),
        (changed(AwsService::Sms, "/Context/reference", json!(" x")), 400),
        (changed(AwsService::Sms, "/OriginationIdentity", json!("pool-2")), 400),
        (changed(AwsService::Email, "/FromEmailAddress", json!("x@y.example")), 400),
        (changed(AwsService::Email, "/EmailTags/0/Value", json!("a/b")), 400),
        (changed(AwsService::Email, "/Content/Simple/Subject/Charset", json!("US-ASCII")), 400),
        (changed(AwsService::WhatsApp, "/metaApiVersion", json!("25")), 400),
        (changed(AwsService::WhatsApp, "/message", json!("%")), 400),
        (changed(AwsService::WhatsApp, "/originationPhoneNumberId", json!("x")), 404),
        (aws.request(AwsService::Sms, &json!({})), 400),
    ] {
        let (got, _, body) = aws.answer(request).await;
        assert_eq!(got, status, "{body}");
    }
    let unsigned = Client::new().post(aws.simulator.aws_endpoint(AwsService::Sms)).body("{}");
    assert_eq!(aws.answer(unsigned).await.0, 400);
    assert_eq!(aws.simulator.aws_ledger().accepted, []);
}

#[tokio::test]
async fn a_silent_acceptance_and_a_dry_run_differ_in_the_ledger() {
    let aws = Aws::start().await;
    let mut body = aws.text_message("+12025550100");
    body["DryRun"] = json!(true);
    assert_eq!(aws.answer(aws.request(AwsService::Sms, &body)).await.0, 200);
    assert_eq!(aws.simulator.aws_ledger().accepted, []);
    let silent = aws.request(AwsService::Sms, &aws.text_message("+12025550142"));
    assert!(silent.send().await.unwrap_err().is_timeout());
    assert_eq!(aws.simulator.aws_ledger().accepted.len(), 1);
}

#[tokio::test]
async fn the_credentials_secret_has_an_entry_for_each_service() {
    let aws = Aws::start().await;
    let secret: Value = serde_json::from_str(&aws.simulator.credentials_json()).unwrap();
    assert_eq!(secret["aws-sms"]["origination"], json!(aws.account.pool));
    assert!(secret["aws-email"]["from"].is_string() && secret["aws-whatsapp"]["phone_number_id"].is_string());
    assert!(secret[Provider::Meta.name()].is_object());
    aws.simulator.set_aws_trouble(AwsService::Email, Some(AwsTrouble::Throttled));
    assert_eq!(aws.send(AwsService::Email, "a@b.example").await.0, 429);
    aws.simulator.set_aws_trouble(AwsService::Email, None);
    assert_eq!(aws.send(AwsService::Email, "a@b.example").await.0, 200);
}
