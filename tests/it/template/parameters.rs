//! The parameters, their values in `samconfig.toml`, and the metadata for the Serverless Application Repository.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use shared::protocol::{Recipients, RetryWaits};

use super::{in_the_repository, properties, template};

const TOPIC: &str = "arn:aws:sns:eu-central-1:111122223333:alarms";

fn parameters() -> BTreeMap<String, Value> {
    let template = template();
    let parameters = template["Parameters"].as_object().unwrap().clone();
    parameters.into_iter().collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Whether a parameter accepts a value. Each value of a list must match its pattern.
pub fn takes(definition: &Value, value: &str) -> bool {
    let matched = definition["AllowedPattern"].as_str().is_none_or(|pattern| {
        let is_list = definition["Type"] == "CommaDelimitedList";
        let values = if is_list { value.split(',').map(str::trim).collect() } else { vec![value] };
        // CloudFormation's patterns match the whole value.
        let schema = jsonschema::validator_for(&json!({ "pattern": format!("^(?:{pattern})$") })).unwrap();
        values.into_iter().all(|value| schema.is_valid(&json!(value)))
    });
    let listed = definition["AllowedValues"]
        .as_array()
        .is_none_or(|allowed| allowed.iter().any(|allowed| text(allowed) == value));
    let bounded = definition["Type"] != "Number"
        || value.parse::<i64>().is_ok_and(|number| {
            definition["MinValue"].as_i64().is_none_or(|least| number >= least)
                && definition["MaxValue"].as_i64().is_none_or(|most| number <= most)
        });
    let fits = definition["MaxLength"].as_u64().is_none_or(|most| value.len() as u64 <= most);
    matched && listed && bounded && fits
}

#[test]
fn every_parameter_but_the_recipients_has_a_valid_default_and_each_has_a_label_and_one_group() {
    let template = template();
    let interface = &template["Metadata"]["AWS::CloudFormation::Interface"];
    let grouped: Vec<String> = interface["ParameterGroups"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|group| group["Parameters"].as_array().unwrap())
        .map(text)
        .collect();
    let parameters = parameters();
    let names: BTreeSet<_> = parameters.keys().cloned().collect();
    assert_eq!(grouped.iter().cloned().collect::<BTreeSet<_>>(), names);
    assert_eq!(grouped.len(), names.len(), "a parameter is in two groups");
    let labelled: BTreeSet<_> = interface["ParameterLabels"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(labelled, names);

    for (name, definition) in &parameters {
        match definition.get("Default") {
            Some(default) => assert!(takes(definition, &text(default)), "{name}"),
            // A stage without a value must be no production.
            None => assert_eq!(name, "Recipients"),
        }
        assert!(definition["Description"].as_str().is_some_and(|text| text.ends_with('.')), "{name}");
    }
}

/// With the default parameters, an operator can replay events that failed because a token expired on a Friday.
#[test]
fn by_default_order_events_are_archived_for_longer_than_the_queue_keeps_them() {
    let days = parameters()["ArchiveRetentionDays"]["Default"].as_i64().unwrap();
    let template = template();
    let kept = &properties(&template, "OrderEventsQueue")["MessageRetentionPeriod"];
    assert!(days * 86_400 > kept.as_i64().unwrap());
}

/// `sam deploy --guided` asks in the order of the file.
#[test]
fn the_alarm_recipient_is_asked_first_and_one_address_is_enough() {
    let template = template();
    let text = fs::read_to_string(in_the_repository("template.yaml")).unwrap();
    let (_, section) = text.split_once("\nParameters:\n").unwrap();
    let asked = section.lines().filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':'));
    let first: Vec<&str> = asked.filter(|name| !name.starts_with([' ', '#'])).take(2).collect();
    assert_eq!(first, ["AlarmEmail", "AlarmTopicArn"]);
    let address = &template["Parameters"]["AlarmEmail"];
    for taken in ["", "on-call@shop.example", "alarms+whatsapp@ops.shop.example"] {
        assert!(takes(address, taken), "{taken:?}");
    }
    for refused in ["on-call", "a@shop.example,b@shop.example", "a b@shop.example", TOPIC] {
        assert!(!takes(address, refused), "{refused:?}");
    }
    let rule = &template["Rules"]["OneWayOfAlarms"];
    assert_eq!(rule["Assertions"][0]["Assert"], json!({ "Fn::Equals": [{ "Ref": "AlarmTopicArn" }, ""] }));
}

#[test]
fn the_rates_in_the_descriptions_match_the_defaults() {
    let parameters = parameters();
    let default = |name: &str| parameters[name]["Default"].as_i64().unwrap();
    let (batches, sends) = (default("MaximumConcurrency"), default("SendConcurrency"));
    let described = parameters["MaximumConcurrency"]["Description"].as_str().unwrap();
    let arithmetic = format!("{batches} x {sends} / 0.5 s = {}/s", batches * sends * 2);
    assert!(described.contains(&arithmetic), "{arithmetic}");
    // The rate that the two versions of a canary deployment may reach together.
    let described = parameters["OrderNotifierReservedConcurrency"]["Description"].as_str().unwrap();
    let arithmetic = format!("{} x {sends} / 0.5 s = {}/s", 2 * batches, 2 * batches * sends * 2);
    assert!(described.contains(&arithmetic), "{arithmetic}");
    let described = parameters["DeliveryWebhookReservedConcurrency"]["Description"].as_str().unwrap();
    assert!(described.contains(&format!("{} x", default("CallbackRate"))), "{described}");
}

