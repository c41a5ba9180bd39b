//! What `template.yaml` deploys is what the code, the catalogue and the local run take for granted.
//!
//! It ends at the template's text: that AWS accepts it is for `sam validate --lint` and `cfn-lint` to say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Value, json};
use shared::settings::{Environment, NotifierSettings, SweeperSettings, WebhookSettings};

/// The index that delivery-sweeper queries.
const DUE_INDEX: &str = "${Table.Arn}/index/due";

/// The template as JSON, its short intrinsics (`!Ref x`) in their long form (`{"Ref": "x"}`).
fn template() -> Value {
    let text = fs::read_to_string(in_the_repository("template.yaml")).unwrap();
    let documents = Yaml::load_from_str(&text).unwrap();
    assert_eq!(documents.len(), 1);
    json_of(&documents[0])
}

fn in_the_repository(path: &str) -> String {
    format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"))
}

fn json_of(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(boolean)) => json!(boolean),
        Yaml::Value(Scalar::Integer(integer)) => json!(integer),
        Yaml::Value(Scalar::FloatingPoint(float)) => json!(float.into_inner()),
        Yaml::Value(Scalar::String(text)) => json!(text),
        Yaml::Sequence(items) => items.iter().map(json_of).collect(),
        Yaml::Mapping(entries) => {
            entries.iter().map(|(key, value)| (key.as_str().unwrap().to_owned(), json_of(value))).collect()
        }
        Yaml::Tagged(tag, value) => {
            let function = match tag.suffix.as_str() {
                "Ref" | "Condition" => tag.suffix.clone(),
                other => format!("Fn::{other}"),
            };
            json!({ function: json_of(value) })
        }
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => panic!("not a plain value: {yaml:?}"),
    }
}

/// The properties of every resource of this type, by the resource's name.
fn resources(template: &Value, resource_type: &str) -> BTreeMap<String, Value> {
    let all = template["Resources"].as_object().unwrap();
    let found: BTreeMap<_, _> = all
        .iter()
        .filter(|(_, resource)| resource["Type"] == resource_type)
        .map(|(name, resource)| (name.clone(), resource["Properties"].clone()))
        .collect();
    assert!(!found.is_empty(), "no {resource_type} in the template");
    found
}

fn table(template: &Value) -> Value {
    resources(template, "AWS::DynamoDB::Table").remove("Table").unwrap()
}

fn strings(value: &Value) -> BTreeSet<String> {
    match value {
        Value::String(text) => BTreeSet::from([text.clone()]),
        _ => value.as_array().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()).collect(),
    }
}

#[test]
fn the_deployed_table_is_the_table_of_the_local_run() {
    let deployed = table(&template());
    let local = local::aws::table::definition("any");
    for property in ["AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode"] {
        assert!(local[property] != Value::Null, "{property}");
        assert_eq!(deployed[property], local[property], "{property}");
    }
    // The request says besides that the stream is on, which a template says by having one.
    assert_eq!(local["StreamSpecification"]["StreamEnabled"], true);
    assert_eq!(
        deployed["StreamSpecification"]["StreamViewType"],
        local["StreamSpecification"]["StreamViewType"]
    );
    assert_eq!(
        deployed["TimeToLiveSpecification"],
        json!({ "AttributeName": local::aws::table::TTL_ATTRIBUTE, "Enabled": true })
    );
}

#[test]
fn what_cannot_be_made_again_outlives_the_stack() {
    let template = template();
    for resource_type in ["AWS::DynamoDB::Table", "AWS::SecretsManager::Secret", "AWS::SQS::Queue"] {
        for name in resources(&template, resource_type).keys() {
            let resource = &template["Resources"][name];
            assert_eq!(resource["DeletionPolicy"], "Retain", "{name}");
            assert_eq!(resource["UpdateReplacePolicy"], "Retain", "{name}");
        }
    }
    let table = table(&template);
    assert_eq!(table["DeletionProtectionEnabled"], true);
    assert_eq!(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true);
}

#[test]
fn the_webhook_has_exactly_the_routes_of_the_three_providers() {
    let routes: BTreeSet<_> = resources(&template(), "AWS::ApiGatewayV2::Route")
        .values()
        .map(|route| route["RouteKey"].as_str().unwrap().to_owned())
        .collect();
    let expected: BTreeSet<_> = ["/webhooks/meta", "/webhooks/kaleyra", "/webhooks/onemsg/{secret}"]
        .into_iter()
        .flat_map(|path| ["GET", "POST"].map(|method| format!("{method} {path}")))
        .collect();
    assert_eq!(routes, expected);
}

