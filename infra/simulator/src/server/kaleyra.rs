//! The simulated endpoints of Kaleyra.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Map, Value};

use crate::answer::Answer;
use crate::connection::Connection;
use crate::events::Endpoint;
use crate::intake;
use crate::kaleyra::reply::{self, KaleyraError};
use crate::kaleyra::validate::{self, Caller};
use crate::provider::Provider;
use crate::request::is_json;
use crate::world::World;

/// The routes below `/kaleyra`.
pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/{version}/{sid}/whatsapp/{account}/messages", post(send))
        .route("/{version}/{sid}/whatsapp/{account}/message_templates", get(templates))
        .method_not_allowed_fallback(unknown)
        .fallback(unknown)
}

async fn send(
    State(world): State<Arc<World>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    Path((version, sid, number)): Path<(String, String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    world.request_seen(Provider::Kaleyra, Endpoint::Send);
    let sender = world.sender_with(|account| account.kaleyra.sid == sid);
    let account = world.account(sender).kaleyra;
    let caller = Caller {
        version: &version,
        sid: &sid,
        account: &number,
        api_key: headers.get("api-key").and_then(|value| value.to_str().ok()),
    };
    let accepted = validate::authenticate(&account, &caller)
        .and_then(|()| object(&headers, &body))
        .and_then(|body| validate::read(&account, &body));
    let accepted = match accepted {
        Ok(accepted) => accepted,
        Err(error) => return refuse(&world, &error, &connection).await,
    };
    let message = accepted.message;
    let outcome = intake::take(&world, sender, message.clone(), accepted.found).await;
    if let Some(reason) = outcome.refusal() {
        world.refused(Provider::Kaleyra, Some(message.recipient.tail()), reason);
    }
    let answer = Answer::to(
        &outcome,
        Provider::Kaleyra,
        |said| reply::accepted(&said),
        |refusal| KaleyraError::from(refusal).reply(),
    );
    let answer = world.strange_reply(&message, &outcome).unwrap_or(answer);
    answer.respond(&connection).await
}

/// <https://developers.kaleyra.io/docs/whatsapp-message-api-v2-get-templates>: Meta's objects in Kaleyra's envelope.
/// The answer for another account's id is inferred from that for another account's number.
async fn templates(
    State(world): State<Arc<World>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    Path((version, sid, waba_id)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response {
    world.request_seen(Provider::Kaleyra, Endpoint::Templates);
    let sender = world.sender_with(|account| account.kaleyra.sid == sid);
    let account = world.account(sender).kaleyra;
    let caller = Caller {
        version: &version,
        sid: &sid,
        account: &waba_id,
        api_key: headers.get("api-key").and_then(|value| value.to_str().ok()),
    };
    match validate::authenticate_account(&account, &caller) {
        Ok(()) => Answer::Whole(reply::templates(&account.templates)).respond(&connection).await,
        Err(error) => refuse(&world, &error, &connection).await,
    }
}

async fn unknown(
    State(world): State<Arc<World>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
) -> Response {
    world.request_seen(Provider::Kaleyra, Endpoint::Unknown);
    refuse(&world, &KaleyraError::UnknownPath, &connection).await
}

/// Seed 003: "the only allowed value is application/json".
fn object(headers: &HeaderMap, body: &[u8]) -> Result<Map<String, Value>, KaleyraError> {
    if !is_json(headers) {
        return Err(KaleyraError::Payload);
    }
    serde_json::from_slice(body).map_err(|_| KaleyraError::Payload)
}

async fn refuse(world: &World, error: &KaleyraError, connection: &Connection) -> Response {
    world.refused(Provider::Kaleyra, None, error.label().to_owned());
    Answer::Whole(error.reply()).respond(connection).await
}
