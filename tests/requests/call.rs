//! One request to AWS: the permission that it needs, its resource, and what DynamoDB charges for it.

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
    /// The context keys that a policy's condition can test, each with all its values.
    pub seen: Seen,
    /// Whether the SDK retried it, because no answer arrived in time.
    pub is_repeated: bool,
    /// Its cost; none for other services than DynamoDB.
    pub units: Option<Units>,
}

/// A condition's keys, each with the values of the request.
pub type Seen = Vec<(&'static str, Vec<String>)>;

/// DynamoDB's request units.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Units {
    /// Of writes to the table.
    pub written: f64,
    /// Of the index updates that these writes cause.
    pub indexed: f64,
    /// Of reads.
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

/// A request's operation, as `X-Amz-Target` names it, and its body.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub target: &'a str,
    /// `amz-sdk-request`: `attempt=2; max=4`.
    pub attempt: &'a str,
    pub body: &'a Value,
}

impl Call {
    pub fn of(asked: Asked<'_>, reply: &Value) -> Self {
        let body = asked.body;
        let (service, operation) = asked.target.split_once('.').unwrap_or(("", asked.target));
        // The names of the permissions: https://docs.aws.amazon.com/service-authorization/latest/reference/
        let (action, resource) = match (service, operation) {
            ("DynamoDB_20120810", _) => (format!("dynamodb:{operation}"), &body["TableName"]),
            ("secretsmanager", _) => (format!("secretsmanager:{operation}"), &body["SecretId"]),
            // A batch request needs the permission of the single operation.
            ("AmazonSQS", _) => (format!("sqs:{}", operation.trim_end_matches("Batch")), &body["QueueUrl"]),
            ("AWSEvents", _) => (format!("events:{operation}"), &body["Entries"][0]["EventBusName"]),
            // No policy allows this action, so the test fails and shows it.
            _ => (asked.target.to_owned(), &Value::Null),
        };
        Self {
            action,
            resource: resource.as_str().unwrap_or_default().to_owned(),
            index: body["IndexName"].as_str().map(str::to_owned),
            seen: seen(service, body),
            is_repeated: asked.attempt.starts_with("attempt=") && !asked.attempt.starts_with("attempt=1;"),
            units: (service == "DynamoDB_20120810").then(|| units(operation, reply)),
        }
    }
}

/// The values of the context keys:
///
/// - <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html>: the partition keys
///   of the items that a request names.
/// - <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html>: the sources of its events.
fn seen(service: &str, body: &Value) -> Seen {
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
        // A write whose condition fails is charged like a successful write, and its answer doesn't report the charge:
        // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithItems.html#WorkingWithItems.ConditionalUpdate
        // One unit, because no item of these cases is larger than a kilobyte.
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
