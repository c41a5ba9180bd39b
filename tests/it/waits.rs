//! docs/waits.md lists exactly the durations of the functions and the common crate, with their values.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

const PAGE: &str = include_str!("../../docs/waits.md");

/// A constant's file and name, and its value.
type Waits = BTreeMap<(String, String), Duration>;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

#[test]
fn every_duration_in_the_code_stands_in_the_table_of_waits_with_its_value() {
    let mut files = Vec::new();
    for folder in ["shared/src", "shared/domain/src", "functions"] {
        sources(&repository().join(folder), &mut files);
    }
    let mut in_the_code = Waits::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let path = file.strip_prefix(repository()).unwrap().to_str().unwrap().to_owned();
        // Only unindented constants: those that belong to a test module or a function are indented.
        for (name, value) in text.lines().filter_map(constant) {
            in_the_code.insert((path.clone(), name.to_owned()), value);
        }
    }
    assert!(in_the_code.len() > 40, "{in_the_code:?}");
    assert_eq!(on_the_page(), in_the_code);
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

/// The page's rows: ``| [`NAME`](../path) | 15m | … ``
fn on_the_page() -> Waits {
    let rows = PAGE.lines().filter_map(|line| line.strip_prefix("| [`"));
    rows.map(|row| {
        let (name, rest) = row.split_once("`](../").unwrap();
        let (path, rest) = rest.split_once(") | ").unwrap();
        let (value, _) = rest.split_once(" |").unwrap();
        ((path.to_owned(), name.to_owned()), humantime::parse_duration(value).unwrap())
    })
    .collect()
}
