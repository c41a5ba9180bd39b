//! An SQS queue with its dead-letter queue, in memory.
//!
//! A received message stays invisible until it is deleted or its visibility timeout ends. A message that was received
//! more often than `max_receive_count` goes to the dead-letter queue. Order isn't guaranteed, as in a standard queue.
//! Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html>.

mod dead_letters;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use shared::clock::Clock;
use tokio::sync::Notify;
use tokio::time::Instant;

use self::dead_letters::Redrive;
use super::identifier;

/// SQS's own limit:
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html>.
const LONGEST_INVISIBILITY: Duration = Duration::from_hours(12);

/// A queue. Clones share its messages.
#[derive(Debug, Clone)]
pub struct Queue(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    clock: Clock,
    redrive: Option<Redrive>,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    messages: VecDeque<Stored>,
    receives: usize,
}

#[derive(Debug)]
struct Stored {
    message: Message,
    visible_at: Instant,
    receive: Option<Receive>,
}

/// A message's latest receive.
#[derive(Debug)]
struct Receive {
    receipt: String,
    at: Instant,
    visibility: Visibility,
}

/// What determines when a received message becomes visible again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visibility {
    /// The queue's visibility timeout.
    Default,
    /// A timeout that the receiver has set.
    Chosen,
}

/// The result of a visibility change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VisibilityChange {
    /// The visibility timeout was changed.
    Changed,
    /// No message is in flight under this receipt.
    UnknownReceipt,
    /// The message would be invisible for more than twelve hours since its receive.
    TooLong,
}

/// A message on the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The id, the same for every receive.
    pub id: String,
    /// The text that its sender put on the queue.
    pub body: String,
    /// Message attributes of the data type String.
    pub attributes: BTreeMap<String, String>,
    /// When it was put on the queue.
    pub sent_at: Timestamp,
    /// When it was first received.
    pub first_received_at: Option<Timestamp>,
    /// How often it was received.
    pub receive_count: u32,
}

/// A message in flight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The message itself, with this receive counted.
    pub message: Message,
    /// The receipt handle that deletes it, valid until the next receive.
    pub receipt: String,
}

/// The number of messages on a queue, by visibility.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    /// Messages that can be received now.
    pub visible: usize,
    /// Received or delayed messages, invisible for now.
    pub in_flight: usize,
    /// Messages in the dead-letter queue.
    pub dead_letters: usize,
}

impl Queue {
    /// An empty queue with an empty dead-letter queue.
    pub fn new(max_receive_count: u32) -> Self {
        Self::by_clock(max_receive_count, Clock::default())
    }

    /// Like [`new`](Self::new), with the clock for its messages' timestamps.
    pub fn by_clock(max_receive_count: u32, clock: Clock) -> Self {
        Self::with(Some(Redrive { max_receive_count, dead_letters: Self::of_dead_letters() }), clock)
    }

    /// An empty queue without a dead-letter queue, which keeps messages until they are deleted.
    pub fn of_dead_letters() -> Self {
        Self::with(None, Clock::default())
    }

    /// The current time of the queue's clock.
    pub(super) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    fn with(redrive: Option<Redrive>, clock: Clock) -> Self {
        Self(Arc::new(Shared { clock, redrive, state: Mutex::default(), changed: Notify::new() }))
    }

    /// Puts a message on the queue and returns its id.
    pub fn send(&self, body: impl Into<String>) -> String {
        self.send_with(body, BTreeMap::new())
    }

    /// Like [`send`](Self::send), with message attributes.
    pub fn send_with(&self, body: impl Into<String>, attributes: BTreeMap<String, String>) -> String {
        let id = identifier::uuid();
        let message = Message {
            id: id.clone(),
            body: body.into(),
            attributes,
            sent_at: self.now(),
            first_received_at: None,
            receive_count: 0,
        };
        self.push(message);
        id
    }

