//! `template.yaml` in its expanded form, as JSON: each function has the properties of `Globals`, and the resources of the
//! nested stacks (`infra/*.yaml`) are beside its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

/// The type of a nested stack.
const NESTED: &str = "AWS::CloudFormation::Stack";

/// The expanded template, its short intrinsics (`!Ref x`) in their long form (`{"Ref": "x"}`).
pub fn template() -> Value {
    let mut template = file("template.yaml");
    spread_globals(&mut template);
    for name in resources(&template, NESTED).into_keys() {
        let stack = template["Resources"].as_object_mut().unwrap().remove(&name).unwrap();
        nest(&mut template, &name, &stack);
    }
    template
}

/// The nested stacks as they are written, each by the path of its file.
pub fn nested_stacks() -> BTreeMap<String, Value> {
    let stacks = resources(&file("template.yaml"), NESTED).into_values();
    let paths = stacks.map(|properties| properties["TemplateURL"].as_str().unwrap().to_owned());
    paths.map(|path| (path.clone(), file(&path))).collect()
}

/// A template of the repository, as it is written.
pub fn file(path: &str) -> Value {
    let text = fs::read_to_string(format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
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

/// The name in an expression: of a resource, a parameter or a pseudo parameter; a plain text is returned as it is. A choice
/// has the name of its first branch.
pub fn name_in(value: &Value) -> String {
    if let Some(branches) = value.get("Fn::If") {
        return name_in(&branches[1]);
    }
    let expression = ["Ref", "Fn::GetAtt", "Fn::Sub"].into_iter().find_map(|function| value.get(function));
    expression.unwrap_or(value).as_str().unwrap_or_else(|| panic!("{value}")).to_owned()
}

/// As SAM merges them: a function's own value wins, and maps are merged.
fn spread_globals(template: &mut Value) {
    let globals = template["Globals"]["Function"].clone();
    for resource in template["Resources"].as_object_mut().unwrap().values_mut() {
        if resource["Type"] == "AWS::Serverless::Function" {
            add_missing(&mut resource["Properties"], &globals);
        }
    }
}

fn add_missing(own: &mut Value, of_all: &Value) {
    let (Value::Object(own), Value::Object(of_all)) = (own, of_all) else { return };
    for (name, value) in of_all {
        match own.get_mut(name) {
            Some(own) => add_missing(own, value),
            None => {
                own.insert(name.clone(), value.clone());
            }
        }
    }
}

/// Adds the resources of a nested stack to the template, in the template's own terms.
fn nest(template: &mut Value, name: &str, stack: &Value) {
    let properties = &stack["Properties"];
    let mut nested = file(properties["TemplateURL"].as_str().unwrap());
    // It would be the name of the nested stack.
    assert!(!nested.to_string().contains("AWS::StackName"), "{name}");
    let given: BTreeMap<String, Value> = entries(&properties["Parameters"]).collect();
    let declared: BTreeSet<String> = entries(&nested["Parameters"]).map(|(name, _)| name).collect();
    assert_eq!(declared, given.keys().cloned().collect(), "{name}");
    replace(&mut nested, "Ref", &given);

    if let Some(outputs) = nested["Outputs"].as_object() {
        let outputs = outputs.iter();
        let outputs = outputs.map(|(output, it)| (format!("{name}.Outputs.{output}"), it["Value"].clone()));
        replace(template, "Fn::GetAtt", &outputs.collect());
    }
    for resource in nested["Resources"].as_object_mut().unwrap().values_mut() {
        if let Some(condition) = resource.get("Condition").cloned() {
            choose(resource, &condition);
        }
    }
    if let Some(condition) = stack.get("Condition") {
        for (resource, it) in nested["Resources"].as_object_mut().unwrap() {
            let own = it.as_object_mut().unwrap().insert("Condition".to_owned(), condition.clone());
            assert_eq!(own, None, "{resource} has a condition, and so has {name}");
        }
    }
    for section in ["Conditions", "Resources"] {
        let Some(added) = nested[section].as_object() else { continue };
        let section_of_template = template[section].as_object_mut().unwrap();
        for (entry, value) in added {
            let other = section_of_template.insert(entry.clone(), value.clone());
            let is_the_same_condition = section == "Conditions" && other.as_ref() == Some(value);
            assert!(other.is_none() || is_the_same_condition, "{entry} is in both");
        }
    }
}

/// Replaces each choice by this condition with its first branch, for a resource that exists only under the condition.
fn choose(value: &mut Value, condition: &Value) {
    match value["Fn::If"].as_array().map(Vec::as_slice) {
        Some([by, chosen, _]) if by == condition => *value = chosen.clone(),
        _ => {}
    }
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| choose(item, condition)),
        Value::Object(entries) => entries.values_mut().for_each(|value| choose(value, condition)),
        _ => {}
    }
}

fn entries(section: &Value) -> impl Iterator<Item = (String, Value)> {
    section.as_object().unwrap().clone().into_iter()
}

/// Replaces the names of a function's arguments by their values, also within texts.
fn replace(value: &mut Value, function: &str, values: &BTreeMap<String, Value>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, function, values)),
        Value::Object(entries) => {
            if let Some(known) = entries.get(function).and_then(Value::as_str).and_then(|it| values.get(it)) {
                *value = known.clone();
            } else if let Some(Value::String(text)) = entries.get_mut("Fn::Sub") {
                for (name, known) in values {
                    let place = format!("${{{name}}}");
                    if text.contains(&place) {
                        *text = text.replace(&place, &format!("${{{}}}", name_in(known)));
                    }
                }
            } else {
                entries.values_mut().for_each(|value| replace(value, function, values));
            }
        }
        _ => {}
    }
}
