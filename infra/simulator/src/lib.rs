//! The provider simulator: the HTTP APIs of 1MSG, Kaleyra and Meta on one local server, which posts real callbacks, and those of
//! AWS's three messaging services, which report by events ([`aws`]).
//!
//! It is an independent implementation of the providers' documents: it shares no code with the tested functions,
//! accepts what the documents accept, and refuses what they refuse with the provider's own errors. Magic phone numbers
//! ([`MAGIC_NUMBERS`]) and switches cause every fault that a network or a provider can have. The [`Ledger`] is the
//! ground truth about accepted sends.
//!
//! Not simulated: inbound messages, conversation windows, and pricing. No media is fetched: a link in a
//! template's header counts as broken if its host ends in `.invalid` or its path contains `missing`.

mod account;
mod answer;
pub mod aws;
mod behaviour;
mod callbacks;
mod channel_settings;
mod connection;
mod events;
mod exchanges;
mod expected;
mod facts;
mod faults;
mod http_reply;
mod ids;
mod intake;
mod kaleyra;
mod ledger;
mod magic;
mod mask;
mod message;
mod meta;
mod one_msg;
mod open_world;
mod outcome;
mod placeholders;
mod provider;
mod random;
mod recipient;
mod request;
mod server;
mod shown;
mod templates;
#[cfg(test)]
mod tests;
mod webhook;
mod whatsapp;
mod world;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio::task::AbortHandle;

pub use account::{Account, KaleyraAccount, KaleyraCallbackProfile, MetaAccount, OneMsgAccount};
pub use behaviour::{Behaviour, Course, Intake, Posting, Reply};
pub use channel_settings::{Acknowledgements, WebhookList};
pub use events::{CallbackAnswer, Endpoint, SimulatorEvent};
pub use exchanges::{Exchange, ExchangeKind};
pub use expected::Expected;
pub use ids::Ids;
pub use ledger::{AcceptedSend, CallbackRecord, Ledger, RequestSeen};
pub use magic::{MAGIC_NUMBERS, Magic, behaviour};
pub use mask::masked;
pub use message::{
    ButtonParameter, ButtonValue, Content, Echo, FilledTemplate, HeaderParameter, Location, Message,
    OrderDetails, OrderItem, OrderState, OrderStatus,
};
pub use meta::Handshake;
pub use open_world::Strangeness;
pub use provider::Provider;
pub use recipient::{Recipient, Tail};
pub use shown::ShownText;
pub use templates::{
    ButtonKind, ParameterFormat, Reviews, Samples, Template, TemplateButton, TemplateHeader, TemplateKind,
    TemplateStatus, Templates,
};

use aws::{AwsAccount, AwsEvent, AwsLedger, AwsService, AwsTrouble, Services};
use connection::WireListener;
use faults::Callbacks;
use open_world::OpenWorld;
use world::World;

/// The timeout of a call to a webhook; longer than any provider's (Meta expects an answer within seconds).
const CALLBACK_TIMEOUT: Duration = Duration::from_secs(10);

/// The options of a simulator.
pub struct SimulatorOptions {
    /// The shop's accounts.
    pub account: Account,
    /// The accounts of senders with a name.
    pub senders: BTreeMap<String, Account>,
    /// The AWS account; without one, AWS's services know no access key.
    pub aws: Option<AwsAccount>,
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// A factor for the delays of the callbacks (sent 0.2 s, delivered 0.6 s, read 1.5 s).
    pub timing: f64,
    /// Deviations of the providers from their documents; none by default.
    pub open_world: Option<Strangeness>,
}

impl SimulatorOptions {
    /// A free port, the default delays.
    pub fn new(account: Account) -> Self {
        Self { account, senders: BTreeMap::new(), aws: None, port: 0, timing: 1.0, open_world: None }
    }
}

