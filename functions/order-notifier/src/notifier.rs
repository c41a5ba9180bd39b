//! The catalogue, clients and settings that an invocation uses.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use shared::catalogue::{Catalogue, Notification};
use shared::clock::Clock;
use shared::message::Sender;
use shared::metric_names::{MetricNames, NameLimit};
use shared::protocol::{Policy, Recipients};
use shared::provider::Provider;
use shared::providers::{Providers, Signer};
use shared::secrets::{Credentials, KeySecret, Secret, Senders, Stages};
use shared::settings::{Environment, NotifierSettings};
use shared::table::Table;
use shared::telemetry::Metrics;
use shared::tls::Tls;

use crate::log;
use crate::probes::Probes;
use crate::visibility::Visibility;

/// The repository's catalogue: `docs/decisions/the-catalogue-is-built-in.md`.
const BUILT_IN: &str = include_str!("../../../notifications.toml");

/// The function's catalogue, clients and settings, built once per process.
#[derive(Debug)]
pub struct Notifier {
    pub(crate) catalogue: Catalogue,
    pub(crate) table: Table,
    pub(crate) providers: Providers,
    pub(crate) probes: Probes,
    pub(crate) credentials: Secret<Senders<Credentials>>,
    pub(crate) key_secret: Secret<KeySecret>,
    pub(crate) recipients: Recipients,
    pub(crate) policy: Policy,
    pub(crate) send_concurrency: usize,
    pub(crate) silent_after: Duration,
    pub(crate) event_retention: Duration,
    pub(crate) visibility: Option<Visibility>,
    pub(crate) clock: Clock,
    pub(crate) metrics: Metrics,
    metrics_names: NameLimit,
    /// The names of all templates in the catalogue.
    templates: BTreeSet<String>,
}

impl Notifier {
    /// Reads the settings and the catalogue and builds the clients, without any request. The error lists
    /// every setting and catalogue entry that is missing or malformed.
    pub fn from_environment(environment: &Environment) -> anyhow::Result<Self> {
        let settings = NotifierSettings::read(environment).context("settings (environment variables)");
        let catalogue = catalogue(NotifierSettings::catalogue_path(environment));
        let (settings, catalogue) = match (settings, catalogue) {
            (Ok(settings), Ok(catalogue)) => (settings, catalogue),
            (Err(settings), Err(catalogue)) => bail!("{settings:#}\n{catalogue:#}"),
            (Err(error), Ok(_)) | (Ok(_), Err(error)) => return Err(error),
        };
        if settings.event_retention < catalogue.longest_max_age() {
            bail!(
                "settings (environment variables): EVENT_RETENTION is shorter than the catalogue's longest max_age: an event \
                 would be gone before it is too old to be sent"
            );
        }
        log::recipients(&settings.recipients);
        let tls = Tls::with_system_roots()?;
        let signer = Signer::from_settings(&settings.aws);
        let aws = settings.aws.with_tls(&tls)?;
        let visibility = settings.order_events_queue_url.map(|url| Visibility::new(aws.sqs(), url));
        let templates = catalogue.template_names().into_iter().map(str::to_owned).collect();
        Ok(Self {
            catalogue,
            table: Table::new(aws.dynamodb(), settings.table_name),
            providers: Providers::new(settings.base_urls, &tls)?.with_signer(signer),
            probes: Probes::new(&settings.policy.retry_waits),
            credentials: Secret::new(aws.secrets_manager(), settings.credentials_secret_id, Stages::Current),
            key_secret: Secret::new(aws.secrets_manager(), settings.key_secret_id, Stages::Current),
            recipients: settings.recipients,
            policy: settings.policy,
            send_concurrency: settings.send_concurrency,
            silent_after: settings.silent_after,
            event_retention: settings.event_retention,
            visibility,
            clock: Clock::default(),
            metrics: Metrics::to_stdout(settings.metrics_namespace),
            metrics_names: settings.metrics_names,
            templates,
        })
    }

    /// Reads the secrets and opens a connection to the table, concurrently.
    pub async fn warm_up(&self) {
        let (_credentials, _key, ()) =
            tokio::join!(self.credentials.get(), self.key_secret.get(), self.table.warm_up());
    }

    /// The sender's name in the metrics; `None` if it has none, or if the credentials can't be read.
    pub(crate) async fn sender_in_metrics(&self, sender: &Sender) -> Option<String> {
        self.credentials.get().await.ok()?.current.metric_name(sender, self.metrics_names)
    }

    /// The names in the metrics of a message through this provider.
    pub(crate) fn metric_names(
        &self,
        notification: &Notification,
        provider: Option<Provider>,
        sender: Option<&String>,
    ) -> MetricNames {
        let route = provider.and_then(|provider| notification.route(provider));
        let known = || self.templates.iter().map(String::as_str);
        let template = route.and_then(|route| self.metrics_names.choose(&route.template.name, known()));
        MetricNames { template, sender: sender.cloned() }
    }

    /// Replaces the clock, so that a test can advance the time.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Replaces the destination of the metrics; the default is standard output.
    #[must_use]
    pub fn with_metrics(self, metrics: Metrics) -> Self {
        Self { metrics, ..self }
    }
}

fn catalogue(path: Option<&Path>) -> anyhow::Result<Catalogue> {
    let (name, text) = match path {
        None => ("notifications.toml (built in)".to_owned(), Cow::Borrowed(BUILT_IN)),
        Some(path) => {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("CATALOGUE_PATH: the catalogue {name} can't be read"))?;
            (name, Cow::Owned(text))
        }
    };
    Catalogue::parse(&name, &text).context("the catalogue has faults")
}
