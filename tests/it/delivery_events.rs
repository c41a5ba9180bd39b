//! AWS's delivery events go from the queue to the facts in the table.

use std::time::Duration;

use local::environment::TABLE;
use serde_json::{Value, json};
use shared::delivery::{DeliveryFacts, DeliveryStatus};
use shared::message::{
    Content, Language, MessageId, MessageKey, NotificationKey, PlainText, Recipient, Reference, Template,
    TemplateMessage,
};
use shared::protocol::{Answer, State};
use shared::provider::Provider;
use shared::providers::aws::reference_tag;
use shared::providers::{Providers, Signer};
use shared::secrets::{Credentials, Senders};
use shared::settings::NotifierSettings;
use shared::table::{NotificationRow, Table};
use shared::tls::Tls;
use tokio::time::Instant;

use crate::support::{Event, Opening, Shop, eventually};

const MESSAGE: &str = "ed23196c-75ce-4727-93ee-7bf72b64998f";

/// A shop with an accepted message of order 1, about which its own provider reports nothing.
async fn with_message() -> (Shop, NotificationRow) {
    let shop = Opening::default().preferring(Provider::Meta).open().await;
    shop.simulator().hold_callbacks();
    shop.publish(&Event::sample("order-cancelled").order("1")).await;
    shop.until_state("1", State::Accepted).await;
    shop.until_quiet().await;
    let view = shop.notification("1").await;
    (shop, view)
}

fn on_bus(source: &str, detail_type: &str, detail: &Value) -> Value {
    json!({"version": "0", "id": "5c0fa4f8-e4ba-ed02-6101-c795472fccd0", "detail-type": detail_type, "source": source,
        "account": "111122223333", "time": "2026-11-20T09:00:05Z", "region": "eu-central-1", "resources": [],
        "detail": detail})
}

/// An event of End User Messaging SMS at this second after nine o'clock.
fn sms(status: &str, second: i64, reference: Option<&Reference>) -> Value {
    let context = reference.map(|reference| json!({ (reference_tag::NAME): reference.to_wire() }));
    let detail = json!({"eventType": format!("TEXT_{status}"), "eventVersion": "1.0",
        "eventTimestamp": (1_795_165_200 + second) * 1000, "isFinal": true, "originationPhoneNumber": "SHOP",
        "destinationPhoneNumber": "+12025550100", "isoCountryCode": "US", "messageId": MESSAGE,
        "messageStatus": status, "messageStatusDescription": format!("{status} to +12025550100"),
        "context": context.unwrap_or_else(|| json!({"campaign": "spring"})), "totalMessageParts": 1});
    on_bus("aws.sms-voice", "Text Message Delivery Status Updated", &detail)
}

fn email(event_type: &str, about: &Value, reference: &Reference) -> Value {
    let tag = reference_tag::encode(reference).unwrap();
    let mut detail = json!({"eventType": event_type, "mail": {"timestamp": "2026-11-20T09:00:00.012Z",
        "messageId": "0107019a-4f2a-000000", "destination": ["jane@shop.example"],
        "tags": {"ses:configuration-set": ["orders"], (reference_tag::NAME): [tag]}}});
    detail.as_object_mut().unwrap().extend(about.as_object().unwrap().clone());
    on_bus("aws.ses", &format!("Email {event_type}"), &detail)
}

/// Puts events on the queue, and waits until the function has finished them.
async fn deliver(shop: &Shop, events: &[Value]) {
    let queue = shop.local.delivery_events();
    for event in events {
        queue.send(event.to_string());
    }
    eventually("an empty queue of delivery events", async || {
        let depth = queue.depth();
        if depth.visible + depth.in_flight == 0 { Ok(()) } else { Err(format!("{depth:?}")) }
    })
    .await;
}

