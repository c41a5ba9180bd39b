//! Secrets Manager: `GetSecretValue` and `PutSecretValue`, with the staging labels that a rotation moves.
//!
//! Source: <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html>, and the
//! corresponding page for `PutSecretValue`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use http::HeaderMap;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::json_protocol::{ServiceError, operation, read, unknown_operation};
use super::{ACCOUNT, REGION, identifier};

const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";

/// The secrets of one instance. Clones share them.
#[derive(Clone, Default)]
pub struct SecretsManager(Arc<Mutex<BTreeMap<String, Secret>>>);

struct Secret {
    arn: String,
    current: Version,
    previous: Option<Version>,
}

struct Version {
    id: String,
    value: String,
    created: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetSecretValue {
    secret_id: String,
    version_id: Option<String>,
    version_stage: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutSecretValue {
    secret_id: String,
    secret_string: String,
    client_request_token: Option<String>,
}

impl SecretsManager {
    /// Sets a secret's value: the current value becomes the previous one, and the previous one is discarded. Creates a
    /// secret that doesn't exist.
    pub fn put(&self, name: &str, value: impl Into<String>) {
        self.put_as_of(name, value, Timestamp::now());
    }

    /// Like [`put`](Self::put), with the version's creation time.
    pub fn put_as_of(&self, name: &str, value: impl Into<String>, created: Timestamp) {
        let version = Version { id: identifier::uuid(), value: value.into(), created };
        let mut secrets = self.secrets();
        match secrets.get_mut(name) {
            Some(secret) => secret.rotate(version),
            None => {
                secrets.insert(name.to_owned(), Secret::new(name, version));
            }
        }
    }

    /// Secrets Manager's HTTP API.
    pub fn router(&self) -> Router {
        Router::new().route("/", post(answer)).with_state(self.clone())
    }

    fn secrets(&self) -> MutexGuard<'_, BTreeMap<String, Secret>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get_value(&self, request: &GetSecretValue) -> Result<Value, ServiceError> {
        let secrets = self.secrets();
        let (name, secret) = find(&secrets, &request.secret_id)?;
        let (version, stage) = secret.version(request)?;
        Ok(json!({
            "ARN": secret.arn,
            "Name": name,
            "VersionId": version.id,
            "SecretString": version.value,
            "VersionStages": [stage],
            "CreatedDate": version.created.as_second(),
        }))
    }

    fn put_value(&self, request: PutSecretValue) -> Result<Value, ServiceError> {
        let mut secrets = self.secrets();
        let name = find(&secrets, &request.secret_id)?.0.to_owned();
        let id = request.client_request_token.unwrap_or_else(identifier::uuid);
        let secret = secrets.get_mut(&name).ok_or_else(no_such_secret)?;
        secret.rotate(Version { id: id.clone(), value: request.secret_string, created: Timestamp::now() });
        Ok(json!({ "ARN": secret.arn, "Name": name, "VersionId": id, "VersionStages": [CURRENT] }))
    }
}

impl std::fmt::Debug for SecretsManager {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.secrets().keys()).finish()
    }
}

impl Secret {
    fn new(name: &str, current: Version) -> Self {
        // AWS appends a hyphen and six random characters to the name.
        let suffix: String = current.id.chars().take(6).collect();
        let arn = format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-{suffix}");
        Self { arn, current, previous: None }
    }

    fn rotate(&mut self, version: Version) {
        self.previous = Some(std::mem::replace(&mut self.current, version));
    }

    fn version(&self, request: &GetSecretValue) -> Result<(&Version, &'static str), ServiceError> {
        let staged = [(Some(&self.current), CURRENT), (self.previous.as_ref(), PREVIOUS)];
        let by_id = request.version_id.as_deref();
        let by_stage = match (by_id, request.version_stage.as_deref()) {
            (None, None) => Some(CURRENT),
            (_, stage) => stage,
        };
        staged
            .into_iter()
            .filter_map(|(version, stage)| Some((version?, stage)))
            .find(|(version, stage)| {
                by_id.is_none_or(|id| id == version.id) && by_stage.is_none_or(|wanted| wanted == *stage)
            })
            .ok_or_else(|| {
                let wanted = by_stage.map_or_else(
                    || format!("VersionId: {}", by_id.unwrap_or_default()),
                    |stage| format!("staging label: {stage}"),
                );
                let message = format!("Secrets Manager can't find the specified secret value for {wanted}");
                ServiceError::new("ResourceNotFoundException", message)
            })
    }
}

