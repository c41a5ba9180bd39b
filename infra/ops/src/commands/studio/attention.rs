//! What needs an operator: held notifications, invalid events and dead letters, each with its actions.

mod dead_letters;
mod invalid_events;
mod notifications;
mod step;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};

use super::app::App;
use super::page::{self, Section};
use crate::failure::Failure;
use crate::next::Next;

pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/attention", get(show))
        .route(step::ENDS, get(step::end))
        .merge(notifications::router())
        .merge(invalid_events::router())
        .merge(dead_letters::router())
}

/// One kind of what waits.
struct Part {
    id: &'static str,
    title: &'static str,
    /// What the title counts, and how it is shown.
    found: Result<Found, Failure>,
}

struct Found {
    count: u64,
    shown: Markup,
}

async fn show(State(app): State<Arc<App>>) -> Response {
    let (notifications, invalid_events, dead_letters) =
        tokio::join!(notifications::find(&app), invalid_events::find(&app), dead_letters::find(&app));
    let parts = [
        Part { id: "held", title: "Held notifications", found: notifications },
        Part { id: "invalid", title: "Invalid events", found: invalid_events },
        Part { id: "dead-letters", title: "Dead letters", found: dead_letters },
    ];
    let content = html! {
        h1 { "Attention" }
        p { "What waits for an operator. Each button first shows what it would do; nothing is written before you confirm." }
        nav aria-label="On this page" {
            ul.parts { @for Part { id, title, found } in &parts {
                li { a href={ "#" (id) } { (title) ": " (counted(found)) } }
            } }
        }
        @for Part { id, title, found } in &parts {
            section id=(id) aria-labelledby={ (id) "-title" } {
                h2 id={ (id) "-title" } { (title) }
                @match found {
                    Ok(found) => (found.shown),
                    // The other parts are shown all the same.
                    Err(failure) => {
                        p.bad { "These can't be listed: " (failure.problem()) }
                        @if let Some(remedy) = failure.remedy() { (page::next_step(&Next::words(remedy))) }
                    },
                }
            }
        }
        p.note { "Other faults of the deployment, in a terminal: " code { (app.tool.line(&["doctor"])) } }
    };
    page::page(&app, Section::Attention, "Attention", &content)
}

fn counted(found: &Result<Found, Failure>) -> Markup {
    html! {
        @match found {
            Ok(Found { count: 0, .. }) => span.good { "none" },
            Ok(Found { count, .. }) => strong.bad { (count) },
            Err(_) => span.bad { "unknown" },
        }
    }
}
