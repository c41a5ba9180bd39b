//! When WhatsApp doesn't arrive: a text message or an e-mail follows, once, and never after a delivery.

use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use local::environment::{CREDENTIALS_SECRET, TABLE};
use local::simulator::aws::{AwsSend, AwsService};
use serde_json::{Value, json};
use shared::delivery::DeliveryStatus;
use shared::message::Reference;
use shared::protocol::State;
use shared::provider::Provider;
use shared::table::{NotificationRow, Table};

use crate::support::fallback::{self, cancelled};
use crate::support::{Event, Opening, Shop, eventually, kind};
use crate::sweeper::sweep_with;

const READ: u8 = 0;
const CALLBACKS_LOST: u8 = 6;
const ALWAYS_THROTTLED: u8 = 11;
const NOT_ON_WHATSAPP: u8 = 12;

async fn open(provider: Provider) -> Shop {
    Opening::default().preferring(provider).catalogue(fallback::add).paced().open().await
}

fn texts(shop: &Shop) -> Vec<AwsSend> {
    shop.simulator().aws_ledger().accepted_by(AwsService::Sms).cloned().collect()
}

fn emails(shop: &Shop) -> Vec<AwsSend> {
    shop.simulator().aws_ledger().accepted_by(AwsService::Email).cloned().collect()
}

/// Lets the time pass, and the sweeper bring back what is due.
async fn after(shop: &Shop, time: Duration) {
    shop.local.clock().advance(time);
    sweep_with(shop, &[]).await;
    shop.until_quiet().await;
}

/// Waits until the text message has arrived, and the fact is stored.
async fn until_text_arrives(shop: &Shop, order: &str) {
    eventually("a delivered text message", async || {
        let row = of_channel(shop, order, Provider::AwsSms).await;
        let status = row.and_then(|row| row.delivery_status());
        if status == Some(DeliveryStatus::Delivered) { Ok(()) } else { Err(format!("{status:?}")) }
    })
    .await;
}

async fn of_channel(shop: &Shop, order: &str, provider: Provider) -> Option<NotificationRow> {
    let rows = shop.order(order).await;
    rows.into_iter().find(|row| row.record.provider == Some(provider))
}

async fn has_event(shop: &Shop, order: &str) -> bool {
    let rows = shop.order(order).await;
    let first: Reference = rows.iter().map(|row| row.reference.first()).next().unwrap();
    let table = Table::new(shop.local.dynamodb().client(), TABLE);
    table.unfinished_event(&first).await.unwrap().is_some()
}

