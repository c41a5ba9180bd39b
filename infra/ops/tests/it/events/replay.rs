//! `ops replay`: replays a window of the archive.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use local::LocalOptions;
use local::environment::KEY_SECRET;
use serde_json::{Value, json};
use shared::message::OrderNumber;

use super::{ORDER, sample};
use crate::support::{File, Rig};

#[tokio::test]
async fn a_replay_of_everything_sends_nothing_twice_and_says_so() {
    let rig = Rig::played().await;
    let accepted = rig.accepted();
    let report = rig.json(&["replay", "--from", "1d", "--dry-run"]).await;
    let known: u64 = report["notifications"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert!(report["archive"]["events"].as_u64().unwrap() >= known && known > 10, "{report}");
    let receives = rig.local.queue().receives();

    let report = rig.json(&["replay", "--from", "1d", "--wait"]).await;
    assert_eq!(report["is_done"], true, "{report}");
    assert_eq!(
        (&report["tally"]["sent"], &report["tally"]["already_done"]),
        (&Value::from(0), &Value::from(known))
    );
    assert_eq!(rig.accepted(), accepted);
    assert!(
        rig.local.queue().receives() >= receives + usize::try_from(known).unwrap(),
        "the events did come again"
    );
}

#[tokio::test]
async fn a_notification_whose_record_was_deleted_is_the_only_one_that_a_replay_sends() {
    let rig = Rig::played().await;
    let accepted = rig.accepted();
    let order = rig.local.records().order(&OrderNumber::parse(ORDER).unwrap()).await.unwrap();
    let gone = order.iter().find(|view| view.notification == "order-cancelled").unwrap();
    let key = |text: String| AttributeValue::S(text);
    let client = rig.local.dynamodb().client();
    let delete = client.delete_item().table_name(local::environment::TABLE);
    let delete =
        delete.key("pk", key(format!("ORDER#{ORDER}"))).key("sk", key(format!("NOTIFICATION#{}", gone.key)));
    delete.send().await.unwrap();

    let report = rig.json(&["replay", "--from", "1d", "--wait"]).await;
    assert_eq!(report["tally"]["sent"], 1, "{report}");
    rig.waits_for_accepted(accepted + 1).await;
}

#[tokio::test]
async fn what_cannot_be_replayed_is_told() {
    let rig = Rig::with(LocalOptions { archive_days: None, ..LocalOptions::default() }).await;
    let ran = rig.ops(&["replay", "--from", "2h"]).await;
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("no archive") && ran.stderr.contains("ArchiveRetentionDays"), "{ran:?}");

    let rig = Rig::with(LocalOptions { archive_days: Some(7), ..LocalOptions::default() }).await;
    for (from, to, problem) in [
        ("2099-01-01T00:00:00Z", "now", "begins in the future"),
        ("1h", "2h", "before it begins"),
        ("30d", "20d", "keeps nothing from before"),
    ] {
        let ran = rig.ops(&["replay", "--from", from, "--to", to]).await;
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains(problem), "{ran:?}");
    }
}

#[tokio::test]
async fn a_second_replay_is_not_started_while_one_goes_on() {
    let mut rig = Rig::start().await;
    rig.local.crash_notifier();
    let event = sample("order-cancelled");
    let publisher = rig.local.publisher().unwrap();
    for _ in 0..500 {
        publisher.publish(&event).await.unwrap();
    }
    let text = rig.ops(&["replay", "--from", "1h"]).await.ended_with(0);
    assert!(text.contains("started ops-") && !text.contains("aws events"), "{text}");
    let ran = rig.ops(&["replay", "--from", "1h"]).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("goes on already: ops-"), "{ran:?}");
    assert!(!ran.stderr.contains("aws events"), "{ran:?}");
}

#[tokio::test]
async fn a_replay_that_brings_an_invalid_event_back_says_what_is_next() {
    let rig = Rig::start().await;
    let event = sample("order-cancelled-invalid");
    rig.ops(&["send", File::with(&event.to_string()).path(), "--force"]).await.ended_with(0);
    let text = rig.ops(&["replay", "--from", "1h", "--wait"]).await.ended_with(1);
    assert!(text.contains("next:") && text.contains("ops invalid list --local="), "{text}");
}

#[tokio::test]
async fn a_window_begins_no_earlier_than_the_keys_that_notifications_have() {
    let rig = Rig::start().await;
    rig.ops(&["send", "tests/events/order-cancelled.json", "--now"]).await.ended_with(0);
    rig.waits_for_accepted(1).await;
    let before = Timestamp::now().to_string();
    // Both times are in whole seconds, and an event's is rounded up.
    tokio::time::sleep(Duration::from_millis(2100)).await;
    rig.local.secrets().put(KEY_SECRET, json!({ "key": "another-key-than-the-one-before-it" }).to_string());

    let refused = rig.ops(&["replay", "--from", "1h", "--to", &before]).await;
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stderr.contains("notifications had other keys"), "{refused:?}");
    let clipped = rig.ops(&["replay", "--from", "1h", "--wait"]).await;
    assert!(clipped.stderr.contains("notifications had other keys"), "{clipped:?}");
    assert_eq!(rig.local.queue().receives(), 1, "the event of before did not come again");
}
