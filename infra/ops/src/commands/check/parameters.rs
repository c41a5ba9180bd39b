//! Checks the SAM template's parameters that could make order-notifier miss events or fail to start: the sources that the
//! rule matches, the retention of unfinished events, the waits before retries, and the recipients that it may write to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use shared::protocol::{Recipients, RetryWaits};
use toml::Table;

use super::Shop;
use super::report::{Checked, Remark};
use crate::cloudformation;
use crate::event_pattern::{ListenedEvent, Match, OWN_SOURCE, matches_own_events, unmatched_events};

const SOURCES: &str = "EventSources";
const RETENTION: &str = "EventRetention";
const RETRY_WAITS: &str = "RetryWaits";
const RECIPIENTS: &str = "Recipients";
/// The JSON pointer of the rule's pattern in the template.
const PATTERN: &str = "/Resources/OrderEventsRule/Properties/EventPattern";

/// A parameter's value, and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Setting {
    place: String,
    value: String,
}

/// Checks only a value of the parameter `EventSources`.
pub(super) fn check_list(sources: &str, shop: &Shop, checked: &mut Checked) {
    let setting = Setting { place: "--event-sources".to_owned(), value: sources.to_owned() };
    check_sources(&setting, &json!({ "source": { "Ref": SOURCES } }), shop, checked);
}

/// Checks the template's defaults, and the values in the environments of a `samconfig.toml` in the same folder.
pub(super) fn check_template(path: &Path, shop: &Shop, checked: &mut Checked) {
    let name = path.display().to_string();
    let read = std::fs::read_to_string(path).map_err(|error| format!("can't be read: {error}"));
    let template = match read.and_then(|text| cloudformation::parse(&text)) {
        Ok(template) => template,
        Err(problem) => {
            let fix = "--template FILE, or --event-sources with the value of EventSources";
            checked.faults.push(Remark::new(name, problem).with_fix(fix));
            return;
        }
    };
    let environments = environments(path, checked);
    let settings_of = |parameter: &str| {
        let default = template.pointer(&format!("/Parameters/{parameter}/Default")).and_then(Value::as_str);
        let default = default.map(|value| Setting {
            place: format!("{name}: Parameters.{parameter}.Default"),
            value: value.to_owned(),
        });
        settings(parameter, default, &environments)
    };
    match template.pointer(PATTERN) {
        Some(pattern) if uses_event_sources(pattern) => {
            let settings = settings_of(SOURCES);
            if settings.is_empty() {
                let problem = "has no value, but the rule of the order events uses it";
                checked.faults.push(
                    Remark::new(format!("{name}: Parameters.{SOURCES}"), problem)
                        .with_fix(format!("Default: {}", every_source(shop))),
                );
            }
            for setting in settings {
                check_sources(&setting, pattern, shop, checked);
            }
        }
        Some(pattern) => {
            let place = format!("{name}: Resources.OrderEventsRule.Properties.EventPattern");
            check_pattern(&place, pattern, "source: !Ref EventSources", shop, checked);
        }
        None => checked.faults.push(
            Remark::new(
                format!("{name}: Resources.OrderEventsRule"),
                "has no EventPattern, so it matches no event",
            )
            .with_fix("EventPattern: { source: !Ref EventSources }"),
        ),
    }
    for setting in settings_of(RECIPIENTS) {
        // The error names an entry by its position: a phone number must not reach a build's log.
        if let Err(error) = setting.value.parse::<Recipients>() {
            let problem = format!("{error}: order-notifier doesn't start");
            checked
                .faults
                .push(Remark::new(&setting.place, problem).with_fix("all, none, or a list of test numbers"));
        }
    }
    for setting in settings_of(RETENTION) {
        check_retention(&setting, shop, checked);
    }
    for setting in settings_of(RETRY_WAITS) {
        if let Err(error) = setting.value.parse::<RetryWaits>() {
            let problem = format!("{error}: order-notifier doesn't start");
            checked
                .faults
                .push(Remark::new(&setting.place, problem).with_fix("unsent=30s-15m,refused=1m-1h"));
        }
    }
}

