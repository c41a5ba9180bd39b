//! The provider simulator: the HTTP APIs of 1MSG, Kaleyra and Meta on one local server, posting real callbacks back.
//!
//! It guarantees to be an independent reading of the providers' documents: it shares no code with what is tested
//! against it, accepts what the documents accept, and refuses what they refuse in the provider's own words. Magic phone
//! numbers ([`MAGIC_NUMBERS`]) and switches bring about every fault that a network or a provider can have. The
//! [`Ledger`] is the truth about what was accepted.
//!
//! It ends where the documents do: no text messages, media or inbound messages, no conversation windows, no pricing.

mod account;
mod answer;
mod behaviour;
mod callbacks;
mod connection;
mod events;
mod expected;
mod facts;
mod faults;
mod ids;
mod intake;
mod kaleyra;
mod ledger;
mod magic;
mod message;
mod meta;
mod one_msg;
mod open_world;
mod provider;
mod random;
mod recipient;
mod request;
mod server;
mod templates;
#[cfg(test)]
mod tests;
mod whatsapp;
mod world;

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
pub use events::{CallbackAnswer, Endpoint, ShownText, SimulatorEvent};
pub use expected::Expected;
pub use ids::Ids;
pub use ledger::{AcceptedSend, CallbackRecord, Ledger, RequestSeen};
pub use magic::{MAGIC_NUMBERS, Magic, behaviour};
pub use message::{Content, Echo, FilledTemplate, Message, OrderState, OrderStatus};
pub use meta::{Handshake, Reviews};
pub use one_msg::{Acknowledgements, WebhookList};
pub use open_world::Strangeness;
pub use provider::Provider;
pub use recipient::{Recipient, Tail};
pub use templates::{Template, TemplateButton, TemplateKind, TemplateStatus, Templates};

use connection::WireListener;
use faults::Callbacks;
use open_world::OpenWorld;
use world::World;

/// A webhook that takes longer is given up; longer than any provider waits (Meta wants an answer within seconds).
const CALLBACK_TIMEOUT: Duration = Duration::from_secs(10);

/// How a simulator starts.
pub struct SimulatorOptions {
    /// The accounts.
    pub account: Account,
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The delays of the callbacks (sent 0.2 s, delivered 0.6 s, read 1.5 s) are multiplied by this.
    pub timing: f64,
    /// Where providers don't write as documented.
    pub open_world: Option<Strangeness>,
}

impl SimulatorOptions {
    /// A free port, the usual delays.
    pub fn new(account: Account) -> Self {
        Self { account, port: 0, timing: 1.0, open_world: None }
    }
}

