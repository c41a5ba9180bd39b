//! The functions in the form that their triggers invoke.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use delivery_sweeper::Sweeper;
use delivery_webhook::Webhook;
use order_notifier::Notifier;
use shared::clock::Clock;
use status_publisher::Publisher;

use crate::aws::event_source_mapping;
use crate::aws::schedule::Schedule;
use crate::aws::stream_mapping::StreamMapping;
use crate::aws::table_stream::TableStream;
use crate::environment::Variables;
use crate::process::Process;
use crate::{gateway, invoke};

/// Where the functions run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Functions {
    /// In this process.
    Here,
    /// In another process, such as `cargo lambda watch`.
    Elsewhere {
        /// The base URL of delivery-webhook's `/webhooks/…`.
        webhook_url: String,
        /// The invocation URL of order-notifier.
        notifier_url: String,
        /// The invocation URL of status-publisher.
        publisher_url: String,
    },
}

impl Functions {
    /// A cold status-publisher on the table's stream.
    pub(crate) fn publisher(
        &self,
        variables: &Variables,
        clock: &Clock,
        stream: TableStream,
    ) -> anyhow::Result<StreamMapping> {
        let function: event_source_mapping::Function = match self {
            Self::Elsewhere { publisher_url, .. } => invoke::function(publisher_url, PUBLISHER_TIMEOUT)?,
            Self::Here => {
                let publisher = Publisher::from_environment(&variables.environment())
                    .context("status-publisher doesn't start")?;
                let publisher = Arc::new(publisher.with_clock(clock.clone()));
                let process = Arc::new(Process::start("status-publisher")?);
                Arc::new(move |event| {
                    let process = Arc::clone(&process);
                    let invocation =
                        Box::pin(status_publisher::handler::handle(Arc::clone(&publisher), event));
                    Box::pin(async move { process.invoke(invocation).await })
                })
            }
        };
        Ok(StreamMapping::start(stream, "status-publisher", PUBLISHER_TIMEOUT, function))
    }

    /// A cold order-notifier.
    pub(crate) fn notifier(
        &self,
        variables: &Variables,
        clock: &Clock,
        timeout: Duration,
    ) -> anyhow::Result<event_source_mapping::Function> {
        match self {
            Self::Elsewhere { notifier_url, .. } => invoke::function(notifier_url, timeout),
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
}

/// Its timeout in the template.
const SWEEPER_TIMEOUT: Duration = Duration::from_mins(4);

/// A cold delivery-sweeper, invoked at this interval.
pub(crate) fn sweeper(variables: &Variables, clock: &Clock, every: Duration) -> anyhow::Result<Schedule> {
    let sweeper =
        Sweeper::from_environment(&variables.environment()).context("delivery-sweeper doesn't start")?;
    let sweeper = Arc::new(sweeper.with_clock(clock.clone()));
    let function: event_source_mapping::Function =
        Arc::new(move |event| Box::pin(delivery_sweeper::handler::handle(Arc::clone(&sweeper), event)));
    Ok(Schedule::start(every, "delivery-sweeper", SWEEPER_TIMEOUT, function))
}

/// A cold delivery-webhook.
pub(crate) fn webhook(variables: &Variables, clock: &Clock) -> anyhow::Result<gateway::Function> {
    let webhook =
        Webhook::from_environment(&variables.environment()).context("delivery-webhook doesn't start")?;
    let webhook = Arc::new(webhook.with_clock(clock.clone()));
    Ok(Arc::new(move |request| {
        let webhook = Arc::clone(&webhook);
        Box::pin(async move { delivery_webhook::handler::handle(&webhook, request).await })
    }))
}

/// Its timeout in the template.
const PUBLISHER_TIMEOUT: Duration = Duration::from_secs(30);
