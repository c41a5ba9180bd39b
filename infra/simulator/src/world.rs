//! The state that the handlers of all providers share.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, broadcast, watch};

use super::account::Account;
use super::answer::Answer;
use super::aws::Services;
use super::channel_settings::ChannelSettings;
use super::events::{Endpoint, SimulatorEvent};
use super::exchanges::Exchanges;
use super::faults::Switches;
use super::ledger::{AcceptedSend, LedgerBook, SendNumber};
use super::mask::Mask;
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
    default: SenderState,
    /// The senders with a name.
    named: BTreeMap<String, SenderState>,
    webhook_base: Mutex<Option<String>>,
    uploads: Mutex<Uploads>,
    pub ledger: LedgerBook,
    pub switches: Switches,
    /// The providers' deviations from their documents.
    pub strange: Option<OpenWorld>,
    pub events: broadcast::Sender<SimulatorEvent>,
    pub exchanges: Exchanges,
    pub client: reqwest::Client,
    /// AWS's services.
    pub aws: Services,
    /// Limits concurrent posts, so that a callback's timeout covers its own call and not the wait for a permit.
    pub posts: Semaphore,
    pub in_flight: watch::Sender<usize>,
    /// Whether callbacks are held back.
    pub held: watch::Sender<bool>,
}

/// The state of one sender's accounts.
struct SenderState {
    account: Mutex<Account>,
    orders: Mutex<OrderProgress>,
    channel: Mutex<ChannelSettings>,
}

impl SenderState {
    fn new(account: Account) -> Self {
        Self { account: Mutex::new(account), orders: Mutex::default(), channel: Mutex::default() }
    }
}

impl World {
    pub fn new(
        account: Account,
        senders: BTreeMap<String, Account>,
        scale: f64,
        strange: Option<OpenWorld>,
        client: reqwest::Client,
        aws: Services,
    ) -> Self {
        Self {
            default: SenderState::new(account),
            named: senders.into_iter().map(|(name, account)| (name, SenderState::new(account))).collect(),
            webhook_base: Mutex::default(),
            uploads: Mutex::default(),
            ledger: LedgerBook::default(),
            switches: Switches::new(scale),
            strange,
            events: broadcast::Sender::new(EVENTS),
            exchanges: Exchanges::default(),
            client,
            aws,
            posts: Semaphore::new(POSTS),
            in_flight: watch::Sender::new(0),
            held: watch::Sender::new(false),
        }
    }

    /// Every sender, the default one first.
    pub fn senders(&self) -> impl Iterator<Item = Option<&str>> {
        std::iter::once(None).chain(self.named.keys().map(|name| Some(name.as_str())))
    }

    /// The first sender with such an account. A request that fits no account is the default sender's, which refuses it.
    pub fn sender_with(&self, is_it: impl Fn(&Account) -> bool) -> Option<&str> {
        self.senders().find(|sender| is_it(&self.account_mut(*sender))).flatten()
    }

    /// A sender's current accounts; the default ones for an unknown name.
    pub fn account(&self, sender: Option<&str>) -> Account {
        self.account_mut(sender).clone()
    }

    pub fn account_mut(&self, sender: Option<&str>) -> MutexGuard<'_, Account> {
        lock(&self.state_of(sender).account)
    }

    /// Masks the current secrets of all senders.
    pub fn mask(&self) -> Mask {
        let accounts: Vec<Account> = self.senders().map(|sender| self.account(sender)).collect();
        Mask::new(&accounts)
    }

    pub fn orders(&self, sender: Option<&str>) -> MutexGuard<'_, OrderProgress> {
        lock(&self.state_of(sender).orders)
    }

    pub fn channel(&self, sender: Option<&str>) -> MutexGuard<'_, ChannelSettings> {
        lock(&self.state_of(sender).channel)
    }

    fn state_of(&self, sender: Option<&str>) -> &SenderState {
        sender.and_then(|name| self.named.get(name)).unwrap_or(&self.default)
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
        self.emit(SimulatorEvent::RequestSeen { provider, endpoint });
    }

    pub fn accepted(&self, send: AcceptedSend) -> (SendNumber, Arc<AcceptedSend>) {
        let Message { provider, recipient, template, .. } = &send.message;
        self.emit(SimulatorEvent::Accepted {
            sender: send.sender.clone(),
            provider: *provider,
            recipient: recipient.tail(),
            template: template.name.clone(),
            text: self.account(send.sender.as_deref()).show(*provider, template),
        });
        self.ledger.accepted(send)
    }

    pub fn refused(&self, provider: Provider, recipient: Option<Tail>, reason: String) {
        self.emit(SimulatorEvent::Refused { provider, recipient, reason });
    }

    /// The reply to an accepted send, if the provider deviates from its document.
    pub fn strange_reply(&self, message: &Message, outcome: &Outcome) -> Option<Answer> {
        let (Some(open_world), Outcome::Accepted(ids)) = (&self.strange, outcome) else { return None };
        open_world.accepted(message, ids).map(Answer::Whole)
    }

    /// Sends an event to the observers, if there are any.
    pub fn emit(&self, event: SimulatorEvent) {
        let _ = self.events.send(event);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
