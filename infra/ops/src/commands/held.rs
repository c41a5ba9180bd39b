//! `ops held`: every notification that needs an operator.

use clap::Args;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde::Serialize;
use shared::message::Reference;
use shared::protocol::{Reason, Record, State, is_released};
use shared::provider::Provider;
use shared::table::{NotificationRow, Open, ProviderAnswer, Table, TableError};

use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::next::{Next, Tool};
use crate::output::{Output, Progress, Report, style, time};
use crate::told;

/// Concurrent reads.
const CONCURRENCY: usize = 16;

/// Lists every notification that needs a person, the oldest first.
///
/// Reads the table's index of what is held and of what is due, then each of them, and writes nothing. A notification is held
/// unclear, because nobody can tell whether it was sent, or unsent, because it waited for longer than its event was there or
/// was refused for a reason that is not known; each is shown with why, and with the commands that settle it. So is what a person has let go (`ops resolve --as not-sent`) and whose event has not come
/// again since. Exit code 1 where there are any.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ops held --local\n  ops held --json --local")]
pub struct Arguments {}

/// Inspects at most this many due notifications for a release by an operator, those due longest first. A notification
/// that the functions process is due only for minutes.
const MOST_LOOKED_AT: usize = 1_000;

/// The notifications that need an operator.
#[derive(Debug, Serialize)]
struct ForAPerson {
    held: Vec<Held>,
    /// Released by an operator, and the event has not come again since.
    let_go: Vec<Held>,
}

/// A notification that is or was held.
#[derive(Debug, Serialize)]
struct Held {
    order: String,
    notification: String,
    key: String,
    reference: String,
    /// `unsent` or `unclear`; none once an operator has released it.
    certainty: Option<&'static str>,
    provider: Option<Provider>,
    since: Timestamp,
    event_time: Timestamp,
    /// How many requests for it were made to providers; none where an earlier version has not counted them.
    requests: Option<u32>,
    /// What each provider answered that did not take it, the earliest first.
    answers: Vec<ProviderAnswer>,
    reason: Option<Reason>,
    /// The reason in a sentence.
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
    let references = |open: Vec<Open<Reference>>| open.into_iter().map(|open| open.what);
    let held = references(table.held().await?).collect();
    let held = read(&table, held, |record| record.state == State::Held).await?;
    let due = references(table.due_notifications(now).await?).take(MOST_LOOKED_AT).collect();
    let let_go = read(&table, due, is_released).await?;
    let told = |found: Vec<NotificationRow>| found.iter().map(|view| Held::of(view, &tool, now)).collect();
    let report = ForAPerson { held: told(held), let_go: told(let_go) };
    output.show(&report);
    let is_nothing = report.held.is_empty() && report.let_go.is_empty();
    Ok(if is_nothing { Exit::Fine } else { Exit::Attention })
}

/// Reads the notifications and keeps those that still qualify: the index lags behind the table.
async fn read(
    table: &Table,
    references: Vec<Reference>,
    is_it: impl Fn(&Record) -> bool,
) -> Result<Vec<NotificationRow>, TableError> {
    let progress = Progress::bar("notifications", references.len() as u64);
    let views: Vec<Option<NotificationRow>> = stream::iter(references)
        .map(|reference| {
            let (progress, is_it) = (&progress, &is_it);
            async move {
                let view = table.notification_row(&reference).await?;
                progress.step();
                Ok::<_, TableError>(view.filter(|view| is_it(&view.record)))
            }
        })
        .buffered(CONCURRENCY)
        .try_collect()
        .await?;
    Ok(views.into_iter().flatten().collect())
}

impl Held {
    fn of(view: &NotificationRow, tool: &Tool, now: Timestamp) -> Self {
        let reference = &view.reference;
        Self {
            order: reference.order.to_string(),
            notification: view.notification.clone(),
            key: reference.key.to_string(),
            reference: reference.to_string(),
            certainty: view.record.held_as().map(shared::protocol::Held::name),
            provider: view.record.provider,
            since: told::since(view),
            event_time: view.event_time,
            requests: view.requests,
            answers: view.answers.clone(),
            reason: view.record.reason.clone(),
            told: told::sentence(view, now),
            next: told::next(view, tool, now),
        }
    }

    fn lines(&self) -> Vec<String> {
        let provider = self.provider.map(|provider| format!(" by {}", provider.title()));
        let mut lines = vec![
            String::new(),
            format!(
                "order {}  {}{}, event of {}",
                style::strong(&self.order),
                style::strong(&self.notification),
                provider.unwrap_or_default(),
                time(self.event_time)
            ),
            format!("  {}", style::bad(&self.told)),
        ];
        let mut add =
            |name: &str, value: &str| lines.push(format!("  {}  {value}", style::weak(format!("{name:<6}"))));
        for answer in told::answers(&self.answers) {
            add("answer", &answer);
        }
        add("key", &self.key);
        lines.extend(self.next.iter().flat_map(Next::lines).map(|line| format!("  {line}")));
        lines
    }
}

impl Report for ForAPerson {
    fn text(&self) -> String {
        let mut lines = vec![match self.held.len() {
            0 => style::good("Nothing is held."),
            1 => "1 notification is held:".to_owned(),
            held => format!("{held} notifications are held, the oldest first:"),
        }];
        lines.extend(self.held.iter().flat_map(Held::lines));
        if !self.let_go.is_empty() {
            let (count, wait) = match self.let_go.len() {
                1 => ("1 notification was".to_owned(), "waits for its event"),
                more => (format!("{more} notifications were"), "wait for their events"),
            };
            lines.push(String::new());
            lines.push(format!("{count} let go, and {wait} to come again:"));
            lines.extend(self.let_go.iter().flat_map(Held::lines));
        }
        lines.join("\n")
    }
}
