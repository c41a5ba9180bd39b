//! The look-up API. `GET /orders/{number}` returns an order as a table, or as JSON for `Accept: application/json`.
//! `GET /orders/{number}/events` returns the status events of an order as JSON. Both take `?sender={name}` for an order of
//! a sender with a name. `GET /order-events` returns the order events that the bus has received, the earliest first: with
//! `?order={number}` and `?sender={name}` those that the catalogue takes for this order's, with `?last={number}` the latest ones.
//! `GET /catalogue` returns the text of the catalogue that order-notifier uses.
//! `GET /samples` returns the sample events with current times, `GET /magic-numbers` what the simulated providers do with which
//! phone number. `GET /settings` returns the operator tool's settings of the instance.
//!
//! What happens in the run is at `/live`: see [`crate::live`].

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::header::ACCEPT;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::catalogue::{Catalogue, OrderEvent};
use shared::message::{OrderId, OrderNumber, Sender};
use simulator::MAGIC_NUMBERS;

use crate::aws::event_bus::EventBus;
use crate::catalogue_in_use::CatalogueInUse;
use crate::records::Records;
use crate::{report, samples};

/// The routes of the look-up API.
pub fn router(
    records: Records,
    bus: EventBus,
    samples: Samples,
    settings: BTreeMap<String, String>,
) -> Router {
    let in_use = samples.in_use.clone();
    let samples = Arc::new(samples);
    let order_events = Router::new()
        .route("/order-events", get(order_events))
        .with_state((bus.clone(), Arc::clone(&samples)));
    let samples = Router::new().route("/samples", get(current_samples)).with_state(samples);
    let orders = Router::new().route("/orders/{number}", get(order)).with_state(records);
    let events = Router::new().route("/orders/{number}/events", get(events)).with_state(bus);
    orders
        .merge(events)
        .merge(order_events)
        .merge(samples)
        .route("/catalogue", get(async move || Json(in_use.get())))
        .route("/magic-numbers", get(async || Json(magic_numbers())))
        .route("/settings", get(async move || Json(settings)))
}

/// Where the sample events are, and the catalogue that says which order an event belongs to.
#[derive(Debug)]
pub struct Samples {
    /// Files, and folders of `.json` files.
    pub events: Vec<PathBuf>,
    /// The catalogue that order-notifier uses.
    pub in_use: CatalogueInUse,
}

impl Samples {
    /// The samples at these paths.
    pub fn new(events: Vec<PathBuf>, in_use: &CatalogueInUse) -> Self {
        Self { events, in_use: in_use.clone() }
    }
}

/// Which order events are wanted; all without a condition.
#[derive(Deserialize)]
struct Wanted {
    order: Option<OrderNumber>,
    sender: Option<Sender>,
    last: Option<usize>,
}

/// Read anew for each request: the files may have changed.
async fn current_samples(State(samples): State<Arc<Samples>>) -> Response {
    let read = || {
        let mut read = samples::read(&samples.events)?;
        let catalogue = Catalogue::parse("the catalogue in use", &samples.in_use.get())?;
        samples::refresh(&mut read, &catalogue, Timestamp::now())?;
        anyhow::Ok(read)
    };
    match read() {
        Ok(read) => {
            let listed = read.iter().map(|sample| json!({ "name": sample.name, "event": sample.event }));
            Json(listed.collect::<Vec<_>>()).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}\n")).into_response(),
    }
}

fn magic_numbers() -> Vec<Value> {
    let listed =
        MAGIC_NUMBERS.iter().map(|magic| json!({ "phone": magic.phone(), "summary": magic.summary }));
    listed.collect()
}

/// The query of a look-up.
#[derive(Deserialize)]
struct Of {
    /// The sender; none for the default one.
    sender: Option<Sender>,
}

async fn events(
    State(bus): State<EventBus>,
    Path(number): Path<String>,
    Query(of): Query<Of>,
) -> Json<Vec<Value>> {
    let text = |event: &Value, place: &str| event.pointer(place).and_then(Value::as_str).map(str::to_owned);
    let sender = of.sender.map(String::from);
    let is_about = |event: &Value| {
        text(event, "/detail/order/number").as_ref() == Some(&number)
            && text(event, "/detail/sender") == sender
    };
    Json(bus.status_events().into_iter().map(|event| event.envelope).filter(is_about).collect())
}

async fn order_events(
    State((bus, samples)): State<(EventBus, Arc<Samples>)>,
    Query(Wanted { order, sender, last }): Query<Wanted>,
) -> Json<Vec<Value>> {
    let mut events = bus.order_events();
    if let Some(last) = last {
        events.drain(..events.len().saturating_sub(last));
    }
    let mut events: Vec<Value> = events.into_iter().map(|event| event.envelope).collect();
    if let Some(number) = order {
        let order = OrderId { sender, number };
        let catalogue = Catalogue::parse("the catalogue in use", &samples.in_use.get()).ok();
        events.retain(|event| {
            let parsed = OrderEvent::parse(event.clone()).ok();
            let found = catalogue.as_ref().zip(parsed);
            found.and_then(|(catalogue, event)| catalogue.entry_for(&event)?.order_id(&event))
                == Some(order.clone())
        });
    }
    Json(events)
}

async fn order(
    State(records): State<Records>,
    Path(number): Path<String>,
    Query(of): Query<Of>,
    headers: HeaderMap,
) -> Response {
    let Ok(number) = OrderNumber::parse(&number) else {
        return (StatusCode::BAD_REQUEST, "This is not an order number.\n").into_response();
    };
    let order = OrderId { sender: of.sender, number };
    match records.order_by_id(&order).await {
        Ok(found) if found.is_empty() => {
            (StatusCode::NOT_FOUND, "This order has no notification.\n").into_response()
        }
        Ok(found) if wants_json(&headers) => Json(found).into_response(),
        Ok(found) => format!("{}\n", report::order(&order, &found)).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}\n")).into_response(),
    }
}

fn wants_json(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).is_some_and(|accept| accept.as_bytes() == b"application/json")
}
