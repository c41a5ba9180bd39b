//! `ops invalid`.

use aws_sdk_dynamodb::types::AttributeValue;
use insta::assert_snapshot;
use local::LocalOptions;
use local::environment::TABLE;
use serde_json::{Value, json};
use shared::protocol::State;

use super::stage::{event, open};
use crate::support::{File, Rig, changed_catalogue};

/// Publishes an event whose phone number has no country code, and returns its id once it is recorded, with the event.
async fn invalid(rig: &Rig, order: &str) -> (String, Value) {
    let mut event = event("order-cancelled", order);
    event["detail"]["customer"]["phone"] = json!("202 555 0100");
    let id = rig.publish(&event).await;
    rig.until_quiet().await;
    assert!(rig.local.records().is_invalid(&id).await.unwrap());
    (id, event)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invalid_events_are_shown_with_their_faults_and_only_on_request_with_their_body() {
    let rig = open().await;
    rig.ops(&["invalid", "list"]).await.ended_with(0);
    let (id, event) = invalid(&rig, "I1").await;
    // Neither has the customer's name or phone number.
    assert_snapshot!("listed", rig.ops(&["invalid", "list"]).await);
    assert_snapshot!("listed_as_json", rig.ops(&["invalid", "list", "--json"]).await);
    assert_eq!(rig.json(&["invalid", "list"]).await["invalid_events"][0]["event_id"], json!(id));
    assert_snapshot!("shown", rig.ops(&["invalid", "show", &id]).await);
    let raw: Value =
        serde_json::from_str(&rig.ops(&["invalid", "show", &id, "--raw"]).await.ended_with(0)).unwrap();
    assert_eq!((&raw["id"], &raw["detail"]), (&json!(id), &event["detail"]));
    let json = rig.json(&["invalid", "show", &id, "--raw"]).await;
    assert!(json["raw"].as_str().unwrap().contains("202 555 0100"));
    assert_eq!(rig.json(&["invalid", "show", &id]).await.get("raw"), None);

    assert_snapshot!(rig.ops(&["invalid", "show", "no-such-event"]).await, @"
    exit code 3
    stderr:
    error: there is no invalid event no-such-event
    next: invalid events are stored for 14 days; list them: ops invalid list --local=<port>
    ");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_corrected_event_is_sent_once_and_leaves_the_list() {
    let rig = open().await;
    let (id, mut event) = invalid(&rig, "I2").await;
    assert_snapshot!(rig.ops(&["invalid", "replay", &id]).await, @r#"
    exit code 1
    The event was not put on the bus order-notifications.
      order-cancelled of order I2
      it will be invalid again:
        recipient (detail.customer.phone): the phone number has no country code: write it in E.164 form with a leading "+", or give the catalogue's `country`
    next: have its producer fixed; to send this message, correct the event and publish it again
      ops invalid show <uuid> --raw --local=<port> > event.json
      ops invalid replay <uuid> --file event.json --local=<port>
    "#);
    assert_snapshot!(rig.ops(&["invalid", "replay", &id, "--dry-run"]).await, @r#"
    exit code 1
    The event would not be put on the bus order-notifications.
      order-cancelled of order I2
      it will be invalid again:
        recipient (detail.customer.phone): the phone number has no country code: write it in E.164 form with a leading "+", or give the catalogue's `country`
    Nothing was published: --dry-run.
    next: have its producer fixed; to send this message, correct the event and publish it again
      ops invalid show <uuid> --raw --local=<port> > event.json
      ops invalid replay <uuid> --file event.json --local=<port>
    "#);

    event["detail"]["customer"]["phone"] = json!("+12025550100");
    let file = File::with(&event.to_string());
    let replay = ["invalid", "replay", &id, "--file", file.path()];
    assert_snapshot!(rig.ops(&[&replay[..], &["--dry-run"]].concat()).await, @"
    The event would be put on the bus order-notifications.
      order-cancelled of order I2
      1MSG would be tried first
    Nothing was published: --dry-run.
    ");
    rig.until_quiet().await;
    assert!(rig.order("I2").await.is_empty());

    let json = rig.json(&replay).await;
    assert_eq!((&json["outcome"], &json["order"]), (&json!(null), &json!("I2")), "{json}");
    assert_eq!(json["prospect"], json!({"outcome": "sent", "provider": "onemsg"}));
    let new_id = json["replayed_as"].as_str().unwrap();
    assert_ne!(new_id, id);
    rig.until("I2", State::Accepted).await;
    assert_eq!(rig.sends_about("I2").len(), 1);

    rig.ops(&["invalid", "list"]).await.ended_with(0);
    let shown = rig.ops(&["invalid", "show", &id]).await.ended_with(0);
    assert!(shown.contains("published again") && shown.contains(new_id), "{shown}");
    assert_snapshot!(rig.ops(&replay).await, @"
    exit code 1
    The event was not put on the bus order-notifications.
      order-cancelled of order I2
      it was already published again <time>, as <uuid>
      its notification is already accepted; nothing more is sent
    next: show its outcome; --force publishes it once more
      ops status I2 --local=<port>
    ");
    let json = rig.json(&replay).await;
    assert_eq!((&json["refused"], &json["replayed_as"]), (&json!("replayed_before"), &json!(null)));
    assert_eq!(json["replayed_before"]["event_id"], json!(new_id));
    rig.ops(&[&replay[..], &["--force"]].concat()).await.ended_with(0);
    rig.until_quiet().await;
    assert_eq!(rig.sends_about("I2").len(), 1);
    assert_eq!(
        rig.status_events_about("I2").await.iter().filter(|it| *it == "Notification Accepted").count(),
        1
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replayed_event_stays_off_the_list_when_the_invalid_event_comes_again() {
    let rig = Rig::start().await;
    let (id, mut event) = invalid(&rig, "I5").await;
    event["detail"]["customer"]["phone"] = json!("+12025550100");
    let file = File::with(&event.to_string());
    rig.ops(&["invalid", "replay", &id, "--file", file.path()]).await.ended_with(0);
    rig.until("I5", State::Accepted).await;
    let kept = rig.json(&["invalid", "show", &id]).await;
    assert!(kept["replayed_at"].is_string(), "{kept}");

    let receives = rig.local.queue().receives();
    rig.json(&["replay", "--from", "1d", "--wait"]).await;
    rig.until_quiet().await;
    assert!(rig.local.queue().receives() >= receives + 2, "both events did come again");
    rig.ops(&["invalid", "list"]).await.ended_with(0);
    assert_eq!(rig.json(&["invalid", "show", &id]).await, kept);
    let invalid = rig.local.status_events().into_iter().filter(|it| it.detail_type.contains("Invalid"));
    assert_eq!(invalid.count(), 1, "it is published once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_corrected_event_about_another_order_gets_a_remark() {
    let rig = open().await;
    let (id, mut event) = invalid(&rig, "I6").await;
    event["detail"]["customer"]["phone"] = json!("+12025550100");
    event["detail"]["order"]["number"] = json!("I7");
    let file = File::with(&event.to_string());
    let replay = ["invalid", "replay", &id, "--file", file.path(), "--dry-run"];
    assert_snapshot!(rig.ops(&replay).await, @"
    The event would be put on the bus order-notifications.
      order-cancelled of order I7
      the invalid event was about another order, I6
      1MSG would be tried first
    Nothing was published: --dry-run.
    ");
    assert_eq!(rig.json(&replay).await["instead_of_order"], json!("I6"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forced_event_is_invalid_again_with_its_new_id() {
    let rig = open().await;
    let (id, _) = invalid(&rig, "I3").await;
    assert_snapshot!(rig.ops(&["invalid", "replay", &id, "--force"]).await, @r#"
    The event is on the bus order-notifications as <uuid>
      order-cancelled of order I3
      it will be invalid again:
        recipient (detail.customer.phone): the phone number has no country code: write it in E.164 form with a leading "+", or give the catalogue's `country`
    next: show its outcome
      ops status I3 --local=<port>
    "#);
    rig.until_quiet().await;
    let json = rig.json(&["invalid", "list"]).await;
    let listed = json["invalid_events"].as_array().unwrap();
    assert_eq!(listed.len(), 1);
    assert_ne!(listed[0]["event_id"], json!(id));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_without_an_event_is_refused_with_its_name() {
    let rig = open().await;
    let (id, _) = invalid(&rig, "I4").await;
    let refused = async |path: &str| rig.ops(&["invalid", "replay", &id, "--file", path]).await;
    assert_snapshot!(refused(File::with("{\"id\": ").path()).await, @"
    exit code 2
    stderr:
    error: <file> is not JSON: line 1, column 7
    next: give a file with one event as JSON, such as tests/events/order-cancelled.json, or - for standard input
    ");
    assert_snapshot!(refused(File::with("{\"source\": \"oms\"}").path()).await, @"
    exit code 2
    stderr:
    error: <file> is not an event; nothing was published
      detail-type: is missing or not a text
      time: is missing or not a text
      time: is not an RFC 3339 time
      detail: is missing or not an object
    next: correct the file; `ops invalid show <EVENT_ID> --raw` prints the event as it was received
    ");
    assert_snapshot!(refused(File::with("[]").path()).await, @"
    exit code 2
    stderr:
    error: <file> is not a JSON object
    next: give a file with one event as JSON, such as tests/events/order-cancelled.json, or - for standard input
    ");
    assert_snapshot!(refused("/no/such/file.json").await, @"
    exit code 2
    stderr:
    error: /no/such/file.json can't be read: No such file or directory (os error 2)
    next: give a file with one event as JSON, such as tests/events/order-cancelled.json, or - for standard input
    ");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_events_with_one_id_and_a_former_row_are_listed_and_replayed_separately() {
    let rig = open().await;
    let bodies = ["I8", "I9"].map(|order| {
        let mut event = event("order-cancelled", order);
        event["id"] = json!("of-two");
        event["detail"]["customer"]["phone"] = json!("202 555 0100");
        event
    });
    for body in &bodies {
        rig.local.queue().send(body.to_string());
    }
    rig.until_quiet().await;
    let listed = rig.json(&["invalid", "list"]).await;
    let listed = listed["invalid_events"].as_array().unwrap();
    assert_eq!(listed.len(), 2, "{listed:?}");
    let ambiguous = rig.ops(&["invalid", "show", "of-two"]).await;
    assert_eq!(ambiguous.code, 2);
    for event in listed {
        let (id, order) = (event["event_id"].as_str().unwrap(), &event["order"]);
        assert!(id.starts_with("of-two#") && ambiguous.stderr.contains(id), "{id} in {}", ambiguous.stderr);
        assert_eq!(rig.json(&["invalid", "show", id]).await["order"], *order);
    }
    let mut mended = bodies[0].clone();
    mended["detail"]["customer"]["phone"] = json!("+12025550100");
    let file = File::with(&mended.to_string());
    let first = listed.iter().find(|event| event["order"] == "I8").unwrap()["event_id"].as_str().unwrap();
    rig.ops(&["invalid", "replay", first, "--file", file.path()]).await.ended_with(0);
    rig.until("I8", State::Accepted).await;
    let left = rig.json(&["invalid", "list"]).await;
    assert_eq!(left["invalid_events"][0]["event_id"], json!("of-two"), "the other one still waits");
    assert_eq!(left["invalid_events"].as_array().unwrap().len(), 1);

    // The format of a former version.
    let client = rig.local.dynamodb().client();
    let of_two = client.scan().table_name(TABLE).send().await.unwrap().items.unwrap();
    let mut item = of_two.into_iter().find(|item| item.contains_key("raw")).unwrap();
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let bucket = text("INVALID#3");
    item.extend(
        [("pk", text("INVALID#former")), ("sk", text("EVENT")), ("due_bucket", bucket)]
            .map(|(name, value)| (name.to_owned(), value)),
    );
    item.insert("due_at".to_owned(), text("2026-11-20T09:00:00.000Z"));
    item.remove("replayed_at");
    client.put_item().table_name(TABLE).set_item(Some(item)).send().await.unwrap();
    let former = rig.json(&["invalid", "list"]).await;
    assert_eq!(former["invalid_events"][0]["event_id"], json!("former"));
    rig.ops(&["invalid", "show", "former"]).await.ended_with(0);
    rig.ops(&["invalid", "replay", "former", "--file", file.path()]).await.ended_with(0);
    assert_eq!(rig.json(&["invalid", "list"]).await["invalid_events"].as_array().unwrap().len(), 1);
}

/// An event as a partner's rule delivers it: EventBridge accepts such an event only from the partner.
fn partner_event(order: &str, phone: &str) -> Value {
    let mut event = event("order-cancelled", order);
    event["id"] = json!("of-the-partner");
    event["source"] = json!("aws.partner/shop.example/1/orders");
    event["detail"]["customer"]["phone"] = json!(phone);
    event
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_partners_event_goes_on_the_queue_as_a_new_event() {
    let catalogue = changed_catalogue(
        "[notifications.order-cancelled]\nsource      = [\"oms\"]",
        "[notifications.order-cancelled]\nsource      = [\"aws.partner/shop.example/1/orders\"]",
    );
    let options = LocalOptions { timing: 0.1, catalogue: catalogue.path().into(), ..LocalOptions::default() };
    let rig = Rig::with(options).await;
    let body = partner_event("I10", "202 555 0100").to_string();
    let notification = json!({"Type": "Notification", "TopicArn": "arn", "MessageId": "1", "Message": body});
    rig.local.queue().send(notification.to_string());
    rig.until_quiet().await;
    let raw = rig.ops(&["invalid", "show", "of-the-partner", "--raw"]).await.ended_with(0);
    assert_eq!(serde_json::from_str::<Value>(&raw).unwrap(), serde_json::from_str::<Value>(&body).unwrap());

    let file = File::with(&raw.replace("202 555 0100", "+12025550100"));
    let replay = ["invalid", "replay", "of-the-partner", "--file", file.path()];
    assert_snapshot!(rig.ops(&[&replay[..], &["--dry-run"]].concat()).await, @"
    The event would be put on the queue of order events.
      order-cancelled of order I10
      1MSG would be tried first
    Nothing was published: --dry-run.
    ");
    let report = rig.json(&replay).await;
    assert!(report.get("queue").is_some() && report.get("bus").is_none(), "{report}");
    let new_id = report["replayed_as"].as_str().unwrap();
    assert!(new_id.len() == 36 && new_id != "of-the-partner", "{report}");
    rig.until("I10", State::Accepted).await;
    rig.ops(&["invalid", "list"]).await.ended_with(0);

    // An operator can't send a new event of the partner's through the bus.
    let file = File::with(&partner_event("I11", "+12025550100").to_string());
    assert_snapshot!(rig.ops(&["send", file.path(), "--dry-run"]).await, @"
    dry run: nothing was put on the queue of order events
      notification  order-cancelled
      order         I11
      key           <id>
      now           would be sent by onemsg; if that definitely fails, by meta, then kaleyra
    ");
    let report = rig.json(&["send", file.path()]).await;
    assert_eq!(report["event_id"].as_str().unwrap().len(), 36, "{report}");
    rig.until("I11", State::Accepted).await;
    assert_eq!((rig.sends_about("I10").len(), rig.sends_about("I11").len()), (1, 1));
}
