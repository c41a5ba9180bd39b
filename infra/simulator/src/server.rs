//! The HTTP server with all APIs.

mod aws;
mod kaleyra;
mod meta;
mod one_msg;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::any;

use super::connection::{Connection, WireListener};
use super::events::Endpoint;
use super::exchanges;
use super::provider::Provider;
use super::world::World;

/// Serves until the task ends.
pub(super) async fn serve(listener: WireListener, world: Arc<World>) {
    let router = Router::new()
        .nest("/onemsg", one_msg::routes())
        .nest("/kaleyra", kaleyra::routes())
        .nest("/meta", meta::routes())
        .nest("/aws", aws::routes())
        .route("/moved/{provider}", any(moved))
        .layer(from_fn_with_state(Arc::clone(&world), exchanges::record))
        .with_state(world);
    // `axum::serve` never returns an error: it continues after a failed accept.
    let _ = axum::serve(listener, router.into_make_service_with_connect_info::<Connection>()).await;
}

/// The target of redirects: no client should follow one with a request that carries credentials.
async fn moved(State(world): State<Arc<World>>, Path(provider): Path<String>) -> StatusCode {
    if let Some(provider) = Provider::ALL.into_iter().find(|known| known.name() == provider) {
        world.request_seen(provider, Endpoint::RedirectTarget);
    }
    StatusCode::NOT_FOUND
}
