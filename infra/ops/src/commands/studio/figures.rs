//! How many messages were accepted, sent, delivered and read, and why messages failed.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use maud::html;

use super::app::App;
use super::page::{self, Section};

pub(super) fn router() -> Router<Arc<App>> {
    Router::new().route("/figures", get(show))
}

async fn show(State(app): State<Arc<App>>) -> Response {
    page::page(&app, Section::Figures, "Figures", &html! { h1 { "Figures" } })
}
