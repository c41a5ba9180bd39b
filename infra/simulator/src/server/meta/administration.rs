//! The account's templates and subscribed apps, read and created, and the business number, read
//! (<https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-management>,
//! <https://developers.facebook.com/documentation/business-messaging/whatsapp/solution-providers/manage-webhooks>).

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, Query, State};
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use serde_json::{Value, json};

use super::{caller, parameters, refuse};
use crate::account::{APP, MetaAccount};
use crate::answer::Answer;
use crate::connection::Connection;
use crate::events::Endpoint;
use crate::http_reply::HttpReply;
use crate::meta::new_template;
use crate::meta::reply::MetaError;
use crate::meta::template_list::{self, Page};
use crate::meta::validate::{authenticate_account, authenticate_number};
use crate::provider::Provider;
use crate::request::bearer;
use crate::templates::Template;
use crate::webhook;
use crate::world::World;

/// The supported fields of a number; the real one has some more.
const NUMBER_FIELDS: [&str; 6] = [
    "verified_name",
    "code_verification_status",
    "display_phone_number",
    "quality_rating",
    "webhook_configuration",
    "id",
];

/// `GET` and `POST /{version}/{waba_id}/message_templates`.
pub(super) async fn templates(
    State(world): State<Arc<World>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    Path((version, id)): Path<(String, String)>,
    Query(query): Query<HashMap<String, String>>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    world.request_seen(Provider::Meta, Endpoint::Templates);
    let sender = caller(&world, &id, bearer(&headers));
    let account = world.account(sender).meta;
    let answered =
        authenticate_account(&account, &version, &id, bearer(&headers)).and_then(|()| match method {
            Method::GET => list(&account, &version, &query),
            Method::POST => create(&world, sender, &parameters(&headers, &body)),
            _ => Err(MetaError::NoSuchObject(id)),
        });
    respond(answered, &world, &connection).await
}

/// `GET /{version}/{phone_number_id}`.
pub(super) async fn number(
    world: Arc<World>,
    connection: Connection,
    (version, id): (String, String),
    query: HashMap<String, String>,
    (method, headers): (Method, HeaderMap),
) -> Response {
    world.request_seen(Provider::Meta, Endpoint::PhoneNumber);
    let sender = caller(&world, &id, bearer(&headers));
    let account = world.account(sender).meta;
    let answered =
        authenticate_number(&account, &version, &id, bearer(&headers)).and_then(|()| match method {
            Method::GET => read_number(&world, &account, query.get("fields").map(String::as_str)),
            _ => Err(MetaError::NoSuchObject(id)),
        });
    respond(answered, &world, &connection).await
}

fn list(account: &MetaAccount, version: &str, query: &HashMap<String, String>) -> Result<Value, MetaError> {
    let value = |name: &str| query.get(name).map(String::as_str);
    let page = Page::parse(value("limit"), value("after"))?;
    let fields = template_list::fields(value("fields"))?;
    Ok(page.render(account, version, &fields))
}

/// Checks for an existing template last: an invalid template is refused for its fault.
fn create(
    world: &World,
    sender: Option<&str>,
    body: &serde_json::Map<String, Value>,
) -> Result<Value, MetaError> {
    let new = new_template::read(body, &world.uploads())?;
    let new = Template { status: world.switches.review(), ..new };
    let mut account = world.account_mut(sender);
    let templates = &mut account.meta.templates;
    if templates.iter().any(|known| (&known.name, &known.language) == (&new.name, &new.language)) {
        return Err(new_template::already_exists(&new.language));
    }
    let answer = json!({"id": new.id, "status": new.status.word(), "category": new.category});
    templates.push(new);
    Ok(answer)
}

fn read_number(world: &World, account: &MetaAccount, fields: Option<&str>) -> Result<Value, MetaError> {
    let default = ["verified_name", "code_verification_status", "display_phone_number", "quality_rating"];
    let wanted: Vec<&str> = fields.map_or_else(|| default.to_vec(), |fields| fields.split(',').collect());
    if let Some(unknown) = wanted.iter().find(|field| !NUMBER_FIELDS.contains(field)) {
        return Err(MetaError::no_such_field(unknown, "WhatsAppBusinessPhoneNumber"));
    }
    let whole = [
        ("verified_name", json!("The Shop")),
        ("code_verification_status", json!("VERIFIED")),
        ("display_phone_number", json!(account.display_phone_number)),
        ("quality_rating", json!("GREEN")),
        ("webhook_configuration", webhook_configuration(world)),
        ("id", json!(account.phone_number_id)),
    ];
    // The reply always includes the id.
    Ok(whole
        .into_iter()
        .filter(|(name, _)| *name == "id" || wanted.contains(name))
        .map(|(name, value)| (name.to_owned(), value))
        .collect::<serde_json::Map<_, _>>()
        .into())
}

/// The app's own callback URL; no account or number here overrides it.
fn webhook_configuration(world: &World) -> Value {
    let url = world.webhook_base().map(|base| webhook::url(&base, Provider::Meta));
    url.map_or_else(|| json!({}), |url| json!({"application": url}))
}

/// `GET` and `POST /{version}/{waba_id}/subscribed_apps`.
pub(super) async fn subscribed_apps(
    State(world): State<Arc<World>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    Path((version, id)): Path<(String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    world.request_seen(Provider::Meta, Endpoint::SubscribedApps);
    let sender = caller(&world, &id, bearer(&headers));
    let account = world.account(sender).meta;
    let answered =
        authenticate_account(&account, &version, &id, bearer(&headers)).and_then(|()| match method {
            Method::GET => Ok(apps(&account)),
            Method::POST => {
                let mut account = world.account_mut(sender);
                if !account.meta.subscribed_apps.iter().any(|app| app == APP) {
                    account.meta.subscribed_apps.push(APP.to_owned());
                }
                Ok(json!({"success": true}))
            }
            _ => Err(MetaError::NoSuchObject(id)),
        });
    respond(answered, &world, &connection).await
}

fn apps(account: &MetaAccount) -> Value {
    let app = |name: &String| {
        let link = format!("https://www.facebook.com/games/?app_id={}", account.app_id);
        json!({"whatsapp_business_api_data": {"id": account.app_id, "link": link, "name": name}})
    };
    json!({"data": account.subscribed_apps.iter().map(app).collect::<Vec<_>>()})
}

pub(super) async fn respond(
    answered: Result<Value, MetaError>,
    world: &World,
    connection: &Connection,
) -> Response {
    match answered {
        Ok(body) => Answer::Whole(HttpReply::json(200, &body)).respond(connection).await,
        Err(error) => refuse(world, &error, connection).await,
    }
}
