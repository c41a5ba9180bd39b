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

pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(list))
        .route("/orders", get(search))
        .route("/orders/{number}", get(order).post(with_pasted))
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

#[derive(Deserialize)]
struct Owner {
    sender: Option<Sender>,
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
    Query(owner): Query<Owner>,
) -> Response {
    let found = match OrderNumber::parse(&number).map_err(Failure::usage) {
        Ok(number) => show(&app, &OrderId { sender: owner.sender, number }, None).await,
        Err(failure) => Err(failure),
    };
    found.unwrap_or_else(|failure| page::failed(&app, Section::Orders, &failure))
}

/// The same page with the values of an event that the operator has.
async fn with_pasted(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    Query(owner): Query<Owner>,
    OwnForm(Pasted { event }): OwnForm<Pasted>,
) -> Response {
    let shown = async {
        let number = OrderNumber::parse(&number).map_err(Failure::usage)?;
        let read = file::read(&file::object(&event, "the event")?, Timestamp::now());
        show(&app, &OrderId { sender: owner.sender, number }, Some(read.map_err(Failure::usage)?.event)).await
    };
    shown.await.unwrap_or_else(|failure| page::failed(&app, Section::Orders, &failure))
}

async fn show(app: &App, order: &OrderId, pasted: Option<Value>) -> Result<Response, Failure> {
    let rows = app.table.order(order).await?;
    let (catalogue, definitions) = (app.catalogue()?, app.definitions()?);
    let invalid = invalid_events::about(&app.table, &catalogue, order).await?;
    let events = source_events::find_all(app, &catalogue, order, &rows, pasted).await?;
    let is_complete = rows.iter().all(|row| events.find(&row.reference).is_some());
    let sources =
        card::Sources { catalogue: &catalogue, definitions: &definitions, events: &events, tool: &app.tool };
    let now = Timestamp::now();
    let (firsts, followers): (Vec<_>, Vec<_>) =
        rows.iter().partition(|row| row.reference == row.reference.first());
    let content = html! {
        h1 { "Order " (order_id::plain(order)) }
        (search_form(order.as_str(), order.sender.as_ref().map_or("", Sender::as_str)))
        div id="followed" data-follow[app.local_run.is_some()] {
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

fn faulty(events: &[InvalidEvent]) -> Markup {
    html! {
        section.card {
            h2.bad { "Events about this order that can't become a message" }
            ul {
                @for event in events {
                    li {
                        (page::time(event.received_at)) " " code { (event.event_id) }
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
    let (catalogue, key_secret, now) = (app.catalogue()?, app.key_secret().await?, Timestamp::now());
    let mut places = BTreeMap::new();
    for (place, event) in local_run.order_events().await?.into_iter().rev().enumerate() {
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
            div.scroll { table {
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

/// An order's page.
pub(super) fn path(order: &OrderId) -> String {
    path_of(order.as_str(), order.sender.as_ref().map(Sender::as_str))
}

fn path_of(number: &str, sender: Option<&str>) -> String {
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
