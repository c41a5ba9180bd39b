//! Records the requests to the server.

use std::sync::Arc;
use std::time::SystemTime;

use axum::body::{Body, Bytes, HttpBody as _, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::{Draft, Ending, ExchangeKind};
use crate::connection::Connection;
use crate::world::World;

/// More than any of the APIs takes.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// Records a request and its reply for the observers.
pub(in super::super) async fn record(
    State(world): State<Arc<World>>,
    request: Request,
    next: Next,
) -> Response {
    if !world.exchanges.has_observers() {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let connection = parts.extensions.get::<ConnectInfo<Connection>>().map(|info| info.0.clone());
    let path = parts.uri.path_and_query().map_or_else(String::new, ToString::to_string);
    let draft = Draft {
        at: SystemTime::now(),
        kind: ExchangeKind::Request,
        party: party(&path),
        method: parts.method.to_string(),
        path,
        headers: parts.headers.clone(),
        body: body.clone(),
    };
    let pending = Pending { world, draft: Some(draft) };
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    if connection.is_some_and(|connection| connection.is_reset()) {
        pending.end(Ending::None("no answer: the connection was reset"));
        return response;
    }
    // Only a reply that breaks off is a stream of unknown length.
    if response.body().size_hint().exact().is_none() {
        pending.end(Ending::BrokenOff(response.status()));
        return response;
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, MAX_BYTES).await.unwrap_or_else(|_| Bytes::new());
    pending.end(Ending::Answered(parts.status, parts.headers.clone(), body.clone()));
    Response::from_parts(parts, Body::from(body))
}

/// `/meta/…` is Meta's; `/aws/sms/…` is that service's.
fn party(path: &str) -> String {
    let mut parts = path.split(['/', '?']).filter(|part| !part.is_empty());
    match (parts.next(), parts.next()) {
        (Some("aws"), Some(service)) => format!("aws-{service}"),
        (Some(provider), _) => provider.to_owned(),
        (None, _) => String::new(),
    }
}

/// A request without an answer so far. If the client leaves, the handler is dropped and there is none.
struct Pending {
    world: Arc<World>,
    draft: Option<Draft>,
}

impl Pending {
    fn end(mut self, ending: Ending) {
        self.tell(ending);
    }

    fn tell(&mut self, ending: Ending) {
        if let Some(draft) = self.draft.take() {
            self.world.exchanges.tell(draft, ending, &self.world.mask());
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.tell(Ending::None("no answer: the caller stopped waiting"));
    }
}