    /// Waits until a message is visible, and receives at most `max` messages, invisible to other receivers for
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
        self.bury(now);
        let mut state = self.state();
        let received: Vec<_> = state
            .messages
            .iter_mut()
            .filter(|stored| stored.visible_at <= now)
            .take(max)
            .map(|stored| stored.receive(now + visibility_timeout))
            .collect();
        state.receives += received.len();
        received
    }

    /// Deletes a processed message. A receipt that a later receive has replaced deletes nothing.
    pub fn delete(&self, receipt: &str) {
        self.state().messages.retain(|stored| !stored.is_received_by(receipt));
    }

    /// Removes and returns a visible message, if there is one.
    pub(super) fn take(&self) -> Option<Message> {
        let now = Instant::now();
        let mut state = self.state();
        let index = state.messages.iter().position(|stored| stored.visible_at <= now)?;
        state.messages.remove(index).map(|stored| stored.message)
    }

    /// Makes a received message visible after this time, at its receiver's request.
    pub fn change_visibility(&self, receipt: &str, timeout: Duration) -> VisibilityChange {
        let now = Instant::now();
        let mut state = self.state();
        let Some(stored) = state.messages.iter_mut().find(|stored| stored.is_received_by(receipt)) else {
            return VisibilityChange::UnknownReceipt;
        };
        let Some(receive) = &mut stored.receive else { return VisibilityChange::UnknownReceipt };
        if now + timeout > receive.at + LONGEST_INVISIBILITY {
            return VisibilityChange::TooLong;
        }
        receive.visibility = Visibility::Chosen;
        stored.visible_at = now + timeout;
        drop(state);
        self.0.changed.notify_waiters();
        VisibilityChange::Changed
    }

    /// Ends the visibility timeout of a received message after this time, unless its receiver has set another.
    pub fn give_back(&self, receipt: &str, after: Duration) {
        let now = Instant::now();
        let mut state = self.state();
        let received = state.messages.iter_mut().find(|stored| stored.is_received_by(receipt));
        if let Some(stored) = received
            && stored.receive.as_ref().is_some_and(|receive| receive.visibility == Visibility::Default)
        {
            stored.visible_at = now + after;
        }
        drop(state);
        self.0.changed.notify_waiters();
    }

    /// Ends every visibility timeout, so that messages of a crashed receiver are visible at once.
    pub fn make_visible(&self) {
        let now = Instant::now();
        for stored in &mut self.state().messages {
            stored.visible_at = now;
        }
        self.0.changed.notify_waiters();
    }

    /// Ends every visibility timeout that was set by a receiver.
    pub fn end_waits(&self) {
        let now = Instant::now();
        for stored in &mut self.state().messages {
            if stored.receive.as_ref().is_some_and(|receive| receive.visibility == Visibility::Chosen) {
                stored.visible_at = stored.visible_at.min(now);
            }
        }
        self.0.changed.notify_waiters();
    }

    /// Whether a receiver has a message that it has neither deleted nor postponed.
    pub fn has_message_in_work(&self) -> bool {
        let now = Instant::now();
        self.state().messages.iter().any(|stored| {
            let visibility = stored.receive.as_ref().map(|receive| receive.visibility);
            stored.visible_at > now && visibility == Some(Visibility::Default)
        })
    }

    /// Every message of this queue, visible or not.
    pub fn messages(&self) -> Vec<Message> {
        self.state().messages.iter().map(|stored| stored.message.clone()).collect()
    }

    /// The number of receives so far.
    pub fn receives(&self) -> usize {
        self.state().receives
    }

    /// The invisible messages, and the rest of their visibility timeouts.
    pub fn invisible(&self) -> Vec<(Message, Duration)> {
        let now = Instant::now();
        let state = self.state();
        let invisible = state.messages.iter().filter(|stored| stored.visible_at > now);
        invisible.map(|stored| (stored.message.clone(), stored.visible_at - now)).collect()
    }

    /// The current number of messages, by visibility.
    pub fn depth(&self) -> Depth {
        let now = Instant::now();
        let dead_letters = self.dead_letters().len();
        let state = self.state();
        let visible = state.messages.iter().filter(|stored| stored.visible_at <= now).count();
        Depth { visible, in_flight: state.messages.len() - visible, dead_letters }
    }

    fn push(&self, message: Message) {
        let stored = Stored { message, visible_at: Instant::now(), receive: None };
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

impl Stored {
    fn is_received_by(&self, receipt: &str) -> bool {
        self.receive.as_ref().is_some_and(|receive| receive.receipt == receipt)
    }

    fn receive(&mut self, visible_at: Instant) -> Received {
        let receipt = identifier::uuid();
        self.visible_at = visible_at;
        self.receive =
            Some(Receive { receipt: receipt.clone(), at: Instant::now(), visibility: Visibility::Default });
        self.message.receive_count += 1;
        self.message.first_received_at.get_or_insert_with(Timestamp::now);
        Received { message: self.message.clone(), receipt }
    }
}
