//! One instance of the local system.

mod parts;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use jiff::Timestamp;
use lambda_runtime::LambdaEvent;
use serde_json::Value;
use shared::clock::Clock;
use shared::message::Sender;
use shared::provider::Provider;
use simulator::aws::AwsTopic;
use simulator::{Simulator, Strangeness};

use crate::aws::cloudformation;
use crate::aws::dynamodb::DynamoDb;
use crate::aws::event_bus::{Archive, EventBus, Target};
use crate::aws::event_source_mapping::{EventSourceMapping, Function, MappingOptions};
use crate::aws::put_events::Event;
use crate::aws::queue::Queue;
use crate::aws::schedule::Schedule;
use crate::aws::secrets_manager::SecretsManager;
use crate::aws::sqs::{self, Queues};
use crate::aws::stream_mapping::StreamMapping;
use crate::catalogue_in_use::CatalogueInUse;
use crate::environment::{
    Addresses, CREDENTIALS_SECRET, Elsewhere, KEY_SECRET, TABLE, Variables, WEBHOOK_SECRET,
};
use crate::events_queue::{EventsQueue, MAX_RECEIVES};
use crate::functions::PUBLISHER_TIMEOUT;
use crate::interruption::LostReplies;
use crate::live::{CurrentCatalogue, Live};
use crate::lookup::Samples;
use crate::publisher::Publisher;
use crate::records::Records;
use crate::server::{Ports, Server};
use crate::{Functions, account, catalogue, environment, gateway, lookup, samples, truth};

/// The template has ten minutes. Here a message's callbacks arrive within 1.5 s, or never.
const SILENT_AFTER: Duration = Duration::from_secs(2);

/// The options of an instance.
#[derive(Debug, Clone)]
pub struct LocalOptions {
    /// The ports of its servers.
    pub ports: Ports,
    /// The path of the catalogue.
    pub catalogue: PathBuf,
    /// Whether the catalogue is a copy that is deleted at the end, so that the Studio doesn't offer to save it.
    pub catalogue_is_copy: bool,
    /// The definitions of the message templates that the simulated accounts have.
    pub definitions: PathBuf,
    /// The sample events that the Studio offers: files, and folders of `.json` files.
    pub samples: Vec<PathBuf>,
    /// The senders with a name. Each has accounts of its own at all providers.
    pub senders: BTreeSet<Sender>,
    /// Whether the business numbers of the senders belong to the default sender's app at Meta.
    pub senders_share_app: bool,
    /// The file of the table; otherwise the table is in memory.
    pub table_file: Option<PathBuf>,
    /// Where the functions run.
    pub functions: Functions,
    /// How order-notifier is invoked.
    pub mapping: MappingOptions,
    /// After this many receives an order event becomes a dead letter; the template's value.
    pub max_receive_count: u32,
    /// The functions' settings that override the local run's own.
    pub settings: BTreeMap<String, String>,
    /// A factor for the delays of the providers' callbacks.
    pub timing: f64,
    /// delivery-sweeper's interval, unless the functions run elsewhere; without it, the sweeper runs only if invoked.
    pub sweep_every: Option<Duration>,
    /// For how many days order events are archived; without it there is no archive.
    pub archive_days: Option<u32>,
    /// The seed of a proxy through which the functions call the table, and which can lose replies.
    pub lost_replies: Option<u64>,
    /// Whether the simulator has AWS's messaging services too, and the secret their entries, although the catalogue names none
    /// of them.
    pub aws_channels: bool,
    /// The SNS topic of the WhatsApp business account in the AWS account, if it has one. The queue of delivery events is
    /// subscribed to it.
    pub aws_topic: Option<AwsTopic>,
    /// Deviations of the providers from their documents.
    pub open_world: Option<Strangeness>,
}

