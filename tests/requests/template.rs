//! The template as JSON, and the names in its expressions.

use serde_json::Value;
pub use testkit::template::{resources, template};

/// A parameter or a resource of the template, and a part of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    pub name: String,
    /// The suffix after its ARN, such as `/index/due`, or an attribute that is the ARN of a part: `StreamArn`.
    pub part: String,
}

impl Named {
    pub fn new(name: &str, part: &str) -> Self {
        Self { name: name.to_owned(), part: part.to_owned() }
    }

    /// The names in an expression; of `Fn::If`, those of both branches.
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
        // The last variable: those before it are the partition, the region and the account.
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

    /// Replaces a bus that the template creates by the parameter with its name.
    pub fn resolved(self, template: &Value) -> Self {
        let resource = &template["Resources"][&self.name];
        match resource["Type"].as_str() {
            Some("AWS::Events::EventBus") => Self::all_in(&resource["Properties"]["Name"]).remove(0),
            _ => self,
        }
    }
}
