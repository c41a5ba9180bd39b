//! Invalid events: their faults, their contents on request, and their replay.

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};
use serde::Deserialize;
use shared::fault::Fault;
use shared::message::OrderId;
use url::form_urlencoded;

use super::Found;
use super::step::{self, Fields, Stage, Step};
use crate::commands::invalid::replay::{self, Mode, Source};
use crate::commands::invalid::{list, show};
use crate::commands::studio::app::App;
use crate::commands::studio::guard::OwnForm;
use crate::commands::studio::orders;
use crate::commands::studio::page::{self, Section};
use crate::failure::Failure;
use crate::invalid_events::InvalidEvent;
use crate::order_id;
use crate::output::Report as _;

const FAULTS: &str = "/attention/invalid";
const CONTENT: &str = "/attention/invalid/content";
const REPLAY: &str = "/attention/invalid/replay";
/// The page ends here; `ops invalid list` lists all.
const MAX_SHOWN: usize = 200;

const AS_RECEIVED: &str = "Replay as it was received";
const CORRECTED: &str = "Replay the corrected event";

pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route(FAULTS, get(faults))
        .route(CONTENT, get(content))
        .route(REPLAY, post(replay).get(step::to_the_list))
}

/// Lists them.
pub(super) async fn find(app: &App) -> Result<Found, Failure> {
    let report = list::list(None, Some(MAX_SHOWN), &app.deployment).await?;
    let (events, count) = (&report.invalid_events, report.count);
    let shown = html! {
        @if events.is_empty() { p.good { "There are no invalid events." } }
        @for (place, event) in events.iter().enumerate() { (card(app, event, &format!("invalid-{place}"))) }
        @if count > events.len() {
            p.note { "The oldest " (events.len()) " are shown. All of them, in a terminal: " code { (app.tool.line(&["invalid", "list"])) } }
        }
    };
    Ok(Found { count: count as u64, shown })
}

fn card(app: &App, event: &InvalidEvent, id: &str) -> Markup {
    let event_id = &event.event_id;
    html! {
        article.card aria-labelledby=(id) {
            h3 id=(id) { "Event " a href=(address(FAULTS, event_id)) { (event_id) } }
            (described(event))
            div.actions {
                (step::button(app, REPLAY, AS_RECEIVED, &vec![("event", event_id.clone())], id))
                a href=(address(CONTENT, event_id)) aria-describedby=(id) { "Show and correct the event (personal data)" }
            }
        }
    }
}

/// The event's faults, without its values.
fn described(event: &InvalidEvent) -> Markup {
    let order = |order: &OrderId| orders::path(order);
    html! {
        p.bad { "It can't become " (event.notification.as_deref().unwrap_or("an unknown notification")) ". Have its producer fixed." }
        dl.details {
            dt { "Received" } dd { (page::time(event.received_at)) }
            @if let Some(of) = &event.order { dt { "Order" } dd { a href=(order(of)) { (order_id::plain(of)) } } }
        }
        div.scroll tabindex="0" { table {
            caption { "Faults" }
            thead { tr { th scope="col" { "Place" } th scope="col" { "Problem" } } }
            tbody { @for Fault { place, problem } in &event.faults { tr { th scope="row" { (place) } td { (problem) } } } }
        } }
    }
}

/// The event that an address is about; without one, the command's code finds none.
fn wanted(query: Option<&str>) -> String {
    page::parameter(query, "event").unwrap_or_default()
}

async fn faults(State(app): State<Arc<App>>, RawQuery(query): RawQuery) -> Response {
    let id = &wanted(query.as_deref());
    let report = match show::show(id, false, &app.deployment).await {
        Ok(report) => report,
        Err(failure) => return page::failed(&app, Section::Attention, &failure),
    };
    let body = html! {
        h1 id="title" { "Invalid event " (id) }
        section.card {
            (described(&report.event))
            @if let Some(at) = report.replayed_at {
                p.good { "It was published again " (page::time(at))
                    @if let Some(new_id) = &report.replayed_as { ", as " code { (new_id) } } "." }
            }
            div.actions {
                (step::button(&app, REPLAY, AS_RECEIVED, &vec![("event", id.clone())], "title"))
                a href=(address(CONTENT, id)) { "Show and correct the event (personal data)" }
            }
            p.note { "In a terminal: " code { (app.tool.line(&["invalid", "show", id])) } }
        }
        p { a href="/attention" { "Back to what needs attention" } }
    };
    page::page(&app, Section::Attention, &format!("Invalid event {id}"), &body)
}

