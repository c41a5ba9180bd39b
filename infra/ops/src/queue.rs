//! An SQS queue of the deployment.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;
use serde::Serialize;

use crate::deployment::Deployment;
use crate::failure::Failure;

/// A queue with its client.
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
    /// Received messages whose visibility timeout has not ended.
    pub in_flight: u64,
}

impl Depth {
    pub const fn total(self) -> u64 {
        self.visible + self.in_flight
    }
}

impl Queue {
    /// `variable` contains the queue's URL.
    pub fn new(deployment: &Deployment, variable: &str) -> Result<Self, Failure> {
        Ok(Self { client: deployment.sqs(), url: deployment.required(variable)?.to_owned() })
    }

    /// For operations that this type doesn't have.
    pub const fn client(&self) -> &Client {
        &self.client
    }

    pub fn url(&self) -> &str {
        &self.url
    }

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
        arn.ok_or_else(|| Failure::unavailable("SQS did not return the queue's ARN"))
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
