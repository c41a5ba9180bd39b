//! The bus from the shop's side: its systems publish order events and subscribe to status events.

use anyhow::{Context as _, bail};
use aws_sdk_sqs::Client;
use local::samples::Sample;
use serde_json::{Value, json};

use crate::aws::Aws;

/// The maximum of entries in one `PutEvents` call, and of messages in one `ReceiveMessage` call.
const BATCH: usize = 10;
/// The default of the parameter `EventBusName`.
pub const BUS: &str = "default";

/// Puts events on the bus, in as few calls as possible, and returns the ids that the bus assigned.
pub async fn put(aws: &Aws, samples: &[&Sample]) -> anyhow::Result<Vec<String>> {
    let mut ids = Vec::new();
    for samples in samples.chunks(BATCH) {
        let entries = samples.iter().map(|sample| entry(&sample.event)).collect::<anyhow::Result<Value>>()?;
        let file = aws.file("entries.json", &entries.to_string())?;
        let answer = aws.call(&["events", "put-events", "--entries", &file]).await?;
        let entries = answer.get("Entries").and_then(Value::as_array).context("PutEvents has no entries")?;
        let new_ids: Vec<_> =
            entries.iter().filter_map(|it| Some(it.get("EventId")?.as_str()?.to_owned())).collect();
        if new_ids.len() != samples.len() {
            bail!("the bus refused an event: {answer}");
        }
        ids.extend(new_ids);
    }
    Ok(ids)
}

fn entry(event: &Value) -> anyhow::Result<Value> {
    let field = |name: &str| event.get(name).with_context(|| format!("the event has no {name}"));
    Ok(json!({
        "EventBusName": BUS,
        "Source": field("source")?,
        "DetailType": field("detail-type")?,
        "Detail": field("detail")?.to_string(),
        "Time": field("time")?,
    }))
}

/// A queue that receives the bus's events from now on.
#[derive(Debug)]
pub struct Listener {
    client: Client,
    url: String,
    received: Vec<Value>,
}

impl Listener {
    /// Creates a rule with this pattern, with a queue as its target.
    pub async fn start(aws: &Aws, name: &str, pattern: &Value) -> anyhow::Result<Self> {
        let text = |answer: Value, place: &str| {
            answer
                .pointer(place)
                .and_then(Value::as_str)
                .map(str::to_owned)
                .context("the answer is incomplete")
        };
        let url = text(aws.call(&["sqs", "create-queue", "--queue-name", name]).await?, "/QueueUrl")?;
        let attributes = aws
            .call(&["sqs", "get-queue-attributes", "--queue-url", &url, "--attribute-names", "QueueArn"])
            .await?;
        let arn = text(attributes, "/Attributes/QueueArn")?;
        let pattern = pattern.to_string();
        let rule = ["--name", name, "--event-bus-name", BUS, "--event-pattern", &pattern];
        aws.call(&[&["events", "put-rule"], rule.as_slice()].concat()).await?;
        let target = format!("Id=listener,Arn={arn}");
        aws.call(&["events", "put-targets", "--rule", name, "--event-bus-name", BUS, "--targets", &target])
            .await?;
        Ok(Self { client: aws.sqs(), url, received: Vec::new() })
    }

    /// Receives the waiting events, and returns all events received so far.
    pub async fn receive(&mut self) -> anyhow::Result<&[Value]> {
        for body in drain(&self.client, &self.url).await? {
            self.received.push(serde_json::from_str(&body).context("an event isn't JSON")?);
        }
        Ok(&self.received)
    }
}

/// Receives and deletes every visible message of a queue, and returns their bodies.
pub async fn drain(client: &Client, url: &str) -> anyhow::Result<Vec<String>> {
    let mut bodies = Vec::new();
    loop {
        let received = client.receive_message().queue_url(url).max_number_of_messages(10).send().await;
        let messages = received.context("a queue can't be read")?.messages.unwrap_or_default();
        if messages.is_empty() {
            return Ok(bodies);
        }
        for message in messages {
            let receipt = message.receipt_handle.context("a message has no receipt")?;
            let deleted = client.delete_message().queue_url(url).receipt_handle(receipt).send().await;
            deleted.context("a message can't be deleted")?;
            bodies.push(message.body.unwrap_or_default());
        }
    }
}
