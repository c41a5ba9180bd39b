//! How many messages were accepted, sent, delivered and read, and why messages failed.

mod chart;
mod local;
mod model;
#[cfg(feature = "stack")]
mod stack;

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use axum::routing::get;
use jiff::Timestamp;
use maud::{Markup, PreEscaped, html};

use self::model::{Counts, Figures, Stage, Window};
use super::app::App;
use super::page::{self, Section};
use crate::failure::Failure;
use crate::output;

pub(super) fn router() -> Router<Arc<App>> {
    Router::new().route("/figures", get(show))
}

async fn show(State(app): State<Arc<App>>, RawQuery(query): RawQuery) -> Response {
    let figures = match wanted(&app, query.as_deref()) {
        Ok(window) => read(&app, window).await,
        Err(failure) => Err(failure),
    };
    match figures {
        Ok(figures) => page::page(&app, Section::Figures, "Figures", &content(&figures)),
        Err(failure) => page::failed(&app, Section::Figures, &failure),
    }
}

fn wanted(app: &App, query: Option<&str>) -> Result<Window, Failure> {
    let Some(name) = page::parameter(query, "window") else {
        return Ok(if app.local_run.is_some() { Window::Hour } else { Window::Day });
    };
    let window = Window::ALL.into_iter().find(|window| window.name() == name);
    window.ok_or_else(|| {
        let names = Window::ALL.map(Window::name).join(", ");
        Failure::usage(format!("there are no figures of the time {name:?}"))
            .with_remedy(format!("choose one of {names}"))
    })
}

async fn read(app: &App, window: Window) -> Result<Figures, Failure> {
    let now = Timestamp::now();
    if let Some(local_run) = &app.local_run {
        return local::figures(app, local_run, window, now).await;
    }
    #[cfg(feature = "stack")]
    return stack::figures(&app.deployment, window, now).await;
    #[cfg(not(feature = "stack"))]
    Err(Failure::usage("this program knows only its own local run"))
}

fn content(figures: &Figures) -> Markup {
    let total = figures.total();
    html! {
        h1 { "Figures" }
        nav aria-label="Time" { ul.windows {
            @for window in Window::ALL {
                li { a href={ "/figures?window=" (window.name()) } aria-current=[(window == figures.window).then_some("true")] { (window.title()) } }
            }
        } }
        @for note in &figures.notes { p.note { (note) } }
        @if total.is_empty() && figures.reasons.is_empty() {
            p { "Nothing was accepted or reported in this time." }
        } @else {
            section.card {
                h2 { "From accepted to read" }
                (drawn(chart::funnel(total)))
                details { summary { "The same numbers as a table" } (table("Messages by stage", "messages", [("all", total)])) }
                p.note { "Each report counts by itself: some messages are reported as read without having been reported as delivered." }
            }
            section.card {
                h2 { "Over time" }
                (drawn(chart::over_time(figures)))
                p.note { "Times are UTC." }
                ul.legend aria-label="Marks" { @for stage in Stage::ALL { li.(stage.class()) { span aria-hidden="true" { (stage.mark()) } " " (stage.name()) } } }
                details {
                    summary { "The same numbers as a table" }
                    div.scroll tabindex="0" { table {
                        caption { "Messages by time" }
                        thead { tr { th scope="col" { "From" } (stages()) } }
                        tbody { @for (from, counts) in figures.parts() { tr { th scope="row" { (output::time(from)) } (cells(counts)) } } }
                    } }
                }
            }
            @for group in &figures.groups {
                section.card {
                    h2 { "By " (group.by) }
                    @if group.rows.is_empty() && group.rest.is_none() { p { "None." } } @else {
                        @let named = group.rows.iter().map(|(name, counts)| (name.as_str(), *counts));
                        (table(&format!("Messages by {}", group.by), group.by, named.chain(group.rest)))
                    }
                    @if let Some(note) = group.note { p.note { (note) } }
                }
            }
            section.card {
                h2 { "Why messages failed or were not sent" }
                @if figures.reasons.is_empty() { p { "None failed." } } @else {
                    div.scroll tabindex="0" { table {
                        caption { "Reasons, the most frequent first" }
                        thead { tr { th scope="col" { "Reason" } th scope="col" { "Messages" } } }
                        tbody { @for (reason, count) in figures.sorted_reasons() { tr { th scope="row" { (reason) } td.number { (count) } } } }
                    } }
                }
            }
        }
    }
}

/// A chart; its numbers are in the table beside it, so that a chart that can't be drawn loses nothing.
fn drawn(chart: Option<String>) -> Markup {
    html! {
        @match chart {
            Some(svg) => div.chart tabindex="0" { (PreEscaped(svg)) },
            None => p.note { "The chart can't be drawn." },
        }
    }
}

fn table<'a>(caption: &str, by: &str, rows: impl IntoIterator<Item = (&'a str, Counts)>) -> Markup {
    html! {
        div.scroll tabindex="0" { table {
            caption { (caption) }
            thead { tr { th scope="col" { (by) } (stages()) } }
            tbody { @for (name, counts) in rows { tr { th scope="row" { (name) } (cells(counts)) } } }
        } }
    }
}

fn stages() -> Markup {
    html! { @for stage in Stage::ALL { th scope="col" { (stage.name()) } } }
}

fn cells(counts: Counts) -> Markup {
    html! { @for stage in Stage::ALL { td.number { (counts.get(stage)) } } }
}