fn find<'a>(secrets: &'a BTreeMap<String, Secret>, id: &str) -> Result<(&'a str, &'a Secret), ServiceError> {
    secrets
        .iter()
        .find(|(name, secret)| *name == id || secret.arn == id)
        .map(|(name, secret)| (name.as_str(), secret))
        .ok_or_else(no_such_secret)
}

fn no_such_secret() -> ServiceError {
    ServiceError::new("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

async fn answer(State(manager): State<SecretsManager>, headers: HeaderMap, body: Bytes) -> Response {
    let answer = match operation(&headers, "secretsmanager") {
        Ok("GetSecretValue") => read(&body).and_then(|request| manager.get_value(&request)),
        Ok("PutSecretValue") => read(&body).and_then(|request| manager.put_value(request)),
        Ok(other) => Err(unknown_operation(&format!("{other} isn't part of the local run"))),
        Err(error) => Err(error),
    };
    answer.map(Json).into_response()
}

#[cfg(test)]
mod tests {
    use aws_sdk_secretsmanager::Client;
    use aws_sdk_secretsmanager::config::{BehaviorVersion, Credentials, Region};
    use shared::aws::http_client;
    use shared::tls::Tls;

    use super::*;
    use crate::server::{Ports, Server};

    async fn served(manager: &SecretsManager) -> (Server, Client) {
        let listener = Ports::Any.listen(0, "the secrets").await.unwrap();
        let server = Server::start(listener, manager.router()).unwrap();
        let client = Client::from_conf(
            aws_sdk_secretsmanager::Config::builder()
                .behavior_version(BehaviorVersion::v2026_01_12())
                .region(Region::new(REGION))
                .http_client(http_client(&Tls::with_system_roots().unwrap()).unwrap())
                .credentials_provider(Credentials::new("a", "b", None, None, "test"))
                .endpoint_url(server.url())
                .build(),
        );
        (server, client)
    }

    async fn value(client: &Client, stage: &str) -> Option<String> {
        let request = client.get_secret_value().secret_id("webhooks").version_stage(stage);
        match request.send().await {
            Ok(answer) => answer.secret_string,
            Err(error) => {
                assert!(error.into_service_error().is_resource_not_found_exception());
                None
            }
        }
    }

    #[tokio::test]
    async fn a_rotation_moves_the_stages() {
        let manager = SecretsManager::default();
        let (_server, client) = served(&manager).await;
        assert_eq!(value(&client, CURRENT).await, None);

        manager.put("webhooks", "one");
        assert_eq!(value(&client, CURRENT).await.as_deref(), Some("one"));
        assert_eq!(value(&client, PREVIOUS).await, None);

        client.put_secret_value().secret_id("webhooks").secret_string("two").send().await.unwrap();
        assert_eq!(value(&client, CURRENT).await.as_deref(), Some("two"));
        assert_eq!(value(&client, PREVIOUS).await.as_deref(), Some("one"));
    }

    #[tokio::test]
    async fn a_secret_is_found_by_its_arn_and_the_current_value_is_the_default() {
        let manager = SecretsManager::default();
        let (_server, client) = served(&manager).await;
        manager.put("webhooks", "one");
        let by_name = client.get_secret_value().secret_id("webhooks").send().await.unwrap();
        assert_eq!(by_name.version_stages(), [CURRENT]);
        let by_arn = client.get_secret_value().secret_id(by_name.arn().unwrap()).send().await.unwrap();
        assert_eq!(by_arn.secret_string(), Some("one"));
    }

    #[test]
    fn values_stay_out_of_debug_output() {
        let manager = SecretsManager::default();
        manager.put("webhooks", "hidden");
        assert_eq!(format!("{manager:?}"), "{\"webhooks\"}");
    }
}
