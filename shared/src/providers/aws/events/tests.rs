use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::delivery::{Fact, FactKind};
use crate::providers::callback::Problem;

const RECEIVED_AT: Timestamp = Timestamp::constant(1_795_165_200, 0);
const MESSAGE: &str = "ed23196c-75ce-4727-93ee-7bf72b64998f";

fn parsed(body: &Value) -> DeliveryEvent {
    parse(body.to_string().as_bytes(), RECEIVED_AT).unwrap()
}

fn only_fact(body: &Value) -> Fact {
    let event = parsed(body);
    let [fact] = event.callback.facts.as_slice() else { panic!("{event:?}") };
    assert_eq!(fact.provider, event.provider);
    fact.clone()
}

fn on_bus(source: &str, detail_type: &str, detail: &Value) -> Value {
    json!({"version": "0", "id": "5c0fa4f8-e4ba-ed02-6101-c795472fccd0", "detail-type": detail_type, "source": source,
        "account": "111122223333", "time": "2026-11-20T09:00:01Z", "region": "eu-central-1", "resources": [], "detail": detail})
}

fn sms(status: &str, is_final: bool) -> Value {
    on_bus(
        "aws.sms-voice",
        "Text Message Delivery Status Updated",
        &json!({"eventType": format!("TEXT_{status}"), "eventVersion": "1.0", "eventTimestamp": 1_795_165_201_377_i64,
            "isFinal": is_final, "originationPhoneNumber": "SHOP", "destinationPhoneNumber": "+12025550100",
            "isoCountryCode": "US", "messageId": MESSAGE, "messageStatus": status, "messageType": "TRANSACTIONAL",
            "messageStatusDescription": "Message to +12025550100", "totalMessageParts": 1,
            "context": {"reference": "notification/k-1:sms/10482"}}),
    )
}

fn email(event_type: &str, about: &Value) -> Value {
    let mut detail = json!({"eventType": event_type, "mail": {"timestamp": "2026-11-20T09:00:00.012Z",
        "messageId": "0107019a-000000", "destination": ["jane@shop.example"],
        "tags": {"ses:configuration-set": ["orders"], "reference": ["notification_3Aacme_2Fk-1_3Aemail_2F10482"]}}});
    detail.as_object_mut().unwrap().extend(about.as_object().unwrap().clone());
    on_bus("aws.ses", "Email Something", &detail)
}

#[test]
fn a_text_message_has_the_kind_of_its_status() {
    for (status, is_final, kind) in [
        ("QUEUED", false, FactKind::Sent),
        ("PENDING", false, FactKind::Sent),
        ("ACCEPTED", false, FactKind::Sent),
        ("SUCCESSFUL", true, FactKind::Sent),
        ("DELIVERED", true, FactKind::Delivered),
        ("CARRIER_UNREACHABLE", false, FactKind::Sent),
        ("CARRIER_UNREACHABLE", true, FactKind::Failed),
        ("UNROUTABLE", true, FactKind::Failed),
        ("UNKNOWN", true, FactKind::Sent),
    ] {
        let fact = only_fact(&sms(status, is_final));
        assert_eq!((fact.kind, fact.message_id.as_str()), (kind, MESSAGE), "{status}");
        assert_eq!(fact.at, "2026-11-20T09:00:01.377Z".parse().unwrap());
        assert_eq!(fact.reference.unwrap().key.as_str(), "k-1:sms");
        let failure = fact.failure.map(|failure| (failure.code, failure.text));
        let expected = (Some(status.to_owned()), "Message to +[…]".to_owned());
        assert_eq!(failure, (kind == FactKind::Failed).then_some(expected));
    }
}