impl Default for LocalOptions {
    fn default() -> Self {
        Self {
            ports: Ports::Any,
            catalogue: catalogue::shipped(),
            catalogue_is_copy: false,
            definitions: account::shipped_definitions(),
            samples: vec![samples::shipped()],
            senders: BTreeSet::new(),
            senders_share_app: false,
            table_file: None,
            functions: Functions::Here,
            mapping: MappingOptions {
                batch_size: 10,
                maximum_concurrency: 4,
                function_timeout: Duration::from_secs(30),
                retry_after: Duration::from_secs(1),
            },
            max_receive_count: 40,
            settings: BTreeMap::new(),
            timing: 1.0,
            sweep_every: Some(Duration::from_secs(1)),
            archive_days: Some(30),
            lost_replies: None,
            aws_channels: false,
            aws_topic: None,
            open_world: None,
        }
    }
}

/// AWS, the providers and the functions. Everything ends when this is dropped.
pub struct Local {
    notifier: Option<EventSourceMapping>,
    sweeper: Option<Schedule>,
    publisher: Option<StreamMapping>,
    webhook: Option<Function>,
    _gateway: Option<Server>,
    webhook_url: String,
    _live: Live,
    lookup: Server,
    simulator: Simulator,
    bus: EventBus,
    bus_server: Server,
    queue: Queue,
    undelivered: Queue,
    events: EventsQueue,
    _queue_server: Server,
    secrets: SecretsManager,
    _secrets_server: Server,
    dynamodb: DynamoDb,
    lost_replies: Option<LostReplies>,
    variables: Variables,
    tool_variables: BTreeMap<String, String>,
    catalogue_in_use: CatalogueInUse,
    functions: Functions,
    mapping: MappingOptions,
    clock: Clock,
}

