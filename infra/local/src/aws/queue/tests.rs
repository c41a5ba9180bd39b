//! A queue with a manual clock, which only the tests advance.

use super::*;

const TIMEOUT: Duration = Duration::from_secs(30);

async fn soon(queue: &Queue) -> Option<Vec<Received>> {
    tokio::time::timeout(Duration::from_secs(1), queue.receive(10, TIMEOUT)).await.ok()
}

#[tokio::test(start_paused = true)]
async fn a_received_message_is_hidden_until_its_visibility_timeout_ends() {
    let queue = Queue::new(3);
    queue.send("one");
    let first = soon(&queue).await.unwrap();
    assert_eq!(soon(&queue).await, None);
    assert_eq!(queue.depth(), Depth { visible: 0, in_flight: 1, dead_letters: 0 });

    tokio::time::advance(TIMEOUT).await;
    let second = soon(&queue).await.unwrap();
    assert_eq!(second[0].message.id, first[0].message.id);
    assert_eq!(second[0].message.receive_count, 2);
    assert_eq!(second[0].message.first_received_at, first[0].message.first_received_at);
    assert_ne!(second[0].receipt, first[0].receipt);
}

#[tokio::test(start_paused = true)]
async fn only_the_latest_receipt_deletes() {
    let queue = Queue::new(3);
    queue.send("one");
    let first = soon(&queue).await.unwrap();
    tokio::time::advance(TIMEOUT).await;
    let second = soon(&queue).await.unwrap();

    queue.delete(&first[0].receipt);
    assert_eq!(queue.depth().in_flight, 1);
    queue.delete(&second[0].receipt);
    assert_eq!(queue.depth().in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn a_message_received_too_often_is_a_dead_letter_until_it_is_redriven() {
    let queue = Queue::new(2);
    queue.send("one");
    for _ in 0..2 {
        let received = soon(&queue).await.unwrap();
        queue.change_visibility(&received[0].receipt, Duration::ZERO);
    }
    assert_eq!(soon(&queue).await, None);
    assert_eq!(queue.dead_letters()[0].body, "one");

    assert_eq!(queue.redrive(), 1);
    assert_eq!(queue.dead_letters(), []);
    assert_eq!(soon(&queue).await.unwrap()[0].message.receive_count, 1);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_set_by_the_receiver_is_kept_when_the_message_is_given_back() {
    let queue = Queue::new(3);
    queue.send("one");
    let first = soon(&queue).await.unwrap().remove(0);
    assert_eq!(queue.change_visibility(&first.receipt, Duration::from_mins(5)), VisibilityChange::Changed);
    queue.give_back(&first.receipt, Duration::ZERO);
    assert_eq!(queue.invisible()[0].1, Duration::from_mins(5));
    tokio::time::advance(Duration::from_mins(5)).await;
    let second = soon(&queue).await.unwrap().remove(0);
    queue.give_back(&second.receipt, Duration::ZERO);
    assert_eq!(queue.depth().visible, 1);
}

#[tokio::test(start_paused = true)]
async fn a_message_is_invisible_for_twelve_hours_since_its_receive_at_most() {
    let queue = Queue::new(3);
    queue.send("one");
    let received = soon(&queue).await.unwrap().remove(0);
    tokio::time::advance(Duration::from_secs(1)).await;
    let hours = Duration::from_hours(12);
    assert_eq!(queue.change_visibility(&received.receipt, hours), VisibilityChange::TooLong);
    assert_eq!(
        queue.change_visibility(&received.receipt, hours.checked_sub(Duration::from_secs(1)).unwrap()),
        VisibilityChange::Changed
    );
    assert_eq!(queue.change_visibility("other", Duration::ZERO), VisibilityChange::UnknownReceipt);
}

#[tokio::test(start_paused = true)]
async fn messages_of_a_crashed_receiver_can_be_made_visible() {
    let queue = Queue::new(3);
    queue.send("one");
    soon(&queue).await.unwrap();
    queue.make_visible();
    assert_eq!(soon(&queue).await.unwrap()[0].message.receive_count, 2);
}

#[tokio::test(start_paused = true)]
async fn a_waiting_receiver_gets_a_later_message() {
    let queue = Queue::new(3);
    let waiting = tokio::spawn({
        let queue = queue.clone();
        async move { queue.receive(10, TIMEOUT).await }
    });
    tokio::time::sleep(Duration::from_millis(5)).await;
    queue.send("late");
    assert_eq!(waiting.await.unwrap()[0].message.body, "late");
}

#[tokio::test(start_paused = true)]
async fn a_receive_returns_no_more_than_requested() {
    let queue = Queue::new(3);
    for number in 0..12 {
        queue.send(number.to_string());
    }
    assert_eq!(soon(&queue).await.unwrap().len(), 10);
    assert_eq!(soon(&queue).await.unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn ending_waits_affects_only_timeouts_set_by_receivers() {
    let queue = Queue::new(3);
    queue.send("waits");
    let waiting = soon(&queue).await.unwrap();
    assert!(queue.has_message_in_work());
    queue.change_visibility(&waiting[0].receipt, Duration::from_hours(1));
    assert!(!queue.has_message_in_work());
    queue.send("in flight");
    assert_eq!(soon(&queue).await.unwrap()[0].message.body, "in flight");
    assert!(queue.has_message_in_work());
    queue.end_waits();
    assert_eq!(queue.depth(), Depth { visible: 1, in_flight: 1, dead_letters: 0 });
    assert_eq!(soon(&queue).await.unwrap()[0].message.body, "waits");
}

#[tokio::test(start_paused = true)]
async fn everything_on_a_queue_can_become_a_dead_letter() {
    let queue = Queue::new(3);
    queue.send("one");
    let one = soon(&queue).await.unwrap();
    queue.send("two");
    assert_eq!(queue.bury_all(), 2);
    queue.delete(&one[0].receipt);
    assert_eq!(queue.depth(), Depth { visible: 0, in_flight: 0, dead_letters: 2 });
    assert_eq!((queue.redrive(), queue.depth().visible), (2, 2));
}
