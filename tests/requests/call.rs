//! One request to AWS: its permission, its resource, and its DynamoDB request units.

use serde_json::Value;

/// A request to AWS.
#[derive(Debug, Clone)]
pub struct Call {
    /// The action as a policy names it: `dynamodb:PutItem`.
    pub action: String,
    /// The resource's name in the settings: a table, a secret, a queue's URL, a bus.
    pub resource: String,
    /// The table's index that the request reads.
    pub index: Option<String>,
    /// The request's values for the context keys that a policy's condition can test.
    pub condition_keys: ConditionKeys,
    /// Whether it is a retry of the SDK after a request without an answer.
    pub is_retry: bool,
    /// The charged units; none for services other than DynamoDB.
    pub units: Option<Units>,
}

/// Context keys, each with its values in the request.
pub type ConditionKeys = Vec<(&'static str, Vec<String>)>;

/// DynamoDB's request units.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Units {
    /// Write units of the table.
    pub written: f64,
    /// Write units of the index updates that these writes cause.
    pub indexed: f64,
    /// Read units.
    pub read: f64,
}

impl Units {
    pub fn plus(self, other: Self) -> Self {
        Self {
            written: self.written + other.written,
            indexed: self.indexed + other.indexed,
            read: self.read + other.read,
        }
    }
}

/// A request's headers and body.
#[derive(Debug, Clone, Copy)]
pub struct RawRequest<'a> {
    /// The header `X-Amz-Target`, such as `DynamoDB_20120810.PutItem`.
    pub target: &'a str,
    /// The header `amz-sdk-request`, such as `attempt=2; max=4`.
    pub attempt: &'a str,
    pub body: &'a Value,
}

impl Call {
    pub fn from_exchange(request: RawRequest<'_>, reply: &Value) -> Self {
        let body = request.body;
        let (service, operation) = request.target.split_once('.').unwrap_or(("", request.target));
        // The names of the permissions: https://docs.aws.amazon.com/service-authorization/latest/reference/
        let (action, resource) = match (service, operation) {
            ("DynamoDB_20120810", _) => (format!("dynamodb:{operation}"), &body["TableName"]),
            ("secretsmanager", _) => (format!("secretsmanager:{operation}"), &body["SecretId"]),
            // A batch request needs the permission of the single operation.
            ("AmazonSQS", _) => (format!("sqs:{}", operation.trim_end_matches("Batch")), &body["QueueUrl"]),
            ("AWSEvents", _) => (format!("events:{operation}"), &body["Entries"][0]["EventBusName"]),
            // An unknown service. No policy allows this action, so the test fails and names it.
            _ => (request.target.to_owned(), &Value::Null),
        };
        Self {
            action,
            resource: resource.as_str().unwrap_or_default().to_owned(),
            index: body["IndexName"].as_str().map(str::to_owned),
            condition_keys: condition_keys(service, body),
            is_retry: request.attempt.starts_with("attempt=") && !request.attempt.starts_with("attempt=1;"),
            units: (service == "DynamoDB_20120810").then(|| units(operation, reply)),
        }
    }
}

/// The values of the context keys:
///
/// - <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html>: the partition keys
///   of the items that a request names.
/// - <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html>: the sources of its events.
fn condition_keys(service: &str, body: &Value) -> ConditionKeys {
    let texts =
        |values: Vec<&Value>| values.into_iter().filter_map(Value::as_str).map(str::to_owned).collect();
    match service {
        "DynamoDB_20120810" => {
            let key = [&body["Key"]["pk"]["S"], &body["Item"]["pk"]["S"]];
            vec![("dynamodb:LeadingKeys", texts(key.into()))]
        }
        "AWSEvents" => {
            let entries = body["Entries"].as_array().into_iter().flatten();
            vec![("events:source", texts(entries.map(|entry| &entry["Source"]).collect()))]
        }
        _ => Vec::new(),
    }
}

fn units(operation: &str, reply: &Value) -> Units {
    let capacity = &reply["ConsumedCapacity"];
    if capacity.is_null() {
        // A failed condition is charged like a successful write, but the answer doesn't report the charge:
        // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithItems.html#WorkingWithItems.ConditionalUpdate
        // It is one unit, because no item in these tests is larger than a kilobyte.
        let error = reply["__type"].as_str().unwrap_or_default();
        assert!(error.ends_with("ConditionalCheckFailedException"), "{operation} was not charged: {error}");
        return Units { written: 1.0, ..Units::default() };
    }
    let table = capacity["Table"]["CapacityUnits"].as_f64().unwrap();
    let indexes = capacity["GlobalSecondaryIndexes"].as_object().into_iter().flatten();
    let indexed: f64 = indexes.map(|(_, index)| index["CapacityUnits"].as_f64().unwrap()).sum();
    match operation {
        "GetItem" | "Query" => Units { read: table + indexed, ..Units::default() },
        _ => Units { written: table, indexed, ..Units::default() },
    }
}
