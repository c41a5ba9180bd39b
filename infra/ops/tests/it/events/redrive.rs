//! `ops redrive`: shows dead letters, and moves them back.

use std::time::Duration;

use local::aws::event_bus::Delivering;
use local::aws::queue::Queue;
use serde_json::Value;

use super::event_of;
use crate::support::{Rig, command};

/// A local run without order-notifier, whose dead letters are these orders' events.
async fn with_dead_letters(orders: &[&str]) -> Rig {
    let mut rig = Rig::start().await;
    rig.local.crash_notifier();
    for order in orders {
        rig.ops(&["send", event_of(order).path(), "--now"]).await.ended_with(0);
    }
    let queue = rig.local.queue();
    while queue.depth().dead_letters < orders.len() {
        let _nothing =
            tokio::time::timeout(Duration::from_millis(1), queue.receive(10, Duration::ZERO)).await;
    }
    rig
}

fn visible(queue: &Queue) -> usize {
    queue.depth().visible
}

#[tokio::test]
async fn a_dead_letter_is_shown_left_in_place_moved_back_and_accepted_exactly_once() {
    let mut rig = with_dead_letters(&["20001", "20002"]).await;
    let text = rig.ops(&["redrive"]).await.ended_with(1);
    assert!(
        text.contains("20001") && text.contains("20002") && text.contains("2 × Order Cancelled (oms)"),
        "{text}"
    );
    assert!(!text.contains("Alexey") && !text.contains("12025550100"), "{text}");
    assert_eq!(
        visible(rig.local.queue().dead_letter_queue().unwrap()),
        2,
        "they can be received again at once"
    );
    let report = rig.json(&["redrive", "--queue", "order-events"]).await;
    assert_eq!(report["queues"][0]["letters"].as_array().unwrap().len(), 2);

    rig.local.start_notifier().unwrap();
    let report = rig.json(&["redrive", "--apply", "--rate", "500"]).await;
    assert_eq!(
        (&report["queues"][0]["moved"], &report["queues"][1]["moved"]),
        (&Value::from(2), &Value::from(0))
    );
    rig.waits_for_accepted(2).await;
    assert!(rig.ops(&["redrive"]).await.ended_with(0).contains("empty"));
}

#[tokio::test]
async fn an_undelivered_event_tells_why_and_comes_to_the_queue() {
    let rig = Rig::start().await;
    rig.local.bus().set_delivering(Delivering::Denied);
    rig.ops(&["send", event_of("20001").path(), "--now"]).await.ended_with(0);
    let text = rig.ops(&["redrive", "--queue", "undelivered"]).await.ended_with(1);
    assert!(text.contains("NO_PERMISSIONS") && text.contains("20001"), "{text}");
    assert_eq!(visible(rig.local.undelivered()), 1);

    rig.local.bus().set_delivering(Delivering::Works);
    let report = rig.json(&["redrive", "--queue", "undelivered", "--apply"]).await;
    assert_eq!(report["queues"][0]["moved"], 1);
    assert_eq!(rig.local.undelivered().messages(), []);
    rig.waits_for_accepted(1).await;
}

#[tokio::test]
async fn whoever_is_interrupted_loses_no_event_and_sends_none_twice() {
    let rig = Rig::start().await;
    rig.local.bus().set_delivering(Delivering::Denied);
    for order in ["20001", "20002", "20003"] {
        rig.ops(&["send", event_of(order).path(), "--now"]).await.ended_with(0);
    }
    let mut tool = command();
    tool.args(["redrive", "--queue", "undelivered", "--apply", "--rate", "1", &rig.local_option()]);
    let mut running = tool.spawn().unwrap();
    while rig.accepted() == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    running.kill().await.unwrap();
    let left = rig.local.undelivered().messages().len();
    assert!((1..=2).contains(&left), "it was interrupted in the middle: {left} are left");

    // The interrupted command's messages become visible when their visibility timeout ends.
    rig.local.undelivered().make_visible();
    rig.ops(&["redrive", "--apply"]).await.ended_with(0);
    rig.waits_for_accepted(3).await;
}

#[tokio::test]
async fn an_event_that_cannot_be_put_on_the_queue_stays_where_it_is() {
    let rig = Rig::start().await;
    rig.local.bus().set_delivering(Delivering::Denied);
    for order in ["20001", "20002"] {
        rig.ops(&["send", event_of(order).path(), "--now"]).await.ended_with(0);
    }
    let url =
        format!("{}/111122223333", rig.local.variables().environment().get("AWS_ENDPOINT_URL_SQS").unwrap());
    let mut tool = with_aws(&rig);
    tool.env("UNDELIVERED_EVENTS_QUEUE_URL", format!("{url}/undelivered-events"));
    tool.env("ORDER_EVENTS_QUEUE_URL", format!("{url}/another"));
    let ran = tool.args(["redrive", "--queue", "undelivered", "--apply"]).output().await.unwrap();
    assert_eq!(ran.status.code(), Some(4), "{ran:?}");
    assert!(String::from_utf8(ran.stderr).unwrap().contains("0 events were moved"));
    assert_eq!(visible(rig.local.undelivered()), 2, "and can be moved at once");
}

/// The tool, with this local run in place of AWS.
fn with_aws(rig: &Rig) -> tokio::process::Command {
    let mut tool = command();
    for (name, value) in
        rig.local.variables().environment().iter().filter(|(name, _)| name.starts_with("AWS_"))
    {
        tool.env(name, value);
    }
    tool.env("AWS_ENDPOINT_URL_CLOUDFORMATION", rig.local.lookup_url());
    tool
}

#[tokio::test]
async fn a_stack_is_found_by_its_name_and_an_unknown_one_is_not() {
    let rig = Rig::start().await;
    let with = |stack: &str| {
        let mut tool = with_aws(&rig);
        tool.args(["redrive", "--stack", stack]);
        tool
    };
    let found = with("order-notifications").output().await.unwrap();
    assert_eq!(found.status.code(), Some(0), "{found:?}");
    let absent = with("another").output().await.unwrap();
    assert_eq!(absent.status.code(), Some(3), "{absent:?}");
    assert!(String::from_utf8(absent.stderr).unwrap().contains("there is no stack another"));
}
