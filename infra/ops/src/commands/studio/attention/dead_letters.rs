//! The dead-letter queues: how many events they have, which, and putting them back.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use clap::ValueEnum as _;
use futures_util::future::try_join_all;
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use shared::message::{OrderId, OrderNumber};

use super::Found;
use super::step::{self, Stage, Step};
use crate::commands::redrive::{self, DeadLetter, QueueContents, SourceQueue};
use crate::commands::studio::app::App;
use crate::commands::studio::guard::OwnForm;
use crate::commands::studio::{orders, page};
use crate::failure::Failure;
use crate::labels;
use crate::order_id::of_sender;
use crate::output::{Format, Output, Report as _};
use crate::queue::Depth;

const REDRIVE: &str = "/attention/dead-letters";
/// As the default of `ops redrive --look-at`.
const LOOK_AT: u16 = 100;
/// As the default of `ops redrive --rate`, in events per second.
const RATE: u16 = 20;
const PUT_BACK: &str = "Put the events back";

pub(super) fn router() -> Router<Arc<App>> {
    Router::new().route(REDRIVE, post(redrive).get(step::to_the_list))
}

/// Counts them. To read one, SQS has to hide it from other receivers, so they are read only on request.
pub(super) async fn find(app: &App) -> Result<Found, Failure> {
    let queues = SourceQueue::all(&app.deployment);
    let depths = queues.iter().map(async |queue| queue.open(&app.deployment)?.depth().await);
    let depths: Vec<Depth> = try_join_all(depths).await?;
    let shown = html! {
        div.scroll tabindex="0" { table {
            caption { "Dead-letter queues (SQS's counts are accurate within a minute)" }
            thead { tr { th scope="col" { "Queue" } th scope="col" { "What it has" } th scope="col" { "Events" } th scope="col" { "Action" } } }
            tbody { @for (queue, depth) in queues.iter().zip(&depths) { (line(app, *queue, *depth)) } }
        } }
        p.note { "In a terminal: " code { (app.tool.line(&["redrive"])) } }
    };
    Ok(Found { count: depths.iter().map(|depth| depth.total()).sum(), shown })
}

fn line(app: &App, queue: SourceQueue, depth: Depth) -> Markup {
    let id = format!("queue-{}", queue.name());
    html! {
        tr {
            th scope="row" id=(id) { (queue.name()) }
            td { (queue.meaning()) }
            @match depth.total() {
                0 => { td.good { "none" } },
                count => { td.bad { (labels::count(count, "event")) } },
            }
            td { (step::button(app, REDRIVE, "Look at the events", &vec![("queue", queue.name().to_owned())], &id)) }
        }
    }
}

/// The form of a redrive.
#[derive(Deserialize)]
struct Redrive {
    queue: String,
    #[serde(default)]
    apply: bool,
}

async fn redrive(State(app): State<Arc<App>>, OwnForm(form): OwnForm<Redrive>) -> Response {
    let applied = form.apply.then(|| format!("{REDRIVE} {}", form.queue));
    step::answer(Arc::clone(&app), applied, Box::pin(async move { redriven(&app, &form).await })).await
}

/// If the Studio ends during the move, no event is lost: SQS's own task continues, and an event that was not put on the queue
/// stays in its dead-letter queue.
async fn redriven(app: &App, form: &Redrive) -> Result<Step, Failure> {
    let queue = SourceQueue::from_str(&form.queue, false).map_err(Failure::usage)?;
    let (report, stage) = if form.apply {
        // Its remarks are for the terminal of the Studio.
        let output = Output::new(Format::Text);
        let moved = redrive::apply(&[queue], RATE, &app.deployment, output).await?;
        (step::report(&[moved.text()]), Stage::Done)
    } else {
        let looked = redrive::look(&[queue], LOOK_AT, &app.deployment).await?;
        let fields = looked.apply.is_some().then(|| vec![("queue", queue.name().to_owned())]);
        let now = looked.at;
        let report = html! { @for contents in &looked.queues { (letters(contents, now)) } };
        (report, Stage::DryRun { apply: fields, options: None, has_changed: false })
    };
    Ok(Step {
        action: PUT_BACK,
        path: REDRIVE,
        meaning: "Fix the cause first; otherwise the events end up here again. Putting an event back twice is harmless: a notification \
                  with an outcome is not sent again. At most 20 events per second are moved, so many events take a while.",
        report,
        next: None,
        command: app.tool.line(&["redrive", "--queue", queue.name(), "--apply"]),
        stage,
    })
}

/// The order, with a link to its page.
fn order(letter: &DeadLetter) -> Markup {
    let Some(number) = letter.order.as_deref() else { return html! { "unknown" } };
    let path = |parsed| orders::path(&OrderId { sender: letter.sender.clone(), number: parsed });
    html! {
        @match OrderNumber::parse(number) {
            Ok(parsed) => a href=(path(parsed)) { (number) },
            // The event may have anything in the number's place.
            Err(_) => (number),
        }
        (of_sender(letter.sender.as_ref()))
    }
}

/// A queue's dead letters, without personal data.
fn letters(contents: &QueueContents, now: Timestamp) -> Markup {
    let QueueContents { queue, letters, .. } = contents;
    html! {
        (step::report(&[format!("{}: {}", queue.name(), contents.state(now))]))
        @if !letters.is_empty() {
            div.scroll tabindex="0" { table {
                caption { "The events that were read; all events of the queue would be put back" }
                thead { tr { @for name in ["Order", "Event", "Since", "Receives", "Why"] { th scope="col" { (name) } } } }
                tbody { @for letter in letters {
                    tr {
                        th scope="row" { (order(letter)) }
                        td { (letter.kind()) }
                        td { @if let Some(at) = letter.sent_at { (page::time(at)) } }
                        td { @if let Some(receives) = letter.receives { (receives) } }
                        td { (letter.error.as_deref().unwrap_or_default()) }
                    }
                } }
            } }
        }
    }
}