/// The parameters that a shop's `samconfig.toml` sets, of each environment; CloudFormation must accept them. Skips
/// texts, which `sam deploy --guided` writes in place of lists.
fn overrides() -> Vec<(String, String)> {
    let configured: toml::Table =
        fs::read_to_string(in_the_repository("samconfig.toml")).unwrap().parse().unwrap();
    let lists = configured.values().filter_map(|commands| {
        commands.get("deploy")?.get("parameters")?.get("parameter_overrides")?.as_array()
    });
    let pairs = lists.flatten().map(|pair| pair.as_str().unwrap().split_once('=').unwrap());
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn samconfig_sets_existing_parameters_to_valid_values() {
    let parameters = parameters();
    for (name, value) in overrides() {
        let definition = parameters.get(&name).unwrap_or_else(|| panic!("no parameter {name}"));
        assert!(takes(definition, &value), "{name}={value}");
    }
}

#[test]
fn the_pattern_of_the_retry_waits_accepts_what_order_notifier_reads() {
    let definition = &parameters()["RetryWaits"];
    assert_eq!(text(&definition["Default"]).parse(), Ok(RetryWaits::default()));
    for (value, is_right) in [
        ("", true),
        ("refused=1m-15m", true),
        ("refused=90s-2h,unsent=1s-24h", true),
        ("unsent=30s", false),
        ("unsent=0s-1m", false),
        ("unsent=1m-2d", false),
        ("refused=1m-25h", false),
        ("sent=1m-2m", false),
        ("unsent=1m-2m;refused=1m-2m", false),
    ] {
        assert_eq!(
            (takes(definition, value), value.parse::<RetryWaits>().is_ok()),
            (is_right, is_right),
            "{value}"
        );
    }
    // A pattern can't compare the two waits.
    assert!(takes(definition, "unsent=15m-30s") && "unsent=15m-30s".parse::<RetryWaits>().is_err());
}

#[test]
fn recipients_have_no_default_and_only_production_writes_to_all() {
    let definition = &parameters()["Recipients"];
    assert_eq!(definition.get("Default"), None);
    let configured: toml::Table =
        fs::read_to_string(in_the_repository("samconfig.toml")).unwrap().parse().unwrap();
    let set = |environment: &str| {
        let overrides = &configured[environment]["deploy"]["parameters"]["parameter_overrides"];
        let mut values =
            overrides.as_array().unwrap().iter().filter_map(|it| it.as_str().unwrap().split_once('='));
        values.find(|(name, _)| *name == "Recipients").map(|(_, value)| value.to_owned())
    };
    assert_eq!(set("prod").as_deref(), Some("all"));
    assert!(set("dev").is_some_and(|value| value != "all"));
}

#[test]
fn the_recipients_that_the_template_takes_are_those_that_order_notifier_reads() {
    let definition = &parameters()["Recipients"];
    let hashes = ["hmac:0011223344556677"; 6].join(",");
    for value in
        ["all", "none", "+12025550101", "+12025550101,+436641234567", "US.ENT.118157, DE.aB3", &hashes]
    {
        assert!(takes(definition, value) && value.parse::<Recipients>().is_ok(), "{value}");
    }
    for value in
        ["", " ", "ALL", "all,none", "+12025550101,", "12025550101", "hmac:00112233", "all,+12025550101"]
    {
        assert!(!takes(definition, value) && value.parse::<Recipients>().is_err(), "{value:?}");
    }
    assert!(
        !takes(definition, &["hmac:0011223344556677"; 7].join(",")),
        "too long for a version's description"
    );
}

#[test]
fn the_table_is_protected_by_default() {
    assert_eq!(parameters()["DeletionProtection"]["Default"], "true");
}

#[test]
fn the_deployment_guide_names_every_parameter_and_only_existing_outputs() {
    let guide = fs::read_to_string(in_the_repository("docs/deploy.md")).unwrap();
    for name in parameters().keys() {
        assert!(guide.contains(&format!("`{name}`")), "{name}");
    }
    let template = template();
    let outputs = template["Outputs"].as_object().unwrap();
    let named: BTreeSet<_> = guide
        .split("output ")
        .skip(1)
        .filter_map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric()).next())
        .filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase()))
        .collect();
    assert!(named.len() > 5, "{named:?}");
    for name in named {
        assert!(outputs.contains_key(name), "{name}");
    }
}

#[test]
fn the_metadata_have_the_crates_version_and_licence() {
    let template = template();
    let application = &template["Metadata"]["AWS::ServerlessRepo::Application"];
    let manifest: toml::Table = fs::read_to_string(in_the_repository("Cargo.toml")).unwrap().parse().unwrap();
    let package = &manifest["workspace"]["package"];
    assert_eq!(application["SemanticVersion"].as_str(), package["version"].as_str());
    assert_eq!(application["SpdxLicenseId"].as_str(), package["license"].as_str());
    for file in ["LicenseUrl", "ReadmeUrl"] {
        let path = in_the_repository(application[file].as_str().unwrap());
        assert!(Path::new(&path).is_file(), "{path}");
    }
    // https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-template-publishing-applications-metadata-properties.html
    assert!(application["Labels"].as_array().unwrap().len() <= 10);
    assert!(application["Description"].as_str().unwrap().len() <= 256);
}
