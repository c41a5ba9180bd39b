//! What only a local run can tell: the order events that it received, its samples, and how its providers can misbehave.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::message::OrderId;
use url::form_urlencoded;

use crate::deployment::Deployment;
use crate::failure::Failure;

/// The local run is on this machine.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How long a stream is read; the page then connects again.
const FOLLOWED: Duration = Duration::from_mins(30);
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

    /// Those that the run's catalogue takes for this order's.
    pub(super) async fn events_of(&self, order: &OrderId) -> Result<Vec<Value>, Failure> {
        let sender = order.sender.iter().map(|sender| ("sender", sender.as_str()));
        let pairs = [("order", order.as_str())].into_iter().chain(sender);
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        self.get(&format!("order-events?{query}")).await
    }

    /// The latest ones.
    pub(super) async fn latest_order_events(&self, most: usize) -> Result<Vec<Value>, Failure> {
        self.get(&format!("order-events?last={most}")).await
    }

    /// The catalogue's text that order-notifier uses: that of the file when it was started.
    pub(super) async fn catalogue_in_use(&self) -> Result<String, Failure> {
        self.get("catalogue").await
    }

    /// The sample events with current times.
    pub(super) async fn samples(&self) -> Result<Vec<Sample>, Failure> {
        self.get("samples").await
    }

    /// The phone numbers to which the simulated providers send in a special way.
    pub(super) async fn magic_numbers(&self) -> Result<Vec<MagicNumber>, Failure> {
        self.get("magic-numbers").await
    }

    /// The last things that happened, the earliest first.
    pub(super) async fn happened(&self) -> Result<Vec<Happened>, Failure> {
        self.get("live").await
    }

    /// The masked texts of one of them.
    pub(super) async fn texts(&self, id: &str) -> Result<Texts, Failure> {
        let answer = self.client.get(format!("{}/live/{id}", self.url)).send().await.map_err(absent)?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Err(Failure::not_found("the local run doesn't keep this line any more"));
        }
        answer.error_for_status().map_err(absent)?.json().await.map_err(absent)
    }

    /// JSON lines of what happens after the thing with this id; they end with the run.
    pub(super) async fn follow(&self, after: &str) -> Result<reqwest::Response, Failure> {
        let request = self.client.get(format!("{}/live/stream?after={after}", self.url)).timeout(FOLLOWED);
        request.send().await.and_then(reqwest::Response::error_for_status).map_err(absent)
    }

    async fn get<T: DeserializeOwned>(&self, what: &str) -> Result<T, Failure> {
        let answer = self.client.get(format!("{}/{what}", self.url)).send().await;
        let answer = answer.and_then(reqwest::Response::error_for_status).map_err(absent)?;
        answer.json().await.map_err(absent)
    }
}

/// Something that happened in the local run. Secrets and phone numbers are masked.
#[derive(Deserialize)]
pub(super) struct Happened {
    /// Ascending.
    pub(super) id: u64,
    pub(super) at: Timestamp,
    /// `event`, `request`, `callback` or `status`.
    pub(super) kind: String,
    pub(super) order: Option<String>,
    pub(super) sender: Option<String>,
    /// The provider, or the source of an event.
    pub(super) party: String,
    pub(super) summary: String,
    pub(super) is_fine: bool,
}

/// What was sent, and what came back.
#[derive(Deserialize)]
pub(super) struct Texts {
    pub(super) sent: String,
    pub(super) answer: Option<String>,
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
