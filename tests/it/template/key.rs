//! With the shop's own KMS key, all stored data is encrypted with it, and every service that needs it may use it.
//! Without one, no resource uses a key.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::resolved::deployed;
use super::{properties, resources, statements, strings};

const KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/1f0c0a34-9a3b-4c7a-8d6e-4f6f7e1f9b20";

/// The property that sets the key, for each kind of store.
const STORES: [(&str, &str); 5] = [
    ("AWS::DynamoDB::Table", "/SSESpecification/KMSMasterKeyId"),
    ("AWS::SQS::Queue", "/KmsMasterKeyId"),
    ("AWS::SecretsManager::Secret", "/KmsKeyId"),
    ("AWS::Logs::LogGroup", "/KmsKeyId"),
    ("AWS::Events::Archive", "/KmsKeyIdentifier"),
];

#[test]
fn the_shops_own_key_encrypts_every_store() {
    let stack = deployed(&[("KmsKeyArn", KEY), ("AwsSms", "true")]);
    for (store, place) in STORES {
        for (name, properties) in resources(&stack, store) {
            assert_eq!(properties.pointer(place), Some(&json!(KEY)), "{name}");
        }
    }
    for (name, queue) in resources(&stack, "AWS::SQS::Queue") {
        // SQS accepts only one of the two properties.
        assert_eq!(queue.get("SqsManagedSseEnabled"), None, "{name}");
    }
    assert_eq!(properties(&stack, "Table")["SSESpecification"]["SSEType"], "KMS");
}

#[test]
fn without_a_key_aws_encrypts_everything_and_no_role_uses_a_key() {
    let stack = deployed(&[("AwsSms", "true")]);
    for (store, place) in STORES {
        for (name, properties) in resources(&stack, store) {
            assert_eq!(properties.pointer(place), None, "{name}");
        }
    }
    for (name, queue) in resources(&stack, "AWS::SQS::Queue") {
        assert_eq!(queue["SqsManagedSseEnabled"], true, "{name}");
    }
    assert_eq!(properties(&stack, "Table")["SSESpecification"], json!({ "SSEEnabled": true }));
    assert!(!stack["Resources"].to_string().contains("kms:"));
}

#[test]
fn every_function_may_decrypt_and_queue_writers_may_encrypt_through_those_services_only() {
    let stack = deployed(&[("KmsKeyArn", KEY), ("AwsSms", "true")]);
    let may = |action: &str| -> BTreeSet<String> {
        let policies = resources(&stack, "AWS::IAM::Policy").into_values();
        policies
            .filter(|policy| statements(policy).iter().any(|it| strings(&it["Action"]).contains(action)))
            .flat_map(|policy| policy["Roles"].as_array().unwrap().clone())
            .map(|role| role["Ref"].as_str().unwrap().to_owned())
            .collect()
    };
    let of_functions: BTreeSet<String> = resources(&stack, "AWS::Serverless::Function")
        .into_values()
        .map(|function| function["Role"]["Fn::GetAtt"].as_str().unwrap().replace(".Arn", ""))
        .collect();
    assert_eq!(may("kms:Decrypt"), of_functions);
    let fill_queues = ["DeliverySweeperRole", "StatusPublisherRole"].map(str::to_owned);
    assert_eq!(may("kms:GenerateDataKey"), BTreeSet::from(fill_queues));

    for (name, policy) in resources(&stack, "AWS::IAM::Policy") {
        for statement in statements(&policy) {
            assert_eq!(statement["Resource"], KEY, "{name}");
            let through = &statement["Condition"]["StringEquals"]["kms:ViaService"];
            assert_ne!(*through, Value::Null, "{name}");
        }
    }
}
