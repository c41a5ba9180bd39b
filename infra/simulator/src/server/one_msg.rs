//! The simulated endpoints of 1MSG.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Map, Value};

use crate::answer::Answer;
use crate::connection::Connection;
use crate::events::Endpoint;
use crate::http_reply::HttpReply;
use crate::intake;
use crate::one_msg::reply::{self, OneMsgError};
use crate::one_msg::{hook_info, validate};
use crate::provider::Provider;
use crate::request::{bearer, is_json};
use crate::world::World;

/// The parts of every request before its body.
type Call = (ConnectInfo<Connection>, Path<String>, Query<HashMap<String, String>>, HeaderMap);

/// The routes below `/onemsg`.
pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/{channel}/sendTemplate", post(send_template))
        .route("/{channel}/hookInfo", get(hook_info))
        .route("/{channel}/webhook", get(webhooks).post(replace_webhooks))
        .route("/{channel}/settings", get(settings).post(change_settings))
        // The vendor's table has only 404, also for a wrong method.
        .method_not_allowed_fallback(unknown)
        .fallback(unknown)
}

async fn send_template(
    State(world): State<Arc<World>>,
    (ConnectInfo(connection), Path(channel), Query(query), headers): Call,
    body: Bytes,
) -> Response {
    world.request_seen(Provider::OneMsg, Endpoint::Send);
    let admitted = admit(&world, &channel, &query, &headers);
    let message = admitted.and_then(|sender| {
        let account = world.account(sender).one_msg;
        Ok((sender, validate::read(&account, &object(&headers, &body)?)?))
    });
    let (sender, message) = match message {
        Ok(read) => read,
        Err(error) => return refuse(&world, &error, &connection).await,
    };
    let outcome = intake::take(&world, sender, message.clone(), None).await;
    if let Some(reason) = outcome.refusal() {
        world.refused(Provider::OneMsg, Some(message.recipient.tail()), reason);
    }
    let answer = Answer::to(
        &outcome,
        Provider::OneMsg,
        |said| reply::accepted(&message, &said),
        |refusal| match OneMsgError::from(refusal) {
            OneMsgError::WrongToken { .. } => {
                let token = bearer(&headers).unwrap_or_default().to_owned();
                OneMsgError::WrongToken { token, channel: channel.clone() }.reply()
            }
            error => error.reply(),
        },
    );
    let answer = world.strange_reply(&message, &outcome).unwrap_or(answer);
    answer.respond(&connection).await
}

async fn hook_info(
    State(world): State<Arc<World>>,
    (ConnectInfo(connection), Path(channel), Query(query), headers): Call,
) -> Response {
    world.request_seen(Provider::OneMsg, Endpoint::HookInfo);
    let sender = match admit(&world, &channel, &query, &headers) {
        Ok(sender) => sender,
        Err(error) => return refuse(&world, &error, &connection).await,
    };
    let Some(id) = query.get("messageId") else {
        let error = OneMsgError::BadRequest("messageId is not defined".to_owned());
        return refuse(&world, &error, &connection).await;
    };
    let send = world.ledger.find(sender, Provider::OneMsg, id);
    let reply = hook_info::reply(send.as_ref(), SystemTime::now());
    match (&world.strange, &send) {
        (Some(open_world), Some(send)) => {
            Answer::Whole(open_world.hook_info(&send.message, &reply)).respond(&connection).await
        }
        _ => ok(&reply, &connection).await,
    }
}

async fn webhooks(
    State(world): State<Arc<World>>,
    (ConnectInfo(connection), Path(channel), Query(query), headers): Call,
) -> Response {
    world.request_seen(Provider::OneMsg, Endpoint::Webhook);
    let known = admit(&world, &channel, &query, &headers).map(|sender| world.channel(sender).webhooks());
    respond(&world, known, &connection).await
}

async fn replace_webhooks(
    State(world): State<Arc<World>>,
    (ConnectInfo(connection), Path(channel), Query(query), headers): Call,
    body: Bytes,
) -> Response {
    world.request_seen(Provider::OneMsg, Endpoint::Webhook);
    let replaced = admit(&world, &channel, &query, &headers).and_then(|sender| {
        let replaced = world.channel(sender).replace_webhooks(&object(&headers, &body)?);
        replaced.map_err(|message| OneMsgError::BadRequest(message.to_owned()))
    });
    respond(&world, replaced, &connection).await
}

async fn settings(
    State(world): State<Arc<World>>,
    (ConnectInfo(connection), Path(channel), Query(query), headers): Call,
) -> Response {
    world.request_seen(Provider::OneMsg, Endpoint::Settings);
    let settings = admit(&world, &channel, &query, &headers).map(|sender| world.channel(sender).settings());
    respond(&world, settings, &connection).await
}

async fn change_settings(
    State(world): State<Arc<World>>,
    (ConnectInfo(connection), Path(channel), Query(query), headers): Call,
    body: Bytes,
) -> Response {
    world.request_seen(Provider::OneMsg, Endpoint::Settings);
    let changed = admit(&world, &channel, &query, &headers)
        .and_then(|sender| Ok(world.channel(sender).change(&object(&headers, &body)?)));
    respond(&world, changed, &connection).await
}

async fn unknown(
    State(world): State<Arc<World>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
) -> Response {
    world.request_seen(Provider::OneMsg, Endpoint::Unknown);
    refuse(&world, &OneMsgError::UnknownPath, &connection).await
}

/// Returns the sender that has the channel.
fn admit<'world>(
    world: &'world World,
    channel: &str,
    query: &HashMap<String, String>,
    headers: &HeaderMap,
) -> Result<Option<&'world str>, OneMsgError> {
    let sender = world.sender_with(|account| account.one_msg.channel == channel);
    let query_token = query.get("token").map(String::as_str);
    validate::authenticate(&world.account(sender).one_msg, channel, bearer(headers), query_token)?;
    Ok(sender)
}

/// 1MSG ignores a body of another content type, so all fields are missing.
fn object(headers: &HeaderMap, body: &[u8]) -> Result<Map<String, Value>, OneMsgError> {
    if !is_json(headers) {
        return Ok(Map::new());
    }
    serde_json::from_slice(body).map_err(|_| OneMsgError::BadRequest("Unexpected token in JSON".to_owned()))
}

async fn respond(world: &World, answered: Result<Value, OneMsgError>, connection: &Connection) -> Response {
    match answered {
        Ok(body) => ok(&body, connection).await,
        Err(error) => refuse(world, &error, connection).await,
    }
}

async fn ok(body: &Value, connection: &Connection) -> Response {
    Answer::Whole(HttpReply::json(200, body)).respond(connection).await
}

async fn refuse(world: &World, error: &OneMsgError, connection: &Connection) -> Response {
    world.refused(Provider::OneMsg, None, error.label());
    Answer::Whole(error.reply()).respond(connection).await
}
