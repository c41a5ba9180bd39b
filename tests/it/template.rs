//! What `template.yaml` deploys is what the code, the catalogue, the local run and the operator take for granted.
//!
//! It ends at the template's text, and at what `CloudFormation` makes of it for given parameters: that AWS accepts it is
//! for `sam validate --lint`, `cfn-lint` and `checkov` to say.

mod access;
mod alarms;
mod dashboard;
mod deployment;
mod functions;
mod key;
mod metrics;
mod order_events;
mod parameters;
mod resolved;
mod schemas;
mod status_events;
mod storage;
mod webhook;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Value, json};

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

/// The names of the resources of this type.
fn names(template: &Value, resource_type: &str) -> BTreeSet<String> {
    resources(template, resource_type).into_keys().collect()
}

fn properties<'a>(template: &'a Value, resource: &str) -> &'a Value {
    let properties = &template["Resources"][resource]["Properties"];
    assert!(properties.is_object(), "no {resource} in the template");
    properties
}

fn strings(value: &Value) -> BTreeSet<String> {
    match value {
        Value::String(text) => BTreeSet::from([text.clone()]),
        _ => value.as_array().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()).collect(),
    }
}

/// The statements of a role's or a policy's documents.
fn statements(properties: &Value) -> Vec<Value> {
    let documents = match properties["Policies"].as_array() {
        Some(policies) => policies.iter().map(|policy| &policy["PolicyDocument"]).collect(),
        None => vec![&properties["PolicyDocument"]],
    };
    documents.into_iter().flat_map(|document| document["Statement"].as_array().unwrap().clone()).collect()
}

/// The one index of the table.
fn table_index(template: &Value) -> &str {
    let indexes = properties(template, "Table")["GlobalSecondaryIndexes"].as_array().unwrap();
    assert_eq!(indexes.len(), 1);
    indexes[0]["IndexName"].as_str().unwrap()
}
