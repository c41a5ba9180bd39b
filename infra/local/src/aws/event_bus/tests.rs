//! The bus, called over HTTP where the protocol matters.

use std::time::Duration;

use super::*;
use crate::aws::queue::Queue;
use crate::server::{Ports, Server};

fn bus<const N: usize>(sources: [&str; N], queue: &Queue) -> EventBus {
    let target = Target { queue: queue.clone(), undelivered: Queue::of_dead_letters() };
    EventBus::new(sources.map(str::to_owned).into(), target, Some(Archive::new(7)))
}

#[tokio::test]
async fn an_event_of_the_rules_sources_reaches_the_queue_and_subscribers_see_all() {
    let queue = Queue::new(3);
    let bus = bus(["oms"], &queue);
    let mut events = bus.subscribe();
    let listener = Ports::Any.listen(0, "the bus").await.unwrap();
    let server = Server::start(listener, bus.router()).unwrap();

    let entry = |source: &str| json!({ "Source": source, "DetailType": "A", "Detail": "{}" });
    let answer: Value = reqwest::Client::new()
        .post(server.url())
        .header("X-Amz-Target", "AWSEvents.PutEvents")
        .json(&json!({ "Entries": [entry("oms"), entry("crm"), entry("")] }))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();

    assert_eq!(answer["FailedEntryCount"], 1);
    let received = queue.receive(10, Duration::from_secs(1)).await;
    assert_eq!(received.len(), 1);
    let envelope: Value = serde_json::from_str(&received[0].message.body).unwrap();
    assert_eq!(envelope["id"], answer["Entries"][0]["EventId"]);
    let seen = [events.recv().await.unwrap().source, events.recv().await.unwrap().source];
    assert_eq!(seen, ["oms", "crm"]);
}

#[tokio::test]
async fn the_applications_own_events_never_reach_its_queue_and_are_stored_unless_refused() {
    let queue = Queue::new(3);
    let bus = bus([SOURCE, "oms"], &queue);
    let put = |sources: &[&str]| {
        let entry = |source: &&str| json!({ "Source": source, "DetailType": "A", "Detail": "{}" });
        let entries: Vec<Value> = sources.iter().map(entry).collect();
        bus.put_events(serde_json::from_value(json!({ "Entries": entries })).unwrap())
    };
    assert_eq!(put(&[SOURCE, "oms"]).unwrap()["FailedEntryCount"], 0);
    assert_eq!((queue.depth().visible, bus.status_events().len()), (1, 1));

    bus.refuse_status_events(Refusing::Next(1));
    let answer = put(&[SOURCE, "oms", SOURCE]).unwrap();
    assert_eq!(answer["FailedEntryCount"], 1);
    assert_eq!(answer["Entries"][0]["ErrorCode"], "ThrottlingException");
    assert_eq!((queue.depth().visible, bus.status_events().len()), (2, 2));

    bus.refuse_status_events(Refusing::Requests);
    assert!(put(&["oms", SOURCE]).is_err());
    assert!(put(&["oms"]).is_ok());
    assert_eq!((queue.depth().visible, bus.status_events().len()), (3, 2));
}

#[tokio::test]
async fn an_unknown_operation_is_named_in_the_error() {
    let bus = bus([], &Queue::new(3));
    let listener = Ports::Any.listen(0, "the bus").await.unwrap();
    let server = Server::start(listener, bus.router()).unwrap();
    let request = reqwest::Client::new().post(server.url()).header("X-Amz-Target", "AWSEvents.PutRule");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 400);
    assert!(answer.text().await.unwrap().contains("PutRule"));
}

fn entry(source: &str, time: u32) -> Value {
    json!({ "Source": source, "DetailType": "A", "Detail": "{}", "Time": time })
}

fn put(bus: &EventBus, entries: &[Value]) {
    let answer = bus.put_events(serde_json::from_value(json!({ "Entries": entries })).unwrap()).unwrap();
    assert_eq!(answer["FailedEntryCount"], 0);
}

fn ask(bus: &EventBus, operation: &str, request: &Value) -> Result<Value, ServiceError> {
    bus.perform(operation, request.to_string().as_bytes())
}

fn window(name: &str, from: u32, to: u32) -> Value {
    json!({
        "ReplayName": name,
        "EventSourceArn": Archive::arn(),
        "EventStartTime": from,
        "EventEndTime": to,
        "Destination": { "Arn": bus_arn(), "FilterArns": [Rule::arn()] },
    })
}

