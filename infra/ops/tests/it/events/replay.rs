//! `ops replay`: replays a window of the archive.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use insta::assert_snapshot;
use jiff::Timestamp;
use local::LocalOptions;
use local::environment::KEY_SECRET;
use serde_json::{Value, json};
use shared::message::OrderNumber;

use super::{ORDER, sample};
use crate::support::{File, Rig};

#[tokio::test]
async fn a_replay_of_all_events_sends_nothing_twice_and_reports_that() {
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
async fn a_replay_sends_only_the_notification_without_a_record() {
    let rig = Rig::played().await;
    let accepted = rig.accepted();
    let order = rig.local.records().order(&OrderNumber::parse(ORDER).unwrap()).await.unwrap();
    let gone = order.iter().find(|view| view.notification == "order-cancelled").unwrap();
    let key = |text: String| AttributeValue::S(text);
    let client = rig.local.dynamodb().client();
    let delete = client.delete_item().table_name(local::environment::TABLE);
    let delete = delete
        .key("pk", key(format!("ORDER#{ORDER}")))
        .key("sk", key(format!("NOTIFICATION#{}", gone.reference.key)));
    delete.send().await.unwrap();

    let report = rig.json(&["replay", "--from", "1d", "--wait"]).await;
    assert_eq!(report["tally"]["sent"], 1, "{report}");
    rig.waits_for_accepted(accepted + 1).await;
}

#[tokio::test]
async fn a_missing_archive_and_an_invalid_window_are_errors() {
    let rig = Rig::with(LocalOptions { archive_days: None, ..LocalOptions::default() }).await;
    assert_snapshot!(rig.ops(&["replay", "--from", "2h"]).await, @"
    exit code 3
    stderr:
    error: the local run has no archive of order events
    next: deploy with ArchiveRetentionDays above 0 to archive later events; earlier ones must be published again by their producers
    ");

    let rig = Rig::with(LocalOptions { archive_days: Some(7), ..LocalOptions::default() }).await;
    assert_snapshot!(rig.ops(&["replay", "--from", "2099-01-01T00:00:00Z", "--to", "now"]).await, @"
    exit code 2
    stderr:
    error: the window begins in the future, at <time>
    next: `ops replay --help` shows the formats of a time
    ");
    assert_snapshot!(rig.ops(&["replay", "--from", "1h", "--to", "2h"]).await, @"
    exit code 2
    stderr:
    error: the window ends at <time>, before it begins, at <time>
    next: `ops replay --help` shows the formats of a time
    ");
    assert_snapshot!(rig.ops(&["replay", "--from", "30d", "--to", "20d"]).await, @"
    exit code 2
    stderr:
    error: the window ends at <time>; the archive has no events from before <time>
    next: `ops replay --help` shows the formats of a time
    ");
}

#[tokio::test]
async fn a_second_replay_is_refused_while_one_is_running() {
    let mut rig = Rig::start().await;
    rig.local.crash_notifier();
    let event = sample("order-cancelled");
    let publisher = rig.local.publisher().unwrap();
    for _ in 0..500 {
        publisher.publish(&event).await.unwrap();
    }
    assert_snapshot!(rig.ops(&["replay", "--from", "1h"]).await, @"
    started <replay>
      window  <time> to <time>
    It continues in the background; --wait would have waited for the results.
    stderr:
    EventBridge takes minutes to archive an event: events of the last 10 minutes may be missing.
    ");
    assert_snapshot!(rig.ops(&["replay", "--from", "1h"]).await, @"
    exit code 2
    stderr:
    EventBridge takes minutes to archive an event: events of the last 10 minutes may be missing.
    error: a replay of this archive is already running: <replay>
    next: wait until it is complete
    ");
}

#[tokio::test]
async fn a_replay_with_an_invalid_event_shows_the_next_step() {
    let rig = Rig::start().await;
    let event = sample("order-cancelled-invalid");
    rig.ops(&["send", File::with(&event.to_string()).path(), "--force"]).await.ended_with(0);
    assert_snapshot!(rig.ops(&["replay", "--from", "1h", "--wait"]).await, @"
    exit code 1
    <replay>
      replay           complete, and the queue is empty
      window           <time> to <time>
      already done     0
      sent             0
      confirmed        0
      ended otherwise  0
      in progress      0
      invalid events   1
    The numbers compare the table's notifications of the window before and after the replay. Already done: had an outcome before.
    Sent: accepted in an attempt since then. Confirmed: accepted in an earlier attempt, as a callback proved. Invalid events:
    recorded since the replay began. Ignored events are not counted; events that first arrived meanwhile are included.
    next: list the invalid events
      ops invalid list --local=<port>
    stderr:
    EventBridge takes minutes to archive an event: events of the last 10 minutes may be missing.
    ");
}

#[tokio::test]
async fn a_window_starts_no_earlier_than_the_current_keys() {
    let rig = Rig::start().await;
    rig.ops(&["send", "tests/events/order-cancelled.json", "--now"]).await.ended_with(0);
    rig.waits_for_accepted(1).await;
    let before = Timestamp::now().to_string();
    // Both times are in whole seconds, and an event's is rounded up.
    tokio::time::sleep(Duration::from_millis(2100)).await;
    rig.local.secrets().put(KEY_SECRET, json!({ "key": "another-key-than-the-one-before-it" }).to_string());

    assert_snapshot!(rig.ops(&["replay", "--from", "1h", "--to", &before]).await, @"
    exit code 2
    stderr:
    error: the window ends at <time>; notifications had other keys, and customers might get them again, before <time>
    next: `ops replay --help` shows the formats of a time
    ");
    let clipped = rig.ops(&["replay", "--from", "1h", "--wait"]).await;
    assert!(clipped.stderr.contains("notifications had other keys"), "{clipped:?}");
    assert_eq!(rig.local.queue().receives(), 1, "the event of before did not come again");
}
