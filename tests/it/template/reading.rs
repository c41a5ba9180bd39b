//! `template.yaml` as JSON. `tests/requests` reads it by this file too.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

/// The template as JSON, its short intrinsics (`!Ref x`) in their long form (`{"Ref": "x"}`).
pub fn template() -> Value {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml")).unwrap();
    ops::cloudformation::parse(&text).unwrap()
}

/// The properties of every resource of this type, by the resource's name.
pub fn resources(template: &Value, resource_type: &str) -> BTreeMap<String, Value> {
    let all = template["Resources"].as_object().unwrap();
    let found: BTreeMap<_, _> = all
        .iter()
        .filter(|(_, resource)| resource["Type"] == resource_type)
        .map(|(name, resource)| (name.clone(), resource["Properties"].clone()))
        .collect();
    assert!(!found.is_empty(), "no {resource_type} in the template");
    found
}
