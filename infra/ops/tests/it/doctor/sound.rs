//! A local run without faults.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use local::environment::TABLE;
use local::{LocalOptions, samples};

use super::examination::{assert_shows_no_secret, examine};
use crate::support::Rig;

const AREAS: [&str; 10] =
    ["settings", "secrets", "catalogue", "table", "bus", "queues", "onemsg", "kaleyra", "meta", "webhook"];

#[tokio::test]
async fn a_sound_run_has_no_fault_and_no_warning_in_any_area() {
    let rig = Rig::played().await;
    let examined = examine(&rig, &[]).await;
    assert_eq!((examined.code, examined.faults()), (0, 0), "{examined:#?}");
    assert_eq!(examined.areas(), AREAS.into());
    examined.assert_found("bus", "fine", "order-notifications-delivery-events puts AWS's events");
    // From the samples.
    examined.assert_found("table", "note", "1 invalid event");
    for area in AREAS {
        assert_eq!(examined.texts(area, "warning"), Vec::<&str>::new(), "{examined:#?}");
        assert!(!examined.texts(area, "fine").is_empty(), "{area} in {examined:#?}");
    }

    let ran = rig.ops(&["doctor"]).await;
    assert_shows_no_secret(&ran, &rig.local.simulator().account());
    let text = ran.ended_with(0);
    assert!(text.trim_end().ends_with("Nothing is wrong."), "{text}");
    assert!(AREAS.iter().all(|area| text.contains(&format!("{area}\n"))), "{text}");
}

#[tokio::test]
async fn doctor_changes_nothing_in_the_table_the_queues_or_at_the_providers() {
    // The sweeper would write the next polling time for 1MSG; here nothing else may write.
    let options = LocalOptions { timing: 0.01, sweep_every: None, ..LocalOptions::default() };
    let rig = Rig::with(options).await;
    send_one(&rig).await;
    rig.local.queue().dead_letter_queue().unwrap().send("{}");
    let before = (table(&rig).await, at_the_providers(&rig), rig.local.queue().depth());
    assert!(!before.0.is_empty());

    let examined = examine(&rig, &[]).await;
    assert_eq!(examined.code, 0, "{examined:#?}");

    let after = (table(&rig).await, at_the_providers(&rig), rig.local.queue().depth());
    assert!(after == before, "something has changed");
    assert_eq!(rig.local.queue().dead_letter_queue().unwrap().depth().visible, 1);
}

#[tokio::test]
async fn only_the_selected_areas_are_checked() {
    let rig = Rig::start().await;
    let examined = examine(&rig, &["--only", "table,bus", "--only", "settings"]).await;
    assert_eq!(examined.areas(), ["bus", "settings", "table"].into());
    assert_eq!(examined.code, 0, "{examined:#?}");
}

/// Lets one event become a message that is delivered and read.
async fn send_one(rig: &Rig) {
    let mut samples = samples::read(&[samples::shipped().join("order-cancelled.json")]).unwrap();
    samples[0].set_time(Timestamp::now());
    rig.local.publisher().unwrap().publish(&samples[0].event).await.unwrap();
    let all = async {
        while !table(rig).await.values().any(|item| item.contains_key("read_at")) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        rig.local.simulator().callbacks_settled().await;
    };
    tokio::time::timeout(Duration::from_mins(1), all).await.unwrap();
}

/// Every item, by its keys.
async fn table(rig: &Rig) -> BTreeMap<String, BTreeMap<String, String>> {
    let scanned = rig.local.dynamodb().client().scan().table_name(TABLE).send().await.unwrap();
    let text = |value: &AttributeValue| format!("{value:?}");
    let item = |item: &HashMap<String, AttributeValue>| {
        let key = format!("{} {}", text(&item["pk"]), text(&item["sk"]));
        (key, item.iter().map(|(name, value)| (name.clone(), text(value))).collect())
    };
    scanned.items().iter().map(item).collect()
}

/// The number of accepted messages, the registered webhooks, and the number of Meta's templates.
fn at_the_providers(rig: &Rig) -> (usize, Vec<String>, usize) {
    let simulator = rig.local.simulator();
    (
        simulator.ledger().accepted.len(),
        simulator.one_msg_webhooks(),
        simulator.account().meta.templates.len(),
    )
}
