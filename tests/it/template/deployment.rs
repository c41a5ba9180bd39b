//! If a parameter says so, traffic shifts to new code in tenths, and shifts back when the new code triggers an alarm.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::resolved::deployed;
use super::{names, properties, resources, template};

/// The properties that aren't part of a function's version.
const NOT_OF_A_VERSION: [&str; 4] =
    ["DeploymentPreference", "Events", "ReservedConcurrentExecutions", "VersionDescription"];

#[test]
fn a_function_is_invoked_only_by_its_alias() {
    let template = template();
    assert_eq!(template["Globals"]["Function"]["AutoPublishAlias"], "live");
    assert_eq!(
        properties(&template, "WebhookApiIntegration")["IntegrationUri"],
        json!({ "Ref": "DeliveryWebhook.Alias" })
    );
    assert_eq!(
        properties(&template, "WebhookApiMayInvoke")["FunctionName"],
        json!({ "Ref": "DeliveryWebhook.Alias" })
    );
    assert_eq!(
        properties(&template, "SweepSchedule")["Target"]["Arn"],
        json!({ "Ref": "DeliverySweeper.Alias" })
    );
    // SAM points the mappings of a function's own events at its alias.
    for function in ["OrderNotifier", "DeliveryEvents", "StatusPublisher"] {
        assert!(properties(&template, function)["Events"].is_object(), "{function}");
    }
    assert!(!template["Resources"].to_string().contains("AWS::Lambda::EventSourceMapping"));
}

#[test]
fn new_code_takes_over_at_once_by_default() {
    let by_code_deploy = |parameters: &[(&str, &str)]| -> BTreeSet<(String, String)> {
        let functions = resources(&deployed(parameters), "AWS::Serverless::Function").into_iter();
        functions
            .map(|(name, function)| (name, function["DeploymentPreference"].clone()))
            .filter(|(_, preference)| preference["Enabled"] == "true")
            .map(|(name, preference)| (name, preference["Type"].as_str().unwrap().to_owned()))
            .collect()
    };
    assert_eq!(by_code_deploy(&[]), BTreeSet::new());

    let template = template();
    let ways = template["Parameters"]["Deployment"]["AllowedValues"].as_array().unwrap();
    for way in ways.iter().map(|way| way.as_str().unwrap()).filter(|way| *way != "AllAtOnce") {
        // The sweeper runs once in five minutes: a tenth of its traffic is too little to observe.
        let expected = ["DeliveryWebhook", "OrderNotifier", "StatusPublisher"];
        let expected = expected.map(|function| (function.to_owned(), way.to_owned()));
        assert_eq!(by_code_deploy(&[("Deployment", way)]), BTreeSet::from(expected));
    }
}

#[test]
fn only_the_functions_own_errors_roll_a_deployment_back() {
    let stack = deployed(&[("Deployment", "Canary10Percent5Minutes")]);
    let alarms = names(&stack, "AWS::CloudWatch::Alarm");
    for (name, function) in resources(&stack, "AWS::Serverless::Function") {
        let Some(preference) = function.get("DeploymentPreference") else { continue };
        let of_this: BTreeSet<_> = preference["Alarms"]
            .as_array()
            .unwrap()
            .iter()
            .map(|alarm| alarm["Ref"].as_str().unwrap().to_owned())
            .collect();
        assert!(of_this.is_subset(&alarms), "{name}: {of_this:?}");
        assert!(of_this.contains(&format!("{name}ErrorsAlarm")), "{name}");
        assert!(!of_this.contains("AuthenticationFailuresAlarm"), "{name}");
        assert!(!of_this.contains("ProviderRefusalsAlarm"), "{name}");
    }
}

/// SAM creates a new version when a property's text changes, not when a parameter's value does; and Lambda creates none
/// if nothing of the function has changed.
#[test]
fn a_version_is_described_by_exactly_the_parameters_that_configure_the_function() {
    let template = template();
    let parameters: BTreeSet<_> = template["Parameters"].as_object().unwrap().keys().cloned().collect();
    let shared = &template["Globals"]["Function"];
    for (name, function) in resources(&template, "AWS::Serverless::Function") {
        assert_eq!(function["AutoPublishAliasAllProperties"], true, "{name}");
        let properties = shared.as_object().unwrap().iter().chain(function.as_object().unwrap());
        let mut configuring = BTreeSet::new();
        for (_, value) in properties.filter(|(key, _)| !NOT_OF_A_VERSION.contains(&key.as_str())) {
            named_in(value, &mut configuring);
        }
        let configuring: BTreeSet<_> = configuring.intersection(&parameters).cloned().collect();

        let mut described = BTreeSet::new();
        named_in(&function["VersionDescription"], &mut described);
        assert_eq!(described, configuring, "{name}");
    }
}

/// Lambda refuses a longer description:
/// <https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html>.
#[test]
fn the_longest_list_of_recipients_fits_into_a_versions_description() {
    let template = template();
    let description = template["Resources"]["OrderNotifier"]["Properties"]["VersionDescription"]["Fn::Sub"]
        .as_str()
        .unwrap()
        .to_owned();
    let recipients = template["Parameters"]["Recipients"]["MaxLength"].as_u64().unwrap();
    let longest = [
        ("${Architecture}", "x86_64".len()),
        ("${LogLevel}", "DEBUG".len()),
        ("${Recipients}", usize::try_from(recipients).unwrap()),
        ("${UnknownOutcome}", "onemsg=resend,kaleyra=resend,meta=resend".len()),
        ("${ConfirmationWindow}", "900s".len()),
        ("${RetryWaits}", "unsent=3600s-86400s,refused=3600s-86400s".len()),
        ("${SendConcurrency}", "10".len()),
        ("${SilentAfter}", "600s".len()),
        ("${EventRetention}", "336h".len()),
        ("${MetricsNames}", "20".len()),
    ];
    let filled =
        longest.iter().fold(description, |text, (name, chars)| text.replace(name, &"x".repeat(*chars)));
    assert!(!filled.contains('$') && filled.len() <= 256, "{}: {filled}", filled.len());
}

/// The names to which an expression may refer, in either branch of a choice.
fn named_in(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| named_in(item, found)),
        Value::Object(entries) => {
            for (key, value) in entries {
                match (key.as_str(), value) {
                    ("Ref", Value::String(name)) => {
                        found.insert(name.clone());
                    }
                    ("Fn::Sub", Value::String(text)) => {
                        let names = text.split("${").skip(1).filter_map(|rest| rest.split('}').next());
                        found.extend(names.map(str::to_owned));
                    }
                    (_, value) => named_in(value, found),
                }
            }
        }
        _ => {}
    }
}
