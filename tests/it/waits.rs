//! docs/waits.md lists exactly the durations of the functions, the common crate and the template, with their values.
//! It names for each a setting, a rule with its source, or a derivation.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use testkit::template::template;

const PAGE: &str = include_str!("../../docs/waits.md");

const TEMPLATE: &str = "template.yaml";
/// The properties of the template that are durations, in seconds.
const SECONDS: [&str; 6] = [
    "MaximumBatchingWindowInSeconds",
    "MaximumEventAgeInSeconds",
    "MaximumRecordAgeInSeconds",
    "MessageRetentionPeriod",
    "Timeout",
    "VisibilityTimeout",
];

/// A constant's file and name, and its value; the name of one in the template is `Resource.Property`.
type Waits = BTreeMap<(String, String), Duration>;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

#[test]
fn every_duration_of_the_code_is_in_the_table_of_waits() {
    let mut files = Vec::new();
    for folder in ["shared/src", "shared/domain/src", "functions"] {
        sources(&repository().join(folder), &mut files);
    }
    let mut in_the_code = Waits::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let path = file.strip_prefix(repository()).unwrap().to_str().unwrap().to_owned();
        // Only unindented constants: those of a test module or a function are indented.
        for (name, value) in text.lines().filter_map(constant) {
            in_the_code.insert((path.clone(), name.to_owned()), value);
        }
    }
    assert!(in_the_code.len() > 40, "{in_the_code:?}");
    let on_the_page = on_the_page().filter(|row| row.file != TEMPLATE).map(Row::wait);
    assert_eq!(on_the_page.collect::<Waits>(), in_the_code);
}

#[test]
fn every_duration_of_the_template_is_in_the_table_of_waits() {
    let template = template();
    let mut in_the_template = Waits::new();
    for (resource, definition) in template["Resources"].as_object().unwrap() {
        // The nested stack's creation timeout is no wait of the functions.
        if definition["Type"] != "AWS::CloudFormation::Stack" {
            durations(resource, &definition["Properties"], &mut in_the_template);
        }
    }
    assert!(in_the_template.len() > 10, "{in_the_template:?}");
    let on_the_page = on_the_page().filter(|row| row.file == TEMPLATE).map(Row::wait);
    assert_eq!(on_the_page.collect::<Waits>(), in_the_template);
}

/// The durations anywhere in a resource's properties.
fn durations(resource: &str, value: &Value, found: &mut Waits) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| durations(resource, item, found)),
        Value::Object(properties) => {
            for (property, value) in properties {
                let duration = if SECONDS.contains(&property.as_str()) {
                    Duration::from_secs(value.as_u64().unwrap())
                } else if property == "ScheduleExpression" {
                    let minutes = value.as_str().unwrap().strip_prefix("rate(").unwrap();
                    Duration::from_mins(minutes.strip_suffix(" minutes)").unwrap().parse().unwrap())
                } else {
                    durations(resource, value, found);
                    continue;
                };
                let place = (TEMPLATE.to_owned(), format!("{resource}.{property}"));
                assert_eq!(found.insert(place, duration), None, "{resource} has two of {property}");
            }
        }
        _ => {}
    }
}

#[test]
fn every_wait_is_a_setting_or_a_rule_with_its_source_or_derived_from_such_waits() {
    let template = template();
    let parameters: BTreeSet<&String> = template["Parameters"].as_object().unwrap().keys().collect();
    // A resource here stands for its properties in the template.
    let mut explained: BTreeSet<&str> =
        template["Resources"].as_object().unwrap().keys().map(String::as_str).collect();
    let mut derived = Vec::new();
    for Row { name, reason, .. } in on_the_page() {
        let named = || reason.split('`').skip(1).step_by(2);
        if reason.starts_with("**setting** `") {
            let setting = named().next().unwrap();
            assert!(parameters.contains(&setting.to_owned()), "{name}: no parameter {setting}");
            explained.insert(name);
        } else if reason.starts_with("**rule** of ") {
            assert!(reason.contains("](https://"), "{name}: a rule without its source");
            explained.insert(name);
        } else {
            assert!(reason.starts_with("**derived** from `"), "{name}: {reason}");
            derived.push((name, named().collect::<Vec<_>>()));
        }
    }
    // No circle: each round explains the waits that are derived only from explained ones.
    while !derived.is_empty() {
        let before = derived.len();
        derived.retain(|(name, sources)| {
            let is_explained = sources.iter().all(|source| explained.contains(source));
            if is_explained {
                explained.insert(name);
            }
            !is_explained
        });
        assert!(derived.len() < before, "not derived from explained waits: {derived:?}");
    }
}

/// Every source file except those of tests.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_of_tests = path.file_stem().unwrap() == "tests";
        if path.is_dir() && !is_of_tests {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !is_of_tests {
            found.push(path);
        }
    }
}

/// Parses `const NAME: Duration = Duration::from_mins(15);`, with any visibility.
fn constant(line: &str) -> Option<(&str, Duration)> {
    let (visibility, rest) = line.split_once("const ")?;
    let (name, rest) = rest.split_once(": ")?;
    let (of_type, value) = rest.split_once(" = ")?;
    let is_constant = visibility.is_empty() || visibility.starts_with("pub");
    let is_duration = of_type == "Duration" || of_type == "SignedDuration";
    (is_constant && is_duration).then(|| (name, evaluated(value)))
}

/// Evaluates `Duration::from_hours(14 * 24);`, or the difference of two such terms.
fn evaluated(expression: &str) -> Duration {
    let mut terms = expression.split("Duration::from_").skip(1).map(|term| {
        let (unit, rest) = term.split_once('(').unwrap();
        let (factors, _) = rest.split_once(')').unwrap();
        let count: u64 = factors.split('*').map(|factor| factor.trim().parse::<u64>().unwrap()).product();
        match unit {
            "millis" => Duration::from_millis(count),
            "secs" => Duration::from_secs(count),
            "mins" => Duration::from_mins(count),
            "hours" => Duration::from_hours(count),
            other => panic!("{other} in {expression}"),
        }
    });
    let first = terms.next().unwrap_or_else(|| panic!("{expression}"));
    terms.fold(first, |value, less| value.checked_sub(less).unwrap())
}

/// A row of the page: ``| [`NAME`](../file) | 15m | … | reason |``
struct Row {
    name: &'static str,
    file: &'static str,
    value: Duration,
    reason: &'static str,
}

impl Row {
    fn wait(self) -> ((String, String), Duration) {
        ((self.file.to_owned(), self.name.to_owned()), self.value)
    }
}

fn on_the_page() -> impl Iterator<Item = Row> {
    PAGE.lines().filter_map(|line| line.strip_prefix("| [`")).map(|row| {
        let cells: Vec<&str> = row.trim_end_matches(" |").split(" | ").collect();
        let [place, value, _, reason] = cells[..] else { panic!("{row}") };
        let (name, file) = place.trim_end_matches(')').split_once("`](../").unwrap();
        Row { name, file, value: humantime::parse_duration(value).unwrap(), reason }
    })
}
