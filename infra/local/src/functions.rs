//! The functions in the form that their triggers invoke.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use delivery_events::DeliveryEvents;
use delivery_sweeper::Sweeper;
use delivery_webhook::Webhook;
use order_notifier::Notifier;
use shared::clock::Clock;
use status_publisher::Publisher;

use crate::aws::event_source_mapping::Function;
use crate::environment::Variables;
use crate::lambda::Program;
use crate::process::Process;
use crate::{gateway, invoke, lambda};

/// Where the functions run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Functions {
    /// In this process.
    Here,
    /// As separate programs under Lambda's Runtime API: maps each function's name to its path. They use the machine's
    /// clock, which can't be advanced.
    Programs(BTreeMap<&'static str, PathBuf>),
    /// In another process, such as `cargo lambda watch`.
    Elsewhere {
        /// The base URL of delivery-webhook's `/webhooks/…`.
        webhook_url: String,
        /// The invocation URL of order-notifier.
        notifier_url: String,
        /// The invocation URL of delivery-events.
        events_url: String,
        /// The invocation URL of status-publisher.
        publisher_url: String,
    },
}

/// status-publisher's timeout in the template.
pub(crate) const PUBLISHER_TIMEOUT: Duration = Duration::from_secs(30);

impl Functions {
    /// A cold status-publisher.
    pub(crate) fn publisher(&self, variables: &Variables, clock: &Clock) -> anyhow::Result<Function> {
        match self {
            Self::Elsewhere { publisher_url, .. } => invoke::function(publisher_url, PUBLISHER_TIMEOUT),
            Self::Programs(paths) => program(paths, "status-publisher", variables),
            Self::Here => {
                let publisher = Publisher::from_environment(&variables.environment())
                    .context("status-publisher doesn't start")?;
                let publisher = Arc::new(publisher.with_clock(clock.clone()));
                let process = Arc::new(Process::start("status-publisher")?);
                Ok(Arc::new(move |event| {
                    let process = Arc::clone(&process);
                    let invocation =
                        Box::pin(status_publisher::handler::handle(Arc::clone(&publisher), event));
                    Box::pin(async move { process.invoke(invocation).await })
                }))
            }
        }
    }

    /// A cold order-notifier.
    pub(crate) fn notifier(
        &self,
        variables: &Variables,
        clock: &Clock,
        timeout: Duration,
    ) -> anyhow::Result<Function> {
        match self {
            Self::Elsewhere { notifier_url, .. } => invoke::function(notifier_url, timeout),
            Self::Programs(paths) => program(paths, "order-notifier", variables),
            Self::Here => {
                let notifier = Notifier::from_environment(&variables.environment())
                    .context("order-notifier doesn't start")?;
                let notifier = Arc::new(notifier.with_clock(clock.clone()));
                let process = Arc::new(Process::start("order-notifier")?);
                Ok(Arc::new(move |event| {
                    let process = Arc::clone(&process);
                    let invocation = Box::pin(order_notifier::handler::handle(Arc::clone(&notifier), event));
                    Box::pin(async move { process.invoke(invocation).await })
                }))
            }
        }
    }

    /// A cold delivery-events.
    pub(crate) fn delivery_events(
        &self,
        variables: &Variables,
        clock: &Clock,
        timeout: Duration,
    ) -> anyhow::Result<Function> {
        match self {
            Self::Elsewhere { events_url, .. } => invoke::function(events_url, timeout),
            Self::Programs(paths) => program(paths, "delivery-events", variables),
            Self::Here => {
                let events = DeliveryEvents::from_environment(&variables.environment())
                    .context("delivery-events doesn't start")?;
                let events = Arc::new(events.with_clock(clock.clone()));
                Ok(Arc::new(move |event| {
                    Box::pin(delivery_events::handler::handle(Arc::clone(&events), event))
                }))
            }
        }
    }

    /// A cold delivery-sweeper; none if the functions run elsewhere.
    pub(crate) fn sweeper(&self, variables: &Variables, clock: &Clock) -> anyhow::Result<Option<Function>> {
        Ok(Some(match self {
            Self::Elsewhere { .. } => return Ok(None),
            Self::Programs(paths) => program(paths, "delivery-sweeper", variables)?,
            Self::Here => {
                let sweeper = Sweeper::from_environment(&variables.environment())
                    .context("delivery-sweeper doesn't start")?;
                let sweeper = Arc::new(sweeper.with_clock(clock.clone()));
                Arc::new(move |event| {
                    Box::pin(delivery_sweeper::handler::handle(Arc::clone(&sweeper), event))
                })
            }
        }))
    }

    /// A cold delivery-webhook; none if the functions run elsewhere.
    pub(crate) fn webhook(&self, variables: &Variables, clock: &Clock) -> anyhow::Result<Option<Function>> {
        Ok(Some(match self {
            Self::Elsewhere { .. } => return Ok(None),
            Self::Programs(paths) => program(paths, "delivery-webhook", variables)?,
            Self::Here => {
                let webhook = Webhook::from_environment(&variables.environment())
                    .context("delivery-webhook doesn't start")?;
                let webhook = Arc::new(webhook.with_clock(clock.clone()));
                gateway::function(Arc::new(move |request| {
                    let webhook = Arc::clone(&webhook);
                    Box::pin(async move { delivery_webhook::handler::handle(&webhook, request).await })
                }))
            }
        }))
    }
}

fn program(
    paths: &BTreeMap<&'static str, PathBuf>,
    name: &str,
    variables: &Variables,
) -> anyhow::Result<Function> {
    let command = paths.get(name).with_context(|| format!("{name} has no program"))?.clone();
    anyhow::ensure!(command.exists(), "{} isn't built", command.display());
    Ok(lambda::function(Program { command, arguments: Vec::new(), variables: variables.for_program(name) }))
}