#[test]
fn an_unknown_status_is_unusable_and_another_event_is_ignored() {
    let unknown = parsed(&sms("TELEPORTED", true)).callback;
    assert_eq!(unknown.unusable, [Problem::UnknownStatus("TELEPORTED".to_owned())]);
    for (source, detail_type) in [
        ("aws.sms-voice", "Registration Status Change"),
        ("aws.ses", "Sending Status Disabled"),
        ("aws.social-messaging", "WhatsApp Message Received"),
        ("aws.social-messaging", "WhatsApp Unknown Notification Received"),
    ] {
        let callback = parsed(&on_bus(source, detail_type, &json!({"status": "failed"}))).callback;
        assert_eq!(
            (callback.facts.len(), callback.unusable.len(), callback.ignored),
            (0, 0, 1),
            "{detail_type}"
        );
    }
}

#[test]
fn an_email_has_the_kind_and_the_time_of_its_event() {
    let at = |name: &str| json!({name: {"timestamp": "2026-11-20T09:00:05Z"}});
    for (event_type, about, kind) in [
        ("Send", json!({"send": {}}), FactKind::Sent),
        ("DeliveryDelay", at("deliveryDelay"), FactKind::Sent),
        ("Delivery", at("delivery"), FactKind::Delivered),
        ("Open", at("open"), FactKind::Read),
        ("Click", at("click"), FactKind::Read),
        ("Complaint", at("complaint"), FactKind::Read),
    ] {
        let fact = only_fact(&email(event_type, &about));
        let time = if event_type == "Send" { "2026-11-20T09:00:00.012Z" } else { "2026-11-20T09:00:05Z" };
        assert_eq!((fact.kind, fact.at), (kind, time.parse().unwrap()), "{event_type}");
        let reference = fact.reference.unwrap();
        assert_eq!((reference.order.sender.unwrap().as_str(), reference.key.as_str()), ("acme", "k-1:email"));
    }
    let subscription = parsed(&email("Subscription", &json!({}))).callback;
    assert_eq!((subscription.facts.len(), subscription.ignored), (0, 1));
}

#[test]
fn a_failed_email_has_a_code_and_a_text_without_its_address() {
    let bounce = |kind: &str, subtype: &str, words: &str| {
        json!({"bounce": {"bounceType": kind, "bounceSubType": subtype, "timestamp": "2026-11-20T09:00:05Z",
            "bouncedRecipients": [{"emailAddress": "jane@shop.example", "status": "5.1.1", "diagnosticCode": words}]}})
    };
    for (event_type, about, code, text) in [
        (
            "Bounce",
            bounce("Permanent", "NoEmail", "smtp; 550 <jane@shop.example> unknown"),
            "Permanent.NoEmail",
            "smtp; 550 […] unknown",
        ),
        ("Bounce", bounce("Transient", "MailboxFull", "full"), "Transient.MailboxFull", "full"),
        ("Bounce", bounce("Permanent", "OnAccountSuppressionList", ""), "OnAccountSuppressionList", "5.1.1"),
        ("Bounce", bounce("new", "+12025550100", "?"), "Undetermined", "?"),
        (
            "Complaint",
            json!({"complaint": {"complaintSubType": "OnAccountSuppressionList"}}),
            "OnAccountSuppressionList",
            "",
        ),
        ("Reject", json!({"reject": {"reason": "Bad content"}}), "Reject", "Bad content"),
        ("Rendering Failure", json!({"failure": {"errorMessage": "no name"}}), "RenderingFailure", "no name"),
    ] {
        let fact = only_fact(&email(event_type, &about));
        let failure = fact.failure.unwrap();
        assert_eq!(
            (fact.kind, failure.code.as_deref(), failure.text.as_str()),
            (FactKind::Failed, Some(code), text)
        );
        assert!(code_class(Provider::AwsEmail, code).is_some(), "{code}");
    }
}

