//! The simulated endpoints of Meta.

mod administration;
mod uploads;

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use axum::routing::any;
use serde_json::{Map, Value};

use crate::account::Account;
use crate::answer::Answer;
use crate::connection::Connection;
use crate::events::Endpoint;
use crate::intake;
use crate::meta;
use crate::meta::reply::{self, MetaError};
use crate::meta::validate;
use crate::provider::Provider;
use crate::request::{bearer, is_json};
use crate::world::World;

/// The largest sample file that is taken: the limit of a video
/// (<https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media>).
const UPLOAD_MAX_BYTES: usize = 16 * 1024 * 1024;

/// The routes below `/meta`.
pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/{version}/{id}", any(object))
        .route("/{version}/{id}/uploads", any(uploads::open))
        .route("/{version}/{id}/messages", any(send))
        .route("/{version}/{id}/subscribed_apps", any(administration::subscribed_apps))
        .route("/{version}/{id}/message_templates", any(administration::templates))
        .fallback(unknown)
        .layer(DefaultBodyLimit::max(UPLOAD_MAX_BYTES))
}

/// An object that is addressed by its id alone: an upload's session or the business number.
async fn object(
    State(world): State<Arc<World>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    Path((version, id)): Path<(String, String)>,
    Query(query): Query<HashMap<String, String>>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if id.starts_with(meta::UPLOAD_PREFIX) {
        uploads::receive(world, connection, (version, id), query, (method, headers, body)).await
    } else {
        administration::number(world, connection, (version, id), query, (method, headers)).await
    }
}

async fn send(
    State(world): State<Arc<World>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    Path((version, phone_number_id)): Path<(String, String)>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    world.request_seen(Provider::Meta, Endpoint::Send);
    let sender = caller(&world, &phone_number_id, bearer(&headers));
    let account = world.account(sender).meta;
    let read = validate::authenticate_number(&account, &version, &phone_number_id, bearer(&headers))
        .and_then(|()| match method {
            Method::POST => Ok(()),
            _ => Err(MetaError::NoSuchObject(phone_number_id.clone())),
        })
        .and_then(|()| validate::read(&account, &parameters(&headers, &body)));
    let (message, input) = match read {
        Ok(read) => read,
        Err(error) => return refuse(&world, &error, &connection).await,
    };
    let outcome = intake::take(&world, sender, message.clone(), None).await;
    if let Some(reason) = outcome.refusal() {
        world.refused(Provider::Meta, Some(message.recipient.tail()), reason);
    }
    let answer = Answer::to(
        &outcome,
        Provider::Meta,
        |said| reply::accepted(&message, &input, &said),
        |refusal| MetaError::from(refusal).reply(),
    );
    let answer = world.strange_reply(&message, &outcome).unwrap_or(answer);
    answer.respond(&connection).await
}

async fn unknown(
    State(world): State<Arc<World>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
) -> Response {
    world.request_seen(Provider::Meta, Endpoint::Unknown);
    refuse(&world, &MetaError::UnknownPath, &connection).await
}

/// The sender whose token this is. Senders may share a token, so the addressed object decides between them.
fn caller<'world>(world: &'world World, id: &str, token: Option<&str>) -> Option<&'world str> {
    let knows = |account: &Account| Some(account.meta.token.as_str()) == token;
    let owns =
        |account: &Account| [&account.meta.phone_number_id, &account.meta.waba_id].contains(&&id.to_owned());
    let owner = world.sender_with(|account| knows(account) && owns(account));
    owner.or_else(|| world.sender_with(knows))
}

/// The Graph API treats a body that is invalid or not declared as JSON as one without parameters; its error is then
/// about the first missing parameter.
fn parameters(headers: &HeaderMap, body: &[u8]) -> Map<String, Value> {
    if !is_json(headers) {
        return Map::new();
    }
    serde_json::from_slice(body).unwrap_or_default()
}

async fn refuse(world: &World, error: &MetaError, connection: &Connection) -> Response {
    world.refused(Provider::Meta, None, error.code().to_string());
    Answer::Whole(error.reply()).respond(connection).await
}
