//! A misconfigured function doesn't start, and reports all faults at once.

use std::process::Command;

use local::environment::clock;
use local::programs;
use order_notifier::Notifier;
use shared::settings::Environment;
use status_publisher::Publisher;

use crate::support::{CatalogueFile, with_programs};

/// The error with which order-notifier refuses to start with these variables, or its program's log.
pub fn refusal(variables: &[(&str, &str)]) -> String {
    if with_programs() {
        // Without the Runtime API's address every program fails, but without naming a setting.
        let mut program = Command::new(programs::path("order-notifier").unwrap());
        let output = program.env_clear().envs(clock()).envs(variables.iter().copied()).output().unwrap();
        assert!(!output.status.success());
        return String::from_utf8(output.stdout).unwrap();
    }
    let environment: Environment = variables.iter().copied().collect();
    format!("{:#}", Notifier::from_environment(&environment).unwrap_err())
}

/// The variables with which it starts.
pub const VALID: [(&str, &str); 5] = [
    ("TABLE_NAME", "orders"),
    ("CREDENTIALS_SECRET_ID", "credentials"),
    ("KEY_SECRET_ID", "key"),
    ("RECIPIENTS", "all"),
    ("AWS_REGION", "eu-central-1"),
];

#[tokio::test]
async fn it_starts_with_valid_settings() {
    let catalogue = local::catalogue::shipped();
    let catalogue = ("CATALOGUE_PATH", catalogue.to_str().unwrap());
    let environment: Environment = VALID.into_iter().chain([catalogue]).collect();
    Notifier::from_environment(&environment).unwrap();
}

#[test]
fn all_faults_of_settings_and_catalogue_are_reported_at_once() {
    let catalogue = CatalogueFile::changed(|catalogue| {
        let entries = catalogue["notifications"].as_table_mut().unwrap();
        entries["order-cancelled"].as_table_mut().unwrap().remove("recipient").unwrap();
        entries["stock-arrived"]["body"] = toml::Value::from(vec!["detail.customer.["]);
        entries["return-updated"]["providers"] = toml::Value::from(vec!["onemsg", "sms"]);
        entries["return-registered"]["templates"]["meta"]["languages"] = toml::Value::Array(Vec::new());
        entries["order-status-changed"].as_table_mut().unwrap().insert("colour".to_owned(), "red".into());
    });
    let refusal = refusal(&[
        ("CATALOGUE_PATH", catalogue.path().to_str().unwrap()),
        ("UNKNOWN_OUTCOME", "perhaps"),
        ("CONFIRMATION_WINDOW", "soon"),
        ("SEND_CONCURRENCY", "many"),
        ("META_BASE_URL", "graph.facebook.com"),
        ("AWS_ENDPOINT_URL", "here"),
    ]);
    for named in [
        "TABLE_NAME",
        "CREDENTIALS_SECRET_ID",
        "KEY_SECRET_ID",
        "RECIPIENTS",
        "AWS_REGION",
        "UNKNOWN_OUTCOME",
        "CONFIRMATION_WINDOW",
        "SEND_CONCURRENCY",
        "META_BASE_URL",
        "AWS_ENDPOINT_URL",
        "[notifications.order-cancelled] recipient",
        "[notifications.stock-arrived] body[0]",
        "[notifications.return-updated] providers[1]",
        "[notifications.return-registered.templates] meta",
        "[notifications.order-status-changed] colour",
    ] {
        assert!(refusal.contains(named), "{named} is not named:\n{refusal}");
    }
}

#[test]
fn status_publisher_names_its_missing_settings() {
    let variables = [("AWS_ENDPOINT_URL_EVENTBRIDGE", "here")];
    let refusal = format!("{:#}", Publisher::from_environment(&variables.into_iter().collect()).unwrap_err());
    for named in ["EVENT_BUS_NAME", "AWS_REGION", "AWS_ENDPOINT_URL_EVENTBRIDGE"] {
        assert!(refusal.contains(named), "{named} is not named:\n{refusal}");
    }
}

#[test]
fn a_missing_or_unparsable_catalogue_is_named_by_its_file() {
    let with = |path: &str| refusal(&[VALID.as_slice(), &[("CATALOGUE_PATH", path)]].concat());
    assert!(with("/nowhere/notifications.toml").contains("/nowhere/notifications.toml"));
    let sample = format!("{}/events/order-cancelled.json", env!("CARGO_MANIFEST_DIR"));
    assert!(with(&sample).contains(&sample));
}
