//! `ops redrive`: shows dead letters, and moves them back.

use std::time::Duration;

use insta::assert_snapshot;
use local::aws::event_bus::Delivering;
use local::aws::queue::Queue;
use local::environment::TABLE;
use serde_json::{Value, json};
use testkit::eventually;

use super::event_of;
use crate::support::{Rig, command, run};

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
async fn dead_letters_are_shown_in_place_then_moved_and_accepted_exactly_once() {
    let mut rig = with_dead_letters(&["20001", "20002"]).await;
    assert_snapshot!("two_dead_letters", rig.ops(&["redrive"]).await);
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
    assert_snapshot!(rig.ops(&["redrive"]).await, @"
    order-events: events that order-notifier could not process
      empty

    undelivered: events that EventBridge could not put on the queue
      empty

    delivery-events: delivery events of AWS that could not be stored
      empty
    ");
}

#[tokio::test]
async fn a_dead_delivery_event_goes_back_to_the_queue_of_delivery_events() {
    let rig = Rig::start().await;
    let queue = rig.local.delivery_events();
    let letters = queue.dead_letter_queue().unwrap();
    let reference = "notification/k-1:sms/20001";
    letters.send(
        json!({"id": "e-1", "source": "aws.sms-voice", "detail-type": "Text Message Delivery Status Updated",
            "detail": {"messageId": "m-1", "messageStatus": "DELIVERED", "isFinal": true,
            "destinationPhoneNumber": "+12025550100", "context": {"reference": reference}}})
        .to_string(),
    );
    assert_snapshot!("one_delivery_event", rig.ops(&["redrive", "--queue", "delivery-events"]).await);
    assert_eq!(visible(letters), 1, "it can be received again at once");

    assert_snapshot!(rig.ops(&["redrive", "--queue", "delivery-events", "--apply"]).await, @"
    delivery-events: 1 event moved to the queue of delivery events; none is left
    Events that end up here again still have a cause to fix.
    ");
    assert_eq!((letters.messages().len(), rig.local.queue().receives()), (0, 0));
    // delivery-events takes it, and ignores it: its notification is of no order here.
    eventually("a processed event", async || {
        let is_taken = queue.receives() > 0 && queue.messages().is_empty();
        if is_taken { Ok(()) } else { Err("it is still on the queue".to_owned()) }
    })
    .await;
}

#[tokio::test]
async fn without_a_channel_of_aws_there_are_no_delivery_events() {
    let rig = Rig::start().await;
    let url =
        format!("{}/111122223333", rig.local.variables().environment().get("AWS_ENDPOINT_URL_SQS").unwrap());
    let tool = |arguments: &[&str]| {
        let mut tool = with_aws(&rig);
        tool.env("UNDELIVERED_EVENTS_QUEUE_URL", format!("{url}/undelivered-events"));
        tool.env("ORDER_EVENTS_DEAD_LETTER_QUEUE_URL", format!("{url}/order-events-dead-letters"));
        tool.env("TABLE_NAME", TABLE).args(arguments);
        tool
    };
    let text = run(&mut tool(&["redrive"])).await.ended_with(0);
    assert!(text.contains("undelivered") && !text.contains("delivery-events"), "{text}");
    assert_snapshot!(run(&mut tool(&["redrive", "--queue", "delivery-events"])).await, @"
    exit code 2
    stderr:
    error: DELIVERY_EVENTS_DEAD_LETTER_QUEUE_URL is not set
    next: only a stack that sends through a channel of AWS has this queue (docs/deploy.md, Channels of AWS)
    ");
}

#[tokio::test]
async fn an_undelivered_event_is_shown_with_the_reason_and_moved() {
    let rig = Rig::start().await;
    rig.local.bus().set_delivering(Delivering::Denied);
    rig.ops(&["send", event_of("20001").path(), "--now"]).await.ended_with(0);
    assert_snapshot!("one_undelivered", rig.ops(&["redrive", "--queue", "undelivered"]).await);
    assert_eq!(visible(rig.local.undelivered()), 1);

    rig.local.bus().set_delivering(Delivering::Works);
    let report = rig.json(&["redrive", "--queue", "undelivered", "--apply"]).await;
    assert_eq!(report["queues"][0]["moved"], 1);
    assert_eq!(rig.local.undelivered().messages(), []);
    rig.waits_for_accepted(1).await;
}

#[tokio::test]
async fn an_interrupted_move_loses_no_event_and_sends_none_twice() {
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
async fn an_event_that_cannot_be_put_on_the_queue_stays_in_its_queue() {
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
    assert_snapshot!(run(tool.args(["redrive", "--queue", "undelivered", "--apply"])).await, @"
    exit code 4
    stderr:
    error: AWS did not put the event on the queue: QueueDoesNotExist: The specified queue does not exist.
    next: 0 events were moved, and the others stayed in the queue: fix the cause, then run the command again
    ");
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
async fn a_stack_is_found_by_its_name() {
    let rig = Rig::start().await;
    run(with_aws(&rig).args(["redrive", "--stack", "order-notifications"])).await.ended_with(0);
    assert_snapshot!(run(with_aws(&rig).args(["redrive", "--stack", "another"])).await, @"
    exit code 3
    stderr:
    error: there is no stack another in this account and region
    next: check --stack, AWS_REGION and AWS_PROFILE; `aws cloudformation list-stacks` lists them
    ");
}
