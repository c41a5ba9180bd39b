//! What is deployed: the template that `sam build` wrote, without what the emulator refuses.
//!
//! That is alarms over metric math, for ministack 1.5.33, and conditions on what its requests don't say. It lacks the types of some resources too, all of which a condition
//! of the template leaves out of this deployment.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde_json::{Map, Value, json};

/// The template that is deployed.
#[derive(Debug)]
pub struct Deployable {
    /// Its file.
    pub path: PathBuf,
    /// The names of the resources that were left out.
    pub left_out: Vec<String>,
    /// The types of the resources in it; those of SAM are made into others.
    pub types: BTreeSet<String>,
}

/// Reads what `sam build` wrote into a folder. The file itself is deployed where the emulator refuses nothing in it.
pub fn deployable(built: &Path) -> anyhow::Result<Deployable> {
    let path = built.join("template.yaml");
    let text = std::fs::read_to_string(&path).with_context(|| {
        let path = path.display();
        format!("{path} can't be read; first run: sam build")
    })?;
    let (mut template, left_out) = without_the_refused(parse(&text)?)?;
    forget_presence(&mut template);
    let types = types(&template);
    if left_out.is_empty() {
        return Ok(Deployable { path, left_out, types });
    }
    // Beside it, for the paths to the functions are relative.
    let path = built.join("template.emulator.json");
    std::fs::write(&path, serde_json::to_vec_pretty(&template)?)
        .with_context(|| format!("{} can't be written", path.display()))?;
    Ok(Deployable { path, left_out, types })
}

fn types(template: &Value) -> BTreeSet<String> {
    let resources = template.get("Resources").and_then(Value::as_object).into_iter().flat_map(Map::values);
    let types = resources.filter_map(|resource| resource.get("Type")?.as_str().map(str::to_owned));
    types.filter(|kind| !kind.starts_with("AWS::Serverless::")).collect()
}

fn without_the_refused(mut template: Value) -> anyhow::Result<(Value, Vec<String>)> {
    let mut left_out = Vec::new();
    let resources = template.get_mut("Resources").and_then(Value::as_object_mut);
    let resources = resources.context("the built template has no resources")?;
    resources.retain(|name, resource| {
        let refused = is_over_metric_math(resource);
        if refused {
            left_out.push(name.clone());
        }
        !refused
    });
    for (name, resource) in resources {
        forget(resource, &left_out);
        if let Some(other) = left_out.iter().find(|other| names(resource, other)) {
            bail!("{name} can't be without {other}, which the emulator refuses");
        }
    }
    Ok((template, left_out))
}

/// Takes the demand that a context key is there out of every policy: the emulator's requests have neither `dynamodb:LeadingKeys`
/// nor `events:source`, which AWS always sets. The conditions on their values stay.
fn forget_presence(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(forget_presence),
        Value::Object(entries) => {
            if let Some(condition) = entries.get_mut("Condition").and_then(Value::as_object_mut) {
                condition.remove("Null");
            }
            entries.values_mut().for_each(forget_presence);
        }
        _ => {}
    }
}

fn is_over_metric_math(resource: &Value) -> bool {
    resource.get("Type").is_some_and(|kind| kind == "AWS::CloudWatch::Alarm")
        && resource.pointer("/Properties/Metrics").is_some()
}

/// Takes what was left out off every list of resources, such as the alarms that end a deployment.
fn forget(value: &mut Value, left_out: &[String]) {
    match value {
        Value::Array(items) => {
            items.retain(|item| !left_out.iter().any(|name| *item == json!({ "Ref": name })));
            for item in items {
                forget(item, left_out);
            }
        }
        Value::Object(entries) => {
            for value in entries.values_mut() {
                forget(value, left_out);
            }
        }
        _ => {}
    }
}

/// Whether a text in it is this name, or has it as a variable.
fn names(value: &Value, name: &str) -> bool {
    match value {
        Value::String(text) => {
            text == name || text.contains(&format!("${{{name}}}")) || text.contains(&format!("${{{name}."))
        }
        Value::Array(items) => items.iter().any(|item| names(item, name)),
        Value::Object(entries) => entries.values().any(|value| names(value, name)),
        _ => false,
    }
}

fn parse(text: &str) -> anyhow::Result<Value> {
    ops::cloudformation::parse(text).map_err(|problem| anyhow::anyhow!("the built template {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_keeps_its_values_and_loses_the_demand_that_they_are_there() {
        let mut statement =
            json!([{ "Condition": { "Null": { "a": "false" }, "ForAllValues:StringLike": { "a": "x" } } }]);
        forget_presence(&mut statement);
        assert_eq!(statement, json!([{ "Condition": { "ForAllValues:StringLike": { "a": "x" } } }]));
    }

    const TEMPLATE: &str = "
Resources:
  Errors: { Type: 'AWS::CloudWatch::Alarm', Properties: { MetricName: Errors, Threshold: 1.5 } }
  Refusals: { Type: 'AWS::CloudWatch::Alarm', Properties: { Metrics: [{ Id: sum, Expression: a + b }] } }
  Notifier:
    Type: AWS::Serverless::Function
    Properties: { DeploymentPreference: { Alarms: [{ Ref: Errors }, { Ref: Refusals }] } }
";

    #[test]
    fn what_the_emulator_refuses_is_left_out_and_taken_off_lists() {
        let (template, left_out) = without_the_refused(parse(TEMPLATE).unwrap()).unwrap();
        assert_eq!(left_out, ["Refusals"]);
        let resources = &template["Resources"];
        assert_eq!(resources.as_object().unwrap().len(), 2);
        assert_eq!(resources["Errors"]["Properties"]["Threshold"], 1.5);
        let alarms = &resources["Notifier"]["Properties"]["DeploymentPreference"]["Alarms"];
        assert_eq!(alarms, &json!([{ "Ref": "Errors" }]));
    }

    #[test]
    fn a_resource_that_needs_what_is_left_out_is_an_error() {
        let text = TEMPLATE.replace("MetricName: Errors", "MetricName: { 'Fn::Sub': '${Refusals.Arn}' }");
        let error = without_the_refused(parse(&text).unwrap()).unwrap_err();
        assert!(error.to_string().contains("Errors can't be without Refusals"), "{error}");
    }
}
