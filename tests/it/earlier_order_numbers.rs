//! Orders that an earlier release recorded with invisible characters around their numbers: later events continue
//! these records.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use local::environment::TABLE;
use local::simulator::Intake;
use shared::delivery::DeliveryStatus;
use shared::protocol::State;
use shared::provider::Provider::Meta;

use crate::support::{Event, Item, Opening, Shop, eventually, simulated};
use crate::sweeper::sweep_with;

/// Gives an order's items the number that an earlier release would have recorded.
async fn record_as_before(shop: &Shop, order: &str, number: &str) {
    let client = shop.local.dynamodb().client();
    for mut item in shop.scan().await {
        let (pk, sk) = (item["pk"].clone(), item["sk"].clone());
        let written = pk.as_s().unwrap().replace(order, number);
        item.insert("pk".to_owned(), AttributeValue::S(written));
        let delete = client.delete_item().table_name(TABLE).key("pk", pk).key("sk", sk);
        delete.send().await.unwrap();
        client.put_item().table_name(TABLE).set_item(Some(item)).send().await.unwrap();
    }
}

async fn state(shop: &Shop, number: &str) -> Vec<(String, String)> {
    let is_notification = |item: &Item| {
        item["pk"].as_s().unwrap() == &format!("ORDER#{number}")
            && item["sk"].as_s().unwrap().starts_with("NOTIFICATION#")
    };
    let items = shop.scan().await.into_iter().filter(is_notification);
    items
        .map(|item| (item["state"].as_s().unwrap().clone(), item["attempt"].as_n().unwrap().clone()))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_of_an_event_sent_under_the_earlier_number_sends_nothing() {
    let shop = Shop::open().await;
    let event = Event::sample("order-cancelled").order("\u{feff}V1");
    let id = shop.publish(&event).await;
    shop.until_status("V1", DeliveryStatus::Read).await;
    shop.until_quiet().await;
    record_as_before(&shop, "V1", "\u{feff}V1").await;
    shop.redeliver(&event.with("/id", id).with("/replay-name", "after-the-release").0);
    shop.until_quiet().await;
    assert_eq!(shop.ledger().requests.len(), 1);
    assert_eq!(state(&shop, "V1").await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_stored_under_the_earlier_number_is_finished_under_it() {
    let shop = Opening::default().paced().preferring(Meta).unknown_outcome("resend", "1s").open().await;
    shop.simulator().fail_next(simulated(Meta), 1, Intake::ServerError);
    shop.publish(&Event::sample("stock-arrived").order("\u{200b}V2")).await;
    let unknown = shop.until_state("V2", State::Unknown).await;
    shop.until_quiet().await;
    record_as_before(&shop, "V2", "\u{200b}V2").await;
    let left = unknown.record.due_at.unwrap().duration_since(Timestamp::now());
    tokio::time::sleep(Duration::try_from(left).unwrap_or_default() + Duration::from_millis(10)).await;
    assert_eq!(sweep_with(&shop, &[]).await["requeued"], 1);
    eventually("the second attempt under the recorded number", async || {
        let found = state(&shop, "\u{200b}V2").await;
        if found == [("accepted".to_owned(), "2".to_owned())] { Ok(()) } else { Err(format!("{found:?}")) }
    })
    .await;
    shop.until_quiet().await;
    assert_eq!((state(&shop, "V2").await, shop.sends_asked_of(Meta)), (vec![], 2));
    let is_kept = |item: &Item| item["pk"].as_s().unwrap().starts_with("EVENT#");
    assert!(!shop.scan().await.iter().any(is_kept));
}