fn code(facts: &DeliveryFacts) -> Option<&str> {
    facts.failure.as_ref().and_then(|failure| failure.code.as_deref())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_messages_facts_stand_with_the_notification_that_it_names() {
    let (shop, view) = with_message().await;
    deliver(&shop, &[sms("DELIVERED", 9, Some(&view.reference))]).await;
    let delivered = shop.until_status("1", DeliveryStatus::Delivered).await;
    assert_eq!(delivered.facts().delivered_at, Some("2026-11-20T09:00:09Z".parse().unwrap()));
    let providers: Vec<Provider> = delivered.messages.iter().map(|row| row.message.provider).collect();
    assert_eq!(providers, [Provider::Meta, Provider::AwsSms]);

    // Out of order, and repeated.
    let events = [sms("PENDING", 1, Some(&view.reference)), sms("DELIVERED", 9, Some(&view.reference))];
    deliver(&shop, &events).await;
    let facts = shop.notification("1").await.facts();
    assert_eq!(facts.sent_at, Some("2026-11-20T09:00:01Z".parse().unwrap()));
    assert_eq!(facts.status(), DeliveryStatus::Delivered);
    let before = shop.scan().await;
    deliver(&shop, &events).await;
    assert_eq!(shop.scan().await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_is_stored_with_its_code_and_without_the_recipient() {
    let (shop, view) = with_message().await;
    deliver(&shop, &[sms("CARRIER_UNREACHABLE", 3, Some(&view.reference))]).await;
    let failed = shop.until_status("1", DeliveryStatus::Failed).await;
    assert_eq!(code(&failed.facts()), Some("CARRIER_UNREACHABLE"));

    let bounce = json!({"bounce": {"bounceType": "Permanent", "bounceSubType": "NoEmail",
        "timestamp": "2026-11-20T09:00:02Z", "bouncedRecipients": [{"emailAddress": "jane@shop.example",
        "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 <jane@shop.example> user unknown"}]}});
    deliver(&shop, &[email("Bounce", &bounce, &view.reference)]).await;
    // The earliest failure counts.
    let facts = shop.notification("1").await.facts();
    assert_eq!(code(&facts), Some("Permanent.NoEmail"));
    let stored = format!("{:?}", shop.scan().await);
    assert!(!stored.contains("jane@shop.example") && !facts.failure.unwrap().text.contains("2025550"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_email_that_is_opened_is_read() {
    let (shop, view) = with_message().await;
    let delivery =
        json!({"delivery": {"timestamp": "2026-11-20T09:00:02Z", "recipients": ["jane@shop.example"]}});
    let open = json!({"open": {"timestamp": "2026-11-20T09:00:09Z", "ipAddress": "192.0.2.1"}});
    let events = [("Open", &open), ("Send", &json!({"send": {}})), ("Delivery", &delivery)];
    deliver(&shop, &events.map(|(name, about)| email(name, about, &view.reference))).await;
    let read = shop.until_status("1", DeliveryStatus::Read).await.facts();
    assert!(read.sent_at.is_some() && read.delivered_at.is_some(), "{read:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_about_every_senders_messages_are_stored() {
    let shop = Opening::default().senders(&["acme"]).preferring(Provider::Meta).open().await;
    shop.simulator().hold_callbacks();
    shop.publish(&Event::sample("order-cancelled").sender("acme").order("1")).await;
    let view = shop.orders_of("acme").until_state("1", State::Accepted).await;
    deliver(&shop, &[sms("DELIVERED", 9, Some(&view.reference))]).await;
    shop.orders_of("acme").until_status("1", DeliveryStatus::Delivered).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_message_of_another_application_is_ignored_and_a_whatsapp_message_has_an_item_of_its_own() {
    let (shop, view) = with_message().await;
    let detail = json!({"wabaId": "1163793972139053", "messageId": MESSAGE, "status": "delivered",
        "eventTimestamp": "1795165202"});
    deliver(
        &shop,
        &[sms("DELIVERED", 9, None), on_bus("aws.social-messaging", "WhatsApp Message Delivered", &detail)],
    )
    .await;
    let item = async |provider| shop.item(&format!("MESSAGE#{provider}#{MESSAGE}"), "MESSAGE").await;
    assert_eq!(item(Provider::AwsSms).await, None);
    let whatsapp = item(Provider::AwsWhatsApp).await.unwrap();
    assert!(whatsapp.contains_key("delivered_at") && !whatsapp.contains_key("order_number"), "{whatsapp:?}");
    assert_eq!(shop.notification("1").await, view);

    // A text message of ours has its item, so that its report needs no context.
    let table = Table::new(shop.local.dynamodb().client(), TABLE);
    let message = MessageKey { provider: Provider::AwsSms, id: MessageId::parse(MESSAGE).unwrap() };
    table
        .store_message(&message, &view.reference, "order-cancelled", &view.names, None, shop.clock().now())
        .await
        .unwrap();
    deliver(&shop, &[sms("DELIVERED", 9, None)]).await;
    assert!(item(Provider::AwsSms).await.unwrap().contains_key("delivered_at"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_about_another_stacks_messages_are_ignored() {
    let (shop, view) = with_message().await;
    let key = NotificationKey::parse("of-another-stack").unwrap();
    let other = Reference { key, ..view.reference };
    let entry = json!({"id": "1163793972139053", "changes": [{"field": "messages", "value": {"statuses": [
        {"id": "wamid.A=", "status": "read", "timestamp": "1795165202",
            "biz_opaque_callback_data": other.to_wire()}]}}]});
    let before = shop.scan().await;
    let delivery = json!({"delivery": {"timestamp": "2026-11-20T09:00:02Z"}});
    let events = [
        sms("DELIVERED", 9, Some(&other)),
        email("Delivery", &delivery, &other),
        json!({"whatsAppWebhookEntry": entry.to_string(), "messageId": MESSAGE}),
    ];
    deliver(&shop, &events).await;
    assert_eq!(shop.scan().await, before);
    assert!(shop.local.delivery_events().dead_letters().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unreadable_event_becomes_a_dead_letter_and_affects_no_other() {
    let (shop, view) = with_message().await;
    let queue = shop.local.delivery_events();
    for body in
        ["no JSON", r#"{"source": "aws.ec2", "detail-type": "EC2 Instance State-change Notification"}"#]
    {
        queue.send(body);
    }
    deliver(&shop, &[sms("DELIVERED", 9, Some(&view.reference))]).await;
    shop.until_status("1", DeliveryStatus::Delivered).await;
    assert_eq!(queue.dead_letters().len(), 2);
    // An unknown status is counted, and not tried again.
    deliver(&shop, &[sms("TELEPORTED", 9, Some(&view.reference))]).await;
    assert_eq!(queue.dead_letters().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_reports_of_the_simulated_service_reach_the_notification_that_its_request_names() {
    let shop =
        Opening::default().preferring(Provider::Meta).options(|it| it.aws_channels = true).open().await;
    // Meta's callbacks are lost; held callbacks would hold AWS's events too.
    shop.publish(&Event::sample("order-cancelled").order("1").magic(6)).await;
    let view = shop.until_state("1", State::Accepted).await;
    let settings = NotifierSettings::read(&shop.local.variables().environment()).unwrap();
    let providers = Providers::new(settings.base_urls, &Tls::with_system_roots().unwrap()).unwrap();
    let providers = providers.with_signer(Signer::from_settings(&settings.aws));
    let secret: Senders<Credentials> = serde_json::from_str(&shop.simulator().credentials_json()).unwrap();
    let message = TemplateMessage {
        recipient: Recipient::parse("+12025550100", None, false).unwrap(),
        template: Template { name: "sms".to_owned(), namespace: None },
        language: Language::new("en"),
        content: Content::Plain(PlainText { subject: None, text: "It is here.".to_owned() }),
        notification: "order-cancelled".to_owned(),
        reference: view.reference,
    };
    let deadline = Instant::now() + Duration::from_secs(12);
    let answer = providers.send(&secret.default, Provider::AwsSms, &message, deadline).await.answer;
    assert!(matches!(answer, Answer::Accepted(Some(_))), "{answer:?}");
    let delivered = shop.until_status("1", DeliveryStatus::Delivered).await;
    assert!(delivered.messages.iter().any(|row| row.message.provider == Provider::AwsSms));
}
