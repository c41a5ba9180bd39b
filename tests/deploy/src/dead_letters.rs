//! Events that order-notifier can't finish become dead letters, which the step redrives.
//!
//! The step removes the table's permissions from order-notifier's role, as a mistaken change of the policy would. That
//! the events then fail also proves that the emulator enforces the policies, so the other steps test the template's.

use anyhow::Context as _;
use aws_sdk_sqs::types::QueueAttributeName;
use local::rounds::rounds;
use local::samples::{self, Sample};
use serde_json::{Value, json};

use crate::aws::Aws;
use crate::bus::drain;
use crate::harness::{Harness, wait_for};
use crate::published_events::PublishedEvent;

/// Seconds until a failed event is delivered again; three minutes in the template.
const VISIBILITY_TIMEOUT: &str = "2";
/// Receives until a message becomes a dead letter; forty in the template.
const RECEIVES: u32 = 2;

impl Harness {
    /// Lets events fail until they are dead letters, restores the permissions, redrives the events, and waits until
    /// each has its expected outcome.
    pub async fn redrive(&self, mut samples: Vec<Sample>) -> anyhow::Result<Vec<PublishedEvent>> {
        let queue = self.stack.output("OrderEventsQueueUrl")?;
        let dead_letters = self.stack.output("OrderEventsDeadLetterQueueUrl")?;
        let role = Role::find(&self.aws, self.stack.output("OrderNotifierName")?).await?;
        let retries = RetrySettings::read(&self.aws, queue).await?;

        retries.shorten(&self.aws, queue).await?;
        role.revoke_table_access(&self.aws).await?;
        let sent_before = self.simulator.ledger().accepted.len();
        samples::refresh(&mut samples, &self.catalogue, jiff::Timestamp::now())?;
        let mut published = Vec::new();
        for round in rounds(samples, &self.catalogue, &self.key_secret)? {
            published.extend(self.put(round).await?);
        }
        self.wait_for_depth(dead_letters, published.len()).await.context("the dead letters")?;
        self.wait_for_depth(queue, 0).await.context("the queue of order events")?;
        anyhow::ensure!(
            self.simulator.ledger().accepted.len() == sent_before,
            "a message was sent without access to the table"
        );

        role.restore_table_access(&self.aws).await?;
        retries.restore(&self.aws, queue).await?;
        // The emulator lacks StartMessageMoveTask; this has the same effect.
        let client = self.aws.sqs();
        for body in drain(&client, dead_letters).await? {
            client
                .send_message()
                .queue_url(queue)
                .message_body(body)
                .send()
                .await
                .context("a redrive failed")?;
        }
        self.wait_for_outcomes(&published).await?;
        self.wait_for_depth(queue, 0).await?;
        Ok(published)
    }

    /// Waits until a queue holds this many messages, in flight or not.
    pub async fn wait_for_depth(&self, url: &str, depth: usize) -> anyhow::Result<()> {
        let client = self.aws.sqs();
        wait_for(&format!("a queue with {depth} messages"), async || {
            let names = [
                QueueAttributeName::ApproximateNumberOfMessages,
                QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            ];
            let request =
                client.get_queue_attributes().queue_url(url).set_attribute_names(Some(names.to_vec()));
            let attributes =
                request.send().await.context("a queue can't be read")?.attributes.unwrap_or_default();
            let count: usize =
                names.iter().filter_map(|name| attributes.get(name)?.parse::<usize>().ok()).sum();
            Ok(if count == depth { Ok(()) } else { Err(format!("it has {count}")) })
        })
        .await
    }
}

/// A queue's retry attributes, which the step changes and restores.
struct RetrySettings {
    visibility_timeout: String,
    redrive_policy: Value,
}

impl RetrySettings {
    async fn read(aws: &Aws, url: &str) -> anyhow::Result<Self> {
        let answer = aws
            .call(&["sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "All"])
            .await?;
        let attribute = |name: &str| {
            let value = answer.pointer(&format!("/Attributes/{name}")).and_then(Value::as_str);
            value.map(str::to_owned).with_context(|| format!("the queue has no {name}"))
        };
        let redrive_policy =
            serde_json::from_str(&attribute("RedrivePolicy")?).context("the redrive policy")?;
        Ok(Self { visibility_timeout: attribute("VisibilityTimeout")?, redrive_policy })
    }

    async fn shorten(&self, aws: &Aws, url: &str) -> anyhow::Result<()> {
        let mut policy = self.redrive_policy.clone();
        if let Some(receives) = policy.get_mut("maxReceiveCount") {
            *receives = json!(RECEIVES);
        }
        Self::set(aws, url, VISIBILITY_TIMEOUT, &policy).await
    }

    async fn restore(&self, aws: &Aws, url: &str) -> anyhow::Result<()> {
        Self::set(aws, url, &self.visibility_timeout, &self.redrive_policy).await
    }

    async fn set(aws: &Aws, url: &str, timeout: &str, policy: &Value) -> anyhow::Result<()> {
        let attributes =
            json!({ "VisibilityTimeout": timeout, "RedrivePolicy": policy.to_string() }).to_string();
        aws.call(&["sqs", "set-queue-attributes", "--queue-url", url, "--attributes", &attributes]).await?;
        Ok(())
    }
}

/// A function's role, with the policy that has the table's permissions.
struct Role {
    name: String,
    policy_name: String,
    policy: Value,
}

impl Role {
    async fn find(aws: &Aws, function: &str) -> anyhow::Result<Self> {
        let answer = aws.call(&["lambda", "get-function-configuration", "--function-name", function]).await?;
        let arn = answer.get("Role").and_then(Value::as_str).context("the function has no role")?;
        let name = arn.rsplit('/').next().unwrap_or(arn).to_owned();
        let policies = aws.call(&["iam", "list-role-policies", "--role-name", &name]).await?;
        for policy_name in policies.get("PolicyNames").and_then(Value::as_array).into_iter().flatten() {
            let policy_name = policy_name.as_str().unwrap_or_default().to_owned();
            let arguments = ["iam", "get-role-policy", "--role-name", &name, "--policy-name", &policy_name];
            let policy = aws.call(&arguments).await?.get("PolicyDocument").cloned().unwrap_or_default();
            if without_table_statements(&policy) != policy {
                return Ok(Self { name, policy_name, policy });
            }
        }
        anyhow::bail!("no policy of {name} has permissions for the table")
    }

    async fn revoke_table_access(&self, aws: &Aws) -> anyhow::Result<()> {
        self.put(aws, &without_table_statements(&self.policy)).await
    }

    async fn restore_table_access(&self, aws: &Aws) -> anyhow::Result<()> {
        self.put(aws, &self.policy).await
    }

    async fn put(&self, aws: &Aws, policy: &Value) -> anyhow::Result<()> {
        let policy = policy.to_string();
        let names =
            ["--role-name", &self.name, "--policy-name", &self.policy_name, "--policy-document", &policy];
        aws.call(&[&["iam", "put-role-policy"], names.as_slice()].concat()).await?;
        Ok(())
    }
}

/// The policy without its `DynamoDB` statements.
fn without_table_statements(policy: &Value) -> Value {
    let mut policy = policy.clone();
    if let Some(statements) = policy.get_mut("Statement").and_then(Value::as_array_mut) {
        statements.retain(|statement| {
            !statement.get("Action").is_some_and(|it| it.to_string().contains("\"dynamodb:"))
        });
    }
    policy
}
