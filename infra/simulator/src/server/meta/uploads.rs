//! Uploads of the sample files of templates.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, Query, State};
use axum::http::{HeaderMap, Method, header};
use axum::response::Response;

use super::administration::respond;
use super::caller;
use crate::connection::Connection;
use crate::events::Endpoint;
use crate::meta::reply::MetaError;
use crate::meta::validate::{authenticate_app, authenticate_token};
use crate::provider::Provider;
use crate::request::bearer;
use crate::world::World;

/// `POST /{version}/{app_id}/uploads`. The token may be in the query, as in the guide.
pub(super) async fn open(
    State(world): State<Arc<World>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    Path((version, id)): Path<(String, String)>,
    Query(query): Query<HashMap<String, String>>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    world.request_seen(Provider::Meta, Endpoint::Upload);
    let token = query.get("access_token").map(String::as_str).or_else(|| bearer(&headers));
    let account = world.account(caller(&world, &id, token)).meta;
    let answered = authenticate_app(&account, &version, &id, token).and_then(|()| match method {
        Method::POST => world.uploads().open(&query),
        _ => Err(MetaError::NoSuchObject(id)),
    });
    respond(answered, &world, &connection).await
}

/// `POST /{version}/upload:{session}?sig={signature}`: the token must be in the header `Authorization` with the scheme
/// `OAuth`, and `file_offset` is a header too.
pub(super) async fn receive(
    world: Arc<World>,
    connection: Connection,
    (version, id): (String, String),
    query: HashMap<String, String>,
    (method, headers, file): (Method, HeaderMap, Bytes),
) -> Response {
    world.request_seen(Provider::Meta, Endpoint::Upload);
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let token = text(header::AUTHORIZATION.as_str()).and_then(|value| value.strip_prefix("OAuth "));
    let account = world.account(caller(&world, &id, token)).meta;
    let answered = authenticate_token(&account, &version, token).and_then(|()| match method {
        Method::POST => world.uploads().receive(&id, query.get("sig"), text("file_offset"), &file),
        _ => Err(MetaError::NoSuchObject(id)),
    });
    respond(answered, &world, &connection).await
}
