//! `template.yaml`, with the stack that it nests, agrees with the code, the catalogue, the local run and the
//! operator's tool. The tests read the template's text, and what `CloudFormation` makes of it for given parameters.
//! `sam validate --lint`, `cfn-lint` and `checkov` check that AWS accepts it.

mod access;
mod alarms;
mod dashboard;
mod delivery_events;
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

use std::collections::BTreeSet;

use serde_json::Value;

use testkit::template::{self as reading, resources, template};

fn in_the_repository(path: &str) -> String {
    format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_template_stays_short_enough_to_read() {
    const MAX_LINES: usize = 1_200;
    let text = std::fs::read_to_string(in_the_repository("template.yaml")).unwrap();
    let lines = text.lines().count();
    assert!(
        lines <= MAX_LINES,
        "template.yaml has {lines} lines: move resources without data into infra/*.yaml"
    );
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

/// The statements of a role's or a policy's documents, including those under a condition.
fn statements(properties: &Value) -> Vec<Value> {
    let documents = match properties["Policies"].as_array() {
        Some(policies) => policies.iter().map(|policy| &policy["PolicyDocument"]).collect(),
        None => vec![&properties["PolicyDocument"]],
    };
    let statements = documents.into_iter().flat_map(|document| document["Statement"].as_array().unwrap());
    let chosen =
        statements.map(|statement| statement.get("Fn::If").map_or(statement, |branches| &branches[1]));
    chosen.cloned().collect()
}

/// The one index of the table.
fn table_index(template: &Value) -> &str {
    let indexes = properties(template, "Table")["GlobalSecondaryIndexes"].as_array().unwrap();
    assert_eq!(indexes.len(), 1);
    indexes[0]["IndexName"].as_str().unwrap()
}
