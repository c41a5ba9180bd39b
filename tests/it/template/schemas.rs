//! The schemas of the status events, as EventBridge's registry shows them.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use super::order_events::OUR_OWN_SOURCE;
use super::resolved::deployed;
use super::{in_the_repository, names, resources};

const SCHEMA: &str = "AWS::EventSchemas::Schema";

/// The files of `infra/schemas`, by their names without `.json`.
fn files() -> BTreeMap<String, Value> {
    let files = fs::read_dir(in_the_repository("infra/schemas")).unwrap().map(|file| file.unwrap().path());
    let files: BTreeMap<_, _> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap())
        })
        .collect();
    assert!(!files.is_empty());
    files
}

#[test]
fn the_registry_has_every_schema_word_for_word() {
    let stack = deployed(&[("SchemaRegistry", "true")]);
    assert_eq!(names(&stack, "AWS::EventSchemas::Registry").len(), 1);
    let published: BTreeMap<String, Value> = resources(&stack, SCHEMA)
        .into_values()
        .map(|schema| {
            assert_eq!(schema["RegistryName"], json!({ "Fn::GetAtt": "EventSchemaRegistry.RegistryName" }));
            let name = schema["SchemaName"].as_str().unwrap().to_owned();
            (name, serde_json::from_str(schema["Content"].as_str().unwrap()).unwrap())
        })
        .collect();
    assert_eq!(published, files());
}

#[test]
fn each_schema_is_of_the_draft_that_the_registry_accepts() {
    // The registry's other format is OpenAPI 3: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-schema.html
    for (name, schema) in resources(&deployed(&[("SchemaRegistry", "true")]), SCHEMA) {
        assert_eq!(schema["Type"], "JSONSchemaDraft4", "{name}");
    }
    for (name, schema) in files() {
        assert_eq!(schema["$schema"], "http://json-schema.org/draft-04/schema#", "{name}");
    }
}

#[test]
fn without_the_parameter_there_is_no_registry() {
    assert!(!deployed(&[])["Resources"].to_string().contains("AWS::EventSchemas::"));
}

#[test]
fn the_rule_excludes_the_source_of_the_status_events() {
    for (name, schema) in files() {
        assert_eq!(schema["properties"]["source"]["enum"], json!([OUR_OWN_SOURCE]), "{name}");
    }
}
