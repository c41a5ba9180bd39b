//! AWS and the providers of `infra/local`, behind TLS as in production, and the functions' settings with their
//! endpoints.

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

use crate::tls::{Authority, Front};

/// The default of `SILENT_AFTER`.
const SILENT_AFTER: Duration = Duration::from_mins(10);
/// More receives than any message needs.
const MAX_RECEIVE_COUNT: u32 = 1000;

/// Every service that the functions call. The services end when this is dropped.
pub struct Stack {
    authority: Authority,
    dynamodb: DynamoDb,
    simulator: Simulator,
    providers: Front,
    variables: BTreeMap<String, String>,
    _servers: Vec<Server>,
    _fronts: Vec<Front>,
}

impl Stack {
    /// Starts the services, with this folder for their files.
    pub async fn start(folder: &Path) -> anyhow::Result<Self> {
        let authority = Authority::new(folder)?;
        let dynamodb = DynamoDb::start(Ports::Any.listen(0, "DynamoDB").await?, None, TABLE)?;
        let account = account::shipped()?;
        // Callbacks are disabled: the benchmark makes the calls itself.
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
        let routers = [secrets.router(), sqs::router(Queues::new(queue, undelivered)), bus.router()];
        let mut servers = Vec::new();
        for router in routers {
            servers.push(Server::start(Ports::Any.listen(0, "AWS").await?, router)?);
        }

        let mut fronts = vec![Front::open(&authority, &dynamodb.url()).await?];
        for server in &servers {
            fronts.push(Front::open(&authority, &server.url()).await?);
        }
        let urls: Vec<String> = fronts.iter().map(Front::url).collect();
        let [dynamodb_url, secrets_url, sqs_url, bus_url] = urls.as_slice() else {
            anyhow::bail!("four services of AWS");
        };
        let providers = Front::open(&authority, &format!("http://{}", simulator.address())).await?;
        let provider_urls =
            Provider::ALL.map(|provider| (provider, format!("{}/{provider}", providers.url())));
        let addresses = Addresses {
            dynamodb: dynamodb_url,
            secrets_manager: secrets_url,
            event_bridge: bus_url,
            sqs: sqs_url,
            providers: provider_urls.each_ref().map(|(provider, url)| (*provider, url.as_str())),
        };
        let variables = of_the_functions(&addresses, authority.bundle());
        Ok(Self { authority, dynamodb, simulator, providers, variables, _servers: servers, _fronts: fronts })
    }

    /// The functions' settings, as in the template except for the endpoints.
    pub const fn variables(&self) -> &BTreeMap<String, String> {
        &self.variables
    }

    /// The root certificates that a start reads.
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
    pub fn providers_answer_after(&self, delay: Duration) {
        self.providers.answer_after(delay);
    }

    /// A provider's endpoint, in place of its scheme and host.
    pub fn provider_url(&self, provider: simulator::Provider) -> String {
        format!("{}/{provider}", self.providers.url())
    }
}

fn of_the_functions(addresses: &Addresses<'_>, roots: &Path) -> BTreeMap<String, String> {
    let settings = [
        ("CONFIRMATION_WINDOW", "15m"),
        ("METRICS_NAMESPACE", "order-notifications"),
        ("RUST_LOG", "info"),
        ("SSL_CERT_FILE", &roots.to_string_lossy()),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    // In production it is built in. That one is whatever a shop has put there, and a measurement mustn't change with it: the suites'
    // is as long as the shipped one, and read once a start.
    let variables = Variables::new(addresses, &catalogue::shipped(), SILENT_AFTER, &settings).environment();
    variables.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
