//! The clients that a request uses.

use anyhow::Context;
use shared::clock::Clock;
use shared::secrets::{Secret, Senders, Stages, WebhookSecrets};
use shared::settings::{Environment, WebhookSettings};
use shared::table::Table;
use shared::telemetry::Metrics;
use shared::tls::Tls;

/// The function's clients, built once per process.
#[derive(Debug)]
pub struct Webhook {
    pub(crate) table: Table,
    pub(crate) secrets: Secret<Senders<WebhookSecrets>>,
    pub(crate) clock: Clock,
    pub(crate) metrics: Metrics,
}

impl Webhook {
    /// Reads the settings and builds the clients. The error lists every setting that is missing or malformed.
    pub fn from_environment(environment: &Environment) -> anyhow::Result<Self> {
        let settings = WebhookSettings::read(environment).context("settings (environment variables)")?;
        let aws = settings.aws.with_tls(&Tls::with_system_roots()?)?;
        Ok(Self {
            table: Table::new(aws.dynamodb(), settings.table_name),
            secrets: Secret::new(
                aws.secrets_manager(),
                settings.webhook_secret_id,
                Stages::CurrentAndPrevious,
            ),
            clock: Clock::default(),
            metrics: Metrics::to_stdout(settings.metrics_namespace),
        })
    }

    /// Reads the secret and opens a connection to the table, concurrently.
    pub async fn warm_up(&self) {
        let (_secret, ()) = tokio::join!(self.secrets.get(), self.table.warm_up());
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
