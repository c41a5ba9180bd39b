//! `ops held`: every notification that needs a person.

use clap::Args;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde::Serialize;
use shared::message::Reference;
use shared::protocol::{Reason, State};
use shared::provider::Provider;
use shared::table::{NotificationView, Table, TableError};

use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::next::{Next, Tool};
use crate::output::{Output, Progress, Report, style, time};
use crate::{told, words};

/// Reads at the same time.
const CONCURRENCY: usize = 16;

/// Lists every notification that needs a person, the oldest first.
///
/// Reads the table's index of what is held, then each of them, and writes nothing. A notification is held because nobody
/// can tell whether it was sent, or because it waited for longer than it was worth; each is told with why, and with the
/// commands that settle it. Exit code 1 where there are any.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ops held --local\n  ops held --json --local")]
pub struct Arguments {}

/// What is held.
#[derive(Debug, Serialize)]
struct AllHeld {
    held: Vec<Held>,
}

/// A held notification.
#[derive(Debug, Serialize)]
struct Held {
    order: String,
    notification: String,
    key: String,
    reference: String,
    provider: Option<Provider>,
    since: Timestamp,
    event_time: Timestamp,
    attempts: u32,
    reason: Option<Reason>,
    /// Why, in a sentence.
    told: String,
    next: Option<Next>,
}

pub(crate) async fn run(
    _arguments: &Arguments,
    deployment: &Deployment,
    output: Output,
) -> Result<Exit, Failure> {
    let (table, tool) = (deployment.table()?, Tool::called_for(deployment.named()));
    let now = Timestamp::now();
    let references: Vec<Reference> = table.held().await?.into_iter().map(|open| open.what).collect();
    let held = read(&table, references).await?.into_iter();
    let report =
        AllHeld { held: held.map(|(reference, view)| Held::of(&reference, &view, &tool, now)).collect() };
    output.show(&report);
    Ok(if report.held.is_empty() { Exit::Fine } else { Exit::Attention })
}

/// Those that are still held: the index follows the table with a delay.
async fn read(
    table: &Table,
    references: Vec<Reference>,
) -> Result<Vec<(Reference, NotificationView)>, TableError> {
    let progress = Progress::bar("held notifications", references.len() as u64);
    let views: Vec<Option<(Reference, NotificationView)>> = stream::iter(references)
        .map(|reference| {
            let progress = &progress;
            async move {
                let view = table.notification_view(&reference).await?;
                progress.step();
                let held = view.filter(|view| view.record.state == State::Held);
                Ok::<_, TableError>(held.map(|view| (reference, view)))
            }
        })
        .buffered(CONCURRENCY)
        .try_collect()
        .await?;
    Ok(views.into_iter().flatten().collect())
}

impl Held {
    fn of(reference: &Reference, view: &NotificationView, tool: &Tool, now: Timestamp) -> Self {
        Self {
            order: reference.order.to_string(),
            notification: view.notification.clone(),
            key: view.key.clone(),
            reference: reference.to_string(),
            provider: view.record.provider,
            since: told::since(view),
            event_time: view.event_time,
            attempts: view.record.attempt,
            reason: view.record.reason.clone(),
            told: told::sentence(view, now),
            next: told::next(view, reference, tool, now),
        }
    }
}

impl Report for AllHeld {
    fn text(&self) -> String {
        if self.held.is_empty() {
            return style::good("Nothing is held.");
        }
        let is = if self.held.len() == 1 { "is" } else { "are" };
        let mut lines =
            vec![format!("{} {is} held, the oldest first:", words::count(self.held.len(), "notification"))];
        for held in &self.held {
            let provider = held.provider.map(|provider| format!(" by {}", words::provider(provider)));
            lines.extend([
                String::new(),
                format!(
                    "order {}  {}{}, event of {}",
                    style::strong(&held.order),
                    style::strong(&held.notification),
                    provider.unwrap_or_default(),
                    time(held.event_time)
                ),
                format!("  {}", style::bad(&held.told)),
                format!("  {}  {}", style::weak("key"), held.key),
            ]);
            lines.extend(held.next.iter().flat_map(Next::lines).map(|line| format!("  {line}")));
        }
        lines.join("\n")
    }
}
