//! A queue of the deployment.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;
use serde::Serialize;

use crate::deployment::Deployment;
use crate::failure::Failure;

/// A queue, by its URL.
#[derive(Debug, Clone)]
pub struct Queue {
    client: Client,
    url: String,
}

/// The approximate number of messages: SQS's counts are accurate within a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Depth {
    /// Messages that can be received now.
    pub visible: u64,
    /// Messages that a receiver is processing.
    pub in_flight: u64,
}

impl Depth {
    /// All messages, visible or not.
    pub const fn total(self) -> u64 {
        self.visible + self.in_flight
    }
}

impl Queue {
    /// The queue whose URL is in this variable.
    pub fn of(deployment: &Deployment, variable: &str) -> Result<Self, Failure> {
        Ok(Self { client: deployment.sqs(), url: deployment.required(variable)?.to_owned() })
    }

    /// The SQS client for further operations.
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// The queue's URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The current number of messages.
    pub async fn depth(&self) -> Result<Depth, Failure> {
        let visible = QueueAttributeName::ApproximateNumberOfMessages;
        let in_flight = QueueAttributeName::ApproximateNumberOfMessagesNotVisible;
        let [visible, in_flight] = self.attributes([visible, in_flight]).await?;
        let count = |text: Option<String>| text.and_then(|text| text.parse().ok()).unwrap_or_default();
        Ok(Depth { visible: count(visible), in_flight: count(in_flight) })
    }

    /// Puts a message on the queue.
    pub async fn put(&self, body: impl Into<String>) -> Result<(), Failure> {
        let sent = self.client.send_message().queue_url(&self.url).message_body(body).send().await;
        sent.map(drop).map_err(|error| Failure::aws("put the event on the queue", &error))
    }

    /// The queue's ARN, from SQS.
    pub async fn arn(&self) -> Result<String, Failure> {
        let [arn] = self.attributes([QueueAttributeName::QueueArn]).await?;
        arn.ok_or_else(|| Failure::unavailable("SQS does not tell the queue's ARN"))
    }

    async fn attributes<const N: usize>(
        &self,
        names: [QueueAttributeName; N],
    ) -> Result<[Option<String>; N], Failure> {
        let asked = self.client.get_queue_attributes().queue_url(&self.url);
        let found = asked.set_attribute_names(Some(names.to_vec())).send().await;
        let mut found = found
            .map_err(|error| Failure::aws("count the queue's messages", &error))?
            .attributes
            .unwrap_or_default();
        Ok(names.map(|name| found.remove(&name)))
    }
}
