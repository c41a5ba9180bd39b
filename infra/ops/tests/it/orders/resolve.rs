//! `ops resolve`.

use serde_json::json;
use shared::delivery::DeliveryStatus;
use shared::message::Reference;
use shared::protocol::{Record, State};
use shared::table::{Table, Written};

use super::stage::{event, open, reference, with_magic};

/// The provider accepts; the reply is cut off, so its id is unknown.
const REPLY_CUT_OFF: u8 = 24;
/// Throttled at every try.
const THROTTLED: u8 = 11;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_sent_goes_out_once_when_its_event_comes_again_and_not_before() {
    let rig = open().await;
    let (held, event) = rig.hold("R1").await;
    let told = rig.ops(&["resolve", &reference("R1", &held), "--as", "not-sent"]).await.ended_with(0);
    assert!(told.contains("was held, is now waiting") && told.contains("ops replay --from"), "{told}");
    let waiting = rig.order("R1").await.remove(0);
    assert_eq!((waiting.record.state, waiting.record.attempt), (State::Waiting, 2));
    rig.until_quiet().await;
    assert!(rig.sends_about("R1").is_empty(), "nothing is sent by the tool");
    let status = rig.ops(&["status", "R1"]).await.ended_with(0);
    for text in ["a person let it go", "ops replay --from", "STUCK_AFTER", ", 1 request\n"] {
        assert!(status.contains(text), "{text:?} in\n{status}");
    }

    for _again in 0..2 {
        rig.publish(&event).await;
        let view =
            rig.until_it("R1", "read", |view| view.delivery_status() == Some(DeliveryStatus::Read)).await;
        assert_eq!(view.record.state, State::Accepted);
        rig.until_quiet().await;
    }
    assert_eq!(rig.sends_about("R1").len(), 1);
    // A person's word takes a number among the record's attempts, and is no request.
    let view = rig.order("R1").await.remove(0);
    assert_eq!((view.record.attempt, view.requests), (3, Some(2)));
    let told = rig.told_of("R1").await;
    let outcomes: Vec<&str> = told.iter().map(String::as_str).take(2).collect();
    assert_eq!(outcomes, ["Notification Held", "Notification Accepted"], "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_sent_is_accepted_told_as_such_and_never_sent_again() {
    let rig = open().await;
    let event = with_magic(event("order-cancelled", "R2"), REPLY_CUT_OFF);
    rig.publish(&event).await;
    let held = rig.until("R2", State::Held).await;
    let sends = rig.sends_about("R2");
    let id = sends[0].ids.wamid.as_str();
    rig.local.simulator().callbacks_settled().await;

    // A typing error changes nothing.
    let told = rig.ops(&["resolve", &held.key, "--as", "not-sent", "--message-id", id]).await;
    assert_eq!((told.code, rig.order("R2").await.remove(0)), (2, held.clone()));

    let resolve = ["resolve", &held.key, "--order", "R2", "--as", "sent", "--message-id", id];
    let dry = rig.ops(&[&resolve[..], &["--dry-run"]].concat()).await.ended_with(0);
    assert!(dry.contains("is held, would be accepted") && dry.contains("--dry-run"), "{dry}");
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
    let mut told = rig.told_of("R2").await;
    told.sort_unstable();
    let kinds = ["Accepted", "Delivered", "Held", "Read", "Sent"].map(|kind| format!("Notification {kind}"));
    assert_eq!(told, kinds);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_id_it_is_accepted_all_the_same_and_the_status_says_who_found_it() {
    let rig = open().await;
    let (held, event) = rig.hold("R3").await;
    rig.ops(&["resolve", &held.key, "--as", "sent"]).await.ended_with(0);
    let told = rig.ops(&["status", "R3"]).await.ended_with(0);
    assert!(told.contains("accepted by 1MSG: a person has found that it was sent (resolved)"), "{told}");
    let view = rig.order("R3").await.remove(0);
    assert_eq!(rig.json(&["status", "R3"]).await["notifications"][0]["decided_at"], json!(view.updated_at));
    assert!(told.contains("decided") && told.contains(&format!("key        {}", view.key)), "{told}");
    rig.publish(&event).await;
    rig.until_quiet().await;
    assert!(rig.sends_about("R3").is_empty());
    assert_eq!(rig.told_of("R3").await, ["Notification Held", "Notification Accepted"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_held_or_not_there_and_an_id_of_another_order_are_refused() {
    let rig = open().await;
    rig.publish(&with_magic(event("order-cancelled", "R4"), 0)).await;
    let read = |view: &shared::table::NotificationView| view.delivery_status() == Some(DeliveryStatus::Read);
    let accepted = rig.until_it("R4", "read", read).await;
    for finding in ["sent", "not-sent"] {
        let refused = rig.ops(&["resolve", &reference("R4", &accepted), "--as", finding]).await;
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""));
        assert!(
            refused.stderr.contains("is not held, so that") && refused.stderr.contains("It is accepted:"),
            "{}",
            refused.stderr
        );
        assert!(refused.stderr.contains("delivered 2"), "it says what became of it: {}", refused.stderr);
    }
    assert_eq!(rig.order("R4").await.remove(0), accepted);

    let (held, _) = rig.hold("R5").await;
    let id = accepted.messages[0].message.id.as_str();
    let other = rig.ops(&["resolve", &held.key, "--as", "sent", "--message-id", id]).await;
    assert_eq!((other.code, rig.order("R5").await.remove(0)), (2, held.clone()));
    assert!(other.stderr.contains("tells of order R4 and not of order R5"), "{}", other.stderr);

    let unknown = rig.ops(&["resolve", "no-such-key", "--as", "sent"]).await;
    assert_eq!(unknown.code, 3);
    assert!(unknown.stderr.contains("ops held"), "{}", unknown.stderr);
    assert_eq!(rig.ops(&["resolve", "no-such-key", "--order", "R5", "--as", "sent"]).await.code, 3);
    assert_eq!(rig.ops(&["resolve", &reference("R5", &held), "--order", "R4", "--as", "sent"]).await.code, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_older_status_follows_one_that_a_person_has_found_sent() {
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
    let known = Reference::parse(&reference("R5", &waiting)).unwrap();
    let record = table.notification(&known).await.unwrap().unwrap();
    let now = jiff::Timestamp::now();
    let held = Record { state: State::Held, due_at: Some(now), ..record.clone() };
    assert_eq!(table.move_record(&known, &record, &held, now).await.unwrap(), Written::Done);

    rig.ops(&["resolve", &waiting.key, "--order", "R5", "--as", "sent"]).await.ended_with(0);
    rig.local.start_notifier().unwrap();
    rig.publish(&status("processing", 2)).await;
    let older = rig
        .until_one("R5", "decided", |view| view.key != waiting.key && view.record.state.is_terminal())
        .await;
    assert_eq!(older.record.state, State::Suppressed);
    assert_eq!(older.record.reason.unwrap().code, "superseded");
}
