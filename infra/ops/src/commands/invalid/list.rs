//! `ops invalid list`: lists the invalid events that were not replayed.

use clap::Args;
use serde::Serialize;
use shared::message::Sender;

use crate::catalogue;
use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::invalid_events::{self, InvalidEvent};
use crate::labels;
use crate::next::{Next, Tool};
use crate::order_id;
use crate::output::{Output, Report, style, time};

/// Lists the invalid events that were not replayed, the oldest first.
///
/// The events' contents are not shown. Only reads the table. Exit code 1 if the list is not empty.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ops invalid list --local\n  ops invalid list --json --local")]
pub struct Arguments {
    /// Only the events about this sender's orders.
    #[arg(long, value_name = "NAME")]
    sender: Option<Sender>,
}

#[derive(Debug, Serialize)]
pub(in crate::commands) struct Listing {
    pub(in crate::commands) invalid_events: Vec<InvalidEvent>,
    /// With those that were not read.
    #[serde(skip)]
    pub(in crate::commands) count: usize,
    next: Option<Next>,
}

pub(super) async fn run(
    arguments: &Arguments,
    deployment: &Deployment,
    output: Output,
) -> Result<Exit, Failure> {
    let report = list(arguments.sender.as_ref(), None, deployment).await?;
    output.show(&report);
    Ok(if report.invalid_events.is_empty() { Exit::Fine } else { Exit::Attention })
}

/// The events about this sender's orders, or all; at most the `limit` oldest are read.
pub(in crate::commands) async fn list(
    sender: Option<&Sender>,
    limit: Option<usize>,
    deployment: &Deployment,
) -> Result<Listing, Failure> {
    let catalogue = catalogue::for_deployment(deployment)?;
    let (mut invalid_events, not_read) =
        invalid_events::oldest(&deployment.table()?, &catalogue, limit).await?;
    if let Some(sender) = sender {
        let is_senders = |event: &InvalidEvent| {
            event.order.as_ref().is_some_and(|order| order.sender.as_ref() == Some(sender))
        };
        invalid_events.retain(is_senders);
    }
    let tool = Tool::for_deployment(deployment.named());
    let next = (!invalid_events.is_empty()).then(|| super::fix("EVENT_ID", &tool));
    Ok(Listing { count: invalid_events.len() + not_read, invalid_events, next })
}

impl Report for Listing {
    fn text(&self) -> String {
        if self.invalid_events.is_empty() {
            return style::good("There are no invalid events.");
        }
        let count = labels::count(self.invalid_events.len(), "event");
        let mut lines = vec![format!("{count} can't become a message, the oldest first:")];
        for event in &self.invalid_events {
            let order = event.order.as_ref().map(|order| format!("  order {}", order_id::shown(order)));
            lines.extend([
                String::new(),
                format!(
                    "{}  {}  {}{}",
                    time(event.received_at),
                    style::strong(&event.event_id),
                    event.notification.as_deref().unwrap_or("no notification"),
                    order.unwrap_or_default()
                ),
            ]);
            lines.extend(event.faults.iter().map(|fault| format!("  {}", style::bad(fault))));
        }
        lines.push(String::new());
        lines.extend(self.next.iter().flat_map(Next::lines));
        lines.join("\n")
    }
}
