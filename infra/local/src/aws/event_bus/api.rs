//! The part of EventBridge's HTTP API that producers, the application and an operator use.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::json_protocol::{ServiceError, operation, read, unknown_operation};
use super::{EventBus, NAME, bus_arn, default_bus, not_found};

/// A request about the bus, its rule or its archive, by name.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    name: Option<String>,
    rule: Option<String>,
    event_bus_name: Option<String>,
    name_prefix: Option<String>,
    archive_name: Option<String>,
    replay_name: Option<String>,
}

pub(super) fn router(bus: EventBus) -> Router {
    Router::new().route("/", post(answer)).with_state(bus)
}

async fn answer(State(bus): State<EventBus>, headers: HeaderMap, body: Bytes) -> Response {
    let answer = operation(&headers, "AWSEvents").and_then(|operation| bus.perform(operation, &body));
    answer.map(Json).into_response()
}

impl EventBus {
    pub(super) fn perform(&self, operation: &str, body: &[u8]) -> Result<Value, ServiceError> {
        match operation {
            "PutEvents" => self.put_events(read(body)?),
            "DescribeEventBus" => {
                self.check_bus(read::<Named>(body)?.name.as_deref())?;
                Ok(json!({ "Name": NAME, "Arn": bus_arn() }))
            }
            "ListRules" => {
                let asked: Named = read(body)?;
                self.check_bus(asked.event_bus_name.as_deref())?;
                Ok(json!({ "Rules": self.rule.list(asked.name_prefix.as_deref().unwrap_or_default()) }))
            }
            "DescribeRule" => {
                let asked: Named = read(body)?;
                let name = asked.name.as_deref().unwrap_or_default();
                if asked.event_bus_name.as_deref() == Some(default_bus::NAME) {
                    return default_bus::describe(name);
                }
                self.check_bus(asked.event_bus_name.as_deref())?;
                self.rule.describe(name)
            }
            "ListTargetsByRule" => {
                let asked: Named = read(body)?;
                let rule = asked.rule.as_deref().unwrap_or_default();
                if asked.event_bus_name.as_deref() == Some(default_bus::NAME) {
                    return default_bus::targets(rule);
                }
                self.check_bus(asked.event_bus_name.as_deref())?;
                self.rule.targets(rule)
            }
            "DescribeArchive" => {
                let name = read::<Named>(body)?.archive_name.unwrap_or_default();
                let archive = self.archive.as_ref().filter(|_| name == super::ARCHIVE);
                let archive = archive.ok_or_else(|| not_found(format!("Archive {name} does not exist.")))?;
                Ok(archive.described(self.rule.pattern()))
            }
            "ListArchives" => {
                let archives: Vec<Value> = self.archive.iter().map(super::Archive::listed).collect();
                Ok(json!({ "Archives": archives }))
            }
            "StartReplay" => self.replays.start(self, read(body)?),
            "DescribeReplay" => self.replays.describe(&read::<Named>(body)?.replay_name.unwrap_or_default()),
            "ListReplays" => self.replays.list(&read(body)?),
            other => Err(unknown_operation(&format!("{other} isn't part of the local run"))),
        }
    }

    /// Checks that the request means this bus, by its name or its ARN. The account's bus `default`, which requests
    /// without a name mean, only describes its rule.
    #[expect(clippy::unused_self, reason = "a check of this bus")]
    fn check_bus(&self, name: Option<&str>) -> Result<(), ServiceError> {
        match name.unwrap_or(default_bus::NAME) {
            name if name == NAME || name == bus_arn() => Ok(()),
            other => Err(not_found(format!("Event bus {other} does not exist."))),
        }
    }
}
