//! `ops resolve`.

use insta::assert_snapshot;
use serde_json::json;
use shared::delivery::DeliveryStatus;
use shared::protocol::{Record, State};
use shared::table::{Table, Written};

use super::stage::{event, open, with_magic};

/// The provider accepts; the reply is cut off, so its id is unknown.
const REPLY_CUT_OFF: u8 = 24;
/// Throttled at every try.
const THROTTLED: u8 = 11;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_released_notification_is_sent_once_when_its_event_comes_again() {
    let rig = open().await;
    let (held, event) = rig.hold("R1").await;
    assert_snapshot!(rig.ops(&["resolve", &held.reference.to_string(), "--as", "not-sent"]).await, @"
    order-cancelled of order R1: was held, is now waiting
    next: it is sent when its event comes again, unless the event is older than the catalogue's max_age by then. A stored event comes again by itself; otherwise replay the archive around the event's time, or put the event on the bus again (notifications with an outcome are not sent twice). If the event has not come after STUCK_AFTER (3h by default), the notification is held again
      ops replay --from <time> --to <time> --local=<port>
      ops send event.json --local=<port>
    ");
    let waiting = rig.order("R1").await.remove(0);
    assert_eq!((waiting.record.state, waiting.record.attempt), (State::Waiting, 2));
    rig.until_quiet().await;
    assert!(rig.sends_about("R1").is_empty(), "nothing is sent by the tool");
    assert_snapshot!("released", rig.ops(&["status", "R1"]).await);

    for _again in 0..2 {
        rig.publish(&event).await;
        let view =
            rig.until_it("R1", "read", |view| view.delivery_status() == Some(DeliveryStatus::Read)).await;
        assert_eq!(view.record.state, State::Accepted);
        rig.until_quiet().await;
    }
    assert_eq!(rig.sends_about("R1").len(), 1);
    // A resolution raises the attempt number without a request.
    let view = rig.order("R1").await.remove(0);
    assert_eq!((view.record.attempt, view.requests), (3, Some(2)));
    let published = rig.status_events_about("R1").await;
    let outcomes: Vec<&str> = published.iter().map(String::as_str).take(2).collect();
    assert_eq!(outcomes, ["Notification Held", "Notification Accepted"], "{published:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notification_found_sent_is_accepted_published_and_never_sent_again() {
    let rig = open().await;
    let event = with_magic(event("order-cancelled", "R2"), REPLY_CUT_OFF);
    rig.publish(&event).await;
    let held = rig.until("R2", State::Held).await;
    let sends = rig.sends_about("R2");
    let id = sends[0].ids.wamid.as_str();
    rig.local.simulator().callbacks_settled().await;

    // A typing error changes nothing.
    let ran =
        rig.ops(&["resolve", held.reference.key.as_str(), "--as", "not-sent", "--message-id", id]).await;
    assert_eq!((ran.code, rig.order("R2").await.remove(0)), (2, held.clone()));

    let resolve =
        ["resolve", held.reference.key.as_str(), "--order", "R2", "--as", "sent", "--message-id", id];
    assert_snapshot!(rig.ops(&[&resolve[..], &["--dry-run"]].concat()).await, @"
    order-cancelled of order R2: is held, would be accepted by 1MSG
      message  <message id>
    Nothing was written: --dry-run.
    ");
    assert_eq!(rig.order("R2").await.remove(0), held, "nothing was written");

    let json = rig.json(&resolve).await;
    assert_eq!(
        (&json["was"], &json["is"], &json["message_id"]),
        (&json!("held"), &json!("accepted"), &json!(id))
    );
    let accepted = rig.order("R2").await.remove(0);
    assert_eq!(
        accepted.delivery_status(),
        Some(DeliveryStatus::Read),
        "what was reported about the id counts"
    );
    assert_eq!(rig.json(&["message", "onemsg", id]).await["order"], json!("R2"), "the id leads to the order");

    rig.publish(&event).await;
    rig.until_quiet().await;
    assert_eq!(rig.sends_about("R2").len(), 1);
    let mut published = rig.status_events_about("R2").await;
    published.sort_unstable();
    let kinds = ["Accepted", "Delivered", "Held", "Read", "Sent"].map(|kind| format!("Notification {kind}"));
    assert_eq!(published, kinds);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_message_id_it_is_accepted_with_the_reason_resolved() {
    let rig = open().await;
    let (held, event) = rig.hold("R3").await;
    rig.ops(&["resolve", held.reference.key.as_str(), "--as", "sent"]).await.ended_with(0);
    assert_snapshot!("found_sent", rig.ops(&["status", "R3"]).await);
    let view = rig.order("R3").await.remove(0);
    assert_eq!(rig.json(&["status", "R3"]).await["notifications"][0]["decided_at"], json!(view.updated_at));
    rig.publish(&event).await;
    rig.until_quiet().await;
    assert!(rig.sends_about("R3").is_empty());
    assert_eq!(rig.status_events_about("R3").await, ["Notification Held", "Notification Accepted"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_states_unknown_keys_and_ids_of_other_orders_are_refused() {
    let rig = open().await;
    rig.publish(&with_magic(event("order-cancelled", "R4"), 0)).await;
    let read = |view: &shared::table::NotificationRow| view.delivery_status() == Some(DeliveryStatus::Read);
    let accepted = rig.until_it("R4", "read", read).await;
    assert_snapshot!(rig.ops(&["resolve", &accepted.reference.to_string(), "--as", "sent"]).await, @"
    exit code 2
    stderr:
    error: nothing was written, because order-cancelled of order R4 is not held. It is accepted: it has an outcome
    delivered <time>, read <time>
    next: ops status R4 --local=<port>
    ");
    assert_snapshot!(rig.ops(&["resolve", &accepted.reference.to_string(), "--as", "not-sent"]).await, @"
    exit code 2
    stderr:
    error: nothing was written, because order-cancelled of order R4 is not held. It is accepted: it has an outcome
    delivered <time>, read <time>
    next: ops status R4 --local=<port>
    ");
    assert_eq!(rig.order("R4").await.remove(0), accepted);

    let (held, _) = rig.hold("R5").await;
    let id = accepted.messages[0].message.id.as_str();
    let other = rig.ops(&["resolve", held.reference.key.as_str(), "--as", "sent", "--message-id", id]).await;
    assert_snapshot!(other, @"
    exit code 2
    stderr:
    error: this 1MSG message belongs to order R4, not to order R5; nothing was written
    next: check the id
    ");
    assert_eq!(rig.order("R5").await.remove(0), held);

    assert_snapshot!(rig.ops(&["resolve", "no-such-key", "--as", "sent"]).await, @"
    exit code 3
    stderr:
    error: no notification with the key no-such-key is held
    next: list the held notifications: ops held --local=<port>
    ");
    assert_eq!(rig.ops(&["resolve", "no-such-key", "--order", "R5", "--as", "sent"]).await.code, 3);
    assert_eq!(
        rig.ops(&["resolve", &held.reference.to_string(), "--order", "R4", "--as", "sent"]).await.code,
        2
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_older_status_follows_one_that_an_operator_found_sent() {
    let mut rig = open().await;
    let status = |status: &str, minutes_ago: i64| {
        let mut event = with_magic(event("order-status-shipped", "R5"), THROTTLED);
        event["detail"]["order"]["status"] = status.into();
        let time = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(minutes_ago);
        event["time"] = time.round(jiff::Unit::Second).unwrap().to_string().into();
        event
    };
    rig.publish(&status("shipped", 1)).await;
    let waiting = rig.until("R5", State::Waiting).await;
    // Its event is lost, and the sweep holds it.
    rig.local.crash_notifier();
    let table = Table::new(rig.local.dynamodb().client(), local::environment::TABLE);
    let record = table.notification(&waiting.reference).await.unwrap().unwrap();
    let now = jiff::Timestamp::now();
    let held = Record { state: State::Held, due_at: Some(now), ..record.clone() };
    assert_eq!(table.move_record(&waiting.reference, &record, &held, now).await.unwrap(), Written::Done);

    rig.ops(&["resolve", waiting.reference.key.as_str(), "--order", "R5", "--as", "sent"])
        .await
        .ended_with(0);
    rig.local.start_notifier().unwrap();
    rig.publish(&status("processing", 2)).await;
    let older = rig
        .until_one("R5", "decided", |view| {
            view.reference != waiting.reference && view.record.state.is_terminal()
        })
        .await;
    assert_eq!(older.record.state, State::Suppressed);
    assert_eq!(older.record.reason.unwrap().code, "superseded");
}