#[test]
fn the_access_log_omits_whatever_can_hold_the_secret_of_a_path() {
    for stage in resources(&template(), "AWS::ApiGatewayV2::Stage").values() {
        let format = stage["AccessLogSettings"]["Format"].as_str().unwrap();
        assert!(format.contains("$context.routeKey"));
        // `$context.path` is the path as it came:
        // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
        assert!(!format.to_lowercase().contains("path"), "{format}");
        serde_json::from_str::<BTreeMap<String, String>>(format).unwrap();
    }
}

#[test]
fn the_rule_takes_the_sources_that_the_catalogue_names() {
    let template = template();
    let sources = template["Parameters"]["EventSources"]["Default"].as_str().unwrap();
    let deployed: BTreeSet<_> = sources.split(',').map(str::to_owned).collect();

    let catalogue = fs::read_to_string(in_the_repository("notifications.toml")).unwrap();
    let catalogue: toml::Table = catalogue.parse().unwrap();
    let catalogued: BTreeSet<_> = catalogue["notifications"]
        .as_table()
        .unwrap()
        .values()
        .flat_map(|notification| notification["source"].as_array().unwrap())
        .map(|source| source.as_str().unwrap().to_owned())
        .collect();

    assert_eq!(deployed, catalogued);
    for rule in resources(&template, "AWS::Events::Rule").values() {
        assert_eq!(rule["EventPattern"], json!({ "source": { "Ref": "EventSources" } }));
    }
}

#[test]
fn every_queue_that_can_hold_an_order_event_has_an_alarm() {
    let template = template();
    let alarmed: BTreeSet<_> = resources(&template, "AWS::CloudWatch::Alarm")
        .values()
        .map(|alarm| alarm["Dimensions"][0]["Value"]["Fn::GetAtt"].clone())
        .map(|attribute| attribute.as_str().unwrap().strip_suffix(".QueueName").unwrap().to_owned())
        .collect();
    let queues: BTreeSet<_> = resources(&template, "AWS::SQS::Queue").into_keys().collect();
    assert_eq!(alarmed, queues);
}

#[test]
fn an_event_that_waits_comes_again_only_after_its_invocation_has_ended() {
    let template = template();
    let timeout = template["Resources"]["OrderNotifier"]["Properties"]["Timeout"].as_i64().unwrap();
    let queues = resources(&template, "AWS::SQS::Queue");
    let visibility = queues["OrderEventsQueue"]["VisibilityTimeout"].as_i64().unwrap();
    // https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    assert!(visibility >= 6 * timeout, "{visibility} s for {timeout} s");

    let events = &template["Resources"]["OrderNotifier"]["Properties"]["Events"];
    assert_eq!(
        events["OrderEvents"]["Properties"]["FunctionResponseTypes"],
        json!(["ReportBatchItemFailures"])
    );
}

/// Seconds of a parameter's default such as `3h`.
fn seconds(template: &Value, parameter: &str) -> i64 {
    let default = template["Parameters"][parameter]["Default"].as_str().unwrap();
    let (number, unit) = default.split_at(default.len() - 1);
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 24 * 3600,
        other => panic!("{other}"),
    };
    number.parse::<i64>().unwrap() * unit
}

#[test]
fn a_notification_is_stuck_only_after_the_queue_has_given_its_event_up() {
    let template = template();
    let queue = &resources(&template, "AWS::SQS::Queue")["OrderEventsQueue"];
    let receives = queue["RedrivePolicy"]["maxReceiveCount"].as_i64().unwrap();
    let longest = receives * queue["VisibilityTimeout"].as_i64().unwrap();
    assert!(seconds(&template, "StuckAfter") > longest, "{longest} s");
    assert!(seconds(&template, "UnconfirmedAfter") > seconds(&template, "SilentAfter"));
}

#[test]
fn the_schedule_runs_the_sweeper_and_may_invoke_nothing_else() {
    let template = template();
    let sweeper = json!({ "Fn::GetAtt": "DeliverySweeper.Arn" });
    let schedule = resources(&template, "AWS::Scheduler::Schedule").remove("SweepSchedule").unwrap();
    assert_eq!(schedule["Target"]["Arn"], sweeper);
    assert_eq!(schedule["Target"]["RoleArn"], json!({ "Fn::GetAtt": "SweepScheduleRole.Arn" }));
    let statements = statements(&template["Resources"]["SweepScheduleRole"]["Properties"]);
    assert_eq!(
        statements,
        [json!({ "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": sweeper })]
    );
}

#[test]
fn the_sweeper_may_query_the_index_that_the_table_has() {
    let template = template();
    assert_eq!(table(&template)["GlobalSecondaryIndexes"][0]["IndexName"], "due");
    let query = statements(&template["Resources"]["DeliverySweeperRole"]["Properties"])
        .into_iter()
        .find(|statement| strings(&statement["Action"]).contains("dynamodb:Query"));
    assert_eq!(query.unwrap()["Resource"], json!({ "Fn::Sub": DUE_INDEX }));
}

