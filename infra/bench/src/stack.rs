//! The AWS services and the providers of `infra/local`, behind TLS as in production, and the functions' settings with
//! their endpoints.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use local::account;
use local::aws::dynamodb::DynamoDb;
use local::aws::event_bus::{EventBus, Target};
use local::aws::queue::Queue;
use local::aws::secrets_manager::SecretsManager;
use local::aws::sqs::{self, Queues};
use local::catalogue;
use local::environment::{self, Addresses, CREDENTIALS_SECRET, KEY_SECRET, TABLE, Variables, WEBHOOK_SECRET};
use local::server::{Ports, Server};
use local::simulator::{self, Simulator, SimulatorOptions};
use shared::provider::Provider;

use crate::tls::{Authority, TlsProxy};

/// The default of `SILENT_AFTER`.
const SILENT_AFTER: Duration = Duration::from_mins(10);
/// The queue's maximum number of receives, above that of any message.
const MAX_RECEIVE_COUNT: u32 = 1000;

/// Every service that the functions call. Dropping it stops the services.
pub struct Stack {
    authority: Authority,
    dynamodb: DynamoDb,
    simulator: Simulator,
    providers: TlsProxy,
    variables: BTreeMap<String, String>,
    _servers: Vec<Server>,
    _tls: Vec<TlsProxy>,
}

impl Stack {
    /// Starts the services, with this folder for their files.
    pub async fn start(folder: &Path) -> anyhow::Result<Self> {
        let authority = Authority::new(folder)?;
        let dynamodb = DynamoDb::start(Ports::Any.listen(0, "DynamoDB").await?, None, TABLE)?;
        let account = account::shipped()?;
        // Without callbacks: the benchmark calls the webhook itself.
        let options = SimulatorOptions { timing: 0.0, ..SimulatorOptions::new(account) };
        let simulator = Simulator::start(options).await.context("the provider simulator")?;
        let secrets = SecretsManager::default();
        secrets.put(CREDENTIALS_SECRET, simulator.credentials_json());
        secrets.put(WEBHOOK_SECRET, simulator.webhook_secrets_json());
        secrets.put(KEY_SECRET, environment::key_secret_json());
        let queue = Queue::new(MAX_RECEIVE_COUNT);
        let undelivered = Queue::of_dead_letters();
        let target = Target { queue: queue.clone(), undelivered: undelivered.clone() };
        let bus = EventBus::new(BTreeSet::new(), target, None);
        let queues = Queues::new(queue, undelivered, Queue::new(MAX_RECEIVE_COUNT));
        let routers = [secrets.router(), sqs::router(queues), bus.router()];
        let mut servers = Vec::new();
        for router in routers {
            servers.push(Server::start(Ports::Any.listen(0, "AWS").await?, router)?);
        }

        let mut proxies = vec![TlsProxy::open(&authority, &dynamodb.url()).await?];
        for server in &servers {
            proxies.push(TlsProxy::open(&authority, &server.url()).await?);
        }
        let urls: Vec<String> = proxies.iter().map(TlsProxy::url).collect();
        let [dynamodb_url, secrets_url, sqs_url, bus_url] = urls.as_slice() else {
            anyhow::bail!("expected four AWS services");
        };
        let providers = TlsProxy::open(&authority, &format!("http://{}", simulator.address())).await?;
        let provider_urls =
            Provider::WITH_WEBHOOK.map(|provider| (provider, format!("{}/{provider}", providers.url())));
        let addresses = Addresses {
            dynamodb: dynamodb_url,
            secrets_manager: secrets_url,
            event_bridge: bus_url,
            sqs: sqs_url,
            providers: provider_urls.each_ref().map(|(provider, url)| (*provider, url.as_str())),
        };
        let variables = function_variables(&addresses, authority.bundle());
        Ok(Self { authority, dynamodb, simulator, providers, variables, _servers: servers, _tls: proxies })
    }

    /// The functions' settings, as in the template except for the endpoints.
    pub const fn variables(&self) -> &BTreeMap<String, String> {
        &self.variables
    }

    /// The authority with the root certificates that a start reads.
    pub const fn authority(&self) -> &Authority {
        &self.authority
    }

    pub const fn dynamodb(&self) -> &DynamoDb {
        &self.dynamodb
    }

    pub const fn simulator(&self) -> &Simulator {
        &self.simulator
    }

    /// Delays the providers' answers from now on.
    pub fn delay_provider_answers(&self, delay: Duration) {
        self.providers.delay_answers(delay);
    }

    /// A provider's base URL.
    pub fn provider_url(&self, provider: simulator::Provider) -> String {
        format!("{}/{provider}", self.providers.url())
    }
}

fn function_variables(addresses: &Addresses<'_>, roots: &Path) -> BTreeMap<String, String> {
    let settings = [
        ("CONFIRMATION_WINDOW", "15m"),
        ("METRICS_NAMESPACE", "order-notifications"),
        ("RUST_LOG", "info"),
        ("SSL_CERT_FILE", &roots.to_string_lossy()),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    // The tests' catalogue instead of the built-in one, because a measurement must not depend on a shop's changes. It is as long as
    // the shipped one, and a start reads it once.
    let variables = Variables::new(addresses, &catalogue::shipped(), SILENT_AFTER, &settings).environment();
    variables.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
