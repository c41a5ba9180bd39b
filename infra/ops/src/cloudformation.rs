//! CloudFormation templates as JSON.

use saphyr::{LoadableYamlNode as _, Scalar, Yaml};
use serde_json::{Map, Value, json};

/// Parses a template. Short intrinsics (`!Ref x`) get their long form (`{"Ref": "x"}`).
pub fn parse(text: &str) -> Result<Value, String> {
    let documents = Yaml::load_from_str(text).map_err(|error| format!("is not YAML: {error}"))?;
    match documents.as_slice() {
        [template] => to_json(template),
        documents => Err(format!("holds {} YAML documents, not one", documents.len())),
    }
}

fn to_json(yaml: &Yaml<'_>) -> Result<Value, String> {
    Ok(match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(boolean)) => json!(boolean),
        Yaml::Value(Scalar::Integer(integer)) => json!(integer),
        Yaml::Value(Scalar::FloatingPoint(float)) => json!(float.into_inner()),
        Yaml::Value(Scalar::String(text)) => json!(text),
        Yaml::Sequence(items) => Value::Array(items.iter().map(to_json).collect::<Result<_, _>>()?),
        Yaml::Mapping(entries) => {
            let entries = entries.iter().map(|(key, value)| Ok((to_key(key)?, to_json(value)?)));
            Value::Object(entries.collect::<Result<Map<_, _>, String>>()?)
        }
        Yaml::Tagged(tag, value) => {
            let function = match tag.suffix.as_str() {
                "Ref" | "Condition" => tag.suffix.clone(),
                other => format!("Fn::{other}"),
            };
            json!({ function: to_json(value)? })
        }
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => {
            return Err(format!("has a value other than text, number, boolean, list or map: {yaml:?}"));
        }
    })
}

fn to_key(yaml: &Yaml<'_>) -> Result<String, String> {
    match yaml {
        Yaml::Value(Scalar::Integer(number)) => Ok(number.to_string()),
        Yaml::Value(Scalar::String(text)) => Ok(text.to_string()),
        other => Err(format!("has a key that is not a text: {other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_intrinsics_get_their_long_form() {
        let template =
            "A: !Ref x\nB: !Sub '${x}'\nC: [1, true, 1.5, null, text]\n111122223333: !Not [!Condition d]\n";
        assert_eq!(
            parse(template).unwrap(),
            json!({
                "A": {"Ref": "x"}, "B": {"Fn::Sub": "${x}"}, "C": [1, true, 1.5, null, "text"],
                "111122223333": {"Fn::Not": [{"Condition": "d"}]},
            })
        );
    }

    #[test]
    fn an_invalid_template_is_an_error() {
        assert!(parse("a: [").unwrap_err().starts_with("is not YAML: "));
        assert_eq!(parse("").unwrap_err(), "holds 0 YAML documents, not one");
        assert!(parse("[a]: b").unwrap_err().starts_with("has a key that is not a text"));
    }
}