/// Every value of a parameter in a deployment: those of the environments, and the default if an environment sets none.
fn settings(parameter: &str, default: Option<Setting>, environments: &[Environment]) -> Vec<Setting> {
    let is_default_used =
        environments.is_empty() || environments.iter().any(|it| !it.overrides.contains_key(parameter));
    let set = environments.iter().filter_map(|environment| {
        let value = environment.overrides.get(parameter)?.clone();
        Some(Setting { place: format!("{} {parameter}", environment.place), value })
    });
    default.filter(|_| is_default_used).into_iter().chain(set).collect()
}

fn check_sources(setting: &Setting, pattern: &Value, shop: &Shop, checked: &mut Checked) {
    let sources: Vec<&str> = setting.value.split(',').map(str::trim).collect();
    let pattern = with_sources(pattern, &sources);
    let known: BTreeSet<&str> =
        shop.catalogue.entries().iter().flat_map(|entry| &entry.sources).map(String::as_str).collect();
    // A faulty notification may use any source.
    let is_unused = |source: &str| shop.is_whole && source != OWN_SOURCE && !known.contains(source);
    let fix = corrected(&sources, shop, is_unused).join(",");
    check_pattern(&setting.place, &pattern, &fix, shop, checked);
    for unused in sources.iter().filter(|source| is_unused(source)) {
        let problem = format!("matches {unused:?}, which no notification of {} uses", shop.name);
        checked.warnings.push(Remark::new(&setting.place, problem).with_fix(&fix));
    }
}

/// The whole list without any of its faults: all findings about a list have this one correction.
fn corrected<'a>(sources: &[&'a str], shop: &'a Shop, is_unused: impl Fn(&str) -> bool) -> Vec<&'a str> {
    let wanted = shop.catalogue.entries().iter().flat_map(|entry| &entry.sources).map(String::as_str);
    let mut all: Vec<&str> = Vec::new();
    for source in sources.iter().copied().chain(wanted) {
        if source != OWN_SOURCE && !source.is_empty() && !is_unused(source) && !all.contains(&source) {
            all.push(source);
        }
    }
    all
}

fn check_pattern(place: &str, pattern: &Value, fix: &str, shop: &Shop, checked: &mut Checked) {
    for (ListenedEvent { entry, source, detail_type }, found) in unmatched_events(pattern, &shop.catalogue) {
        let what =
            format!("{detail_type:?} of {source:?}, which {} needs", shop.of_notification(&entry.name));
        match found {
            Match::Yes => {}
            Match::No => {
                checked.faults.push(Remark::new(place, format!("doesn't match {what}")).with_fix(fix));
            }
            Match::Unclear => checked.warnings.push(
                Remark::new(place, format!("may not match {what}"))
                    .with_fix("`aws events test-event-pattern` tests the pattern with an event"),
            ),
        }
    }
    if matches_own_events(pattern) {
        let problem = format!("matches {OWN_SOURCE:?}, the source of this application's own status events");
        checked.faults.push(Remark::new(place, problem).with_fix(fix));
    }
}

/// order-notifier doesn't start with a shorter retention.
fn check_retention(setting: &Setting, shop: &Shop, checked: &mut Checked) {
    let longest = shop.catalogue.longest_max_age();
    let (value, needed) = (&setting.value, humantime::format_duration(longest));
    let problem = match humantime::parse_duration(value) {
        Ok(kept) if kept >= longest => return,
        Ok(_) => format!(
            "is {value}, shorter than the longest max_age of {}, {needed}: order-notifier doesn't start",
            shop.name
        ),
        Err(error) => format!("is {value:?}, not a duration such as 14d: {error}"),
    };
    let days = longest.as_secs().div_ceil(Duration::from_hours(24).as_secs());
    checked.faults.push(Remark::new(&setting.place, problem).with_fix(format!("{}d", days.max(14))));
}

fn every_source(shop: &Shop) -> String {
    let sources: BTreeSet<&str> =
        shop.catalogue.entries().iter().flat_map(|entry| &entry.sources).map(String::as_str).collect();
    sources.into_iter().collect::<Vec<_>>().join(",")
}

