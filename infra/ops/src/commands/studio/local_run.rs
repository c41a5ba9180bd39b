//! What only a local run can tell: the order events that it received, its samples, and how its providers can misbehave.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::deployment::Deployment;
use crate::failure::Failure;

/// The local run is on this machine.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The variable that only a local run reports.
const URL: &str = "LOCAL_RUN_URL";

/// A client of a local run's own addresses.
pub(super) struct LocalRun {
    client: reqwest::Client,
    url: String,
}

impl LocalRun {
    /// `None` for a deployment in AWS.
    pub(super) fn find(deployment: &Deployment) -> Result<Option<Self>, Failure> {
        let Some(url) = deployment.environment().get(URL) else { return Ok(None) };
        let client = reqwest::Client::builder().timeout(TIMEOUT).no_proxy().build();
        Ok(Some(Self { client: client.map_err(Failure::usage)?, url: url.to_owned() }))
    }

    /// The order events that the bus has received, in EventBridge's envelope, the earliest first.
    pub(super) async fn order_events(&self) -> Result<Vec<Value>, Failure> {
        self.get("order-events").await
    }

    /// The sample events with current times.
    pub(super) async fn samples(&self) -> Result<Vec<Sample>, Failure> {
        self.get("samples").await
    }

    /// The phone numbers to which the simulated providers send in a special way.
    pub(super) async fn magic_numbers(&self) -> Result<Vec<MagicNumber>, Failure> {
        self.get("magic-numbers").await
    }

    async fn get<T: DeserializeOwned>(&self, what: &str) -> Result<T, Failure> {
        let answer = self.client.get(format!("{}/{what}", self.url)).send().await;
        let answer = answer.and_then(reqwest::Response::error_for_status).map_err(absent)?;
        answer.json().await.map_err(absent)
    }
}

/// An event in one of the local run's files.
#[derive(Deserialize)]
pub(super) struct Sample {
    /// The file's name without `.json`.
    pub(super) name: String,
    pub(super) event: Value,
}

/// A phone number of the simulated providers.
#[derive(Deserialize)]
pub(super) struct MagicNumber {
    pub(super) phone: String,
    /// What happens to a message to it.
    pub(super) summary: String,
}

fn absent(error: reqwest::Error) -> Failure {
    Failure::unavailable(format!("the local run doesn't answer: {}", error.without_url()))
        .with_remedy("start it again: cargo run -p local -- --keep")
}