#[test]
fn a_whatsapp_message_is_named_by_the_id_of_aws() {
    let detail = |status: &str| {
        json!({"wabaId": "1163793972139053", "originationPhoneNumberId": "574086085794038", "messageId": MESSAGE,
            "status": status, "eventTimestamp": "1795165202",
            "errors": [{"code": 131_026, "title": "Message undeliverable", "message": "Message undeliverable"}]})
    };
    let event = |name: &str, detail: &Value| {
        on_bus("aws.social-messaging", &format!("WhatsApp Message {name}"), detail)
    };
    for (name, status, kind) in [
        ("Sent", "sent", FactKind::Sent),
        ("Delivered", "delivered", FactKind::Delivered),
        ("Read", "read", FactKind::Read),
        ("Failed", "failed", FactKind::Failed),
        ("Undeliverable", "", FactKind::Failed),
    ] {
        let fact = only_fact(&event(name, &detail(status)));
        assert_eq!((fact.kind, fact.message_id.as_str()), (kind, MESSAGE), "{name}");
        assert_eq!(fact.at, "2026-11-20T09:00:02Z".parse().unwrap());
        let code = fact.failure.and_then(|failure| failure.code);
        assert_eq!(code.as_deref(), (kind == FactKind::Failed).then_some("131026"));
    }
}

/// A notification of SNS with this item of `statuses[]`, and AWS's id beside the entry.
fn of_topic(statuses: &Value, message_id: Option<&str>) -> Value {
    let entry = json!({"id": "1163793972139053", "changes": [{"field": "messages",
        "value": {"messaging_product": "whatsapp", "statuses": statuses}}]});
    let mut event = json!({"context": {"MetaWabaIds": []}, "whatsAppWebhookEntry": entry.to_string(),
        "aws_account_id": "111122223333", "message_timestamp": "2026-11-20T09:00:03.27Z"});
    if let Some(id) = message_id {
        event["messageId"] = json!(id);
    }
    event
}

fn item(id: &str, status: &str) -> Value {
    json!({"id": id, "status": status, "timestamp": "1795165202",
        "biz_opaque_callback_data": "notification/k-1/10482"})
}

#[test]
fn metas_entry_in_a_notification_of_sns_is_read_with_either_id() {
    let one = of_topic(&json!([item("wamid.A=", "delivered")]), Some(MESSAGE));
    let wrapped =
        json!({"Type": "Notification", "MessageId": "n", "TopicArn": "t", "Message": one.to_string()});
    for body in [&one, &wrapped] {
        let fact = only_fact(body);
        assert_eq!((fact.provider, fact.kind), (Provider::AwsWhatsApp, FactKind::Delivered));
        assert_eq!((fact.message_id.as_str(), fact.aliases[0].as_str()), (MESSAGE, "wamid.A="));
        assert_eq!(fact.reference.unwrap().key.as_str(), "k-1");
    }
    let later = only_fact(&of_topic(&json!([item("wamid.A=", "read")]), None));
    assert_eq!((later.kind, later.message_id.as_str(), later.aliases.len()), (FactKind::Read, "wamid.A=", 0));
    let two = json!([item("wamid.A=", "sent"), item("wamid.B=", "sent")]);
    let two = parsed(&of_topic(&two, Some(MESSAGE))).callback;
    let ids: Vec<&str> = two.facts.iter().map(|fact| fact.message_id.as_str()).collect();
    assert_eq!(ids, ["wamid.A=", "wamid.B="]);
}

#[test]
fn a_message_that_meta_has_accepted_is_sent_and_has_both_ids() {
    let fact = only_fact(&of_topic(&json!([item("wamid.A=", "accepted")]), Some(MESSAGE)));
    assert_eq!(fact.kind, FactKind::Sent);
    assert_eq!((fact.message_id.as_str(), fact.aliases[0].as_str()), (MESSAGE, "wamid.A="));
}

