//! The state that the handlers of all providers share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, broadcast, watch};

use super::account::Account;
use super::answer::Answer;
use super::channel_settings::ChannelSettings;
use super::events::{Endpoint, SimulatorEvent};
use super::faults::Switches;
use super::ledger::{AcceptedSend, LedgerBook, SendNumber};
use super::message::Message;
use super::meta::Uploads;
use super::open_world::OpenWorld;
use super::outcome::Outcome;
use super::provider::Provider;
use super::recipient::Tail;
use super::whatsapp::OrderProgress;

/// How many events an observer may lag behind before it loses the oldest.
const EVENTS: usize = 4096;
/// Callbacks that are posted concurrently.
const POSTS: usize = 16;

/// The state of the simulator.
pub(super) struct World {
    account: Mutex<Account>,
    orders: Mutex<OrderProgress>,
    channel: Mutex<ChannelSettings>,
    webhook_base: Mutex<Option<String>>,
    uploads: Mutex<Uploads>,
    pub ledger: LedgerBook,
    pub switches: Switches,
    /// The providers' deviations from their documents.
    pub strange: Option<OpenWorld>,
    pub events: broadcast::Sender<SimulatorEvent>,
    pub client: reqwest::Client,
    /// Limits concurrent posts, so that a callback's timeout covers its own call and not the wait for a permit.
    pub posts: Semaphore,
    pub in_flight: watch::Sender<usize>,
    /// Whether callbacks are held back.
    pub held: watch::Sender<bool>,
}

impl World {
    pub fn new(account: Account, scale: f64, strange: Option<OpenWorld>, client: reqwest::Client) -> Self {
        Self {
            account: Mutex::new(account),
            orders: Mutex::default(),
            channel: Mutex::default(),
            webhook_base: Mutex::default(),
            uploads: Mutex::default(),
            ledger: LedgerBook::default(),
            switches: Switches::new(scale),
            strange,
            events: broadcast::Sender::new(EVENTS),
            client,
            posts: Semaphore::new(POSTS),
            in_flight: watch::Sender::new(0),
            held: watch::Sender::new(false),
        }
    }

    /// The current accounts.
    pub fn account(&self) -> Account {
        lock(&self.account).clone()
    }

    pub fn account_mut(&self) -> MutexGuard<'_, Account> {
        lock(&self.account)
    }

    pub fn orders(&self) -> MutexGuard<'_, OrderProgress> {
        lock(&self.orders)
    }

    pub fn channel(&self) -> MutexGuard<'_, ChannelSettings> {
        lock(&self.channel)
    }

    pub fn uploads(&self) -> MutexGuard<'_, Uploads> {
        lock(&self.uploads)
    }

    pub fn webhook_base(&self) -> Option<String> {
        lock(&self.webhook_base).clone()
    }

    pub fn set_webhook_base(&self, base: &str) {
        *lock(&self.webhook_base) = Some(base.trim_end_matches('/').to_owned());
    }

    pub fn request_seen(&self, provider: Provider, endpoint: Endpoint) {
        self.ledger.request_seen(provider, endpoint);
        self.tell(SimulatorEvent::RequestSeen { provider, endpoint });
    }

    pub fn accepted(&self, send: AcceptedSend) -> (SendNumber, Arc<AcceptedSend>) {
        let Message { provider, recipient, template, .. } = &send.message;
        self.tell(SimulatorEvent::Accepted {
            provider: *provider,
            recipient: recipient.tail(),
            template: template.name.clone(),
            text: self.account().show(*provider, template),
        });
        self.ledger.accepted(send)
    }

    pub fn refused(&self, provider: Provider, recipient: Option<Tail>, reason: String) {
        self.tell(SimulatorEvent::Refused { provider, recipient, reason });
    }

    /// The reply to an accepted send, if the provider deviates from its document.
    pub fn strange_reply(&self, message: &Message, outcome: &Outcome) -> Option<Answer> {
        let (Some(open_world), Outcome::Accepted(ids)) = (&self.strange, outcome) else { return None };
        open_world.accepted(message, ids).map(Answer::Whole)
    }

    /// Sends an event to the observers, if there are any.
    pub fn tell(&self, event: SimulatorEvent) {
        let _ = self.events.send(event);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