const HOURS_4: Duration = fallback::WAIT;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_arrives_has_no_fallback_and_its_event_goes() {
    for provider in Provider::WITH_WEBHOOK {
        let shop = open(provider).await;
        shop.publish(&cancelled("F1", READ)).await;
        shop.until_status("F1", DeliveryStatus::Read).await;
        shop.until_quiet().await;
        assert!(has_event(&shop, "F1").await, "{provider}");
        after(&shop, HOURS_4).await;
        assert!(!has_event(&shop, "F1").await, "{provider}");
        assert!(texts(&shop).is_empty() && emails(&shop).is_empty(), "{provider}");
        assert_eq!(shop.order("F1").await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_whom_whatsapp_does_not_know_gets_a_text_message_at_once() {
    for provider in Provider::WITH_WEBHOOK {
        let shop = open(provider).await;
        shop.publish(&cancelled("F2", NOT_ON_WHATSAPP)).await;
        shop.until("F2", "an outcome", |row| row.record.state.is_terminal()).await;
        shop.until_quiet().await;
        shop.simulator().callbacks_settled().await;
        shop.published().await;
        after(&shop, Duration::from_mins(1)).await;
        let sent = texts(&shop);
        assert_eq!(sent.len(), 1, "{provider}: {:?}", shop.order("F2").await);
        assert_eq!(sent[0].text, "Order F2 was cancelled.");
        let row = of_channel(&shop, "F2", Provider::AwsSms).await.unwrap();
        assert_eq!(row.record.state, State::Accepted);
        // Once it has arrived, nothing else follows.
        until_text_arrives(&shop, "F2").await;
        after(&shop, HOURS_4).await;
        assert_eq!((texts(&shop).len(), emails(&shop).len()), (1, 0));
        assert!(!has_event(&shop, "F2").await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_could_not_be_sent_in_time_is_replaced_and_never_sent() {
    let shop = open(Provider::Meta).await;
    shop.publish(&cancelled("F3", ALWAYS_THROTTLED)).await;
    shop.until_state("F3", State::Waiting).await;
    after(&shop, HOURS_4).await;
    let rows = shop.order("F3").await;
    let first = rows.iter().find(|row| row.reference == row.reference.first()).unwrap();
    assert_eq!(first.record.state, State::Suppressed, "{rows:?}");
    assert_eq!(first.record.reason.as_ref().unwrap().code, "replaced");
    assert_eq!(texts(&shop).len(), 1);
    assert!(shop.sends_about("F3").is_empty());
    // Its event coming again changes nothing.
    shop.publish(&cancelled("F3", ALWAYS_THROTTLED)).await;
    shop.until_quiet().await;
    assert_eq!(texts(&shop).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_consent_for_text_messages_an_e_mail_follows() {
    let shop = open(Provider::Meta).await;
    let event = cancelled("F4", NOT_ON_WHATSAPP).with("/detail/customer/sms_opt_in", json!(false));
    shop.publish(&event).await;
    shop.until("F4", "an outcome", |row| row.record.state.is_terminal()).await;
    shop.until_quiet().await;
    shop.simulator().callbacks_settled().await;
    shop.published().await;
    after(&shop, Duration::from_mins(1)).await;
    let sent = emails(&shop);
    assert_eq!((texts(&shop).len(), sent.len()), (0, 1), "{:?}", shop.order("F4").await);
    assert!(sent[0].text.contains("order F4 was cancelled."));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_e_mail_follows_a_text_message_that_is_refused_or_whose_outcome_is_unknown() {
    let shop = open(Provider::Meta).await;
    // The number is invalid; the service fails.
    for (order, mobile) in [("F6", "+12025550144"), ("F7", "+12025550149")] {
        shop.publish(&cancelled(order, NOT_ON_WHATSAPP).with("/detail/customer/mobile", mobile)).await;
        shop.until(order, "an outcome of WhatsApp", |row| row.record.state != State::Sending).await;
        shop.until_quiet().await;
        for _ in 0..2 {
            after(&shop, HOURS_4).await;
        }
        let rows = shop.order(order).await;
        assert!(texts(&shop).is_empty(), "{rows:?}");
        assert_eq!(fallback::emails_about(&shop, order).len(), 1, "{rows:?}");
        let text = rows.iter().find(|row| row.reference.key.to_string().ends_with(":sms")).unwrap();
        let answers: Vec<_> = text.answers.iter().map(|answer| answer.provider).collect();
        assert_eq!(answers, [Provider::AwsSms]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_that_comes_after_the_text_message_is_recorded_and_changes_nothing() {
    let shop = open(Provider::Meta).await;
    shop.publish(&cancelled("F5", CALLBACKS_LOST)).await;
    shop.until_state("F5", State::Accepted).await;
    shop.until_quiet().await;
    after(&shop, HOURS_4).await;
    assert_eq!(texts(&shop).len(), 1, "{:?}", shop.order("F5").await);
    assert_eq!(shop.sends_about("F5").len(), 1);
    until_text_arrives(&shop, "F5").await;
    after(&shop, HOURS_4).await;
    assert_eq!((texts(&shop).len(), emails(&shop).len()), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_credentials_for_any_channel_of_aws_nothing_follows_and_no_event_is_kept() {
    let shop = open(Provider::Meta).await;
    let mut secret: Value = serde_json::from_str(&shop.simulator().credentials_json()).unwrap();
    secret.as_object_mut().unwrap().retain(|name, _| !name.starts_with("aws-"));
    shop.local.secrets().put(CREDENTIALS_SECRET, secret.to_string());
    shop.publish(&cancelled("F7", NOT_ON_WHATSAPP)).await;
    shop.until_state("F7", State::Rejected).await;
    shop.until_quiet().await;
    assert!(!has_event(&shop, "F7").await);
    after(&shop, HOURS_4).await;
    assert!(texts(&shop).is_empty() && emails(&shop).is_empty());
    assert_eq!(shop.order("F7").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_comes_again_stores_the_ids_that_an_ended_run_did_not() {
    let shop = open(Provider::OneMsg).await;
    let event = cancelled("F9", READ).ago(Duration::from_mins(5));
    shop.publish(&event).await;
    let row = shop.until_status("F9", DeliveryStatus::Read).await;
    shop.until_quiet().await;
    lose_and_store_ids(&shop, &event, &row).await;

    let event = cancelled("F10", NOT_ON_WHATSAPP).ago(Duration::from_mins(5));
    shop.publish(&event).await;
    until_text_arrives(&shop, "F10").await;
    shop.until_quiet().await;
    let row = of_channel(&shop, "F10", Provider::AwsSms).await.unwrap();
    lose_and_store_ids(&shop, &event, &row).await;
    assert_eq!((texts(&shop).len(), emails(&shop).len()), (1, 0));
}

/// Deletes the item of a message's id, as if order-notifier had been killed before it stored this item; the event's second copy
/// stores it.
async fn lose_and_store_ids(shop: &Shop, event: &Event, row: &NotificationRow) {
    let message = row.record.message_ids.first().unwrap();
    let client = shop.local.dynamodb().client();
    let key = |text: String| AttributeValue::S(text);
    let (pk, sk) = (key(format!("MESSAGE#{message}")), key("MESSAGE".to_owned()));
    let delete = client.delete_item().table_name(TABLE).key("pk", pk.clone()).key("sk", sk.clone());
    assert!(delete.return_values(ReturnValue::AllOld).send().await.unwrap().attributes.is_some());
    shop.publish(event).await;
    shop.until_quiet().await;
    let item = client.get_item().table_name(TABLE).key("pk", pk).key("sk", sk).send().await.unwrap();
    assert!(item.item.is_some(), "{message}");
}

/// A customer with an e-mail address and without a phone number.
fn without_number(order: &str) -> Event {
    cancelled(order, READ).with("/detail/customer/phone", Value::Null)
}

/// Publishes the event and waits for what it becomes.
async fn settle(shop: &Shop, event: &Event) {
    shop.publish(event).await;
    shop.until_quiet().await;
    shop.simulator().callbacks_settled().await;
    shop.published().await;
}

/// The first message's row, which says that the event has no usable number.
async fn without_whatsapp(shop: &Shop, order: &str) -> NotificationRow {
    let rows = shop.order(order).await;
    let first = rows.iter().find(|row| row.reference == row.reference.first()).unwrap();
    assert!(first.record.lacks_number(), "{rows:?}");
    assert_eq!((first.record.attempt, first.record.provider), (0, None));
    assert!(shop.sends_about(order).is_empty());
    first.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_without_a_usable_number_gets_an_e_mail_at_once() {
    let shop = open(Provider::Meta).await;
    for (order, phone) in [("N1", Value::Null), ("N2", json!("2025550100")), ("N3", json!("ask me"))] {
        let event = without_number(order).with("/detail/customer/phone", phone);
        settle(&shop, &event).await;
        let first = without_whatsapp(&shop, order).await;
        assert_eq!(fallback::emails_about(&shop, order).len(), 1);
        let published = shop.published_about(order).await;
        let about_first = |event: &&Value| event["detail"]["reference"] == json!(first.reference.to_string());
        let kinds: Vec<&str> = published.iter().filter(about_first).map(kind).collect();
        assert_eq!(kinds, ["Rejected"]);
        // Its event coming again, at once or later, sends nothing.
        settle(&shop, &event).await;
        after(&shop, HOURS_4).await;
        assert_eq!(fallback::emails_about(&shop, order).len(), 1);
        without_whatsapp(&shop, order).await;
    }
    assert!(texts(&shop).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_number_and_without_a_channel_that_reaches_the_customer_an_event_is_invalid() {
    let shop = open(Provider::Meta).await;
    let no_address = without_number("N4").with("/detail/customer/email", Value::Null);
    let no_consent = without_number("N5").with("/detail/customer/email_opt_in", json!(false));
    let second_fault = without_number("N6").with("/detail/product/name", Value::Null);
    for event in [no_address, no_consent, second_fault] {
        shop.until_invalid(&shop.publish(&event).await).await;
    }
    // A deployment without credentials for AWS's channels has no fallback.
    let mut secret: Value = serde_json::from_str(&shop.simulator().credentials_json()).unwrap();
    secret.as_object_mut().unwrap().retain(|name, _| !name.starts_with("aws-"));
    shop.local.secrets().put(CREDENTIALS_SECRET, secret.to_string());
    shop.until_invalid(&shop.publish(&without_number("N7")).await).await;
    for order in ["N4", "N5", "N6", "N7"] {
        assert!(shop.order(order).await.is_empty(), "{order}");
    }
    assert!(texts(&shop).is_empty() && emails(&shop).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_number_a_mobile_number_of_the_fallback_gets_the_text_message() {
    let shop = open(Provider::Meta).await;
    let event = without_number("N8").with("/detail/customer/mobile", "+12025550100");
    settle(&shop, &event).await;
    without_whatsapp(&shop, "N8").await;
    until_text_arrives(&shop, "N8").await;
    after(&shop, HOURS_4).await;
    assert_eq!((texts(&shop).len(), emails(&shop).len()), (1, 0));
    assert!(!has_event(&shop, "N8").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_corrected_event_sends_a_second_message_only_under_another_key() {
    let with_key = |catalogue: &mut toml::Table| {
        fallback::add(catalogue);
        let entry = catalogue["notifications"][fallback::ENTRY].as_table_mut().unwrap();
        entry.insert("key".to_owned(), "join('', ['cancelled-', detail.order.number])".into());
    };
    let keyed = Opening::default().preferring(Provider::Meta).catalogue(with_key).paced().open().await;
    let hashed = open(Provider::Meta).await;
    for shop in [&keyed, &hashed] {
        let event = without_number("N9").ago(Duration::from_mins(5));
        let id = shop.publish(&event).await;
        shop.until_quiet().await;
        without_whatsapp(shop, "N9").await;
        // The same event, whose number the catalogue now finds.
        let corrected = cancelled("N9", READ).ago(Duration::from_mins(5));
        shop.redeliver(&corrected.0.as_object().map_or(Value::Null, |event| {
            let mut event = event.clone();
            event.insert("id".to_owned(), json!(id));
            event.into()
        }));
        shop.until_quiet().await;
        without_whatsapp(shop, "N9").await;
    }
    // The shop's own second event.
    let again = cancelled("N9", READ);
    settle(&keyed, &again).await;
    without_whatsapp(&keyed, "N9").await;
    settle(&hashed, &again).await;
    assert_eq!(hashed.sends_about("N9").len(), 1, "another recipient is another notification");
    for shop in [&keyed, &hashed] {
        after(shop, HOURS_4).await;
        assert_eq!((texts(shop).len(), fallback::emails_about(shop, "N9").len()), (0, 1));
    }
}
