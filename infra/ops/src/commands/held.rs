//! `ops held`: lists the notifications that need an operator.

use clap::Args;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde::Serialize;
use shared::message::{OrderId, Reference, Sender};
use shared::protocol::{Reason, Record, State, is_released};
use shared::provider::Provider;
use shared::table::{NotificationRow, Open, ProviderAnswer, Table, TableError};

use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::followers::Followers;
use crate::next::{Next, Tool};
use crate::order_id;
use crate::outcome;
use crate::output::{Output, Progress, Report, style, time};

/// Concurrent reads.
const CONCURRENCY: usize = 16;

/// Lists the notifications that need an operator, the oldest first.
///
/// A notification is held as unclear if it is unknown whether it was sent, or as unsent if it was not sent and its event no
/// longer comes again, or a provider refused it for an unknown reason. Each is shown with the reason and the commands that settle it.
/// The list also has the notifications that an operator released (`ops resolve --as not-sent`) and whose event has not come
/// again since. Only reads the table. Exit code 1 if the list is not empty.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ops held --local\n  ops held --json --local")]
pub struct Arguments {
    /// Only this sender's notifications [default: those of all senders].
    #[arg(long, value_name = "NAME")]
    sender: Option<Sender>,
}

/// The maximum number of due notifications that are searched for released ones, the longest due first. A notification that the
/// functions process is due only for minutes.
const MAX_INSPECTED: usize = 1_000;

#[derive(Debug, Serialize)]
pub(in crate::commands) struct HeldReport {
    pub(in crate::commands) held: Vec<Held>,
    /// The held notifications that were not read.
    #[serde(skip)]
    pub(in crate::commands) not_read: usize,
    /// Released by an operator; the event has not come again since.
    #[serde(rename = "let_go")]
    pub(in crate::commands) released: Vec<Held>,
}

#[derive(Debug, Serialize)]
pub(in crate::commands) struct Held {
    #[serde(flatten)]
    pub(in crate::commands) order: OrderId,
    pub(in crate::commands) notification: String,
    key: String,
    pub(in crate::commands) reference: String,
    /// `unsent` or `unclear`; none after its release.
    pub(in crate::commands) certainty: Option<&'static str>,
    pub(in crate::commands) provider: Option<Provider>,
    since: Timestamp,
    pub(in crate::commands) event_time: Timestamp,
    /// The number of requests to providers; none if an earlier version didn't count them.
    requests: Option<u32>,
    /// The answers of the providers that did not accept it, the earliest first.
    pub(in crate::commands) answers: Vec<ProviderAnswer>,
    reason: Option<Reason>,
    pub(in crate::commands) summary: String,
    pub(in crate::commands) next: Option<Next>,
}

pub(crate) async fn run(
    arguments: &Arguments,
    deployment: &Deployment,
    output: Output,
) -> Result<Exit, Failure> {
    let table = deployment.table()?;
    let tool = Tool::for_deployment(deployment.named());
    let report = list(&table, &tool, arguments.sender.as_ref(), None).await?;
    output.show(&report);
    let is_empty = report.held.is_empty() && report.released.is_empty();
    Ok(if is_empty { Exit::Fine } else { Exit::Attention })
}

/// The notifications of this sender, or of all senders. At most the `limit` oldest held ones are read.
pub(in crate::commands) async fn list(
    table: &Table,
    tool: &Tool,
    sender: Option<&Sender>,
    limit: Option<usize>,
) -> Result<HeldReport, Failure> {
    let now = Timestamp::now();
    let is_wanted =
        |reference: &Reference| sender.is_none_or(|sender| reference.order.sender.as_ref() == Some(sender));
    let references = |open: Vec<Open<Reference>>| open.into_iter().map(|open| open.what).filter(is_wanted);
    let mut held: Vec<Reference> = references(table.held().await?).collect();
    let count = held.len();
    held.truncate(limit.unwrap_or(count));
    let not_read = count - held.len();
    let held = read(table, held, |record| record.state == State::Held).await?;
    let due = references(table.due_notifications(now).await?).take(MAX_INSPECTED).collect();
    let released = read(table, due, is_released).await?;
    let shown = |found: Vec<NotificationRow>| found.iter().map(|view| Held::new(view, tool, now)).collect();
    Ok(HeldReport { held: shown(held), not_read, released: shown(released) })
}

/// Reads the notifications and keeps those that still qualify, because the index lags behind the table.
async fn read(
    table: &Table,
    references: Vec<Reference>,
    qualifies: impl Fn(&Record) -> bool,
) -> Result<Vec<NotificationRow>, TableError> {
    let progress = Progress::bar("notifications", references.len() as u64);
    let views: Vec<Option<NotificationRow>> = stream::iter(references)
        .map(|reference| {
            let (progress, qualifies) = (&progress, &qualifies);
            async move {
                let view = table.notification_row(&reference).await?;
                progress.step();
                Ok::<_, TableError>(view.filter(|view| qualifies(&view.record)))
            }
        })
        .buffered(CONCURRENCY)
        .try_collect()
        .await?;
    Ok(views.into_iter().flatten().collect())
}

impl Held {
    fn new(view: &NotificationRow, tool: &Tool, now: Timestamp) -> Self {
        let reference = &view.reference;
        Self {
            order: reference.order.clone(),
            notification: view.notification.clone(),
            key: reference.key.to_string(),
            reference: reference.to_string(),
            certainty: view.record.held_as().map(shared::protocol::Held::name),
            provider: view.record.provider,
            since: outcome::since(view),
            event_time: view.event_time,
            requests: view.requests,
            answers: view.answers.clone(),
            reason: view.record.reason.clone(),
            summary: outcome::summary(view, now),
            next: outcome::next_step(view, &Followers::default(), tool, now),
        }
    }

    fn lines(&self) -> Vec<String> {
        let provider = self.provider.map(|provider| format!(" by {}", provider.title()));
        let mut lines = vec![
            String::new(),
            format!(
                "order {}  {}{}, event of {}",
                order_id::shown(&self.order),
                style::strong(&self.notification),
                provider.unwrap_or_default(),
                time(self.event_time)
            ),
            format!("  {}", style::bad(&self.summary)),
        ];
        let mut add =
            |name: &str, value: &str| lines.push(format!("  {}  {value}", style::weak(format!("{name:<6}"))));
        for answer in outcome::answers(&self.answers) {
            add("answer", &answer);
        }
        add("key", &self.key);
        lines.extend(self.next.iter().flat_map(Next::lines).map(|line| format!("  {line}")));
        lines
    }
}

impl Report for HeldReport {
    fn text(&self) -> String {
        let mut lines = vec![match self.held.len() {
            0 => style::good("Nothing is held."),
            1 => "1 notification is held:".to_owned(),
            held => format!("{held} notifications are held, the oldest first:"),
        }];
        lines.extend(self.held.iter().flat_map(Held::lines));
        if !self.released.is_empty() {
            let (count, wait) = match self.released.len() {
                1 => ("1 notification was".to_owned(), "waits for its event"),
                more => (format!("{more} notifications were"), "wait for their events"),
            };
            lines.push(String::new());
            lines.push(format!("{count} released, and {wait} to come again:"));
            lines.extend(self.released.iter().flat_map(Held::lines));
        }
        lines.join("\n")
    }
}
