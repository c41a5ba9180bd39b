//! Order events: the samples, the schemas and the catalogue of the suites' shop.

use std::collections::BTreeSet;

use local::catalogue;
use serde_json::{Value, json};
use shared::catalogue::{OrderEvent, render};
use shared::provider::Provider;
use shared::status_event::StatusEventType;

use super::Contract;

/// The sample with deliberate faults.
const INVALID: &str = "order-cancelled-invalid";

fn samples() -> Vec<(String, Value)> {
    let mut samples = local::samples::read(&[local::samples::shipped()]).unwrap();
    let catalogue = catalogue::read(&catalogue::shipped()).unwrap();
    local::samples::refresh(&mut samples, &catalogue, jiff::Timestamp::now()).unwrap();
    samples.into_iter().map(|sample| (sample.name, sample.event)).collect()
}

fn remove(event: &Value, place: &str) -> Value {
    let mut event = event.clone();
    let (parent, name) = place.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name).unwrap();
    event
}

/// Whether the code renders a message from it.
fn is_rendered(event: &Value) -> bool {
    let catalogue = catalogue::read(&catalogue::shipped()).unwrap();
    OrderEvent::parse(event.clone()).is_ok_and(|event| {
        catalogue.entry_for(&event).is_some_and(|entry| render(entry, &event, None).is_ok())
    })
}

#[test]
fn the_schemas_of_the_status_events_name_every_provider() {
    let contract = Contract::read();
    let lists: Vec<&Value> = StatusEventType::ALL
        .iter()
        .filter_map(|it| {
            contract.0[it.detail_type()].json.pointer("/properties/detail/properties/provider/enum")
        })
        .collect();
    assert!(lists.len() > 2, "{lists:?}");
    for list in lists {
        assert_eq!(*list, json!(Provider::ALL.map(Provider::name)));
    }
}

#[test]
fn each_event_has_one_schema_and_each_schema_an_event() {
    let contract = Contract::read();
    let mut expected: BTreeSet<(String, String)> = BTreeSet::new();
    for entry in catalogue::read(&catalogue::shipped()).unwrap().entries() {
        for source in &entry.sources {
            expected.extend(entry.detail_types.iter().map(|it| (source.clone(), it.clone())));
        }
    }
    let ours = StatusEventType::ALL
        .map(|it| (status_publisher::event::SOURCE.to_owned(), it.detail_type().to_owned()));
    expected.extend(ours);
    let described: BTreeSet<(String, String)> = contract
        .0
        .iter()
        .flat_map(|(detail_type, schema)| {
            let sources = schema.json["properties"]["source"]["enum"].as_array().unwrap();
            let fits = |source: &&Value| {
                let branches = schema.json["oneOf"].as_array().cloned().unwrap_or_default();
                let of_type = |branch: &&Value| {
                    let types = branch["properties"]["detail-type"]["enum"].as_array().unwrap();
                    types.contains(&detail_type.as_str().into())
                };
                let branch = branches.iter().find(of_type);
                branch.is_none_or(|branch| match branch["properties"]["source"]["enum"].as_array() {
                    Some(sources) => sources.contains(source),
                    None => true,
                })
            };
            sources
                .iter()
                .filter(fits)
                .map(|source| (source.as_str().unwrap().to_owned(), detail_type.clone()))
                .collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(described, expected);
}

#[test]
fn every_sample_fits_its_schema_and_the_one_with_faults_does_not() {
    let contract = Contract::read();
    let mut types = BTreeSet::new();
    for (name, sample) in samples() {
        let faults = contract.schema_of(&sample).undescribed(&sample);
        assert_eq!(faults.is_empty(), name != INVALID, "{name}: {faults:?}");
        assert_eq!(is_rendered(&sample), name != INVALID, "{name}");
        types.insert(sample["detail-type"].as_str().unwrap().to_owned());
    }
    let ours: BTreeSet<String> = StatusEventType::ALL.map(|it| it.detail_type().to_owned()).into();
    let without_a_sample: Vec<_> =
        contract.0.keys().filter(|it| !types.contains(*it) && !ours.contains(*it)).collect();
    assert_eq!(without_a_sample, [""; 0]);
}

#[test]
fn a_sample_without_a_required_member_fits_no_schema() {
    let contract = Contract::read();
    for (name, sample) in samples().into_iter().filter(|(name, _)| name != INVALID) {
        let required = contract.schema_of(&sample).required(&sample);
        assert!(required.len() > 8, "{name}: {required:?}");
        for place in required.iter().filter(|place| *place != "/detail-type") {
            let broken = remove(&sample, place);
            assert_ne!(contract.schema_of(&sample).faults(&broken), [""; 0], "{name} without {place}");
        }
    }
}

/// An event that the code refuses must match no schema; otherwise a producer that follows the schema loses messages.
/// The schema may be stricter than the code.
#[test]
fn an_event_that_the_code_refuses_fits_no_schema() {
    let contract = Contract::read();
    let long = "x".repeat(2000);
    let values = [
        json!(null),
        json!(""),
        json!(" "),
        json!("."),
        json!(1),
        json!(true),
        json!([]),
        json!({}),
        json!(long),
        json!("12025550100"),
    ];
    let mut refused = 0;
    for (name, sample) in samples().into_iter().filter(|(name, _)| name != INVALID) {
        let schema = contract.schema_of(&sample);
        for place in schema.required(&sample).iter().filter(|place| place.starts_with("/detail/")) {
            for value in &values {
                let mut broken = sample.clone();
                *broken.pointer_mut(place).unwrap() = value.clone();
                if !is_rendered(&broken) {
                    refused += 1;
                    let faults = schema.faults(&broken);
                    assert_ne!(faults, [""; 0], "{name} with {value:.20} at {place}");
                }
            }
        }
    }
    assert!(refused > 100, "{refused}");
}

#[test]
fn a_sample_of_another_source_fits_no_schema() {
    let contract = Contract::read();
    let sources = ["oms", "returns", "wms", "order-notifications", "crm"];
    for (name, sample) in samples().into_iter().filter(|(name, _)| name != INVALID) {
        let fitting: Vec<&str> = sources
            .into_iter()
            .filter(|source| {
                let mut event = sample.clone();
                event["source"] = (*source).into();
                contract.schema_of(&sample).faults(&event).is_empty()
            })
            .collect();
        assert_eq!(fitting, [sample["source"].as_str().unwrap()], "{name}");
    }
}
