//! The existing metrics for alarms and dashboard: a metric that no component emits would be a flat line.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use shared::provider::Provider;
use shared::telemetry::metric::{AttemptAlarm, DEFINITIONS};

use super::reading::name_in;

/// Our namespace, as the template writes it.
pub const OURS: &str = "AWS::StackName";

/// Every set of dimensions that a metric has.
type DimensionSets = &'static [&'static [&'static str]];

/// The metrics of AWS's services that alarms and dashboard read, with their dimensions.
///
/// - Lambda: <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html>
/// - SQS:
///   <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html>
/// - EventBridge: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html>
/// - HTTP APIs: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html>
/// - `DynamoDB`: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html>
/// - Logs:
///   <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html>
const OF_AWS: [(&str, &[&str], DimensionSets); 6] = [
    (
        "AWS/Lambda",
        &["ConcurrentExecutions", "Duration", "Errors", "Invocations", "IteratorAge", "Throttles"],
        &[&["FunctionName"]],
    ),
    (
        "AWS/SQS",
        &[
            "ApproximateAgeOfOldestMessage",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesVisible",
            "NumberOfEmptyReceives",
            "NumberOfMessagesDeleted",
            "NumberOfMessagesReceived",
        ],
        &[&["QueueName"]],
    ),
    ("AWS/Events", &["InvocationsFailedToBeSentToDlq"], &[&["RuleName"], &["EventBusName", "RuleName"]]),
    ("AWS/ApiGateway", &["4xx", "5xx", "Count", "Latency"], &[&["ApiId"]]),
    (
        "AWS/DynamoDB",
        &[
            "ConsumedReadCapacityUnits",
            "ConsumedWriteCapacityUnits",
            "ReadThrottleEvents",
            "WriteThrottleEvents",
        ],
        &[&["TableName"], &["GlobalSecondaryIndexName", "TableName"]],
    ),
    ("AWS/Logs", &["IncomingBytes"], &[&["LogGroupName"]]),
];

const OUTCOMES: [&str; 6] = ["accepted", "rejected", "suppressed", "held", "ignored", "invalid"];
const FACTS: [&str; 4] = ["sent", "delivered", "read", "failed"];

/// A metric as an alarm or a widget reads it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Metric {
    pub namespace: String,
    pub name: String,
    pub dimensions: BTreeMap<String, String>,
}

impl Metric {
    pub fn of_alarm(asked: &Value) -> Self {
        let dimensions = asked["Dimensions"].as_array().cloned().unwrap_or_default();
        let dimensions = dimensions
            .iter()
            .map(|dimension| (dimension["Name"].as_str().unwrap().to_owned(), name_in(&dimension["Value"])));
        Self {
            namespace: name_in(&asked["Namespace"]),
            name: asked["MetricName"].as_str().unwrap().to_owned(),
            dimensions: dimensions.collect(),
        }
    }

    /// Panics if no component emits the metric with these dimensions.
    pub fn must_exist(&self) {
        let dimensions: Vec<&str> = self.dimensions.keys().map(String::as_str).collect();
        must_be_emitted(&self.namespace, &self.name, &dimensions);
        if self.namespace == OURS {
            for (dimension, value) in &self.dimensions {
                assert!(values(dimension).contains(value.as_str()), "{self:?}");
            }
        }
    }
}

/// Panics if no component emits this metric with these dimensions.
pub fn must_be_emitted(namespace: &str, name: &str, dimensions: &[&str]) {
    let dimensions: BTreeSet<&str> = dimensions.iter().copied().collect();
    let sets = if namespace == OURS {
        DEFINITIONS.iter().find(|definition| definition.name == name).map(|definition| definition.sets)
    } else {
        let of_service =
            OF_AWS.iter().find(|(service, names, _)| *service == namespace && names.contains(&name));
        of_service.map(|(_, _, sets)| *sets)
    };
    let sets = sets.unwrap_or_else(|| panic!("no component emits {namespace} {name}"));
    let known = sets.iter().any(|set| set.iter().copied().collect::<BTreeSet<_>>() == dimensions);
    assert!(known, "{namespace} {name} has other dimensions than {dimensions:?}");
}

/// The values of our own dimension, as far as alarms and widgets use them.
fn values(dimension: &str) -> BTreeSet<&'static str> {
    match dimension {
        "provider" => Provider::ALL.iter().map(|provider| provider.name()).collect(),
        "fact" => FACTS.into(),
        "outcome" => OUTCOMES.into(),
        "alarm" => AttemptAlarm::ALL.map(AttemptAlarm::name).into(),
        other => panic!("no alarm or widget uses dimension {other}"),
    }
}