#[test]
fn a_failure_that_aws_itself_reports_needs_no_id_of_metas() {
    let failed = json!([{"status": "failed", "timestamp": "1795165202",
        "errors": [{"code": 132_001, "title": "Template name does not exist in the translation"}]}]);
    let fact = only_fact(&of_topic(&failed, Some(MESSAGE)));
    assert_eq!((fact.kind, fact.message_id.as_str(), fact.aliases.len()), (FactKind::Failed, MESSAGE, 0));
    assert_eq!(fact.failure.unwrap().code.as_deref(), Some("132001"));
    let nameless = parsed(&of_topic(&failed, None)).callback;
    assert_eq!(nameless.unusable, [Problem::NoMessageId]);
    // Beside another item it may be about another message.
    for beside in [item("wamid.A=", "sent"), failed[0].clone()] {
        let callback = parsed(&of_topic(&json!([beside, failed[0]]), Some(MESSAGE))).callback;
        assert!(callback.facts.iter().all(|fact| fact.message_id.as_str() == "wamid.A="), "{callback:?}");
        assert!(callback.unusable.contains(&Problem::NoMessageId), "{callback:?}");
    }
}

#[test]
fn a_status_that_says_nothing_about_the_delivery_is_ignored() {
    for status in ["deleted", "warning"] {
        let detail = json!({"messageId": MESSAGE, "status": status, "eventTimestamp": "1795165202"});
        let of_bus = on_bus("aws.social-messaging", "WhatsApp Message Sent", &detail);
        for body in [of_bus, of_topic(&json!([item("wamid.A=", status)]), None)] {
            let callback = parsed(&body).callback;
            let counts = (callback.facts.len(), callback.unusable.len(), callback.ignored);
            assert_eq!(counts, (0, 0, 1), "{status}");
        }
    }
}

#[test]
fn a_message_that_aws_has_dropped_has_failed() {
    let dropped = "Message retries exhausted, dropping message.";
    let detail = json!({"messageId": MESSAGE, "status": dropped, "eventTimestamp": "1795165202"});
    for body in [
        on_bus("aws.social-messaging", "WhatsApp Message Failed", &detail),
        of_topic(&json!([{"status": dropped, "timestamp": "1795165202"}]), Some(MESSAGE)),
    ] {
        let fact = only_fact(&body);
        assert_eq!((fact.kind, fact.message_id.as_str()), (FactKind::Failed, MESSAGE));
    }
}

