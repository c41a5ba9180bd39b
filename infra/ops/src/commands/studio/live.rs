//! What happens now, as a stream: of a local run every event, request and callback, of a stack the lines of its functions' logs.

mod feed;
mod line;
mod local;
#[cfg(feature = "stack")]
mod stack;

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use maud::{Markup, html};

use self::feed::{Feed, Gone};
use self::line::Line;
use super::app::App;
use super::page::{self, Section};
use crate::failure::Failure;

/// What the page shows when it is loaded.
struct Recent {
    /// The earliest first.
    lines: Vec<Line>,
    /// Whether these are all lines of the time that the page names.
    is_complete: bool,
}

pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/live", get(show))
        .route("/live/stream", get(follow))
        .route("/live/lines/{id}", get(texts))
}

async fn show(State(app): State<Arc<App>>) -> Response {
    match recent(&app).await {
        Ok(recent) => page::page(&app, Section::Live, "Live", &content(&app, &recent)),
        Err(failure) => page::failed(&app, Section::Live, &failure),
    }
}

fn content(app: &App, Recent { lines, is_complete }: &Recent) -> Markup {
    let after = lines.last().map_or("0", |line| &line.id);
    html! {
        h1 { "Live" }
        p { (about(app)) " The latest line is the first. Secrets and phone numbers are masked." }
        div.live-bar {
            label { input type="checkbox" id="live-pause" autocomplete="off"; " Pause" }
            p.note role="status" id="live-status" { "This page shows new lines when it is loaded again." }
        }
        p.note.live-empty { "Nothing has happened yet." }
        ol.live reversed id="live" data-after=(after) {
            @for line in lines.iter().rev() { (line.markup()) }
        }
        @if !is_complete { p.note { "Not all lines of the last 15 minutes are shown." } }
    }
}

fn about(app: &App) -> &'static str {
    if app.local_run.is_some() {
        "Order events that arrive, requests to the providers with their answers, callbacks, and the status events that go out."
    } else {
        "The log lines of the stack's functions in the last minutes. They come some seconds late."
    }
}

async fn recent(app: &App) -> Result<Recent, Failure> {
    if let Some(local_run) = &app.local_run {
        return Ok(Recent { lines: local::recent(local_run).await?, is_complete: true });
    }
    #[cfg(feature = "stack")]
    return stack::recent(&app.deployment).await;
    #[cfg(not(feature = "stack"))]
    Err(Failure::usage("this program knows only its own local run"))
}

/// Server-sent events, see [`feed`].
async fn follow(State(app): State<Arc<App>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    let first = query.as_deref().and_then(|query| query.strip_prefix("after=")).map(str::to_owned);
    let (mut feed, events) = Feed::new(last.or(first).unwrap_or_default());
    tokio::spawn(async move {
        // Until the browser leaves.
        while let Ok(failure) = send_lines(&app, &mut feed).await {
            if feed.problem(&failure).await.is_err() {
                break;
            }
        }
    });
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

/// Until nothing can be read at all.
async fn send_lines(app: &App, feed: &mut Feed) -> Result<Failure, Gone> {
    if let Some(local_run) = &app.local_run {
        return local::follow(local_run, feed).await;
    }
    #[cfg(feature = "stack")]
    return stack::follow(&app.deployment, feed).await;
    #[cfg(not(feature = "stack"))]
    Ok(Failure::usage("this program knows only its own local run"))
}

/// The wire texts of one line of a local run.
async fn texts(State(app): State<Arc<App>>, id: Result<Path<u64>, PathRejection>) -> Response {
    let Ok(Path(id)) = id else {
        return page::not_found("There is no such line.");
    };
    let Some(local_run) = &app.local_run else {
        return page::not_found("The lines of a stack have no further text.");
    };
    let texts = match local_run.texts(&id.to_string()).await {
        Ok(texts) => texts,
        Err(failure) => return page::failed(&app, Section::Live, &failure),
    };
    let content = html! {
        h1 { "Line " (id) }
        h2 { "Sent" }
        pre.wire tabindex="0" { (texts.sent) }
        @if let Some(answer) = &texts.answer {
            h2 { "Answer" }
            pre.wire tabindex="0" { (answer) }
        }
        p { a href="/live" { "All lines" } }
    };
    page::page(&app, Section::Live, &format!("Line {id}"), &content)
}
