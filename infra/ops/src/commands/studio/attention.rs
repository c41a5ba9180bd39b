//! What needs an operator: held notifications, invalid events and dead letters, each with its actions.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use maud::html;

use super::app::App;
use super::page::{self, Section};

pub(super) fn router() -> Router<Arc<App>> {
    Router::new().route("/attention", get(show))
}

async fn show(State(app): State<Arc<App>>) -> Response {
    page::page(&app, Section::Attention, "Attention", &html! { h1 { "Attention" } })
}