#[test]
fn what_a_configuration_set_publishes_to_a_topic_is_read_like_the_event_on_the_bus() {
    let sns = |message: &str| json!({"Type": "Notification", "MessageId": "n", "TopicArn": "t", "Message": message});
    let about = json!({"delivery": {"timestamp": "2026-11-20T09:00:05Z"}});
    for of_bus in [sms("DELIVERED", true), email("Delivery", &about)] {
        let detail = of_bus["detail"].clone();
        for body in [detail.clone(), sns(&detail.to_string())] {
            assert_eq!(only_fact(&body), only_fact(&of_bus), "{body}");
        }
    }
    // SES's older notifications have neither tags nor a configuration set, so that they never name our e-mails.
    let older =
        json!({"notificationType": "Delivery", "mail": {"messageId": "0107019a-000000"}, "delivery": {}});
    let validation = sns("Successfully validated SNS topic for Amazon SES event publishing.");
    let confirmation =
        json!({"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "You have subscribed."});
    for body in [sns(&older.to_string()), sns(&confirmation.to_string()), validation] {
        let event = parsed(&body);
        assert_eq!((event.provider, event.callback.facts.len()), (Provider::AwsEmail, 0), "{body}");
        assert_eq!((event.callback.unusable.len(), event.callback.ignored), (0, 1), "{body}");
    }
}

#[test]
fn calls_and_multimedia_messages_of_the_same_topic_are_ignored() {
    for event_type in ["VOICE_COMPLETED", "MEDIA_DELIVERED"] {
        let detail = json!({"eventType": event_type, "eventVersion": "1.0", "messageId": "m"});
        let event = parsed(&json!({"Type": "Notification", "Message": detail.to_string()}));
        assert_eq!((event.provider, event.callback.facts.len()), (Provider::AwsSms, 0), "{event_type}");
        assert_eq!((event.callback.unusable.len(), event.callback.ignored), (0, 1), "{event_type}");
    }
}

#[test]
fn the_layers_around_an_event_are_removed() {
    let event = sms("DELIVERED", true);
    let mut with_text = event.clone();
    with_text["detail"] = json!(event["detail"].to_string());
    let message = json!({"messageId": "m", "body": event.to_string(), "eventSource": "aws:sqs"});
    for body in [
        with_text,
        json!([event]),
        json!(event.to_string()),
        json!({"Type": "Notification", "TopicArn": "t", "Message": event.to_string()}),
        message.clone(),
        json!({"Records": [message]}),
        json!({"Records": [{"EventSource": "aws:sns", "Sns": {"TopicArn": "t", "Message": event.to_string()}}]}),
    ] {
        assert_eq!(only_fact(&body), only_fact(&event), "{body}");
    }
    let mut nested = event.to_string();
    for _ in 0..20 {
        nested = json!({"Message": nested}).to_string();
    }
    assert_eq!(parse(nested.as_bytes(), RECEIVED_AT), Err(UnreadableEvent::OtherService));
}

#[test]
fn a_failure_that_is_not_final_is_recognised_as_a_text_too() {
    let mut body = sms("UNREACHABLE", false);
    for (is_final, kind) in [
        (json!("false"), FactKind::Sent),
        (json!("False"), FactKind::Sent),
        (json!("true"), FactKind::Failed),
        (Value::Null, FactKind::Failed),
    ] {
        body["detail"]["isFinal"] = is_final;
        assert_eq!(only_fact(&body).kind, kind, "{body}");
    }
}

#[test]
fn our_reference_in_a_whatsapp_event_is_read_in_either_spelling() {
    for name in ["biz_opaque_callback_data", "bizOpaqueCallbackData"] {
        let mut detail = json!({"messageId": MESSAGE, "status": "read", "eventTimestamp": "1795165202"});
        detail[name] = json!("notification/k-1/10482");
        let fact = only_fact(&on_bus("aws.social-messaging", "WhatsApp Message Read", &detail));
        assert_eq!(fact.reference.unwrap().key.as_str(), "k-1", "{name}");
    }
}

#[test]
fn a_body_of_another_service_or_without_json_is_an_error_that_quotes_nothing() {
    for body in [
        "12025550100",
        "[]",
        "{}",
        r#"{"source": "aws.ec2", "detail-type": "12025550100", "detail": {}}"#,
        r#"{"source": "aws.ses", "detail-type": "Email Sent"}"#,
        "",
        "{\"a\" 12025550100",
    ] {
        let error = parse(body.as_bytes(), RECEIVED_AT).unwrap_err().to_string();
        assert!(!error.contains("2025550"), "{error}");
    }
}

#[test]
fn other_applications_tags_are_no_reference() {
    let mut body = sms("DELIVERED", true);
    for context in
        [json!({"reference": "campaign-7"}), json!({"other": "notification/k/7"}), json!([]), Value::Null]
    {
        body["detail"]["context"] = context;
        assert_eq!(only_fact(&body).reference, None);
    }
}

proptest! {
    #[test]
    fn no_event_causes_a_panic(
        source in prop_oneof![Just("aws.ses"), Just("aws.sms-voice"), Just("aws.social-messaging")],
        detail in hostile_json::any_json(),
        status in any::<String>(),
    ) {
        let detail = if detail.is_object() { detail } else { json!({"mail": detail, "messageStatus": status, "status": status}) };
        for kind in ["Email Bounced", "Text Message Delivery Status Updated", "WhatsApp Message Failed"] {
            let _parsed = parse(on_bus(source, kind, &detail).to_string().as_bytes(), RECEIVED_AT);
        }
    }
}