#[tokio::test(start_paused = true)]
async fn a_replay_delivers_its_window_under_its_name_and_is_not_archived() {
    let queue = Queue::new(3);
    let bus = bus(["oms"], &queue);
    put(&bus, &[entry("oms", 10), entry("oms", 20), entry("oms", 30), entry("crm", 20)]);
    let first = queue.receive(10, Duration::from_mins(10)).await;
    assert_eq!(first.len(), 3, "not that of another source");

    ask(&bus, "StartReplay", &window("again", 15, 30)).unwrap();
    let state = || ask(&bus, "DescribeReplay", &json!({ "ReplayName": "again" })).unwrap()["State"].clone();
    assert_eq!(state(), "STARTING");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(state(), "COMPLETED");
    let again = queue.receive(10, Duration::from_mins(10)).await;
    let read = |received: &crate::aws::queue::Received| -> Value {
        serde_json::from_str(&received.message.body).unwrap()
    };
    let ids: Vec<Value> = again.iter().map(|received| read(received)["id"].clone()).collect();
    assert_eq!(ids, [read(&first[1])["id"].clone(), read(&first[2])["id"].clone()]);
    assert!(again.iter().all(|received| read(received)["replay-name"] == "again"));
    let archive = ask(&bus, "DescribeArchive", &json!({ "ArchiveName": ARCHIVE })).unwrap();
    assert_eq!((archive["EventCount"].clone(), archive["RetentionDays"].clone()), (json!(3), json!(7)));
}

#[tokio::test]
async fn a_replay_that_eventbridge_refuses_is_refused() {
    let bus = bus(["oms"], &Queue::new(3));
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut request = window("again", 10, 20);
        change(&mut request);
        ask(&bus, "StartReplay", &request).unwrap_err()
    };
    let archive = refused(&|request| request["EventSourceArn"] = json!("arn:aws:events:x:y:archive/other"));
    assert!(archive.message.contains("Archive other does not exist."), "{archive:?}");
    assert!(refused(&|request| request["EventEndTime"] = json!(10)).message.contains("must be before"));
    let bus_of_others =
        refused(&|request| request["Destination"]["Arn"] = json!("arn:aws:events:x:y:event-bus/o"));
    assert!(bus_of_others.message.contains("Cross event bus replay"));
    ask(&bus, "StartReplay", &window("again", 10, 20)).unwrap();
    assert_eq!(refused(&|_| ()).name, "ResourceAlreadyExistsException");
    let unknown = ask(&bus, "DescribeReplay", &json!({ "ReplayName": "other" })).unwrap_err();
    assert_eq!(unknown.name, "ResourceNotFoundException");
}

#[test]
fn the_rule_is_described_with_its_pattern_and_its_target() {
    let bus = bus(["oms"], &Queue::new(3));
    let of_the_bus = json!({ "Name": RULE, "Rule": RULE, "EventBusName": NAME });
    let rule = ask(&bus, "DescribeRule", &of_the_bus).unwrap();
    assert_eq!(rule["EventPattern"], r#"{"source":["oms"]}"#);
    assert_eq!(ask(&bus, "ListRules", &of_the_bus).unwrap()["Rules"], json!([rule]));
    let targets = ask(&bus, "ListTargetsByRule", &of_the_bus).unwrap();
    assert_eq!(
        targets["Targets"][0]["DeadLetterConfig"]["Arn"],
        "arn:aws:sqs:eu-central-1:111122223333:undelivered-events"
    );
    for (operation, request) in [
        ("DescribeEventBus", json!({ "Name": "other" })),
        ("DescribeRule", json!({ "Name": "other", "EventBusName": NAME })),
        ("ListRules", json!({})),
        ("DescribeArchive", json!({ "ArchiveName": "other" })),
    ] {
        assert_eq!(
            ask(&bus, operation, &request).unwrap_err().name,
            "ResourceNotFoundException",
            "{operation}"
        );
    }
}

#[test]
fn the_default_bus_describes_its_rule_alone() {
    let bus = bus(["oms"], &Queue::new(3));
    let request = |rule: &str| json!({ "Name": rule, "Rule": rule, "EventBusName": "default" });
    let own = request(DELIVERY_EVENTS_RULE);
    assert_eq!(ask(&bus, "DescribeRule", &own).unwrap()["State"], "ENABLED");
    let targets = ask(&bus, "ListTargetsByRule", &own).unwrap();
    assert_eq!(targets["Targets"][0]["Arn"], "arn:aws:sqs:eu-central-1:111122223333:delivery-events");
    for operation in ["DescribeRule", "ListTargetsByRule"] {
        assert_eq!(ask(&bus, operation, &request(RULE)).unwrap_err().name, "ResourceNotFoundException");
    }
}

#[tokio::test]
async fn an_event_that_the_rule_cannot_deliver_is_a_dead_letter_with_its_reason() {
    let (queue, undelivered) = (Queue::new(3), Queue::of_dead_letters());
    let target = Target { queue: queue.clone(), undelivered: undelivered.clone() };
    let bus = EventBus::new(["oms".to_owned()].into(), target, None);
    bus.set_delivering(Delivering::Denied);
    put(&bus, &[entry("oms", 10)]);
    assert_eq!(queue.depth().visible, 0);
    let letter = undelivered.messages().remove(0);
    assert_eq!(letter.attributes["ERROR_CODE"], "NO_PERMISSIONS");
    bus.set_delivering(Delivering::Works);
    put(&bus, &[entry("oms", 10)]);
    assert_eq!(queue.depth().visible, 1);
}
