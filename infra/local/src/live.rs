//! What happens in this run, for the Studio: order events and status events on the bus, requests to the providers with their
//! replies, callbacks with the webhook's answers, and the events of AWS's services about messages.
//!
//! The last lines are kept. Their texts are masked: [`simulator::masked`].

mod current_catalogue;
mod line;
mod memory;

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures_util::stream;
use jiff::Timestamp;
use serde::Deserialize;
use shared::secrets::KeySecret;
use simulator::Simulator;
use tokio::task::JoinHandle;

use crate::aws::event_bus::EventBus;
use crate::backlog::next;
use crate::records::Records;

pub use self::current_catalogue::CurrentCatalogue;
use self::line::{Happened, Line, Sources};
use self::memory::Memory;

/// Remembers what happens, until it is dropped.
#[derive(Debug)]
pub struct Live {
    memory: Arc<Memory>,
    task: JoinHandle<()>,
}

impl Live {
    /// Remembers what happens from now on.
    pub fn start(bus: &EventBus, simulator: &Simulator) -> Self {
        let memory = Arc::new(Memory::default());
        let (mut events, mut exchanges) = (bus.subscribe(), simulator.exchanges());
        let mut deliveries = simulator.aws_events();
        let kept = Arc::clone(&memory);
        let task = tokio::spawn(async move {
            loop {
                tokio::select! {
                    Some(event) = next(&mut events) => kept.add(Happened::Event(event, Timestamp::now())),
                    Some(exchange) = next(&mut exchanges) => kept.add(Happened::Exchange(exchange, Arc::default())),
                    Some(delivery) = next(&mut deliveries) => kept.add(Happened::Delivery(delivery, Timestamp::now())),
                    else => return,
                }
            }
        });
        Self { memory, task }
    }

    /// `GET /live` returns the kept lines as JSON, the earliest first. `GET /live/stream` returns those after `?after={id}` as JSON
    /// lines, and further ones as they happen. `GET /live/{id}` returns the texts of one.
    pub fn router(&self, records: Records, catalogue: CurrentCatalogue, key_secret: KeySecret) -> Router {
        let sources = Sources { records, catalogue, key_secret };
        let state = Shared { memory: Arc::clone(&self.memory), sources: Arc::new(sources) };
        Router::new()
            .route("/live", get(all))
            .route("/live/stream", get(stream_after))
            .route("/live/{id}", get(texts))
            .with_state(state)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Clone)]
struct Shared {
    memory: Arc<Memory>,
    sources: Arc<Sources>,
}

impl Shared {
    async fn lines(&self, after: u64) -> Vec<Line> {
        let mut lines = Vec::new();
        for (id, happened) in self.memory.after(after) {
            lines.push(self.sources.line(id, &happened).await);
        }
        lines
    }
}

#[derive(Deserialize)]
struct After {
    #[serde(default)]
    after: u64,
}

async fn all(State(shared): State<Shared>) -> Json<Vec<Line>> {
    Json(shared.lines(0).await)
}

async fn stream_after(State(shared): State<Shared>, Query(After { after }): Query<After>) -> Response {
    let lines = stream::unfold((shared, after), async |(shared, mut after): (Shared, u64)| {
        loop {
            let lines = shared.lines(after).await;
            if let Some(last) = lines.last() {
                after = last.id;
                let text: String = lines.iter().filter_map(Line::as_text).collect();
                return Some((Ok::<_, Infallible>(Bytes::from(text)), (shared, after)));
            }
            shared.memory.added_after(after).await;
        }
    });
    ([(CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response()
}

async fn texts(State(shared): State<Shared>, Path(id): Path<u64>) -> Response {
    match shared.memory.get(id) {
        Some(happened) => Json(happened.texts()).into_response(),
        None => (StatusCode::NOT_FOUND, "This line is not kept any more.\n").into_response(),
    }
}
