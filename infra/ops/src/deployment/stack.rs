//! A CloudFormation stack's outputs and parameters, as the variables of its functions.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::error::ProvideErrorMetadata as _;
use aws_types::SdkConfig;
use shared::settings::Environment;

use crate::failure::Failure;

/// template.yaml's outputs, with the corresponding variables of the functions and of this tool.
const OUTPUTS: [(&str, &str); 15] = [
    ("TableName", "TABLE_NAME"),
    ("CredentialsSecretArn", "CREDENTIALS_SECRET_ID"),
    ("WebhookSecretArn", "WEBHOOK_SECRET_ID"),
    ("KeySecretArn", "KEY_SECRET_ID"),
    ("EventBusName", "EVENT_BUS_NAME"),
    ("OrderEventBusName", "ORDER_EVENT_BUS_NAME"),
    ("OrderEventsQueueUrl", "ORDER_EVENTS_QUEUE_URL"),
    ("OrderEventsDeadLetterQueueUrl", "ORDER_EVENTS_DEAD_LETTER_QUEUE_URL"),
    ("UndeliveredEventsQueueUrl", "UNDELIVERED_EVENTS_QUEUE_URL"),
    ("UnpublishedStatusesQueueUrl", "UNPUBLISHED_STATUSES_QUEUE_URL"),
    ("DeliveryEventsQueueUrl", "DELIVERY_EVENTS_QUEUE_URL"),
    ("DeliveryEventsDeadLetterQueueUrl", "DELIVERY_EVENTS_DEAD_LETTER_QUEUE_URL"),
    ("OrderEventsRuleName", "ORDER_EVENTS_RULE_NAME"),
    ("OrderEventsArchiveName", "ORDER_EVENTS_ARCHIVE_NAME"),
    ("AlarmTopicArn", "ALARM_TOPIC_ARN"),
];

/// template.yaml's parameters that are settings of the functions, or that this tool checks.
const PARAMETERS: [(&str, &str); 13] = [
    ("Recipients", "RECIPIENTS"),
    ("UnknownOutcome", "UNKNOWN_OUTCOME"),
    ("ConfirmationWindow", "CONFIRMATION_WINDOW"),
    ("RetryWaits", "RETRY_WAITS"),
    ("SendConcurrency", "SEND_CONCURRENCY"),
    ("SilentAfter", "SILENT_AFTER"),
    ("UnconfirmedAfter", "UNCONFIRMED_AFTER"),
    ("StuckAfter", "STUCK_AFTER"),
    ("EventRetention", "EVENT_RETENTION"),
    ("MetricsNames", "METRICS_NAMES"),
    ("AwsWhatsApp", "AWS_WHATSAPP"),
    ("AwsSms", "AWS_SMS"),
    ("AwsEmail", "AWS_EMAIL"),
];

/// The end of the name that template.yaml gives the rule of AWS's delivery events; the stack's name is before it.
const DELIVERY_EVENTS_RULE: &str = "-delivery-events";

/// The process's variables, overridden by the stack's.
pub(super) async fn environment(
    aws: &SdkConfig,
    name: &str,
    process: &Environment,
) -> Result<Environment, Failure> {
    let described = aws_sdk_cloudformation::Client::new(aws).describe_stacks().stack_name(name).send().await;
    let stacks = match described {
        Ok(found) => found.stacks.unwrap_or_default(),
        // DescribeStacks answers an unknown name with a ValidationError:
        // <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html>.
        Err(error) if error.code() == Some("ValidationError") => Vec::new(),
        Err(error) => return Err(Failure::aws("describe the stack", &error)),
    };
    let Some(stack) = stacks.into_iter().next() else {
        return Err(Failure::not_found(format!("there is no stack {name} in this account and region"))
            .with_remedy(
                "check --stack, AWS_REGION and AWS_PROFILE; `aws cloudformation list-stacks` lists them",
            ));
    };
    let stack_name = stack.stack_name.unwrap_or_else(|| name.to_owned());
    let outputs: BTreeMap<String, String> = stack
        .outputs
        .unwrap_or_default()
        .into_iter()
        .filter_map(|output| output.output_key.zip(output.output_value))
        .collect();
    let parameters: BTreeMap<String, String> = stack
        .parameters
        .unwrap_or_default()
        .into_iter()
        .filter_map(|parameter| parameter.parameter_key.zip(parameter.parameter_value))
        .collect();
    let delivery_rule =
        outputs.get("DeliveryEventsQueueUrl").map(|_| format!("{stack_name}{DELIVERY_EVENTS_RULE}"));
    let named = |from: &BTreeMap<String, String>, names: &[(&str, &str)]| -> Vec<(String, String)> {
        names
            .iter()
            .filter_map(|(name, variable)| Some(((*variable).to_owned(), from.get(*name)?.clone())))
            .collect()
    };
    let webhook = outputs.get("MetaWebhookUrl").and_then(|url| url.strip_suffix("/webhooks/meta"));
    Ok(process
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .chain(named(&outputs, &OUTPUTS))
        .chain(named(&parameters, &PARAMETERS))
        .chain(delivery_rule.map(|name| ("DELIVERY_EVENTS_RULE_NAME".to_owned(), name)))
        .chain(webhook.map(|url| ("WEBHOOK_URL".to_owned(), url.to_owned())))
        .collect())
}
