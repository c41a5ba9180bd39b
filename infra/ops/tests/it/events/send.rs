//! `ops send`: puts an event on the bus.

use serde_json::Value;

use super::ORDER;
use crate::support::Rig;

const SAMPLE: &str = "tests/events/order-cancelled.json";

#[tokio::test]
async fn an_event_is_sent_once_however_often_it_is_put_on_the_bus() {
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

    let text = rig.ops(&["send", SAMPLE, "--now"]).await.ended_with(0);
    assert!(text.contains("is accepted already; nothing more is sent"), "{text}");
    rig.waits_for_accepted(1).await;
    assert_eq!(rig.local.queue().receives(), 2, "the dry run put nothing on the bus");
}

#[tokio::test]
async fn an_event_that_cannot_become_a_message_is_refused_unless_it_is_forced() {
    let rig = Rig::start().await;
    let invalid = "tests/events/order-cancelled-invalid.json";
    let text = rig.ops(&["send", invalid]).await.ended_with(1);
    assert!(text.contains("detail.customer.phone") && text.contains("--force"), "{text}");
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