impl Local {
    /// Starts everything. Fails if the catalogue or the definitions have faults, a port is taken, or a function doesn't start.
    pub async fn start(options: LocalOptions) -> anyhow::Result<Self> {
        let catalogue = catalogue::read(&options.catalogue)?;
        let catalogue_in_use = CatalogueInUse::new(catalogue::read_text(&options.catalogue)?);
        let definitions = account::read_definitions(&options.definitions)?;
        let sources: BTreeSet<String> =
            catalogue.entries().iter().flat_map(|entry| entry.sources.clone()).collect();
        let ports = options.ports;

        let listener = ports.listen(0, "DynamoDB").await?;
        let dynamodb = DynamoDb::start(listener, options.table_file.as_deref(), TABLE)?;
        let lost_replies = parts::open_lost_replies(options.lost_replies, &dynamodb).await?;
        let table_url = lost_replies.as_ref().map_or_else(|| dynamodb.url(), LostReplies::url);
        let secrets = SecretsManager::default();
        let secrets_server =
            Server::start_private(ports.listen(1, "Secrets Manager").await?, secrets.router())?;
        let clock = Clock::default();
        let queue = Queue::by_clock(options.max_receive_count, clock.clone());
        let undelivered = Queue::of_dead_letters();
        let delivery_events = Queue::by_clock(MAX_RECEIVES, clock.clone());
        let queues = Queues::new(queue.clone(), undelivered.clone(), delivery_events.clone());
        let queue_server = Server::start_private(ports.listen(6, "SQS").await?, sqs::router(queues))?;
        let target = Target { queue: queue.clone(), undelivered: undelivered.clone() };
        let bus = EventBus::new(sources, target, options.archive_days.map(Archive::new));
        let bus_server = Server::start_private(ports.listen(2, "EventBridge").await?, bus.router())?;
        let simulator =
            parts::start_simulator(&options, account::templates(&definitions, &catalogue), &catalogue)
                .await?;
        fill(&secrets, &simulator);

        let provider_urls =
            Provider::WITH_WEBHOOK.map(|provider| (provider, simulator.base_url(truth::simulated(provider))));
        let addresses = Addresses {
            dynamodb: &table_url,
            secrets_manager: &secrets_server.url(),
            event_bridge: &bus_server.url(),
            sqs: &queue_server.url(),
            providers: provider_urls.each_ref().map(|(provider, url)| (*provider, url.as_str())),
        };
        let mut settings = parts::with_retention(options.settings, &catalogue);
        parts::add_aws_channels(&mut settings, options.aws_channels, &catalogue, &simulator);
        let silent_after = SILENT_AFTER.mul_f64(options.timing);
        let variables =
            Variables::new(&addresses, &std::path::absolute(&options.catalogue)?, silent_after, &settings);
        let sweeper = parts::start_sweeper(options.sweep_every, &options.functions, &variables, &clock)?;
        let events =
            EventsQueue::start(delivery_events, &options.functions, &variables, &clock, options.mapping)?
                .fed_by(simulator.aws_events());
        let webhook = options.functions.webhook(&variables, &clock)?;
        let gateway = parts::start_gateway(ports, webhook.as_ref()).await?;
        let webhook_url = parts::webhook_url(&options.functions, gateway.as_ref());
        let records = Records::new(dynamodb.client());
        let live = Live::start(&bus, &simulator);
        let lookup = ports.listen(5, "the look-up of orders").await?;
        let elsewhere = Elsewhere {
            webhook: &webhook_url,
            sqs: &queue_server.url(),
            lookup: &format!("http://{}", lookup.local_addr().context("the look-up has no address")?),
            has_archive: options.archive_days.is_some(),
            definitions: &std::path::absolute(&options.definitions)?,
            is_copy: options.catalogue_is_copy,
        };
        let tool_variables = variables.for_ops(&elsewhere);
        let samples = Samples::new(options.samples, &catalogue_in_use);
        let current = CurrentCatalogue::new(options.catalogue, catalogue);
        let lookup = Server::start_private(
            lookup,
            lookup::router(records, bus.clone(), samples, tool_variables.clone())
                .merge(live.router(Records::new(dynamodb.client()), current, environment::key_secret()?))
                .merge(cloudformation::router(variables.stack(&elsewhere))),
        )?;

        let mut local = Self {
            notifier: None,
            sweeper,
            publisher: None,
            webhook,
            _gateway: gateway,
            webhook_url,
            _live: live,
            lookup,
            simulator,
            bus,
            bus_server,
            queue,
            undelivered,
            events,
            _queue_server: queue_server,
            secrets,
            _secrets_server: secrets_server,
            dynamodb,
            lost_replies,
            variables,
            tool_variables,
            catalogue_in_use,
            functions: options.functions,
            mapping: options.mapping,
            clock,
        };
        local.simulator.set_webhook_url(&local.webhook_url);
        local.start_publisher()?;
        local.start_notifier()?;
        Ok(local)
    }

    /// Starts order-notifier cold; a running one is aborted.
    pub fn start_notifier(&mut self) -> anyhow::Result<()> {
        let function = self.cold_notifier()?;
        self.notifier =
            Some(EventSourceMapping::start(self.queue.clone(), self.mapping, "order-notifier", function));
        Ok(())
    }

    /// Aborts delivery-sweeper; from now on it runs only if it is invoked.
    pub fn stop_sweeper(&mut self) {
        self.sweeper = None;
    }

    /// A second order-notifier, for direct invocations.
    pub fn cold_notifier(&self) -> anyhow::Result<Function> {
        self.functions.notifier(&self.variables, &self.clock, self.mapping.function_timeout)
    }

    /// Aborts order-notifier, and makes its messages in flight visible again.
    pub fn crash_notifier(&mut self) {
        self.notifier = None;
        self.queue.make_visible();
    }

    /// Starts status-publisher cold, from the stream's oldest record on, as a replay of the stream would.
    pub fn start_publisher(&mut self) -> anyhow::Result<()> {
        let (function, stream) =
            (self.functions.publisher(&self.variables, &self.clock)?, self.dynamodb.stream()?);
        self.publisher = Some(StreamMapping::start(stream, "status-publisher", PUBLISHER_TIMEOUT, function));
        Ok(())
    }

