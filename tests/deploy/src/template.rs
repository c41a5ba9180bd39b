//! The deployed template: the output of `sam build`, with the nested stack, without the conditions that ministack 1.5.33
//! can't meet.
//!
//! The emulator also lacks some types of resources. Conditions of the template exclude those from this deployment.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::{Map, Value};

/// The type of a nested stack.
pub const NESTED: &str = "AWS::CloudFormation::Stack";

/// The template in the form that is deployed.
#[derive(Debug)]
pub struct Deployable {
    pub path: PathBuf,
    /// The types of its resources, nested ones included, except SAM's own types, which SAM replaces.
    pub types: BTreeSet<String>,
    /// The number of its alarms, nested ones included.
    pub alarms: usize,
}

/// Reads the template that `sam build` wrote into this folder, and writes the deployable form beside it.
pub fn prepare(built: &Path) -> anyhow::Result<Deployable> {
    let mut template = read(&built.join("template.yaml"))?;
    let types = types(&template, built)?;
    let alarms = types.iter().filter(|kind| *kind == "AWS::CloudWatch::Alarm").count();
    remove_presence_conditions(&mut template);
    // In the same folder, because the paths to the functions and to the nested stack are relative.
    let path = built.join("template.emulator.json");
    std::fs::write(&path, serde_json::to_vec_pretty(&template)?)
        .with_context(|| format!("{} can't be written", path.display()))?;
    Ok(Deployable { path, types: types.into_iter().collect(), alarms })
}

fn read(path: &Path) -> anyhow::Result<Value> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("{shown} can't be read; first run: sam build"))?;
    ops::cloudformation::parse(&text).map_err(|problem| anyhow::anyhow!("{shown} {problem}"))
}

/// The type of each resource, nested ones included, except SAM's own types.
fn types(template: &Value, folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for resource in template.get("Resources").and_then(Value::as_object).into_iter().flat_map(Map::values) {
        let Some(kind) = resource.get("Type").and_then(Value::as_str) else { continue };
        if kind == NESTED {
            let nested = resource.pointer("/Properties/TemplateURL").and_then(Value::as_str);
            let nested = folder.join(nested.context("a nested stack has no template")?);
            found.extend(types(&read(&nested)?, nested.parent().unwrap_or(folder))?);
        }
        if !kind.starts_with("AWS::Serverless::") {
            found.push(kind.to_owned());
        }
    }
    Ok(found)
}

/// Removes from every policy the requirement that a context key is present: the emulator's requests have neither
/// `dynamodb:LeadingKeys` nor `events:source`, which AWS always sets. The conditions on the keys' values stay.
fn remove_presence_conditions(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(remove_presence_conditions),
        Value::Object(entries) => {
            if let Some(condition) = entries.get_mut("Condition").and_then(Value::as_object_mut) {
                condition.remove("Null");
            }
            entries.values_mut().for_each(remove_presence_conditions);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_condition_keeps_its_values_and_no_longer_requires_their_keys() {
        let mut statement =
            json!([{ "Condition": { "Null": { "a": "false" }, "ForAllValues:StringLike": { "a": "x" } } }]);
        remove_presence_conditions(&mut statement);
        assert_eq!(statement, json!([{ "Condition": { "ForAllValues:StringLike": { "a": "x" } } }]));
    }

    #[test]
    fn types_include_nested_resources_and_exclude_those_of_sam() {
        let folder = std::env::temp_dir().join(format!("deploy-test-types-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("Monitoring")).unwrap();
        let alarm = "{ Type: 'AWS::CloudWatch::Alarm' }";
        let nested = format!("Resources: {{ Errors: {alarm}, Throttles: {alarm} }}");
        std::fs::write(folder.join("Monitoring/template.yaml"), nested).unwrap();
        let template = json!({ "Resources": {
            "Notifier": { "Type": "AWS::Serverless::Function" },
            "Queue": { "Type": "AWS::SQS::Queue" },
            "Monitoring": { "Type": NESTED, "Properties": { "TemplateURL": "Monitoring/template.yaml" } },
        } });
        let types = types(&template, &folder);
        std::fs::remove_dir_all(&folder).unwrap();
        let mut types = types.unwrap();
        types.sort();
        let alarm = "AWS::CloudWatch::Alarm";
        assert_eq!(types, ["AWS::CloudFormation::Stack", alarm, alarm, "AWS::SQS::Queue"]);
    }
}
