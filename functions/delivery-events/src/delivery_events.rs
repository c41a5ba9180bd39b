//! The clients that an invocation uses.

use anyhow::Context;
use shared::clock::Clock;
use shared::settings::{Environment, EventsSettings};
use shared::table::Table;
use shared::telemetry::Metrics;
use shared::tls::Tls;

/// The function's clients, built once per process.
#[derive(Debug)]
pub struct DeliveryEvents {
    pub(crate) table: Table,
    pub(crate) clock: Clock,
    pub(crate) metrics: Metrics,
}

impl DeliveryEvents {
    /// Reads the settings and builds the clients. The error lists every setting that is missing or malformed.
    pub fn from_environment(environment: &Environment) -> anyhow::Result<Self> {
        let settings = EventsSettings::read(environment).context("settings (environment variables)")?;
        let aws = settings.aws.with_tls(&Tls::with_system_roots()?)?;
        Ok(Self {
            table: Table::new(aws.dynamodb(), settings.table_name),
            clock: Clock::default(),
            metrics: Metrics::to_stdout(settings.metrics_namespace),
        })
    }

    /// Opens a connection to the table.
    pub async fn warm_up(&self) {
        self.table.warm_up().await;
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
