//! `ops send`: puts an event on the bus.

use insta::assert_snapshot;
use serde_json::Value;

use super::ORDER;
use crate::support::Rig;

const SAMPLE: &str = "tests/events/order-cancelled.json";

#[tokio::test]
async fn an_event_that_is_published_twice_is_sent_once() {
    let rig = Rig::start().await;
    let report = rig.json(&["send", SAMPLE, "--now", "--dry-run"]).await;
    assert_eq!((&report["forecast"], &report["event_id"]), (&Value::from("sent"), &Value::Null));
    let report = rig.json(&["send", SAMPLE, "--now"]).await;
    assert!(report["event_id"].as_str().unwrap().len() == 36, "{report}");
    assert!(
        report["follow"].as_str().unwrap().starts_with(&format!("ops status {ORDER} --local=")),
        "{report}"
    );
    rig.waits_for_accepted(1).await;

    assert_snapshot!(rig.ops(&["send", SAMPLE, "--now"]).await, @"
    put on the bus order-notifications as event <uuid>
      notification  order-cancelled
      order         10482
      key           <id>
      now           is accepted already; nothing more is sent
    follow it: ops status 10482 --local=<port>
    ");
    rig.waits_for_accepted(1).await;
    assert_eq!(rig.local.queue().receives(), 2, "the dry run put nothing on the bus");
}

#[tokio::test]
async fn an_event_that_cannot_become_a_message_is_refused_unless_it_is_forced() {
    let rig = Rig::start().await;
    let invalid = "tests/events/order-cancelled-invalid.json";
    assert_snapshot!(rig.ops(&["send", invalid]).await, @r#"
    exit code 1
    Nothing was put on the bus.
    The event can't become a message (order-cancelled):
      recipient (detail.customer.phone): the phone number has no country code: write it in E.164 form with a leading "+", or give the catalogue's `country`
      body[0] (detail.customer.name): is empty
      body[3] (detail.next_step): is missing; the event has no detail.next_step; detail has: customer, order, product
    --force publishes it nevertheless.
    "#);
    assert_eq!(rig.local.queue().receives(), 0);

    let report = rig.json(&["send", invalid, "--force"]).await;
    let id = report["event_id"].as_str().unwrap();
    assert!(report["follow"].as_str().unwrap().contains(id), "{report}");
    let recorded = async {
        while !rig.local.records().is_invalid(id).await.unwrap() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), recorded).await.unwrap();
}
