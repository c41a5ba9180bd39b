//! Deploys and updates the stack with the real SAM CLI, and deletes it.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;
use shared::secrets::KeySecret;

use crate::aws::Aws;
use crate::emulator::REGION;

pub const STACK: &str = "order-notifications";

/// The outputs of the deployed stack.
#[derive(Debug, Clone)]
pub struct Stack {
    outputs: BTreeMap<String, String>,
}

impl Stack {
    /// Deploys the template, or updates the deployed stack.
    pub async fn deploy(aws: &Aws, template: &Path, parameters: &[&str]) -> anyhow::Result<Self> {
        let template = template.to_str().context("the template's path isn't Unicode")?;
        let mut arguments =
            vec!["deploy", "--template-file", template, "--stack-name", STACK, "--region", REGION];
        arguments.extend(["--resolve-s3", "--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset"]);
        arguments.extend(["--no-progressbar", "--parameter-overrides"]);
        arguments.extend(parameters);
        aws.sam(&arguments).await?;
        fix_event_source_mappings(aws).await?;
        Self::outputs(aws).await
    }

    async fn outputs(aws: &Aws) -> anyhow::Result<Self> {
        let answer = aws.call(&["cloudformation", "describe-stacks", "--stack-name", STACK]).await?;
        let outputs = answer.pointer("/Stacks/0/Outputs").and_then(Value::as_array);
        let outputs = outputs.context("the stack has no outputs")?.iter().filter_map(|output| {
            let text = |name: &str| output.get(name).and_then(Value::as_str).map(str::to_owned);
            Some((text("OutputKey")?, text("OutputValue")?))
        });
        Ok(Self { outputs: outputs.collect() })
    }

    /// Deletes the stack with the AWS CLI: `sam delete` accepts the URL of a nested template only if it begins with
    /// `https://s3` (SAM CLI 1.170.0, `parse_s3_url`), and the emulator's begins with `http://127.0.0.1`.
    pub async fn delete(aws: &Aws) -> anyhow::Result<()> {
        aws.call(&["cloudformation", "delete-stack", "--stack-name", STACK]).await?;
        aws.call(&["cloudformation", "wait", "stack-delete-complete", "--stack-name", STACK]).await?;
        Ok(())
    }

    /// The value of an output; an error if the stack has none of that name.
    pub fn output(&self, name: &str) -> anyhow::Result<&str> {
        self.outputs.get(name).map(String::as_str).with_context(|| format!("the stack has no output {name}"))
    }

    /// The deployed key secret, which the notification keys are computed with.
    pub async fn key_secret(&self, aws: &Aws) -> anyhow::Result<KeySecret> {
        let id = self.output("KeySecretArn")?;
        let answer = aws.call(&["secretsmanager", "get-secret-value", "--secret-id", id]).await?;
        let value =
            answer.get("SecretString").and_then(Value::as_str).context("the key secret has no value")?;
        serde_json::from_str(value).context("the key secret can't be parsed")
    }

    /// The id of the HTTP API, with which every webhook URL begins.
    pub fn api(&self) -> anyhow::Result<&str> {
        let url = self.output("MetaWebhookUrl")?;
        let host = url.split_once("://").map_or(url, |(_, rest)| rest);
        host.split('.').next().context("the webhook's URL has no host")
    }

    /// Checks that order-notifier has a variable with this value.
    pub async fn expect_variable(&self, aws: &Aws, name: &str, value: &str) -> anyhow::Result<()> {
        let function = self.output("OrderNotifierName")?;
        let answer = aws.call(&["lambda", "get-function-configuration", "--function-name", function]).await?;
        let found = answer.pointer(&format!("/Environment/Variables/{name}"));
        anyhow::ensure!(
            found.is_some_and(|it| it == value),
            "after the update, the variable {name} is {found:?} and should be {value}"
        );
        Ok(())
    }

    /// The number of alarms whose names begin with the stack's name.
    pub async fn alarms(aws: &Aws) -> anyhow::Result<usize> {
        let prefix = format!("{STACK}-");
        let answer = aws.call(&["cloudwatch", "describe-alarms", "--alarm-name-prefix", &prefix]).await?;
        Ok(answer.get("MetricAlarms").and_then(Value::as_array).map_or(0, Vec::len))
    }

    /// Checks that no function and no alarm is left, and that the table, the secrets and the queues are retained.
    pub async fn expect_deleted(&self, aws: &Aws) -> anyhow::Result<()> {
        let functions = aws.call(&["lambda", "list-functions"]).await?;
        let left = functions.get("Functions").and_then(Value::as_array).map_or(0, Vec::len);
        anyhow::ensure!(left == 0, "{left} functions are left of the deleted stack");
        let left = Self::alarms(aws).await?;
        anyhow::ensure!(left == 0, "{left} alarms are left of the deleted stack");
        let table = self.output("TableName")?;
        aws.call(&["dynamodb", "describe-table", "--table-name", table])
            .await
            .context("the table must be retained")?;
        for secret in ["CredentialsSecretArn", "WebhookSecretArn", "KeySecretArn"] {
            let id = self.output(secret)?;
            aws.call(&["secretsmanager", "describe-secret", "--secret-id", id])
                .await
                .context("the secrets must be retained")?;
        }
        let queue = self.output("OrderEventsDeadLetterQueueUrl")?;
        aws.call(&["sqs", "get-queue-attributes", "--queue-url", queue])
            .await
            .context("the dead letters must be retained")?;
        Ok(())
    }
}

/// Sets the mappings' `MaximumConcurrency` through the API, so that it is a number. The emulator stores a number from a
/// parameter as text, and its queue poller then fails at a comparison (`_sqs_esm_concurrency` in its `lambda_svc.py`).
async fn fix_event_source_mappings(aws: &Aws) -> anyhow::Result<()> {
    let answer = aws.call(&["lambda", "list-event-source-mappings"]).await?;
    for mapping in answer.get("EventSourceMappings").and_then(Value::as_array).into_iter().flatten() {
        let Some(number) = mapping.pointer("/ScalingConfig/MaximumConcurrency") else { continue };
        let id = mapping.get("UUID").and_then(Value::as_str).context("a mapping has no id")?;
        let scaling = format!("MaximumConcurrency={}", number.to_string().trim_matches('"'));
        aws.call(&["lambda", "update-event-source-mapping", "--uuid", id, "--scaling-config", &scaling])
            .await?;
    }
    Ok(())
}
