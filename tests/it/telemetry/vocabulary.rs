//! The words that a metric line may contain: all of them are known in advance. So no metric contains customer data,
//! and no input can add a metric.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use shared::delivery::FactKind;
use shared::metric_names::NameLimit;
use shared::protocol::{AnswerKind, ReasonClass};
use shared::provider::Provider;
use shared::status_event::StatusEventType;
use shared::telemetry::OutcomeKind;
use shared::telemetry::metric::{AttemptAlarm, DEFINITIONS};

/// The tests' namespace.
pub const NAMESPACE: &str = "Telemetry";

/// Panics if the line contains an unknown word.
pub fn check(line: &Map<String, Value>) {
    let known = names();
    for (name, value) in line {
        match name.as_str() {
            "_aws" => {
                let directive = &value["CloudWatchMetrics"][0];
                assert_eq!(
                    (directive["Namespace"].as_str(), value["CloudWatchMetrics"].as_array().unwrap().len()),
                    (Some(NAMESPACE), 1)
                );
            }
            "timestamp" | "level" => {}
            name if values(name).is_empty() => {
                assert!(known.contains(name) && value.is_u64(), "{name} is no metric of ours: {line:?}");
            }
            name => assert!(values(name).contains(&value.as_str().unwrap()), "{name} = {value}"),
        }
    }
}

fn names() -> BTreeSet<&'static str> {
    DEFINITIONS.iter().map(|definition| definition.name).collect()
}

pub fn values(dimension: &str) -> Vec<&'static str> {
    match dimension {
        "provider" => Provider::ALL.map(Provider::name).to_vec(),
        "outcome" => OutcomeKind::ALL.map(OutcomeKind::name).to_vec(),
        "reason" => ReasonClass::ALL.map(ReasonClass::name).to_vec(),
        "fact" => FactKind::ALL.map(FactKind::name).to_vec(),
        "alarm" => AttemptAlarm::ALL.map(AttemptAlarm::name).to_vec(),
        "answer" => AnswerKind::ALL.map(AnswerKind::name).to_vec(),
        "type" => StatusEventType::ALL.map(StatusEventType::name).to_vec(),
        "template" => vec!["order_cancelled", "order_return", NameLimit::OTHER],
        "sender" => vec!["acme", NameLimit::OTHER],
        _ => Vec::new(),
    }
}
