//! The stores: the table, the secrets, and the queues of messages that failed.

use serde_json::{Value, json};

use super::reading::nested_stacks;
use super::resolved::deployed;
use super::{properties, resources, template};

#[test]
fn the_deployed_table_is_the_table_of_the_local_run() {
    let stack = deployed(&[]);
    let deployed = properties(&stack, "Table");
    let local = local::aws::table::definition("any");
    for property in ["AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode"] {
        assert!(local[property] != Value::Null, "{property}");
        assert_eq!(deployed[property], local[property], "{property}");
    }
    // The API request also enables the stream, which a template does by specifying one.
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
fn irreplaceable_resources_outlive_the_stack() {
    let template = template();
    for resource_type in
        ["AWS::DynamoDB::Table", "AWS::SecretsManager::Secret", "AWS::SQS::Queue", "AWS::Events::Archive"]
    {
        for name in resources(&template, resource_type).keys() {
            let resource = &template["Resources"][name];
            assert_eq!(resource["DeletionPolicy"], "Retain", "{name}");
            assert_eq!(resource["UpdateReplacePolicy"], "Retain", "{name}");
        }
    }
}

/// A resource that moves into or out of a nested stack is created again and loses its data; a queue's policy would then be
/// removed together with its old resource.
#[test]
fn nested_stacks_contain_no_stored_data_and_no_function() {
    const ALLOWED: [&str; 6] = [
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::EventSchemas::Registry",
        "AWS::EventSchemas::Schema",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
    ];
    for (path, nested) in nested_stacks() {
        for (name, resource) in nested["Resources"].as_object().unwrap() {
            assert!(ALLOWED.contains(&resource["Type"].as_str().unwrap()), "{path}: {name}");
        }
        // A transform would require CAPABILITY_AUTO_EXPAND at each deployment.
        assert_eq!(nested.get("Transform"), None, "{path}");
    }
}

/// A role with a name would require `CAPABILITY_NAMED_IAM` at each deployment, and an update could not replace it.
#[test]
fn no_role_has_a_name() {
    for (name, role) in resources(&template(), "AWS::IAM::Role") {
        assert_eq!(role.get("RoleName"), None, "{name}");
    }
}

#[test]
fn the_table_is_protected_by_default_and_can_always_be_restored() {
    let stack = deployed(&[]);
    let table = properties(&stack, "Table");
    assert_eq!(table["DeletionProtectionEnabled"], true);
    assert_eq!(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true);

    let stack = deployed(&[("DeletionProtection", "false")]);
    assert_eq!(properties(&stack, "Table")["DeletionProtectionEnabled"], false);
}

#[test]
fn a_secret_is_created_without_a_value_so_that_no_deployment_overwrites_one() {
    let mut secrets = resources(&template(), "AWS::SecretsManager::Secret");
    secrets.remove("KeySecret").unwrap();
    for (name, secret) in secrets {
        for value in ["SecretString", "GenerateSecretString"] {
            assert_eq!(secret.get(value), None, "{name}");
        }
    }
}

#[test]
fn the_key_secret_is_created_with_a_value_that_the_function_can_read() {
    let template = template();
    // A change of this property would generate another value, and so change the key of every notification.
    let generated = json!({
        "SecretStringTemplate": "{}", "GenerateStringKey": "key", "PasswordLength": 64, "ExcludePunctuation": true,
    });
    let secret = properties(&template, "KeySecret");
    assert_eq!(secret["GenerateSecretString"], generated);
    assert!(secret.get("SecretString").is_none() && !template.to_string().contains("RotationSchedule"));
    let mut value: Value = serde_json::from_str(generated["SecretStringTemplate"].as_str().unwrap()).unwrap();
    value[generated["GenerateStringKey"].as_str().unwrap()] = "x".repeat(64).into();
    serde_json::from_value::<shared::secrets::KeySecret>(value).unwrap();
}