async fn content(State(app): State<Arc<App>>, RawQuery(query): RawQuery) -> Response {
    let id = &wanted(query.as_deref());
    let report = match show::show(id, true, &app.deployment).await {
        Ok(report) => report,
        Err(failure) => return page::failed(&app, Section::Attention, &failure),
    };
    let body = html! {
        h1 id="title" { "Invalid event " (id) ", as it was received" }
        section.card {
            (described(&report.event))
            p { strong { "The event has the customer's personal data." } " To send its message, correct the event and replay it." }
            (correction(&app, id, &report.text()))
            p.note { "In a terminal: " code { (app.tool.line(&["invalid", "show", id, "--raw"])) " > event.json" } }
        }
        p { a href="/attention" { "Back to what needs attention" } }
    };
    page::page(&app, Section::Attention, &format!("Invalid event {id}, as it was received"), &body)
}

fn correction(app: &App, id: &str, text: &str) -> Markup {
    html! {
        form.correction action=(REPLAY) method="post" {
            (step::hidden(app, &vec![("event", id.to_owned())]))
            label for="corrected" { "The event as JSON" }
            // A browser drops the first line break of a text area.
            textarea id="corrected" name="corrected" rows="24" spellcheck="false" autocomplete="off" { "\n" (text) }
            button { (CORRECTED) }
        }
    }
}

/// The form of a replay.
#[derive(Deserialize)]
struct Replay {
    event: String,
    /// The corrected event; empty for the one that was received.
    #[serde(default)]
    corrected: String,
    #[serde(default)]
    apply: bool,
}

async fn replay(State(app): State<Arc<App>>, OwnForm(form): OwnForm<Replay>) -> Response {
    let applied = form.apply.then(|| format!("{REPLAY} {}", form.event));
    step::answer(Arc::clone(&app), applied, Box::pin(async move { replayed(&app, form).await })).await
}

async fn replayed(app: &App, Replay { event, corrected, apply }: Replay) -> Result<Step, Failure> {
    let is_corrected = !corrected.trim().is_empty();
    let source = if is_corrected { Source::Text(&corrected) } else { Source::Stored };
    let mode = Mode { force: false, dry_run: !apply };
    let report = replay::replay(event.clone(), source, mode, &app.deployment).await?;
    let command = if is_corrected {
        app.tool.line(&["invalid", "replay", &event, "--file", "event.json"])
    } else {
        app.tool.line(&["invalid", "replay", &event])
    };
    let is_refused = report.refused.is_some();
    let mut fields: Fields = vec![("event", event)];
    if is_corrected {
        fields.push(("corrected", corrected));
    }
    Ok(Step {
        action: if is_corrected { CORRECTED } else { AS_RECEIVED },
        path: REPLAY,
        meaning: "The event is checked against the current catalogue, as order-notifier would do. Then it is published as a new event: \
                  every matching rule of the bus receives it. A notification that has an outcome is not sent again.",
        report: step::report(&report.lines()),
        next: report.next,
        command,
        stage: match (apply, is_refused) {
            (true, true) => Stage::Refused,
            (true, false) => Stage::Done,
            (false, _) => {
                Stage::DryRun { apply: (!is_refused).then_some(fields), options: None, has_changed: false }
            }
        },
    })
}

/// The address of a page about an event.
fn address(path: &str, event_id: &str) -> String {
    format!(
        "{path}?{}",
        form_urlencoded::Serializer::new(String::new()).append_pair("event", event_id).finish()
    )
}
