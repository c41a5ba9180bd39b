//! The template as `CloudFormation` resolves it for given parameters: parameters substituted, conditions evaluated,
//! and resources and properties under a false condition removed. Values that only AWS can provide (a resource's name,
//! its region) stay expressions.

use serde_json::{Map, Value, json};

use super::template;

/// The values of parameters without a default, for tests that are not about them.
const WITHOUT_DEFAULT: [(&str, &str); 1] = [("Recipients", "all")];

/// Resolves the template with every parameter at its default, except for these.
pub fn deployed(parameters: &[(&str, &str)]) -> Value {
    let template = template();
    for (name, _) in parameters {
        assert!(template["Parameters"][name].is_object(), "no parameter {name}");
    }
    let stack = Stack { template: &template, parameters };
    let kept = |section: &str| -> Map<String, Value> {
        let entries = template[section].as_object().unwrap().iter();
        entries
            .filter(|(_, entry)| entry["Condition"].as_str().is_none_or(|name| stack.condition(name)))
            .filter_map(|(name, entry)| Some((name.clone(), stack.resolve(entry)?)))
            .collect()
    };
    json!({
        "Parameters": template["Parameters"],
        "Globals": stack.resolve(&template["Globals"]),
        "Resources": kept("Resources"),
        "Outputs": kept("Outputs"),
    })
}

struct Stack<'a> {
    template: &'a Value,
    parameters: &'a [(&'a str, &'a str)],
}

impl Stack<'_> {
    /// A parameter's value, as `Ref` returns it; none if the name is no parameter.
    fn parameter(&self, name: &str) -> Option<Value> {
        let definition = self.template["Parameters"].get(name)?;
        let given = self.parameters.iter().chain(&WITHOUT_DEFAULT).find(|(given, _)| *given == name);
        let text = match (given, &definition["Default"]) {
            (Some((_, value)), _) => (*value).to_owned(),
            (None, Value::String(text)) => text.clone(),
            (None, other) => other.to_string(),
        };
        Some(match definition["Type"].as_str() {
            Some("CommaDelimitedList") => text.split(',').map(|item| json!(item.trim())).collect(),
            _ => json!(text),
        })
    }

    fn condition(&self, name: &str) -> bool {
        let condition = &self.template["Conditions"][name];
        assert!(condition.is_object(), "no condition {name}");
        self.holds(condition)
    }

    fn holds(&self, condition: &Value) -> bool {
        if let Some(sides) = condition["Fn::Equals"].as_array() {
            let text = |side: &Value| match self.resolve(side).unwrap() {
                Value::String(text) => text,
                other => other.to_string(),
            };
            return text(&sides[0]) == text(&sides[1]);
        }
        if let Some(name) = condition["Condition"].as_str() {
            return self.condition(name);
        }
        if let Some(all) = condition["Fn::And"].as_array() {
            return all.iter().all(|one| self.holds(one));
        }
        if let Some(any) = condition["Fn::Or"].as_array() {
            return any.iter().any(|one| self.holds(one));
        }
        let negated = condition["Fn::Not"].as_array().unwrap_or_else(|| panic!("{condition}"));
        !self.holds(&negated[0])
    }

    /// None stands for `AWS::NoValue`: the property is removed.
    fn resolve(&self, value: &Value) -> Option<Value> {
        match value {
            Value::Array(items) => Some(items.iter().filter_map(|item| self.resolve(item)).collect()),
            Value::Object(entries) => self.resolve_object(entries),
            other => Some(other.clone()),
        }
    }

    fn resolve_object(&self, entries: &Map<String, Value>) -> Option<Value> {
        if let Some(name) = entries.get("Ref").and_then(Value::as_str) {
            return match name {
                "AWS::NoValue" => None,
                name => Some(self.parameter(name).unwrap_or_else(|| json!({ "Ref": name }))),
            };
        }
        if let Some(choice) = entries.get("Fn::If") {
            let chosen = if self.condition(choice[0].as_str().unwrap()) { &choice[1] } else { &choice[2] };
            return self.resolve(chosen);
        }
        if let Some(path) = entries.get("Fn::FindInMap") {
            let path = self.resolve(path)?;
            let key = |index: usize| path[index].as_str().unwrap().to_owned();
            return Some(self.template["Mappings"][key(0)][key(1)][key(2)].clone());
        }
        let resolved = entries.iter().filter_map(|(key, value)| Some((key.clone(), self.resolve(value)?)));
        Some(Value::Object(resolved.collect()))
    }
}