fn uses_event_sources(pattern: &Value) -> bool {
    match pattern {
        Value::Object(fields) => is_the_parameter(pattern) || fields.values().any(uses_event_sources),
        Value::Array(items) => items.iter().any(uses_event_sources),
        _ => false,
    }
}

fn with_sources(pattern: &Value, sources: &[&str]) -> Value {
    match pattern {
        _ if is_the_parameter(pattern) => json!(sources),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), with_sources(value, sources))).collect()
        }
        Value::Array(items) => items.iter().map(|item| with_sources(item, sources)).collect(),
        other => other.clone(),
    }
}

fn is_the_parameter(value: &Value) -> bool {
    *value == json!({ "Ref": SOURCES })
}

/// An environment of `samconfig.toml`, as `sam deploy --config-env` uses it.
struct Environment {
    place: String,
    overrides: BTreeMap<String, String>,
}

fn environments(template: &Path, checked: &mut Checked) -> Vec<Environment> {
    let path = template.with_file_name("samconfig.toml");
    let name = path.display().to_string();
    let Ok(text) = std::fs::read_to_string(&path) else { return Vec::new() };
    let configured: Table = match text.parse() {
        Ok(configured) => configured,
        Err(error) => {
            checked.faults.push(Remark::new(name, format!("is not TOML: {error}")));
            return Vec::new();
        }
    };
    let environments = configured.iter().filter_map(|(environment, commands)| {
        let overrides = commands.get("deploy")?.get("parameters")?.get("parameter_overrides");
        let place = format!("{name}: [{environment}.deploy.parameters] parameter_overrides");
        Some(Environment { place, overrides: overrides.map(read_overrides).unwrap_or_default() })
    });
    environments.collect()
}

/// A list of `Name=value`, or all pairs in one string, as `sam deploy --guided` writes them. A value may be quoted.
fn read_overrides(value: &toml::Value) -> BTreeMap<String, String> {
    let pairs: Vec<String> = match value {
        toml::Value::Array(items) => items.iter().filter_map(|it| it.as_str().map(str::to_owned)).collect(),
        toml::Value::String(text) => words(text),
        _ => Vec::new(),
    };
    let unquoted = |value: &str| value.trim().trim_matches('"').to_owned();
    let pairs = pairs.iter().filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.trim().to_owned(), unquoted(value))).collect()
}

/// Splits a text at the spaces outside quotes.
fn words(text: &str) -> Vec<String> {
    let mut is_quoted = false;
    let is_between = |letter: char| {
        is_quoted ^= letter == '"';
        letter.is_whitespace() && !is_quoted
    };
    text.split(is_between).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overrides_are_parsed_in_both_formats() {
        for text in [
            r#"overrides = ["EventBusName=shop", "EventSources=oms, Pipe orders-pipe"]"#,
            r#"overrides = ["EventBusName=shop", 'EventSources="oms, Pipe orders-pipe"']"#,
            r#"overrides = "EventBusName=\"shop\" EventSources=\"oms, Pipe orders-pipe\"""#,
        ] {
            let table: Table = text.parse().unwrap();
            let overrides = read_overrides(&table["overrides"]);
            assert_eq!(overrides["EventBusName"], "shop", "{text}");
            assert_eq!(overrides["EventSources"], "oms, Pipe orders-pipe", "{text}");
        }
    }

    #[test]
    fn the_default_is_checked_unless_every_environment_overrides_it() {
        let environment = |sets: Option<&str>| Environment {
            place: "s".to_owned(),
            overrides: sets.map(|value| (SOURCES.to_owned(), value.to_owned())).into_iter().collect(),
        };
        let values = |environments: &[Environment]| -> Vec<String> {
            let default = Setting { place: "t".to_owned(), value: "default".to_owned() };
            settings(SOURCES, Some(default), environments).into_iter().map(|it| it.value).collect()
        };
        assert_eq!(values(&[]), ["default"]);
        assert_eq!(values(&[environment(None), environment(Some("own"))]), ["default", "own"]);
        assert_eq!(values(&[environment(Some("one")), environment(Some("two"))]), ["one", "two"]);
    }
}
