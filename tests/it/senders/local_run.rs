//! The local run with senders.

use std::time::Duration;

use local::demo;
use local::samples;
use serde_json::Value;
use shared::catalogue::Catalogue;
use shared::delivery::DeliveryStatus;

use super::{cancelled, two_brands};
use crate::support::{CatalogueFile, Opening};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_looked_up_by_its_sender() {
    let shop = two_brands().open().await;
    shop.publish(&cancelled("acme", "10482")).await;
    shop.orders_of("acme").until_status("10482", DeliveryStatus::Read).await;
    shop.published().await;
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let get = async |path: &str| {
        let answer =
            client.get(format!("{}/orders/10482{path}", shop.local.lookup_url())).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let (status, table) = get("?sender=acme").await;
    assert_eq!(status, 200);
    assert!(table.contains("10482 of acme"), "{table}");
    for path in ["", "?sender=beta"] {
        assert_eq!(get(path).await.0, 404, "{path}");
    }
    assert_eq!(get("?sender=a%20b").await.0, 400);
    let events = async |path: &str| {
        let events: Value = serde_json::from_str(&get(path).await.1).unwrap();
        events.as_array().unwrap().len()
    };
    assert_eq!(events("/events?sender=acme").await, 4);
    assert_eq!((events("/events").await, events("/events?sender=beta").await), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_senders_of_the_samples_get_accounts_and_the_demo_is_complete() {
    let by_source = "source";
    let catalogue = CatalogueFile::changed(|catalogue| {
        for (_, entry) in catalogue["notifications"].as_table_mut().unwrap() {
            entry.as_table_mut().unwrap().insert("sender".to_owned(), by_source.into());
        }
    });
    let text = std::fs::read_to_string(catalogue.path()).unwrap();
    let events = samples::read(&[samples::shipped()]).unwrap();
    let senders = samples::senders(&events, &Catalogue::parse("c", &text).unwrap());
    assert_eq!(senders.iter().map(ToString::to_string).collect::<Vec<_>>(), ["oms", "returns", "wms"]);

    let shop = Opening::default()
        .swept()
        .sender_by(by_source)
        .options(|options| options.senders = senders)
        .open()
        .await;
    demo::play_shop(&shop.local, catalogue.path(), &samples::shipped(), Duration::from_mins(1))
        .await
        .unwrap();
    assert!(shop.ledger().accepted_by(None).is_empty());
}
