//! The table stores an event that the queue can't keep long enough: delivery-sweeper requeues it when it is due, and
//! it is deleted when its notification has its outcome.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use local::environment::TABLE;
use local::simulator::Intake;
use shared::delivery::DeliveryStatus;
use shared::protocol::State;
use shared::provider::Provider::Meta;
use tokio::time::sleep;

use crate::support::{Event, Item, Opening, Shop, eventually, simulated};
use crate::sweeper::sweep_with;

/// The number of events that a sweep requeued.
async fn requeued(shop: &Shop) -> u64 {
    sweep_with(shop, &[]).await["requeued"].as_u64().unwrap()
}

async fn stored_event(shop: &Shop, order: &str) -> Option<Item> {
    let key = shop.notification(order).await.reference.key;
    shop.item(&format!("EVENT#{order}#{key}"), "EVENT").await
}

/// Waits until the order's notification is unknown, its event is stored, and the window is over.
async fn unknown(shop: &Shop, order: &str) {
    let unknown = shop.until_state(order, State::Unknown).await;
    shop.until_quiet().await;
    let left = unknown.record.due_at.unwrap().duration_since(Timestamp::now());
    sleep(Duration::try_from(left).unwrap_or_default() + Duration::from_millis(10)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_notification_leaves_the_queue_and_ends_held_with_its_event_stored() {
    let shop = Opening::default().paced().unknown_outcome("hold", "2s").open().await;
    // 1MSG has queued it and never reports more.
    let event = Event::sample("stock-arrived").order("U1").magic(26);
    shop.publish(&event).await;
    let unfinished = shop.until_state("U1", State::Unknown).await;
    shop.until_quiet().await;
    assert_eq!(shop.local.queue().receives(), 1);
    let item = stored_event(&shop, "U1").await.unwrap();
    assert!(item["raw"].as_s().unwrap().contains("U1"));
    assert_eq!(item["due_at"].as_s().unwrap(), &format!("{:.3}", unfinished.record.due_at.unwrap()));
    assert_eq!(requeued(&shop).await, 0, "its window isn't over");

    unknown(&shop, "U1").await;
    // Only one of two concurrent runs requeues it.
    let (one, other) = tokio::join!(requeued(&shop), requeued(&shop));
    assert_eq!(one + other, 1);
    shop.until_state("U1", State::Held).await;
    shop.until_quiet().await;
    let item = stored_event(&shop, "U1").await.unwrap();
    assert!(
        item.contains_key("for_a_person") && item.contains_key("expires_at"),
        "only an operator can finish it"
    );
    assert_eq!(requeued(&shop).await, 0, "it isn't due");
    assert_eq!(shop.ledger().requests.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stored_event_is_sent_under_its_key_and_then_deleted() {
    let shop = Opening::default().paced().preferring(Meta).unknown_outcome("resend", "1s").open().await;
    shop.simulator().fail_next(simulated(Meta), 1, Intake::ServerError);
    let event = Event::sample("stock-arrived").order("U2");
    shop.publish(&event).await;
    unknown(&shop, "U2").await;
    let key = shop.notification("U2").await.reference.key;

    assert_eq!(requeued(&shop).await, 1);
    shop.until_status("U2", DeliveryStatus::Read).await;
    shop.until_quiet().await;
    assert_eq!(shop.notification("U2").await.reference.key, key);
    shop.the_send_about("U2");
    assert_eq!(stored_event(&shop, "U2").await, None);

    // An event that is finished at once is never stored.
    shop.publish(&Event::sample("stock-arrived").order("U3")).await;
    shop.until_status("U3", DeliveryStatus::Read).await;
    assert_eq!(stored_event(&shop, "U3").await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_copy_is_followed_by_exactly_one_other() {
    let mut shop = Opening::default().paced().unknown_outcome("hold", "1s").open().await;
    shop.publish(&Event::sample("stock-arrived").order("U4").magic(26)).await;
    unknown(&shop, "U4").await;
    shop.local.crash_notifier();
    assert_eq!(requeued(&shop).await, 1);
    // The copy is on the queue, and the event isn't due for a quarter of an hour.
    assert_eq!(requeued(&shop).await, 0);
    assert_eq!(shop.local.queue().depth().visible, 1);
    shop.local.start_notifier().unwrap();
    shop.until_state("U4", State::Held).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stored_event_is_processed_however_late() {
    let shop = Opening::default().paced().preferring(Meta).unknown_outcome("resend", "1s").open().await;
    shop.simulator().fail_next(simulated(Meta), 1, Intake::ServerError);
    shop.publish(&Event::sample("stock-arrived").order("U6")).await;
    unknown(&shop, "U6").await;
    // The state after hours without a sweep.
    let summary = sweep_with(&shop, &[("STUCK_AFTER", "0s")]).await;
    assert_eq!((summary["held"].as_u64(), summary["requeued"].as_u64()), (Some(0), Some(1)), "{summary}");
    shop.until_status("U6", DeliveryStatus::Read).await;
    shop.the_send_about("U6");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_callback_settles_an_unknown_notification_and_its_event_is_deleted_when_due() {
    let shop = Opening::default().paced().preferring(Meta).unknown_outcome("hold", "1s").open().await;
    // The provider accepts, and the reply is lost: the callbacks return the reference.
    shop.publish(&Event::sample("stock-arrived").order("U5").magic(22)).await;
    shop.until_status("U5", DeliveryStatus::Read).await;
    shop.until_quiet().await;
    eventually("an event that is removed", async || {
        requeued(&shop).await;
        shop.until_quiet().await;
        match stored_event(&shop, "U5").await {
            None => Ok(()),
            Some(item) => Err(format!("due at {:?}", item.get("due_at"))),
        }
    })
    .await;
    assert_eq!(shop.sends_asked_of(Meta), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_event_of_a_held_notification_is_deleted_once_a_callback_proves_the_send() {
    let shop = Opening::default().paced().preferring(Meta).unknown_outcome("hold", "1m").open().await;
    shop.simulator().hold_callbacks();
    let passes = |time| shop.clock().advance(time);
    // U7 was accepted, and the reply was lost; U8 was not accepted.
    shop.publish(&Event::sample("stock-arrived").order("U7").magic(22)).await;
    shop.publish(&Event::sample("stock-arrived").order("U8").magic(23)).await;
    for order in ["U7", "U8"] {
        shop.until_state(order, State::Unknown).await;
    }
    shop.until_quiet().await;
    passes(Duration::from_mins(2));
    assert_eq!(requeued(&shop).await, 2);
    for order in ["U7", "U8"] {
        shop.until_state(order, State::Held).await;
    }
    shop.until_quiet().await;

    shop.simulator().release_callbacks();
    shop.until_status("U7", DeliveryStatus::Read).await;
    passes(Duration::from_mins(20));
    let summary = sweep_with(&shop, &[]).await;
    assert_eq!((summary["dropped"].as_u64(), summary["requeued"].as_u64()), (Some(1), Some(0)), "{summary}");
    assert_eq!(stored_event(&shop, "U7").await, None);
    // An event that still waits for an operator is checked again hours later.
    passes(Duration::from_hours(1));
    assert_eq!(sweep_with(&shop, &[]).await["due"], 0);
    assert!(stored_event(&shop, "U8").await.unwrap().contains_key("for_a_person"));
    assert_eq!(shop.sends_asked_of(Meta), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_event_is_requeued_although_it_is_marked_for_a_person() {
    let shop = Opening::default().paced().preferring(Meta).unknown_outcome("hold", "1m").open().await;
    shop.simulator().fail_next(simulated(Meta), 1, Intake::ServerError);
    shop.publish(&Event::sample("stock-arrived").order("U9")).await;
    shop.until_state("U9", State::Unknown).await;
    shop.until_quiet().await;
    // The write of an earlier run that held the notification arrived last.
    let key = shop.notification("U9").await.reference.key;
    let update = shop.local.dynamodb().client().update_item().table_name(TABLE);
    let text = |text: &str| AttributeValue::S(text.to_owned());
    update
        .key("pk", text(&format!("EVENT#U9#{key}")))
        .key("sk", text("EVENT"))
        .update_expression("SET for_a_person = :true")
        .expression_attribute_values(":true", AttributeValue::Bool(true))
        .send()
        .await
        .unwrap();
    shop.clock().advance(Duration::from_mins(20));
    assert_eq!(requeued(&shop).await, 1);
    shop.until_state("U9", State::Held).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retention_shorter_than_max_age_is_refused_at_the_start() {
    let shop = Shop::open().await;
    let environment = shop.local.variables().environment();
    let short = environment.iter().chain([("EVENT_RETENTION", "1h")]).collect();
    let error = order_notifier::Notifier::from_environment(&short).unwrap_err();
    assert!(format!("{error:#}").contains("EVENT_RETENTION is shorter than the catalogue's longest max_age"));
}
