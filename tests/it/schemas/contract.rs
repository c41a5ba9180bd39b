//! All schemas, by the detail types that they describe.

use std::collections::BTreeMap;

use jsonschema::{Draft, Validator};
use serde_json::Value;

use super::SCHEMAS;

/// A schema with two validators: as it is, and without additional properties.
pub struct Schema {
    pub json: Value,
    validator: Validator,
    strict: Validator,
}

/// The schemas by detail type.
pub struct Contract(pub BTreeMap<String, std::sync::Arc<Schema>>);

impl Contract {
    /// Reads every schema of the folders. Panics if two describe the same detail type.
    pub fn read() -> Self {
        let mut schemas = BTreeMap::new();
        for entry in SCHEMAS.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap()) {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let json: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            assert_eq!(json["$schema"], "http://json-schema.org/draft-04/schema#", "{}", path.display());
            jsonschema::draft4::meta::validate(&json)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let mut closed = json.clone();
            close(&mut closed);
            let schema = std::sync::Arc::new(Schema {
                validator: validator(&json),
                strict: validator(&closed),
                json: json.clone(),
            });
            for detail_type in json["properties"]["detail-type"]["enum"].as_array().unwrap() {
                let detail_type = detail_type.as_str().unwrap().to_owned();
                let other = schemas.insert(detail_type.clone(), std::sync::Arc::clone(&schema));
                assert!(other.is_none(), "{detail_type} has two schemas");
            }
        }
        Self(schemas)
    }

    pub fn schema_of(&self, event: &Value) -> &Schema {
        &self.0[event["detail-type"].as_str().unwrap()]
    }
}

impl Schema {
    /// Why an event doesn't match its schema.
    pub fn faults(&self, event: &Value) -> Vec<String> {
        self.validator.iter_errors(event).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }

    /// Why an event doesn't match its schema, and the members that the schema doesn't describe.
    pub fn undescribed(&self, event: &Value) -> Vec<String> {
        self.strict.iter_errors(event).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }

    /// The JSON pointers of all required members of an event that are present.
    pub fn required(&self, event: &Value) -> Vec<String> {
        let mut places = Vec::new();
        required(&self.json, event, "", &mut places);
        places
    }
}

fn validator(schema: &Value) -> Validator {
    jsonschema::options().with_draft(Draft::Draft4).should_validate_formats(true).build(schema).unwrap()
}

/// Forbids members that the schema doesn't name, in every object.
fn close(schema: &mut Value) {
    if schema["type"] == "object" && schema["properties"].is_object() {
        schema["additionalProperties"] = false.into();
    }
    match schema {
        Value::Object(members) => members.values_mut().for_each(close),
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

fn required(schema: &Value, value: &Value, here: &str, places: &mut Vec<String>) {
    for name in schema["required"].as_array().into_iter().flatten() {
        places.push(format!("{here}/{}", name.as_str().unwrap()));
    }
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(member) = value.get(name) {
            required(inner, member, &format!("{here}/{name}"), places);
        }
    }
}
