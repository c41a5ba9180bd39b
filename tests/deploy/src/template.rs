//! The deployed template: the output of `sam build`, with the nested stacks, without the conditions that ministack 1.5.33
//! can't meet.
//!
//! The emulator also lacks some types of resources. Conditions of the template exclude those from this deployment.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::{Map, Value};

/// The name of the deployable form of a template. It is in the same folder as the template, because the paths to the
/// functions and to the nested stacks are relative.
const DEPLOYABLE: &str = "template.emulator.json";
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
    let path = built.join("template.yaml");
    let types = types(&read(&path)?, built)?;
    let alarms = types.iter().filter(|kind| *kind == "AWS::CloudWatch::Alarm").count();
    let path = write_deployable(&path)?;
    Ok(Deployable { path, types: types.into_iter().collect(), alarms })
}

/// Writes the deployable form of a template and of those that it nests. Returns its path.
fn write_deployable(path: &Path) -> anyhow::Result<PathBuf> {
    let mut template = read(path)?;
    remove_presence_conditions(&mut template);
    let folder = path.parent().context("a template has no folder")?;
    for url in nested_urls(&mut template) {
        let nested = folder.join(url.as_str().context("the path of a nested stack's template is no text")?);
        *url = Value::String(write_deployable(&nested)?.display().to_string());
    }
    let path = folder.join(DEPLOYABLE);
    std::fs::write(&path, serde_json::to_vec_pretty(&template)?)
        .with_context(|| format!("{} can't be written", path.display()))?;
    Ok(path)
}

/// The path of each nested stack's template.
fn nested_urls(template: &mut Value) -> impl Iterator<Item = &mut Value> {
    let resources = template.get_mut("Resources").and_then(Value::as_object_mut);
    let stacks = resources
        .into_iter()
        .flat_map(Map::values_mut)
        .filter(|it| it.get("Type").is_some_and(|it| it == NESTED));
    stacks.filter_map(|stack| stack.pointer_mut("/Properties/TemplateURL"))
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

    #[test]
    fn the_deployable_form_nests_deployable_forms() {
        let folder = std::env::temp_dir().join(format!("deploy-test-forms-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("Permissions")).unwrap();
        let nested = r#"{ "Resources": { "Role": { "Condition": { "Null": {}, "Bool": {} } } } }"#;
        std::fs::write(folder.join("Permissions/template.yaml"), nested).unwrap();
        let template = json!({ "Resources": {
            "Permissions": { "Type": NESTED, "Properties": { "TemplateURL": "Permissions/template.yaml" } },
        } });
        std::fs::write(folder.join("template.yaml"), template.to_string()).unwrap();
        let written = write_deployable(&folder.join("template.yaml")).unwrap();
        let url = read(&written).unwrap()["Resources"]["Permissions"]["Properties"]["TemplateURL"].clone();
        let nested = read(Path::new(url.as_str().unwrap())).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(nested, json!({ "Resources": { "Role": { "Condition": { "Bool": {} } } } }));
    }
}