/// Why a simulator can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port is occupied.
    #[error("can't listen on 127.0.0.1")]
    Listen(#[from] io::Error),
    /// The client that posts the callbacks can't be built.
    #[error("can't build the HTTP client for callbacks")]
    Client(#[from] reqwest::Error),
}

/// A running simulator. It stops listening when it is dropped; callbacks in flight still arrive.
pub struct Simulator {
    world: Arc<World>,
    address: SocketAddr,
    server: AbortHandle,
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Simulator {
    /// Starts to listen.
    pub async fn start(options: SimulatorOptions) -> Result<Self, StartError> {
        // A local run's webhooks use plain HTTP: loading the system's certificates would only cost time.
        let client = reqwest::Client::builder()
            .timeout(CALLBACK_TIMEOUT)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .tls_certs_only([])
            .build()?;
        let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
        let address = listener.local_addr()?;
        let open_world = options.open_world.map(OpenWorld::new);
        let aws = Services::new(options.aws);
        let world =
            Arc::new(World::new(options.account, options.senders, options.timing, open_world, client, aws));
        let server = tokio::spawn(server::serve(WireListener(listener), Arc::clone(&world))).abort_handle();
        Ok(Self { world, address, server })
    }

    /// The address on which it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The replacement for a provider's scheme and host.
    pub fn base_url(&self, provider: Provider) -> String {
        format!("http://{}/{provider}", self.address)
    }

    /// The endpoint of one of AWS's services, for variables such as `AWS_ENDPOINT_URL_SESV2`.
    pub fn aws_endpoint(&self, service: AwsService) -> String {
        format!("http://{}/aws/{}", self.address, service.name())
    }

    /// A snapshot of the messages that AWS's services have accepted.
    pub fn aws_ledger(&self) -> AwsLedger {
        self.world.aws.ledger()
    }

    /// Subscribes to the events of AWS's services from now on. They go where the account's rules and topics send them.
    pub fn aws_events(&self) -> broadcast::Receiver<AwsEvent> {
        self.world.aws.subscribe()
    }

    /// Answers every valid request to a service like this from now on; with none, each recipient's own behaviour applies again.
    pub fn set_aws_trouble(&self, service: AwsService, trouble: Option<AwsTrouble>) {
        self.world.aws.set_trouble(service, trouble);
    }

    /// The default sender's current accounts.
    pub fn account(&self) -> Account {
        self.world.account(None)
    }

    /// The current accounts of a sender with a name; the default sender's if there is none with this name.
    pub fn account_of(&self, sender: &str) -> Account {
        self.world.account(Some(sender))
    }

    /// The JSON of the credentials secret.
    pub fn credentials_json(&self) -> String {
        let kaleyra = self.base_url(Provider::Kaleyra);
        let mut secret = self.secret(|account| account.credentials(&kaleyra));
        if let (Some(secret), Some(account)) = (secret.as_object_mut(), self.world.aws.account()) {
            secret.extend(account.credentials());
        }
        secret.to_string()
    }

    /// The JSON of the webhook secret.
    pub fn webhook_secrets_json(&self) -> String {
        let mut apps: Vec<String> =
            self.world.senders().map(|sender| self.world.account(sender).meta.app_id).collect();
        let count = apps.len();
        apps.sort();
        apps.dedup();
        self.secret(|account| account.webhook_secrets(apps.len() < count)).to_string()
    }

    /// A secret with a part for each sender.
    fn secret(&self, part: impl Fn(&Account) -> Value) -> Value {
        let mut secret = part(&self.world.account(None));
        let of_named = |sender: Option<&str>| Some((sender?.to_owned(), part(&self.world.account(sender))));
        let named: serde_json::Map<String, Value> = self.world.senders().filter_map(of_named).collect();
        if let (false, Some(secret)) = (named.is_empty(), secret.as_object_mut()) {
            secret.insert("senders".to_owned(), named.into());
        }
        secret
    }

    /// A snapshot of all requests, acceptances and callbacks until now.
    pub fn ledger(&self) -> Ledger {
        self.world.ledger.snapshot()
    }

    /// Subscribes to the events from now on.
    pub fn events(&self) -> broadcast::Receiver<SimulatorEvent> {
        self.world.events.subscribe()
    }

    /// Subscribes to the exchanges over HTTP from now on. Without a subscriber none is recorded.
    pub fn exchanges(&self) -> broadcast::Receiver<Arc<Exchange>> {
        self.world.exchanges.subscribe()
    }

    /// Registers `{base}/webhooks/meta`, `{base}/webhooks/kaleyra` and `{base}/webhooks/onemsg/{secret}` with the
    /// providers, in place of an earlier registration by this method.
    pub fn set_webhook_url(&self, base: &str) {
        self.forget_one_msg_webhooks();
        self.world.set_webhook_base(base);
        self.register_one_msg_webhooks();
    }

    /// Replaces the default sender's credentials for sends; the old ones stop working at once.
    pub fn rotate_credentials(&self, provider: Provider) {
        self.world.account_mut(None).rotate_credentials(provider);
    }

    /// Replaces the credentials for sends of a sender with a name; the old ones stop working at once.
    pub fn rotate_credentials_of(&self, sender: &str, provider: Provider) {
        self.world.account_mut(Some(sender)).rotate_credentials(provider);
    }

    /// Replaces the secret that authenticates the default sender's callbacks; for 1MSG that is the URL itself.
    pub fn rotate_webhook_secret(&self, provider: Provider) {
        self.forget_one_msg_webhooks();
        self.world.account_mut(None).rotate_webhook_secret(provider);
        self.register_one_msg_webhooks();
    }

    /// Changes the authentication of Kaleyra's callback profile.
    pub fn set_kaleyra_callback_profile(&self, profile: KaleyraCallbackProfile) {
        self.world.account_mut(None).kaleyra.webhook = profile;
    }

    /// Changes an account's templates.
    pub fn change_templates(&self, provider: Provider, change: impl FnOnce(&mut Vec<Template>)) {
        change(self.world.account_mut(None).templates_mut(provider));
    }

    /// Changes the apps that are subscribed to the webhooks of the account at Meta.
    pub fn change_subscribed_apps(&self, change: impl FnOnce(&mut Vec<String>)) {
        change(&mut self.world.account_mut(None).meta.subscribed_apps);
    }

    /// Sets whether Meta approves new templates at once.
    pub fn set_reviews(&self, reviews: Reviews) {
        self.world.switches.set_reviews(reviews);
    }

    /// The webhooks that are registered with 1MSG. Ours contains a secret.
    pub fn one_msg_webhooks(&self) -> Vec<String> {
        self.world.channel(None).list()
    }

    /// Registers these webhooks with 1MSG, in place of all others.
    pub fn set_one_msg_webhooks(&self, urls: Vec<String>) {
        self.world.channel(None).set_list(urls);
    }

    /// Sets 1MSG's format of the list of webhooks.
    pub fn set_one_msg_webhook_list_format(&self, list: WebhookList) {
        self.world.channel(None).set_list_format(list);
    }

    /// Whether 1MSG posts statuses to webhooks.
    pub fn acknowledgements(&self) -> Acknowledgements {
        self.world.channel(None).acknowledgements()
    }

    /// Sets whether 1MSG posts statuses to webhooks.
    pub fn set_acknowledgements(&self, acknowledgements: Acknowledgements) {
        self.world.channel(None).set_acknowledgements(acknowledgements);
    }

    /// Answers the next valid sends to a provider like this, to any recipient.
    pub fn fail_next(&self, provider: Provider, times: usize, with: Intake) {
        self.world.switches.fail_next(provider, times, with);
    }

    /// Answers every valid send to a provider like this from now on, to any recipient; with none, each
    /// recipient's own behaviour applies again.
    pub fn set_trouble(&self, provider: Provider, trouble: Option<Intake>) {
        self.world.switches.set_trouble(provider, trouble);
    }

    /// A factor for the delays of the callbacks of messages accepted from now on.
    pub fn set_timing(&self, factor: f64) {
        self.world.switches.set_scale(factor);
    }

    /// Discards callbacks from now on.
    pub fn stop_callbacks(&self) {
        self.world.switches.set_callbacks(Callbacks::Off);
    }

    /// Posts callbacks again from now on.
    pub fn resume_callbacks(&self) {
        self.world.switches.set_callbacks(Callbacks::On);
    }

    /// Holds callbacks back from now on, except those that precede the reply to their send. They count as in flight.
    pub fn hold_callbacks(&self) {
        self.world.held.send_replace(true);
    }

    /// Posts the callbacks that were held back, each when it is due.
    pub fn release_callbacks(&self) {
        self.world.held.send_replace(false);
    }

    /// Marks an order as paid by the customer: a status `canceled` is then refused with 2047.
    pub fn mark_paid(&self, provider: Provider, reference_id: &str) {
        self.world.orders(None).mark_paid(provider, reference_id);
    }

    /// From now on refuses an order status unless an accepted `order_details` message introduced its reference at the same
    /// provider.
    pub fn require_order_details(&self) {
        for sender in self.world.senders() {
            self.world.orders(sender).require_details();
        }
    }

    /// Waits until no callback is in flight.
    pub async fn callbacks_settled(&self) {
        let mut in_flight = self.world.in_flight.subscribe();
        // `self.world` owns the sender, so the wait can't fail.
        let _ = in_flight.wait_for(|count| *count == 0).await;
    }

    /// Performs Meta's handshake with the webhook.
    pub async fn verify_meta_webhook(&self) -> Handshake {
        let Some(base) = self.world.webhook_base() else { return Handshake::Unreachable };
        let webhook = webhook::url(&base, Provider::Meta);
        meta::shake_hands(&self.world.client, &self.world.account(None).meta, &webhook).await
    }

    /// Posts one signed Meta callback with these statuses, up to the thousand that Meta batches.
    pub async fn post_meta_statuses(&self, statuses: Vec<Value>) -> CallbackAnswer {
        let body = meta::statuses(&self.world.account(None).meta, &statuses).to_string();
        self.post_callback(Provider::Meta, body.as_bytes()).await
    }

    /// Posts any body once to a provider's webhook, with that provider's authentication.
    pub async fn post_callback(&self, provider: Provider, body: &[u8]) -> CallbackAnswer {
        self.post(None, provider, body).await
    }

    /// Like [`post_callback`](Self::post_callback), with the authentication of the account of a sender with a name.
    pub async fn post_callback_of(&self, sender: &str, provider: Provider, body: &[u8]) -> CallbackAnswer {
        self.post(Some(sender), provider, body).await
    }

    async fn post(&self, sender: Option<&str>, provider: Provider, body: &[u8]) -> CallbackAnswer {
        callbacks::post(&self.world, sender, provider, &webhook::Post::Body(body.to_vec())).await
    }

    fn register_one_msg_webhooks(&self) {
        for sender in self.world.senders() {
            if let Some(url) = self.one_msg_webhook(sender) {
                self.world.channel(sender).register(url);
            }
        }
    }

    fn forget_one_msg_webhooks(&self) {
        for sender in self.world.senders() {
            if let Some(url) = self.one_msg_webhook(sender) {
                self.world.channel(sender).forget(&url);
            }
        }
    }

    fn one_msg_webhook(&self, sender: Option<&str>) -> Option<String> {
        let base = self.world.webhook_base()?;
        let secret = self.world.account(sender).one_msg.url_secret;
        Some(format!("{}/{secret}", webhook::url(&base, Provider::OneMsg)))
    }
}
