//! The orders: the search, and an order with its notifications.

mod card;
mod timeline;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;
use shared::message::{OrderId, OrderNumber, Sender};
use shared::table::NotificationRow;
use url::form_urlencoded;

use super::app::App;
use super::guard::{OwnForm, form_token};
use super::page::{self, Section};
use super::source_events;
use crate::events::{Judgement, file, judge};
use crate::failure::Failure;
use crate::invalid_events::{self, InvalidEvent};
use crate::order_id;
use crate::outcome;

/// A local run's list ends here; the search finds older orders.
const MAX_LISTED: usize = 50;
/// An order has a few events.
const MAX_READ: usize = 500;

pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(list))
        .route("/orders", get(search))
        .route("/orders/{number}", get(order).post(with_pasted))
        // For a number that is no part of a path: see `path`.
        .route("/order", get(order_of_query).post(with_pasted_of_query))
}

/// What the search form sends.
#[derive(Deserialize)]
struct Wanted {
    number: String,
    #[serde(default)]
    sender: String,
}

#[derive(Deserialize)]
struct Pasted {
    event: String,
}

/// The rest of an order's address.
#[derive(Deserialize)]
struct Rest {
    /// Only for a number that is no part of a path.
    #[serde(default)]
    number: String,
    #[serde(default)]
    sender: String,
}

async fn list(State(app): State<Arc<App>>) -> Response {
    match recent(&app).await {
        Ok(recent) => page::page(
            &app,
            Section::Orders,
            "Orders",
            &html! {
                h1 { "Orders" }
                (search_form("", ""))
                (recent)
            },
        ),
        Err(failure) => page::failed(&app, Section::Orders, &failure),
    }
}

/// Redirects to the order's own address, which can be kept.
async fn search(Query(wanted): Query<Wanted>) -> Redirect {
    let sender = Some(wanted.sender.trim()).filter(|sender| !sender.is_empty());
    Redirect::to(&path_of(wanted.number.trim(), sender))
}

async fn order(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    Query(rest): Query<Rest>,
) -> Response {
    respond(&app, &number, &rest.sender, None).await
}

async fn order_of_query(State(app): State<Arc<App>>, Query(rest): Query<Rest>) -> Response {
    respond(&app, &rest.number, &rest.sender, None).await
}

/// The same page with the values of an event that the operator has.
async fn with_pasted(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    Query(rest): Query<Rest>,
    OwnForm(pasted): OwnForm<Pasted>,
) -> Response {
    respond(&app, &number, &rest.sender, Some(&pasted.event)).await
}

async fn with_pasted_of_query(
    State(app): State<Arc<App>>,
    Query(rest): Query<Rest>,
    OwnForm(pasted): OwnForm<Pasted>,
) -> Response {
    respond(&app, &rest.number, &rest.sender, Some(&pasted.event)).await
}

async fn respond(app: &App, number: &str, sender: &str, pasted: Option<&str>) -> Response {
    let shown = async {
        let number = OrderNumber::parse(number).map_err(Failure::usage)?;
        let sender = Some(sender).filter(|sender| !sender.is_empty());
        let sender = sender.map(Sender::parse).transpose().map_err(Failure::usage)?;
        let pasted = pasted.map(|event| {
            let read = file::read(&file::object(event, "the event")?, Timestamp::now());
            read.map(|read| read.event).map_err(Failure::usage)
        });
        show(app, &OrderId { sender, number }, pasted.transpose()?).await
    };
    shown.await.unwrap_or_else(|failure| page::failed(app, Section::Orders, &failure))
}

async fn show(app: &App, order: &OrderId, pasted: Option<Value>) -> Result<Response, Failure> {
    let rows = app.table.order(order).await?;
    // A half-edited catalogue hides texts, and nothing else.
    let (catalogue, definitions) = (app.catalogue(), app.definitions()?);
    let known = catalogue.as_ref().ok();
    let invalid = match known {
        Some(catalogue) => invalid_events::about(&app.table, catalogue, order).await?,
        None => Vec::new(),
    };
    let is_renewed = app.local_run.is_some() && pasted.is_none();
    let events = source_events::find_all(app, known, order, &rows, pasted).await?;
    let is_complete = rows.iter().all(|row| events.find(&row.reference).is_some());
    let sources =
        card::Sources { catalogue: known, definitions: &definitions, events: &events, tool: &app.tool };
    let now = Timestamp::now();
    // The first of a follower may have expired before it.
    let is_first = |row: &NotificationRow| {
        let first = row.reference.first();
        row.reference == first || rows.iter().all(|other| other.reference != first)
    };
    let (firsts, followers): (Vec<_>, Vec<_>) = rows.iter().partition(|row| is_first(row));
    let content = html! {
        h1 { "Order " (order_id::plain(order)) }
        (search_form(order.as_str(), order.sender.as_ref().map_or("", Sender::as_str)))
        @if let Err(failure) = &catalogue {
            p.bad { "The texts can't be shown: " (failure.problem()) }
        }
        @if let Some(remark) = &events.remark { p.note { (remark) } }
        div id="followed" data-follow[is_renewed] {
            @if rows.is_empty() && invalid.is_empty() { (unknown()) }
            @for (place, first) in firsts.iter().enumerate() {
                @let own = followers.iter().copied().filter(|row| row.reference.first() == first.reference);
                (card::notification(&sources, first, &own.collect::<Vec<_>>(), place, now))
            }
            @if !invalid.is_empty() { (faulty(&invalid)) }
        }
        @if !is_complete { (paste_form(app, order)) }
    };
    let mut response =
        page::page(app, Section::Orders, &format!("Order {}", order_id::plain(order)), &content);
    if rows.is_empty() && invalid.is_empty() {
        *response.status_mut() = axum::http::StatusCode::NOT_FOUND;
    }
    Ok(response.into_response())
}

