//! `ops invalid show`: shows an invalid event's faults.

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use shared::catalogue::read_event;
use shared::table::InvalidEventRow;

use crate::catalogue;
use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::invalid_events::InvalidEvent;
use crate::next::{Next, Tool};
use crate::order_id;
use crate::output::{Output, Report, style, time};

/// Shows an invalid event's faults.
///
/// `--raw` prints only the event as it was received, without the envelopes of SNS or SQS, so that it can be corrected in a
/// file. Only reads the table.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    ops invalid show <EVENT_ID> --local\n  \
    ops invalid show <EVENT_ID> --raw --local")]
pub struct Arguments {
    /// The event's id, as `ops invalid list` shows it.
    #[arg(value_name = "EVENT_ID")]
    event_id: String,
    /// Prints the event as it was received, with personal data.
    #[arg(long)]
    raw: bool,
}

#[derive(Debug, Serialize)]
pub(in crate::commands) struct Shown {
    #[serde(flatten)]
    pub(in crate::commands) event: InvalidEvent,
    pub(in crate::commands) replayed_at: Option<Timestamp>,
    pub(in crate::commands) replayed_as: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<String>,
    next: Next,
}

pub(super) async fn run(
    arguments: &Arguments,
    deployment: &Deployment,
    output: Output,
) -> Result<Exit, Failure> {
    output.show(&show(&arguments.event_id, arguments.raw, deployment).await?);
    Ok(Exit::Fine)
}

/// One event. With `with_raw`, the report's text is the event as it was received, with personal data.
pub(in crate::commands) async fn show(
    id: &str,
    with_raw: bool,
    deployment: &Deployment,
) -> Result<Shown, Failure> {
    let tool = Tool::for_deployment(deployment.named());
    let table = deployment.table()?;
    let key = super::find(&table, id, &tool).await?;
    let Some(kept) = table.invalid_event(&key).await? else {
        return Err(super::unknown(id, &tool));
    };
    let event = InvalidEvent::new(id.to_owned(), &kept, &catalogue::for_deployment(deployment)?);
    Ok(Shown::new(event, kept, with_raw, &tool))
}

impl Shown {
    fn new(event: InvalidEvent, kept: InvalidEventRow, with_raw: bool, tool: &Tool) -> Self {
        let next = super::fix(&event.event_id, tool);
        let InvalidEventRow { raw, replayed_at, replayed_as, .. } = kept;
        Self { event, replayed_at, replayed_as, raw: with_raw.then_some(raw), next }
    }
}

impl Report for Shown {
    fn text(&self) -> String {
        if let Some(raw) = &self.raw {
            return pretty(raw);
        }
        let event = &self.event;
        let notification = event.notification.as_deref().unwrap_or("an unknown notification");
        let order = event.order.as_ref().map(|order| format!(" of order {}", order_id::shown(order)));
        let mut lines = vec![
            format!("Event {}, received {}", style::strong(&event.event_id), time(event.received_at)),
            format!("can't become {}{}:", style::strong(notification), order.unwrap_or_default()),
        ];
        lines.extend(event.faults.iter().map(|fault| format!("  {}", style::bad(fault))));
        if let Some((at, id)) = self.replayed_at.zip(self.replayed_as.as_ref()) {
            lines.push(style::good(format!("It was published again {}, as {id}.", time(at))));
        } else {
            lines.extend(self.next.lines());
        }
        lines.join("\n")
    }
}

/// An event as indented JSON for editing; any other text unchanged.
fn pretty(raw: &str) -> String {
    let event = read_event(raw.as_bytes()).ok();
    event.and_then(|event| serde_json::to_string_pretty(&event).ok()).unwrap_or_else(|| raw.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_indented_and_other_text_is_unchanged() {
        assert_eq!(pretty("{\"detail\":\"half \\ud83d\"}"), "{\n  \"detail\": \"half \u{fffd}\"\n}");
        assert_eq!(pretty("{\"id\": \"cut o"), "{\"id\": \"cut o");
    }
}
