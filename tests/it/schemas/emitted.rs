//! Status events of an end-to-end run, and their schemas.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use shared::delivery::DeliveryStatus;
use shared::protocol::State;
use shared::provider::Provider;
use shared::status_event::StatusEventType;
use status_publisher::event::SOURCE;

use super::Contract;
use crate::support::{Event, Opening};

/// Status events of every kind, as the bus received them.
async fn one_of_each_type() -> Vec<Value> {
    let mut all = Vec::new();
    for provider in Provider::WITH_WEBHOOK {
        let shop = Opening::default().preferring(provider).unknown_outcome("hold", "1s").open().await;
        for number in [0, 2, 3, 9, 12, 23, 25] {
            let event = Event::sample("order-cancelled").order(&format!("W{number}")).magic(number);
            shop.publish(&event).await;
        }
        shop.publish(&Event::sample("order-status-shipped").order("W90")).await;
        shop.publish(&Event::sample("return-registered-no-consent").order("W91")).await;
        let invalid = Event::sample("order-cancelled").without("/detail/customer/phone");
        let invalid = shop.publish(&invalid).await;
        for order in ["W0", "W90"] {
            shop.until_status(order, DeliveryStatus::Read).await;
        }
        shop.until_status("W9", DeliveryStatus::Delivered).await;
        shop.until_state("W23", State::Held).await;
        shop.until_state("W91", State::Suppressed).await;
        shop.until_invalid(&invalid).await;
        shop.simulator().callbacks_settled().await;
        all.extend(shop.published().await);
    }
    all.extend(an_unconfirmed_one().await);
    all
}

async fn an_unconfirmed_one() -> Vec<Value> {
    let unanswered = [("ONEMSG_BASE_URL", "http://127.0.0.1:9")];
    let shop = Opening::default().setting("SILENT_AFTER", "1ms").open().await;
    shop.simulator().stop_callbacks();
    shop.publish(&Event::sample("stock-arrived").order("W99")).await;
    shop.until_state("W99", State::Accepted).await;
    shop.until_quiet().await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    let settings = [&unanswered[..], &[("UNCONFIRMED_AFTER", "1ms")]].concat();
    crate::sweeper::sweep_with(&shop, &settings).await;
    shop.published().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_status_event_fits_its_schema_without_undescribed_members() {
    let contract = Contract::read();
    let mut by_type: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for event in one_of_each_type().await {
        assert_eq!(event["source"], SOURCE);
        let faults = contract.schema_of(&event).undescribed(&event);
        assert_eq!(faults, [""; 0], "{event:#}");
        by_type.entry(event["detail-type"].as_str().unwrap().to_owned()).or_default().push(event);
    }
    let mut sorts: Vec<&str> = StatusEventType::ALL.map(StatusEventType::detail_type).to_vec();
    sorts.sort_unstable();
    assert_eq!(by_type.keys().collect::<Vec<_>>(), sorts, "each sort was published");

    for event in by_type.values().filter_map(|events| events.first()) {
        let schema = contract.schema_of(event);
        for place in schema.required(event).iter().filter(|place| *place != "/detail-type") {
            let (parent, name) = place.rsplit_once('/').unwrap();
            let mut broken = event.clone();
            broken.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name).unwrap();
            assert_ne!(schema.faults(&broken), [""; 0], "{} without {place}", event["detail-type"]);
        }
        let mut more = event.clone();
        more["detail"]["phone"] = json!("+12025550100");
        assert_ne!(schema.undescribed(&more), [""; 0], "an undescribed member");
        assert_eq!(schema.faults(&more), [""; 0], "a consumer must accept a member of a later version");
    }
}
