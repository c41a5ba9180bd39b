//! Puts events on the bus as a producer does: `PutEvents` over HTTP.

use std::time::Duration;

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use serde_json::{Value, json};

/// The bus is in this process; a longer delay means that it hangs.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A producer of events.
#[derive(Debug, Clone)]
pub struct Publisher {
    bus: String,
    client: reqwest::Client,
}

impl Publisher {
    /// A producer for the bus at this URL.
    pub fn new(bus: String) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder().timeout(TIMEOUT).no_proxy().tls_certs_only([]).build()?;
        Ok(Self { bus, client })
    }

    /// Puts an envelope's source, detail type, detail and time on the bus, and returns the id that the bus assigned.
    pub async fn publish(&self, envelope: &Value) -> anyhow::Result<String> {
        let request = json!({ "Entries": [entry(envelope)?] });
        let response = self
            .client
            .post(&self.bus)
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", "AWSEvents.PutEvents")
            .body(request.to_string())
            .send()
            .await
            .context("the bus doesn't answer")?;
        let answer: Value = response.json().await.context("the bus didn't answer with JSON")?;
        match answer.pointer("/Entries/0/EventId").and_then(Value::as_str) {
            Some(id) => Ok(id.to_owned()),
            None => bail!("the bus refused the event: {answer}"),
        }
    }
}

fn entry(envelope: &Value) -> anyhow::Result<Value> {
    let field = |name: &str| envelope.get(name).with_context(|| format!("the event has no {name}"));
    let time: Timestamp =
        field("time")?.as_str().unwrap_or_default().parse().context("the event's time is invalid")?;
    Ok(json!({
        "Source": field("source")?,
        "DetailType": field("detail-type")?,
        "Detail": field("detail")?.to_string(),
        "Time": time.as_second(),
    }))
}
