//! `ops resend`.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use insta::assert_snapshot;
use jiff::Timestamp;
use local::environment::TABLE;
use local::simulator::{self, Intake};
use serde_json::Value;
use shared::delivery::DeliveryStatus;
use shared::protocol::{ReasonClass, State};
use shared::provider::Provider;
use shared::table::NotificationRow;

use super::stage::{event, with_magic, with_stored_events};
use crate::support::Rig;

/// 1MSG has queued it and never reports more.
const QUEUED: u8 = 26;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_possibly_sent_notification_is_resent_only_with_the_option() {
    let rig = with_stored_events().await;
    rig.publish(&with_magic(event("stock-arrived", "S1"), QUEUED)).await;
    let held = rig.until("S1", State::Held).await;
    let reference = held.reference.to_string();
    assert_snapshot!(rig.ops(&["resend", &reference, "--apply"]).await, @"
    exit code 1
    stock-arrived of order S1: held (unclear) since <time>: it is unknown whether 1MSG sent it: 1MSG has queued the message and names no id (queued)
      not sent again: it was sent, or may have been; if the customer may get it twice, add --although-it-may-be-sent-twice
    ");
    assert_snapshot!(rig.ops(&["resend", "--held-unsent", "--apply"]).await, @"Nothing is held.");

    let twice = ["resend", &reference, "--although-it-may-be-sent-twice"];
    assert_snapshot!(rig.ops(&twice).await, @"
    stock-arrived of order S1: held (unclear) since <time>: it is unknown whether 1MSG sent it: 1MSG has queued the message and names no id (queued)
      would be sent again
    Nothing was written. Add --apply to send.
    ");
    assert_eq!(rig.order("S1").await, std::slice::from_ref(&held));

    assert_snapshot!(rig.ops(&[&twice[..], &["--apply"]].concat()).await, @"
    stock-arrived of order S1: held (unclear) since <time>: it is unknown whether 1MSG sent it: 1MSG has queued the message and names no id (queued)
      is sent again
    ");
    // The same provider queues it once more.
    let again = rig.until_it("S1", "held again", |view| view.record.attempt > held.record.attempt + 1).await;
    assert_eq!(again.reference, held.reference);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_unsent_notification_is_sent_at_once_with_its_stored_event() {
    let rig = with_stored_events().await;
    for provider in Provider::WITH_WEBHOOK {
        let simulated = simulator::Provider::ALL.into_iter().find(|it| it.to_string() == provider.name());
        rig.local.simulator().fail_next(simulated.unwrap(), 2, Intake::RefuseCredentialsAlways);
    }
    rig.publish(&event("order-cancelled", "S2")).await;
    let waiting = rig.until_it("S2", "waiting", |view| view.record.rounds == 1).await;
    // The queue has it.
    assert_snapshot!(rig.ops(&["resend", &waiting.reference.to_string(), "--apply"]).await, @"
    order-cancelled of order S2: waiting until <time> because the SID or the API key is wrong (RBC001)
      released: its event isn't stored, and must come again
      next: it is sent when its event comes again, unless the event is older than the catalogue's max_age by then. A stored event comes again by itself; otherwise replay the archive around the event's time, or put the event on the bus again (notifications with an outcome are not sent twice). If the event has not come after STUCK_AFTER (3h by default), the notification is held again
        ops replay --from <time> --to <time> --local=<port>
        ops send event.json --local=<port>
    ");
    let read = |view: &NotificationRow| view.delivery_status() == Some(DeliveryStatus::Read);
    rig.local.queue().make_visible();
    rig.until_it("S2", "read", read).await;
    assert_eq!(rig.sends_about("S2").len(), 1);

    let known = rig.order("S2").await.remove(0);
    assert_snapshot!(rig.ops(&["resend", &known.reference.to_string(), "--apply"]).await, @"
    exit code 1
    order-cancelled of order S2: delivered <time>, read <time>
      not sent again: it was sent, or may have been; if the customer may get it twice, add --although-it-may-be-sent-twice
    ");
}

/// Older than any catalogue entry's `max_age`.
const LONG_AGO: &str = "2026-01-01T00:00:00.000Z";

/// Writes a text into an attribute of the order's event, or of its notification.
async fn put(rig: &Rig, (pk, sk): (&str, &str), name: &str, text: &str) {
    let value = |text: &str| AttributeValue::S(text.to_owned());
    let update = rig.local.dynamodb().client().update_item().table_name(TABLE);
    let update = update.key("pk", value(pk)).key("sk", value(sk)).update_expression("SET #name = :text");
    let update = update.expression_attribute_names("#name", name);
    update.expression_attribute_values(":text", value(text)).send().await.unwrap();
}

/// The stored event of a notification, as it was received.
async fn raw(rig: &Rig, pk: &str) -> Value {
    let key = |text: &str| AttributeValue::S(text.to_owned());
    let read = rig.local.dynamodb().client().get_item().table_name(TABLE);
    let item = read.key("pk", key(pk)).key("sk", key("EVENT")).send().await.unwrap().item.unwrap();
    serde_json::from_str(item["raw"].as_s().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn although_late_is_valid_after_a_wait_and_the_operator_is_recorded() {
    let rig = with_stored_events().await;
    let onemsg = simulator::Provider::OneMsg;
    rig.local.simulator().fail_next(onemsg, 1, Intake::ServerError);
    rig.publish(&event("order-cancelled", "S3")).await;
    let held = rig.until("S3", State::Held).await;
    let reference = held.reference.to_string();
    let (event_pk, notification_sk) =
        (format!("EVENT#S3#{}", held.reference.key), format!("NOTIFICATION#{}", held.reference.key));
    let (of_event, of_notification) = ((event_pk.as_str(), "EVENT"), ("ORDER#S3", notification_sk.as_str()));

    // As if it had been held for long.
    let mut event = raw(&rig, &event_pk).await;
    event["time"] = LONG_AGO.into();
    put(&rig, of_event, "raw", &event.to_string()).await;
    put(&rig, of_notification, "event_time", LONG_AGO).await;
    rig.ops(&["resolve", &reference, "--as", "not-sent"]).await.ended_with(0);
    assert_snapshot!(rig.ops(&["resend", &reference, "--apply"]).await, @"
    exit code 1
    order-cancelled of order S3: held (unsent) since <time>: it was not sent: an operator found that it was not sent (resolved)
      not sent again: its event is older than the catalogue's max_age; --although-late sends it nevertheless
    ");

    // A late notification goes to the next provider at once, unless each of them throttles.
    for provider in simulator::Provider::ALL {
        rig.local.simulator().fail_next(provider, 3, Intake::ThrottleAlways);
    }
    let before = Timestamp::now();
    rig.ops(&["resend", &reference, "--although-late", "--apply"]).await.ended_with(0);
    let is_throttled = |view: &NotificationRow| {
        let reason = view.record.reason.as_ref().map(|reason| reason.class);
        view.record.state == State::Waiting && reason == Some(ReasonClass::Throttled)
    };
    rig.until_it("S3", "throttled", is_throttled).await;
    rig.until_quiet().await;
    // Longer than the wait of its attempt.
    rig.local.clock().advance(Duration::from_mins(20));
    let accepted = rig.until("S3", State::Accepted).await;
    assert_eq!(rig.sends_about("S3").len(), 1);

    assert_eq!(accepted.record.resent.len(), 1);
    let resent = accepted.record.resent.first().unwrap();
    let (at, who) = resent.split_once(' ').unwrap();
    assert!(at.parse::<Timestamp>().unwrap().duration_since(before).as_secs() >= -1 && who == "an operator");
    let text = rig.ops(&["status", "S3"]).await.ended_with(0);
    assert!(text.contains(resent.as_str()), "{text}");
    assert_eq!(rig.json(&["status", "S3"]).await["notifications"][0]["resent"][0], resent.as_str());
}
