//! The template as JSON, and the names in its expressions.

use serde_json::Value;
pub use testkit::template::{resources, template};

/// The name of a parameter or a resource of the template, with a part of the resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResourceName {
    pub name: String,
    /// A suffix of its ARN, such as `/index/due`, or an attribute that is another ARN, such as `StreamArn`. May be empty.
    pub part: String,
}

impl ResourceName {
    pub fn new(name: &str, part: &str) -> Self {
        Self { name: name.to_owned(), part: part.to_owned() }
    }

    /// Finds the names in an expression; in `Fn::If`, those of both branches.
    pub fn find_all(expression: &Value) -> Vec<Self> {
        if let Some(branches) = expression["Fn::If"].as_array() {
            return branches.iter().skip(1).flat_map(Self::find_all).collect();
        }
        if expression["Ref"] == "AWS::NoValue" {
            return Vec::new();
        }
        if let Some(name) = expression["Ref"].as_str() {
            return vec![Self::new(name, "")];
        }
        if let Some(attribute) = expression["Fn::GetAtt"].as_str() {
            return vec![Self::from_attribute(attribute, "")];
        }
        let text = expression["Fn::Sub"].as_str().or_else(|| expression.as_str());
        let text = text.unwrap_or_else(|| panic!("{expression} names no resource"));
        // The last variable names the resource; those before it are the partition, the region and the account.
        match text.rsplit_once("${").and_then(|(_, rest)| rest.split_once('}')) {
            Some((attribute, part)) => vec![Self::from_attribute(attribute, part)],
            None => vec![Self::new(text, "")],
        }
    }

    fn from_attribute(text: &str, part: &str) -> Self {
        match text.split_once('.') {
            None | Some((_, "Arn" | "Id")) => Self::new(text.split('.').next().unwrap(), part),
            Some((name, attribute)) => Self::new(name, &format!("{attribute}{part}")),
        }
    }

    /// Replaces a bus that the template creates by the parameter with its name.
    pub fn resolved(self, template: &Value) -> Self {
        let resource = &template["Resources"][&self.name];
        match resource["Type"].as_str() {
            Some("AWS::Events::EventBus") => Self::find_all(&resource["Properties"]["Name"]).remove(0),
            _ => self,
        }
    }
}
