//! What an invocation works with.

use anyhow::Context;
use shared::clock::Clock;
use shared::settings::{Environment, PublisherSettings};
use shared::telemetry::Metrics;
use shared::tls::Tls;

use crate::bus::Bus;

/// The function's client, built once per process.
#[derive(Debug)]
pub struct Publisher {
    pub(crate) bus: Bus,
    pub(crate) clock: Clock,
    pub(crate) metrics: Metrics,
}

impl Publisher {
    /// Reads the settings and builds the client. The error names everything that is missing or malformed.
    pub fn from_environment(environment: &Environment) -> anyhow::Result<Self> {
        let settings = PublisherSettings::read(environment).context("settings (environment variables)")?;
        let aws = settings.aws.over(&Tls::of_the_machine()?)?;
        Ok(Self {
            bus: Bus::new(aws.event_bridge(), settings.event_bus_name),
            clock: Clock::default(),
            metrics: Metrics::to_stdout(settings.metrics_namespace),
        })
    }

    /// With a clock that the caller can put forward.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// With its metrics elsewhere.
    #[must_use]
    pub fn with_metrics(self, metrics: Metrics) -> Self {
        Self { metrics, ..self }
    }
}
