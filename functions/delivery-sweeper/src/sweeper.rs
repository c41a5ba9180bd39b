//! The clients and settings that a run uses.

use std::time::Duration;

use anyhow::Context;
use shared::clock::Clock;
use shared::delivery::Polling;
use shared::protocol::Policy;
use shared::providers::Providers;
use shared::returned_event::OrderEventsQueue;
use shared::secrets::{Credentials, Secret, Senders, Stages};
use shared::settings::{Environment, SweeperSettings};
use shared::table::Table;
use shared::telemetry::Metrics;
use shared::tls::Tls;

/// The function's clients and settings, built once per process.
#[derive(Debug)]
pub struct Sweeper {
    pub(crate) table: Table,
    pub(crate) providers: Providers,
    pub(crate) credentials: Secret<Senders<Credentials>>,
    pub(crate) policy: Policy,
    pub(crate) stuck_after: Duration,
    pub(crate) polling: Polling,
    pub(crate) queue: Option<OrderEventsQueue>,
    pub(crate) clock: Clock,
    pub(crate) metrics: Metrics,
}

impl Sweeper {
    /// Reads the settings and builds the clients. The error lists every setting that is missing or malformed.
    pub fn from_environment(environment: &Environment) -> anyhow::Result<Self> {
        let settings = SweeperSettings::read(environment).context("settings (environment variables)")?;
        let tls = Tls::with_system_roots()?;
        let aws = settings.aws.with_tls(&tls)?;
        Ok(Self {
            table: Table::new(aws.dynamodb(), settings.table_name),
            providers: Providers::new(settings.base_urls, &tls)?,
            credentials: Secret::new(aws.secrets_manager(), settings.credentials_secret_id, Stages::Current),
            policy: settings.policy,
            stuck_after: settings.stuck_after,
            polling: settings.polling,
            queue: settings.order_events_queue_url.map(|url| OrderEventsQueue::new(aws.sqs(), url)),
            clock: Clock::default(),
            metrics: Metrics::to_stdout(settings.metrics_namespace),
        })
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