/// For a deployment that has the event no longer.
fn paste_form(app: &App, order: &OrderId) -> Markup {
    html! {
        details {
            summary { "See the texts with their values" }
            form method="post" action=(path(order)) {
                (form_token(app))
                p { label for="event" { "The event, as JSON. It is shown here and stored nowhere." } }
                textarea id="event" name="event" rows="10" spellcheck="false" required {}
                p { button { "Show the order with it" } }
            }
        }
    }
}

fn unknown() -> Markup {
    html! {
        p {
            "This order has no notification. Check the number. Or its event has not arrived yet, no catalogue entry matches it, or it \
             is older than 90 days."
        }
    }
}

fn invalid_events_page(event_id: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("event", event_id).finish();
    format!("/attention/invalid?{query}")
}

fn faulty(events: &[InvalidEvent]) -> Markup {
    html! {
        section.card {
            h2.bad { "Events about this order that can't become a message" }
            ul {
                @for event in events {
                    li {
                        (page::time(event.received_at)) " " a href=(invalid_events_page(&event.event_id)) { (event.event_id) }
                        ul { @for fault in &event.faults { li { (fault) } } }
                    }
                }
            }
        }
    }
}

fn search_form(number: &str, sender: &str) -> Markup {
    html! {
        form.search action="/orders" method="get" role="search" {
            label { "Order number " input name="number" value=(number) required autocomplete="off"; }
            label { "Sender " input name="sender" value=(sender) placeholder="the default one" autocomplete="off"; }
            button { "Show" }
        }
    }
}

/// The orders of the events that a local run has received, the latest first. A stack has no list of its orders.
async fn recent(app: &App) -> Result<Markup, Failure> {
    let Some(local_run) = &app.local_run else {
        return Ok(html! { p { "A stack keeps no list of its orders: enter a number." } });
    };
    let catalogue = match app.catalogue() {
        Ok(catalogue) => catalogue,
        Err(failure) => {
            return Ok(html! { p.bad { "The latest orders can't be shown: " (failure.problem()) } });
        }
    };
    let (key_secret, now) = (app.key_secret().await?, Timestamp::now());
    let mut places = BTreeMap::new();
    let latest = local_run.latest_order_events(MAX_READ).await?;
    for (place, event) in latest.into_iter().rev().enumerate() {
        if let Judgement::Notification(notification, _) = judge(&catalogue, event, Some(key_secret), now) {
            places.entry(notification.reference.order).or_insert(place);
        }
    }
    let mut orders: Vec<(OrderId, usize)> = places.into_iter().collect();
    orders.sort_by_key(|(_, place)| *place);
    let mut shown = Vec::new();
    for (order, _) in orders.into_iter().take(MAX_LISTED) {
        let rows = app.table.order(&order).await?;
        shown.push((order, rows));
    }
    Ok(html! {
        @if shown.is_empty() {
            p { "No order event has become a message yet." }
        } @else {
            div.scroll tabindex="0" { table {
                caption { "Orders of the latest events" }
                thead { tr { th scope="col" { "Order" } th scope="col" { "Notification" } th scope="col" { "Outcome" } } }
                tbody { @for (order, rows) in &shown { @for row in rows { (line(order, row, now)) } } }
            } }
        }
    })
}

fn line(order: &OrderId, row: &NotificationRow, now: Timestamp) -> Markup {
    html! {
        tr {
            th scope="row" { a href=(path(order)) { (order_id::plain(order)) } }
            td { (row.notification) }
            td.(page::class(outcome::rating(row))) { (outcome::summary(row, now)) }
        }
    }
}

/// An order's page. A number that browsers resolve as a part of a path stands in the query.
pub(super) fn path(order: &OrderId) -> String {
    path_of(order.as_str(), order.sender.as_ref().map(Sender::as_str))
}

fn path_of(number: &str, sender: Option<&str>) -> String {
    if matches!(number, "." | ".." | "") {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("number", number).extend_pairs(sender.map(|sender| ("sender", sender)));
        return format!("/order?{}", query.finish());
    }
    let mut url = String::from("/orders/");
    // A number may have any character, and the path's encoding is stricter than the form's: a space is never a plus.
    url.extend(
        form_urlencoded::byte_serialize(number.as_bytes()).map(|part| if part == "+" { "%20" } else { part }),
    );
    if let Some(sender) = sender {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("sender", sender).finish();
        url = format!("{url}?{query}");
    }
    url
}
