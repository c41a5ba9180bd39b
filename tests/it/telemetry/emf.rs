//! The embedded metric format, according to its specification:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.

use jiff::Timestamp;
use serde_json::{Map, Value};

/// The CloudWatch units that this project uses.
const UNITS: [&str; 2] = ["Count", "Milliseconds"];

/// Panics if CloudWatch would refuse the line, or Lambda's JSON log format would misread it.
pub fn check(line: &Map<String, Value>) {
    let fault = fault(line);
    assert_eq!(fault, None, "{line:?}");
    // <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html>
    assert_eq!(line["level"], "INFO");
    let time: Timestamp = line["timestamp"].as_str().unwrap().parse().unwrap();
    assert_eq!(line["_aws"]["Timestamp"].as_i64(), Some(time.as_millisecond()), "{line:?}");
}

/// The first fault of a document.
fn fault(line: &Map<String, Value>) -> Option<String> {
    let metadata = line.get("_aws").and_then(Value::as_object);
    let Some(metadata) = metadata else { return Some("no metadata".to_owned()) };
    if !metadata.get("Timestamp").is_some_and(Value::is_u64) {
        return Some("no timestamp in whole milliseconds".to_owned());
    }
    let directives = metadata.get("CloudWatchMetrics").and_then(Value::as_array);
    let Some(directives) = directives.filter(|list| !list.is_empty()) else {
        return Some("no directives".to_owned());
    };
    directives.iter().find_map(|directive| fault_of_directive(line, directive))
}

fn fault_of_directive(line: &Map<String, Value>, directive: &Value) -> Option<String> {
    let text = |value: &Value, longest: usize| {
        value.as_str().is_some_and(|text| (1..=longest).contains(&text.len()))
    };
    if !text(&directive["Namespace"], 255) {
        return Some("no namespace".to_owned());
    }
    let Some(sets) = directive["Dimensions"].as_array().filter(|sets| !sets.is_empty()) else {
        return Some("no dimension sets".to_owned());
    };
    for set in sets {
        let Some(set) = set.as_array().filter(|set| set.len() <= 30) else {
            return Some("a dimension set is no array of at most 30".to_owned());
        };
        for key in set {
            let target = key.as_str().and_then(|key| line.get(key));
            if !text(key, 250) || !target.is_some_and(|value| text(value, 1024)) {
                return Some(format!("dimension {key} has no value"));
            }
        }
    }
    let Some(metrics) = directive["Metrics"].as_array().filter(|list| (1..=100).contains(&list.len())) else {
        return Some("no metrics, or too many".to_owned());
    };
    metrics.iter().find_map(|metric| {
        let name = &metric["Name"];
        let target = name.as_str().and_then(|name| line.get(name));
        let is_number = |value: &Value| value.is_number();
        let measured = match target {
            Some(Value::Array(values)) => (1..=100).contains(&values.len()) && values.iter().all(is_number),
            Some(value) => is_number(value),
            None => false,
        };
        let has_unit = metric["Unit"].as_str().is_some_and(|unit| UNITS.contains(&unit));
        (!text(name, 1024) || !measured || !has_unit).then(|| format!("metric {name} has no value or unit"))
    })
}

#[test]
fn the_check_detects_every_invalid_line() {
    let sound = serde_json::json!({
        "_aws": {"Timestamp": 1_795_165_200_000_u64, "CloudWatchMetrics": [
            {"Namespace": "n", "Dimensions": [["a"], []], "Metrics": [{"Name": "m", "Unit": "Count"}]}]},
        "a": "x", "m": 1});
    let changed = |pointer: &str, value: Value| {
        let mut line = sound.clone();
        *line.pointer_mut(pointer).unwrap() = value;
        fault(line.as_object().unwrap())
    };
    assert_eq!(fault(sound.as_object().unwrap()), None);
    let directive = "/_aws/CloudWatchMetrics/0";
    for (pointer, value) in [
        ("/_aws".to_owned(), Value::Null),
        ("/_aws/Timestamp".to_owned(), "now".into()),
        ("/_aws/CloudWatchMetrics".to_owned(), Value::Array(Vec::new())),
        (format!("{directive}/Namespace"), "".into()),
        (format!("{directive}/Dimensions"), Value::Array(Vec::new())),
        (format!("{directive}/Dimensions/0/0"), "b".into()),
        (format!("{directive}/Metrics/0/Name"), "n".into()),
        (format!("{directive}/Metrics/0/Unit"), "Count/Fortnight".into()),
        ("/a".to_owned(), 1.into()),
        ("/m".to_owned(), "1".into()),
    ] {
        assert!(changed(&pointer, value.clone()).is_some(), "{pointer} = {value}");
    }
}