/// Why a simulator can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port is taken.
    #[error("can't listen on 127.0.0.1")]
    Listen(#[from] io::Error),
    /// The client that posts the callbacks can't be built.
    #[error("can't build the HTTP client for callbacks")]
    Client(#[from] reqwest::Error),
}

/// A running simulator. It stops listening when it is dropped; callbacks on their way still arrive.
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
        // Webhooks of a local run are plain HTTP: loading the system's certificates would only cost time.
        let client = reqwest::Client::builder()
            .timeout(CALLBACK_TIMEOUT)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .tls_certs_only([])
            .build()?;
        let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
        let address = listener.local_addr()?;
        let open_world = options.open_world.map(OpenWorld::new);
        let world = Arc::new(World::new(options.account, options.timing, open_world, client));
        let server = tokio::spawn(server::serve(WireListener(listener), Arc::clone(&world))).abort_handle();
        Ok(Self { world, address, server })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What stands in place of a provider's scheme and host.
    pub fn base_url(&self, provider: Provider) -> String {
        format!("http://{}/{provider}", self.address)
    }

    /// The accounts as they are now.
    pub fn account(&self) -> Account {
        self.world.account()
    }

    /// The JSON of the credentials secret.
    pub fn credentials_json(&self) -> String {
        self.world.account().credentials(&self.base_url(Provider::Kaleyra)).to_string()
    }

    /// The JSON of the webhook secret.
    pub fn webhook_secrets_json(&self) -> String {
        self.world.account().webhook_secrets().to_string()
    }

    /// Everything that was asked, accepted and reported until now.
    pub fn ledger(&self) -> Ledger {
        self.world.ledger.snapshot()
    }

    /// What happens from now on.
    pub fn events(&self) -> broadcast::Receiver<SimulatorEvent> {
        self.world.events.subscribe()
    }

    /// Registers `{base}/webhooks/meta`, `{base}/webhooks/kaleyra` and `{base}/webhooks/onemsg/{secret}` with the
    /// providers, in place of what was registered by this before.
    pub fn set_webhook_url(&self, base: &str) {
        self.forget_one_msg_webhook();
        self.world.set_webhook_base(base);
        self.register_one_msg_webhook();
    }

    /// Replaces what sends; the old credentials stop working at once.
    pub fn rotate_credentials(&self, provider: Provider) {
        self.world.account_mut().rotate_credentials(provider);
    }

    /// Replaces what authenticates callbacks; for 1MSG that is the URL itself.
    pub fn rotate_webhook_secret(&self, provider: Provider) {
        self.forget_one_msg_webhook();
        self.world.account_mut().rotate_webhook_secret(provider);
        self.register_one_msg_webhook();
    }

    /// Changes what Kaleyra's callback profile sends along.
    pub fn set_kaleyra_callback_profile(&self, profile: KaleyraCallbackProfile) {
        self.world.account_mut().kaleyra.webhook = profile;
    }

    /// Changes the templates that an account holds.
    pub fn change_templates(&self, provider: Provider, change: impl FnOnce(&mut Vec<Template>)) {
        change(self.world.account_mut().templates_mut(provider));
    }

    /// Changes which apps are told what happens in the account at Meta.
    pub fn change_subscribed_apps(&self, change: impl FnOnce(&mut Vec<String>)) {
        change(&mut self.world.account_mut().meta.subscribed_apps);
    }

    /// Whether Meta approves templates that are created from now on at once.
    pub fn set_reviews(&self, reviews: Reviews) {
        self.world.switches.set_reviews(reviews);
    }

    /// The webhooks that are registered with 1MSG. Ours carries a secret.
    pub fn one_msg_webhooks(&self) -> Vec<String> {
        self.world.channel().list()
    }

    /// Registers these webhooks with 1MSG, in place of all others.
    pub fn set_one_msg_webhooks(&self, urls: Vec<String>) {
        self.world.channel().set_list(urls);
    }

    /// How 1MSG tells the list of webhooks.
    pub fn tell_one_msg_webhooks_as(&self, list: WebhookList) {
        self.world.channel().tell_as(list);
    }

    /// Whether 1MSG pushes statuses.
    pub fn acknowledgements(&self) -> Acknowledgements {
        self.world.channel().acknowledgements()
    }

    /// Has 1MSG push statuses, or not.
    pub fn set_acknowledgements(&self, acknowledgements: Acknowledgements) {
        self.world.channel().set_acknowledgements(acknowledgements);
    }

    /// The next valid sends to a provider are answered like this, whatever their recipient.
    pub fn fail_next(&self, provider: Provider, times: usize, with: Intake) {
        self.world.switches.fail_next(provider, times, with);
    }

    /// Every valid send to a provider is answered like this from now on, whatever its recipient; with none, each as its
    /// recipient asks again.
    pub fn set_trouble(&self, provider: Provider, trouble: Option<Intake>) {
        self.world.switches.set_trouble(provider, trouble);
    }

    /// Multiplies the delays of the callbacks of messages accepted from now on.
    pub fn set_timing(&self, factor: f64) {
        self.world.switches.set_scale(factor);
    }

    /// Callbacks are lost from now on.
    pub fn stop_callbacks(&self) {
        self.world.switches.set_callbacks(Callbacks::Off);
    }

    /// Callbacks are posted again from now on.
    pub fn resume_callbacks(&self) {
        self.world.switches.set_callbacks(Callbacks::On);
    }

    /// Callbacks are kept back from now on, except those that overtake the reply to their send. They count as on their way.
    pub fn hold_callbacks(&self) {
        self.world.held.send_replace(true);
    }

    /// What was kept back is posted, each callback once its time has come.
    pub fn release_callbacks(&self) {
        self.world.held.send_replace(false);
    }

    /// The customer has paid for an order: a status `canceled` is refused with 2047.
    pub fn mark_paid(&self, provider: Provider, reference_id: &str) {
        self.world.orders().mark_paid(provider, reference_id);
    }

    /// Waits until no callback is on its way any more.
    pub async fn callbacks_settled(&self) {
        let mut in_flight = self.world.in_flight.subscribe();
        // The sender lives in the world that this holds, so the wait can't fail.
        let _ = in_flight.wait_for(|count| *count == 0).await;
    }

    /// Meta's handshake with the webhook.
    pub async fn verify_meta_webhook(&self) -> Handshake {
        let Some(base) = self.world.webhook_base() else { return Handshake::Unreachable };
        let webhook = callbacks::webhook_url(&base, Provider::Meta);
        meta::shake_hands(&self.world.client, &self.world.account().meta, &webhook).await
    }

    /// Posts one signed Meta callback with these statuses, up to the thousand that Meta batches.
    pub async fn post_meta_statuses(&self, statuses: Vec<Value>) -> CallbackAnswer {
        let body = meta::statuses(&self.world.account().meta, &statuses).to_string();
        self.post_callback(Provider::Meta, body.as_bytes()).await
    }

    /// Posts any body to a provider's webhook, authenticated as that provider does it, once.
    pub async fn post_callback(&self, provider: Provider, body: &[u8]) -> CallbackAnswer {
        callbacks::post(&self.world, provider, &callbacks::Post::Body(body.to_vec())).await
    }

    fn register_one_msg_webhook(&self) {
        if let Some(url) = self.one_msg_webhook() {
            self.world.channel().register(url);
        }
    }

    fn forget_one_msg_webhook(&self) {
        if let Some(url) = self.one_msg_webhook() {
            self.world.channel().forget(&url);
        }
    }

    fn one_msg_webhook(&self) -> Option<String> {
        let base = self.world.webhook_base()?;
        let secret = self.world.account().one_msg.url_secret;
        Some(format!("{}/{secret}", callbacks::webhook_url(&base, Provider::OneMsg)))
    }
}
