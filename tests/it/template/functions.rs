//! The functions: their settings, their triggers, and their limits.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use shared::settings::{
    Environment, EventsSettings, NotifierSettings, PublisherSettings, SweeperSettings, WebhookSettings,
};

use super::resolved::deployed;
use super::{in_the_repository, names, properties, resources, template};

/// Variables of the telemetry, which are no settings of a function.
const OF_THE_TELEMETRY: [&str; 1] = ["RUST_LOG"];

#[test]
fn a_function_starts_with_the_variables_that_are_set_and_reads_each_of_them() {
    let read = |function: &str, environment: &Environment| match function {
        "OrderNotifier" => NotifierSettings::read(environment).map(|settings| format!("{settings:?}")),
        "DeliveryWebhook" => WebhookSettings::read(environment).map(|settings| format!("{settings:?}")),
        "DeliveryEvents" => EventsSettings::read(environment).map(|settings| format!("{settings:?}")),
        "DeliverySweeper" => SweeperSettings::read(environment).map(|settings| format!("{settings:?}")),
        "StatusPublisher" => PublisherSettings::read(environment).map(|settings| format!("{settings:?}")),
        other => panic!("no settings are known for {other}"),
    };
    let stack = deployed(&[("AwsSms", "true")]);
    for function in names(&stack, "AWS::Serverless::Function") {
        let set = variables(&stack, &function);
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
        let settings = read(&function, &with(None));
        assert!(settings.is_ok(), "{function}: {settings:?}");
        for name in set.keys().filter(|name| !OF_THE_TELEMETRY.contains(&name.as_str())) {
            assert_ne!(read(&function, &with(Some(name))), settings, "{function} doesn't read {name}");
        }
    }
}

/// A function's variables; a resource's name replaces its value.
fn variables(stack: &Value, function: &str) -> BTreeMap<String, String> {
    let variables = &properties(stack, function)["Environment"]["Variables"];
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other if other["Ref"] == "AWS::StackName" => "order-notifications".to_owned(),
        other => other.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned(),
    };
    variables.as_object().unwrap().iter().map(|(name, value)| (name.clone(), text(value))).collect()
}

#[test]
fn every_function_sets_its_metrics_namespace_and_lambda_drops_no_metric() {
    for (level, lambdas) in [("DEBUG", "DEBUG"), ("INFO", "INFO"), ("WARN", "INFO"), ("ERROR", "INFO")] {
        let stack = deployed(&[("LogLevel", level), ("AwsSms", "true")]);
        for (name, function) in resources(&stack, "AWS::Serverless::Function") {
            let variables = &function["Environment"]["Variables"];
            assert_eq!(variables["METRICS_NAMESPACE"], json!({ "Ref": "AWS::StackName" }), "{name}");
            assert_eq!(variables["RUST_LOG"], level, "{name}");
            let logging = &function["LoggingConfig"];
            assert_eq!(logging["LogFormat"], "JSON", "{name}");
            assert_eq!(logging["ApplicationLogLevel"], lambdas, "{name}");
        }
    }
}

#[test]
fn every_function_has_its_own_log_group_with_the_parameters_retention() {
    let stack = deployed(&[("LogRetentionDays", "14"), ("AwsSms", "true")]);
    let mut groups = BTreeSet::new();
    for (name, function) in resources(&stack, "AWS::Serverless::Function") {
        let group = function["LoggingConfig"]["LogGroup"]["Ref"].as_str().unwrap();
        assert!(groups.insert(group.to_owned()), "{name} shares its log group");
    }
    for (name, group) in resources(&stack, "AWS::Logs::LogGroup") {
        assert_eq!(group["RetentionInDays"], "14", "{name}");
    }
}

#[test]
fn a_function_is_built_from_its_own_folder_and_named_after_it() {
    let template = template();
    for (name, function) in resources(&template, "AWS::Serverless::Function") {
        let folder = Path::new(function["CodeUri"].as_str().unwrap());
        let crate_name = folder.file_name().unwrap().to_str().unwrap();
        assert_eq!(folder.parent(), Some(Path::new("functions")), "{name}");
        assert_eq!(function["FunctionName"]["Fn::Sub"], format!("${{AWS::StackName}}-{crate_name}"));
        assert_eq!(template["Resources"][&name]["Metadata"]["BuildMethod"], "rust-cargolambda", "{name}");
    }
}

#[test]
fn every_function_of_the_repository_is_deployed() {
    let deployed: BTreeSet<_> = resources(&template(), "AWS::Serverless::Function")
        .into_values()
        .map(|function| function["CodeUri"].as_str().unwrap().to_owned())
        .collect();
    let entries = fs::read_dir(in_the_repository("functions")).unwrap().map(Result::unwrap);
    let folders: Vec<_> = entries.filter(|entry| entry.path().is_dir()).collect();
    assert!(!folders.is_empty());
    for folder in folders {
        let name = folder.file_name().into_string().unwrap();
        assert!(deployed.contains(&format!("functions/{name}")), "{name}");
    }
}

#[test]
fn concurrency_is_reserved_only_when_a_parameter_says_so() {
    let reserved = |parameters: &[(&str, &str)]| -> BTreeMap<String, Value> {
        let functions = resources(&deployed(parameters), "AWS::Serverless::Function").into_iter();
        functions
            .filter_map(|(name, function)| {
                Some((name, function.get("ReservedConcurrentExecutions")?.clone()))
            })
            .collect()
    };
    assert_eq!(reserved(&[]), BTreeMap::new());
    assert_eq!(
        reserved(&[("OrderNotifierReservedConcurrency", "8"), ("DeliveryWebhookReservedConcurrency", "20")]),
        BTreeMap::from([
            ("OrderNotifier".to_owned(), json!("8")),
            ("DeliveryWebhook".to_owned(), json!("20"))
        ])
    );
}

#[test]
fn the_schedule_runs_the_sweeper_and_one_run_ends_before_the_next() {
    let template = template();
    let schedule = properties(&template, "SweepSchedule");
    assert_eq!(schedule["ScheduleExpression"], "rate(5 minutes)");
    assert_eq!(schedule["Target"]["Arn"], json!({ "Ref": "DeliverySweeper.Alias" }));
    assert_eq!(schedule["Target"]["RoleArn"], json!({ "Fn::GetAtt": "SweepScheduleRole.Arn" }));
    let sweeper = properties(&template, "DeliverySweeper");
    assert!(sweeper["Timeout"].as_i64().unwrap() < 300);
    assert_eq!(sweeper["EventInvokeConfig"]["MaximumRetryAttempts"], 0);
}
