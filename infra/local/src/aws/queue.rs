//! An SQS queue with its dead-letter queue, in memory.
//!
//! A received message stays, invisible, until it is deleted or its visibility timeout ends; received more often than
//! `max_receive_count` it goes to the dead letters. Order isn't kept, as in a standard queue.
//! Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html>.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::identifier;

/// A queue. Clones share it.
#[derive(Debug, Clone)]
pub struct Queue(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    max_receive_count: u32,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    messages: VecDeque<Stored>,
    dead_letters: Vec<Message>,
}

#[derive(Debug)]
struct Stored {
    message: Message,
    visible_at: Instant,
    receipt: Option<String>,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id, the same for every receive.
    pub id: String,
    /// What it says.
    pub body: String,
    /// When it was put on the queue.
    pub sent_at: Timestamp,
    /// When it was first received.
    pub first_received_at: Option<Timestamp>,
    /// How often it was received.
    pub receive_count: u32,
}

/// A message that is being worked on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The message.
    pub message: Message,
    /// What deletes it, until somebody else receives it.
    pub receipt: String,
}

/// What is on a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    /// Messages that can be received now.
    pub visible: usize,
    /// Messages received or put off, not visible for now.
    pub in_flight: usize,
    /// Messages that were received too often.
    pub dead_letters: usize,
}

impl Queue {
    /// An empty queue.
    pub fn new(max_receive_count: u32) -> Self {
        Self(Arc::new(Shared { max_receive_count, state: Mutex::default(), changed: Notify::new() }))
    }

    /// Puts a message on the queue and gives its id.
    pub fn send(&self, body: impl Into<String>) -> String {
        let id = identifier::uuid();
        let message = Message {
            id: id.clone(),
            body: body.into(),
            sent_at: Timestamp::now(),
            first_received_at: None,
            receive_count: 0,
        };
        self.push(message);
        id
    }

    /// Waits until there is something to receive, and receives at most `max` messages, invisible to others for
    /// `visibility_timeout`.
    pub async fn receive(&self, max: usize, visibility_timeout: Duration) -> Vec<Received> {
        loop {
            let changed = self.0.changed.notified();
            let received = self.receive_now(max, visibility_timeout);
            if !received.is_empty() {
                return received;
            }
            match self.next_visible_at() {
                Some(at) => tokio::select! {
                    () = tokio::time::sleep_until(at) => {}
                    () = changed => {}
                },
                None => changed.await,
            }
        }
    }

    fn receive_now(&self, max: usize, visibility_timeout: Duration) -> Vec<Received> {
        let now = Instant::now();
        let mut state = self.state();
        state.bury(now, self.0.max_receive_count);
        state
            .messages
            .iter_mut()
            .filter(|stored| stored.visible_at <= now)
            .take(max)
            .map(|stored| stored.receive(now + visibility_timeout))
            .collect()
    }

    /// Deletes a message that is done. A receipt that a later receive has replaced deletes nothing.
    pub fn delete(&self, receipt: &str) {
        self.state().messages.retain(|stored| stored.receipt.as_deref() != Some(receipt));
    }

    /// Lets a received message be received again after this time.
    pub fn change_visibility(&self, receipt: &str, timeout: Duration) {
        let now = Instant::now();
        let mut state = self.state();
        if let Some(stored) = state.messages.iter_mut().find(|m| m.receipt.as_deref() == Some(receipt)) {
            stored.visible_at = now + timeout;
        }
        drop(state);
        self.0.changed.notify_waiters();
    }

    /// Ends every visibility timeout: what a crashed receiver had in hand can be received at once.
    pub fn make_visible(&self) {
        let now = Instant::now();
        for stored in &mut self.state().messages {
            stored.visible_at = now;
        }
        self.0.changed.notify_waiters();
    }

    /// The messages that were received too often.
    pub fn dead_letters(&self) -> Vec<Message> {
        self.state().dead_letters.clone()
    }

    /// Puts the dead letters back on the queue, as an operator does once the cause is gone, and says how many.
    pub fn redrive(&self) -> usize {
        let letters = std::mem::take(&mut self.state().dead_letters);
        let count = letters.len();
        for letter in letters {
            self.push(Message { receive_count: 0, first_received_at: None, ..letter });
        }
        count
    }

    /// What is on the queue now.
    pub fn depth(&self) -> Depth {
        let now = Instant::now();
        let state = self.state();
        let visible = state.messages.iter().filter(|stored| stored.visible_at <= now).count();
        Depth { visible, in_flight: state.messages.len() - visible, dead_letters: state.dead_letters.len() }
    }

    fn push(&self, message: Message) {
        let stored = Stored { message, visible_at: Instant::now(), receipt: None };
        self.state().messages.push_back(stored);
        self.0.changed.notify_waiters();
    }

    fn next_visible_at(&self) -> Option<Instant> {
        self.state().messages.iter().map(|stored| stored.visible_at).min()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn bury(&mut self, now: Instant, max_receive_count: u32) {
        let (dead, alive): (VecDeque<_>, VecDeque<_>) =
            std::mem::take(&mut self.messages).into_iter().partition(|stored| {
                stored.visible_at <= now && stored.message.receive_count >= max_receive_count
            });
        self.messages = alive;
        self.dead_letters.extend(dead.into_iter().map(|stored| stored.message));
    }
}

impl Stored {
    fn receive(&mut self, visible_at: Instant) -> Received {
        let receipt = identifier::uuid();
        self.visible_at = visible_at;
        self.receipt = Some(receipt.clone());
        self.message.receive_count += 1;
        self.message.first_received_at.get_or_insert_with(Timestamp::now);
        Received { message: self.message.clone(), receipt }
    }
}

#[cfg(test)]
mod tests {
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
    async fn what_a_crashed_receiver_had_in_hand_can_be_made_visible() {
        let queue = Queue::new(3);
        queue.send("one");
        soon(&queue).await.unwrap();
        queue.make_visible();
        assert_eq!(soon(&queue).await.unwrap()[0].message.receive_count, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiting_receiver_gets_what_is_sent_later() {
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
    async fn a_receive_takes_no_more_than_it_asks_for() {
        let queue = Queue::new(3);
        for number in 0..12 {
            queue.send(number.to_string());
        }
        assert_eq!(soon(&queue).await.unwrap().len(), 10);
        assert_eq!(soon(&queue).await.unwrap().len(), 2);
    }
}
