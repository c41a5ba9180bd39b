//! Puts one on the bus again.

mod check;

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use shared::fault::Fault;
use shared::message::OrderNumber;
use shared::table::{Table, TableError};

use crate::bus::{Bus, Envelope};
use crate::catalogue;
use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::next::{Next, Tool};
use crate::output::{Output, Report, style};
use crate::words;

use check::{Check, Prospect};

/// Puts an invalid event on the bus again, as it came or mended.
///
/// It is checked first as order-notifier would: against the catalogue (of this version, or `CATALOGUE_PATH`) and against what
/// the table knows of its notification. One that would be invalid again is refused with all its faults.
///
/// Writes to the bus, where every rule that matches sees it as a new event with an id of its own; and to the invalid event's
/// item that it is no longer waiting. What has its outcome already is not sent again.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    ops invalid replay <EVENT_ID> --file tests/events/order-cancelled.json --dry-run --local\n  \
    ops invalid replay <EVENT_ID> --force --dry-run --local")]
pub struct Arguments {
    /// The event's id, as `ops invalid list` shows it.
    #[arg(value_name = "EVENT_ID")]
    event_id: String,
    /// The mended event, as JSON in its envelope; else the event as it came.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Puts it on the bus though it would be invalid again.
    #[arg(long)]
    force: bool,
    /// Checks it, and does nothing. Exit code 1 where it would be refused.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Serialize)]
struct Put {
    event_id: String,
    /// The id that it has got on the bus; none after a dry run.
    replayed_as: Option<String>,
    bus: String,
    #[serde(flatten)]
    check: Check,
    dry_run: bool,
    /// Whether it was not put, or would not be, because it would be invalid again.
    refused: bool,
    next: Option<Next>,
}

pub(super) async fn run(
    arguments: Arguments,
    deployment: &Deployment,
    output: Output,
) -> Result<Exit, Failure> {
    let (table, tool) = (deployment.table()?, Tool::called_for(deployment.named()));
    let Arguments { event_id, file, force, dry_run } = arguments;
    let Some(kept) = table.invalid_event(&event_id).await? else {
        return Err(super::unknown(&event_id, &tool));
    };
    let text = match &file {
        None => kept.raw,
        Some(file) => std::fs::read_to_string(file)
            .map_err(|error| Failure::usage(format!("{} can't be read: {error}", file.display())))?,
    };
    let event: Value = serde_json::from_str(&text).map_err(|error| {
        // serde_json tells the line and the column, and nothing of the text.
        Failure::usage(format!("the event is no JSON: line {}, column {}", error.line(), error.column()))
            .with_remedy(mended(&event_id, &tool))
    })?;
    let envelope = Envelope::of(&event).map_err(|faults| invalid_again(&faults, &event_id, &tool))?;
    let check = check::of(&table, &catalogue::of(deployment)?, event, Timestamp::now()).await?;
    let refused = matches!(check.prospect, Prospect::Invalid { .. }) && !force;
    if let Prospect::Invalid { faults } = &check.prospect
        && refused
        && !dry_run
    {
        return Err(invalid_again(faults, &event_id, &tool));
    }
    let bus = Bus::of(deployment)?;
    let replayed_as = if dry_run { None } else { Some(put(&table, &bus, &envelope, &event_id).await?) };
    let status =
        |order: &OrderNumber| Next::with("see what becomes of it", [tool.line(&["status", order.as_str()])]);
    let next = check.order.as_ref().filter(|_| !dry_run).map(status);
    output.show(&Put { event_id, replayed_as, bus: bus.name().to_owned(), check, dry_run, refused, next });
    Ok(if refused { Exit::Attention } else { Exit::Fine })
}

async fn put(table: &Table, bus: &Bus, envelope: &Envelope, event_id: &str) -> Result<String, Failure> {
    let id = bus.put(envelope).await?;
    match table.mark_replayed(event_id, &id, Timestamp::now()).await {
        Ok(_) => Ok(id),
        Err(error) => Err(marked_in_vain(&error, &id)),
    }
}

fn marked_in_vain(error: &TableError, id: &str) -> Failure {
    Failure::unavailable(format!(
        "the event is on the bus as {id}, but stays on the list of invalid events: {error}"
    ))
}

fn invalid_again(faults: &[Fault], event_id: &str, tool: &Tool) -> Failure {
    let faults: Vec<String> = faults.iter().map(|fault| format!("  {fault}")).collect();
    Failure::usage(format!(
        "the event would be invalid again; nothing was put on the bus\n{}",
        faults.join("\n")
    ))
    .with_remedy(mended(event_id, tool))
}

fn mended(event_id: &str, tool: &Tool) -> String {
    let mend = super::mend(event_id, tool);
    std::iter::once(mend.what).chain(mend.commands).collect::<Vec<_>>().join("\n  ")
}

impl Report for Put {
    fn text(&self) -> String {
        let mut lines = vec![match &self.replayed_as {
            Some(id) => {
                format!("{} on the bus {} as {}", style::good("The event is"), self.bus, style::strong(id))
            }
            None if self.refused => style::bad("The event would not be put on the bus."),
            None => format!("The event would be put on the bus {}.", self.bus),
        }];
        let Check { order, notification, prospect } = &self.check;
        if let Some((notification, order)) = notification.as_ref().zip(order.as_ref()) {
            lines.push(format!("  {} of order {}", style::strong(notification), style::strong(order)));
        }
        lines.push(format!("  {}", prospect.told()));
        if let Prospect::Invalid { faults } = prospect {
            lines.extend(faults.iter().map(|fault| format!("    {}", style::bad(fault))));
        }
        if self.dry_run {
            lines.push(style::pending("Nothing was put: --dry-run."));
        }
        lines.extend(self.next.iter().flat_map(Next::lines));
        lines.join("\n")
    }
}

impl Prospect {
    /// What will become of it.
    fn told(&self) -> String {
        match self {
            Self::Sent { provider } => {
                style::good(format!("{} is asked first to send it", words::provider(*provider)))
            }
            Self::Suppressed { why } => style::pending(format!("it won't be sent: {why}")),
            Self::Known { state } => style::pending(format!(
                "its notification is known already, and is {state}: it goes on from there"
            )),
            Self::Ignored => style::bad("nothing in the catalogue listens to it: it will be ignored"),
            Self::Invalid { .. } => style::bad("it will be invalid again:"),
        }
    }
}