    /// Aborts status-publisher.
    pub fn crash_publisher(&mut self) {
        self.publisher = None;
    }

    /// Waits until all earlier writes are published.
    pub async fn published(&self) {
        if let Some(publisher) = &self.publisher {
            publisher.caught_up().await;
        }
    }

    /// The published status events, oldest first.
    pub fn status_events(&self) -> Vec<Event> {
        self.bus.status_events()
    }

    /// delivery-webhook's base URL, without `/webhooks/…`.
    pub fn webhook_url(&self) -> &str {
        &self.webhook_url
    }

    /// Invokes delivery-webhook with an event that need not be one of the gateway's, and returns its response.
    pub async fn invoke_webhook(&self, event: Value) -> anyhow::Result<Value> {
        let function = self.webhook.as_ref().context("delivery-webhook runs elsewhere")?;
        let context = gateway::context();
        let answer = function(LambdaEvent::new(event, context)).await;
        answer.map_err(|error| anyhow!(error).context("delivery-webhook failed"))
    }

    /// The base URL of the order look-up: `<url>/orders/<number>`.
    pub fn lookup_url(&self) -> String {
        self.lookup.url()
    }

    /// The endpoint of `PutEvents`.
    pub fn bus_url(&self) -> String {
        self.bus_server.url()
    }

    /// The endpoint of DynamoDB.
    pub fn dynamodb_url(&self) -> String {
        self.dynamodb.url()
    }

    /// A producer of events.
    pub fn publisher(&self) -> anyhow::Result<Publisher> {
        Publisher::new(self.bus_url())
    }

    /// The clock of the queue of order events, and of the functions in this process. Advancing it ends waits, but affects
    /// neither timeouts nor the providers' times.
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Reads the table.
    pub fn records(&self) -> Records {
        Records::new(self.dynamodb.client())
    }

    /// The functions' settings.
    pub const fn variables(&self) -> &Variables {
        &self.variables
    }

    /// The operator tool's settings.
    pub const fn tool_variables(&self) -> &BTreeMap<String, String> {
        &self.tool_variables
    }

    /// The catalogue that order-notifier was started with.
    pub const fn catalogue_in_use(&self) -> &CatalogueInUse {
        &self.catalogue_in_use
    }

    /// The simulated providers.
    pub const fn simulator(&self) -> &Simulator {
        &self.simulator
    }

    /// The event bus.
    pub const fn bus(&self) -> &EventBus {
        &self.bus
    }

    /// The queue of order events.
    pub const fn queue(&self) -> &Queue {
        &self.queue
    }

    /// The rule's dead-letter queue: order events that the bus could not put on the queue.
    pub const fn undelivered(&self) -> &Queue {
        &self.undelivered
    }

    /// The queue of AWS's delivery events, on which the rule of the account's default bus puts them.
    pub const fn delivery_events(&self) -> &Queue {
        &self.events.queue
    }

    /// The secrets store.
    pub const fn secrets(&self) -> &SecretsManager {
        &self.secrets
    }

    /// The proxy to the table that can lose replies, if there is one.
    pub const fn lost_replies(&self) -> Option<&LostReplies> {
        self.lost_replies.as_ref()
    }

    /// The table's engine.
    pub const fn dynamodb(&self) -> &DynamoDb {
        &self.dynamodb
    }
}

fn fill(secrets: &SecretsManager, simulator: &Simulator) {
    secrets.put(CREDENTIALS_SECRET, simulator.credentials_json());
    secrets.put(WEBHOOK_SECRET, simulator.webhook_secrets_json());
    // The same creation time in every run, including runs that share a table file.
    secrets.put_as_of(KEY_SECRET, environment::key_secret_json(), Timestamp::UNIX_EPOCH);
}
