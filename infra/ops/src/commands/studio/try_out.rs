//! A sample event or one's own under the catalogue: match, rendering and faults, and in a local run the send.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use maud::html;

use super::app::App;
use super::page::{self, Section};

pub(super) fn router() -> Router<Arc<App>> {
    Router::new().route("/try", get(show))
}

async fn show(State(app): State<Arc<App>>) -> Response {
    page::page(&app, Section::Try, "Try", &html! { h1 { "Try" } })
}
