//! The template's text as JSON, and what its expressions name.

use std::fs;

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Value, json};

/// The template, its short intrinsics (`!Ref x`) in their long form (`{"Ref": "x"}`).
pub fn template() -> Value {
    let path = format!("{}/../template.yaml", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(path).unwrap();
    json_of(&Yaml::load_from_str(&text).unwrap()[0])
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
        Yaml::Tagged(tag, value) => match tag.suffix.as_str() {
            "Ref" | "Condition" => json!({ tag.suffix.as_str(): json_of(value) }),
            other => json!({ format!("Fn::{other}"): json_of(value) }),
        },
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => panic!("not a plain value: {yaml:?}"),
    }
}

/// The properties of every resource of this type, by the resource's name.
pub fn resources(template: &Value, resource_type: &str) -> Vec<(String, Value)> {
    let all = template["Resources"].as_object().unwrap().iter();
    let found: Vec<_> = all
        .filter(|(_, resource)| resource["Type"] == resource_type)
        .map(|(name, resource)| (name.clone(), resource["Properties"].clone()))
        .collect();
    assert!(!found.is_empty(), "no {resource_type} in the template");
    found
}

/// A parameter or a resource of the template, and a part of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    pub name: String,
    /// What stands behind its ARN, such as `/index/due`, or an attribute that is the ARN of a part: `StreamArn`.
    pub part: String,
}

impl Named {
    pub fn new(name: &str, part: &str) -> Self {
        Self { name: name.to_owned(), part: part.to_owned() }
    }

    /// What an expression names: both branches of a choice.
    pub fn all_in(expression: &Value) -> Vec<Self> {
        if let Some(branches) = expression["Fn::If"].as_array() {
            return branches.iter().skip(1).flat_map(Self::all_in).collect();
        }
        if expression["Ref"] == "AWS::NoValue" {
            return Vec::new();
        }
        if let Some(name) = expression["Ref"].as_str() {
            return vec![Self::new(name, "")];
        }
        if let Some(attribute) = expression["Fn::GetAtt"].as_str() {
            return vec![Self::of_attribute(attribute, "")];
        }
        let text = expression["Fn::Sub"].as_str().or_else(|| expression.as_str());
        let text = text.unwrap_or_else(|| panic!("what does {expression} name?"));
        // The last one: those before it are the partition, the region and the account.
        match text.rsplit_once("${").and_then(|(_, rest)| rest.split_once('}')) {
            Some((attribute, part)) => vec![Self::of_attribute(attribute, part)],
            None => vec![Self::new(text, "")],
        }
    }

    fn of_attribute(text: &str, part: &str) -> Self {
        match text.split_once('.') {
            None | Some((_, "Arn" | "Id")) => Self::new(text.split('.').next().unwrap(), part),
            Some((name, attribute)) => Self::new(name, &format!("{attribute}{part}")),
        }
    }

    /// A bus that the template makes is the bus of its name.
    pub fn resolved(self, template: &Value) -> Self {
        let resource = &template["Resources"][&self.name];
        match resource["Type"].as_str() {
            Some("AWS::Events::EventBus") => Self::all_in(&resource["Properties"]["Name"]).remove(0),
            _ => self,
        }
    }
}