#[test]
fn a_dead_letter_queue_keeps_an_event_longer_than_the_queue_that_it_came_from() {
    let queues = resources(&template(), "AWS::SQS::Queue");
    let period = |queue: &str| queues[queue]["MessageRetentionPeriod"].as_i64().unwrap();
    assert!(period("OrderEventsDeadLetterQueue") > period("OrderEventsQueue"));
}

#[test]
fn a_role_names_each_resource_and_each_action() {
    for (role, properties) in resources(&template(), "AWS::IAM::Role") {
        assert_eq!(properties.get("ManagedPolicyArns"), None, "{role}");
        for statement in statements(&properties) {
            let resource = &statement["Resource"];
            let is_named =
                resource.get("Fn::GetAtt").is_some() || *resource == json!({ "Fn::Sub": DUE_INDEX });
            assert!(is_named, "{role}: {statement}");
            for action in strings(&statement["Action"]) {
                assert!(!action.contains('*'), "{role}: {action}");
            }
        }
    }
}

#[test]
fn a_function_reads_its_own_secret_alone_and_is_told_its_name() {
    let template = template();
    for (function, variable, secret) in [
        ("OrderNotifier", "CREDENTIALS_SECRET_ID", "CredentialsSecret.Id"),
        ("DeliverySweeper", "CREDENTIALS_SECRET_ID", "CredentialsSecret.Id"),
        ("DeliveryWebhook", "WEBHOOK_SECRET_ID", "WebhookSecret.Id"),
    ] {
        let properties = &template["Resources"][function]["Properties"];
        let secret = json!({ "Fn::GetAtt": secret });
        assert_eq!(properties["Environment"]["Variables"][variable], secret);

        let role = properties["Role"]["Fn::GetAtt"].as_str().unwrap().strip_suffix(".Arn").unwrap();
        let readable: Vec<_> = statements(&template["Resources"][role]["Properties"])
            .into_iter()
            .filter(|statement| {
                strings(&statement["Action"]).iter().any(|action| action.starts_with("secretsmanager:"))
            })
            .map(|statement| statement["Resource"].clone())
            .collect();
        assert_eq!(readable, [secret], "{function}");
    }
}

#[test]
fn a_function_starts_with_the_variables_that_are_set_and_reads_each_of_them() {
    let template = template();
    let read = |function: &str, environment: &Environment| match function {
        "OrderNotifier" => NotifierSettings::read(environment).map(|settings| format!("{settings:?}")),
        "DeliveryWebhook" => WebhookSettings::read(environment).map(|settings| format!("{settings:?}")),
        "DeliverySweeper" => SweeperSettings::read(environment).map(|settings| format!("{settings:?}")),
        other => panic!("whose settings does {other} read?"),
    };
    for function in resources(&template, "AWS::Serverless::Function").keys() {
        let set = variables(&template, function);
        let with = |changed: Option<&str>| {
            let value_of = |name: &String, value: &String| {
                if changed == Some(name.as_str()) { "1".to_owned() } else { value.clone() }
            };
            let of_lambda = [("AWS_REGION", "x"), ("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "x")];
            set.iter()
                .map(|(name, value)| (name.clone(), value_of(name, value)))
                .chain(of_lambda.map(|(name, value)| (name.to_owned(), value.to_owned())))
                .collect()
        };
        let settings = read(function, &with(None));
        assert!(settings.is_ok(), "{function}: {settings:?}");
        // RUST_LOG is no setting: the telemetry reads it.
        for name in set.keys().filter(|name| *name != "RUST_LOG") {
            assert_ne!(read(function, &with(Some(name))), settings, "{function} doesn't read {name}");
        }
    }
}

/// A function's variables, the parameters in them at their defaults; the name of a resource stands for itself.
fn variables(template: &Value, function: &str) -> BTreeMap<String, String> {
    let variables = &template["Resources"][function]["Properties"]["Environment"]["Variables"];
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let resolved = |value: &Value| match value["Ref"].as_str() {
        Some(name) => template["Parameters"][name].get("Default").map_or_else(|| name.to_owned(), text),
        None => text(value.get("Fn::GetAtt").unwrap_or(value)),
    };
    variables.as_object().unwrap().iter().map(|(name, value)| (name.clone(), resolved(value))).collect()
}

fn statements(role: &Value) -> Vec<Value> {
    let policies = role["Policies"].as_array().unwrap();
    policies
        .iter()
        .flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().unwrap().clone())
        .collect()
}
