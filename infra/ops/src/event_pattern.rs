//! Matches event patterns against an event's `source` and `detail-type`, as EventBridge does. The result is
//! [`Match::Unclear`] for every operator that isn't implemented here.
//!
//! Source: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html>.

use serde_json::{Map, Value};
use shared::catalogue::{Catalogue, Entry};
use shared::status_event::StatusEventType;

/// The source of the application's own events, which may go to the same bus.
pub const OWN_SOURCE: &str = "order-notifications";

/// Whether a pattern matches an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    Yes,
    No,
    /// The pattern uses an unknown operator, or an unknown part of the event.
    Unclear,
}

#[derive(Debug, Clone, Copy)]
struct Event<'a> {
    source: &'a str,
    detail_type: &'a str,
}

/// An event that a notification listens to.
#[derive(Debug, Clone, Copy)]
pub struct ListenedEvent<'a> {
    /// The notification's entry in the catalogue.
    pub entry: &'a Entry,
    /// The event's source.
    pub source: &'a str,
    /// The event's detail type.
    pub detail_type: &'a str,
}

/// The catalogue's events that a pattern doesn't match, or may not match.
pub fn unmatched_events<'a>(pattern: &Value, catalogue: &'a Catalogue) -> Vec<(ListenedEvent<'a>, Match)> {
    let mut missed = Vec::new();
    for entry in catalogue.entries() {
        for source in &entry.sources {
            for detail_type in &entry.detail_types {
                let found = matches(pattern, Event { source, detail_type });
                if found != Match::Yes {
                    missed.push((ListenedEvent { entry, source, detail_type }, found));
                }
            }
        }
    }
    missed
}

/// Whether a pattern matches the application's own status events.
pub fn matches_own_events(pattern: &Value) -> bool {
    let is_matched = |kind: StatusEventType| {
        matches(pattern, Event { source: OWN_SOURCE, detail_type: kind.detail_type() }) == Match::Yes
    };
    StatusEventType::ALL.into_iter().any(is_matched)
}

impl Match {
    const fn from_bool(matches: bool) -> Self {
        if matches { Self::Yes } else { Self::No }
    }

    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Unclear => Self::Unclear,
        }
    }

    fn all(matches: impl Iterator<Item = Self>) -> Self {
        matches.fold(Self::Yes, |all, one| match (all, one) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Unclear, _) | (_, Self::Unclear) => Self::Unclear,
            (Self::Yes, Self::Yes) => Self::Yes,
        })
    }

    fn any(matches: impl Iterator<Item = Self>) -> Self {
        Self::all(matches.map(Self::not)).not()
    }
}

fn matches(pattern: &Value, event: Event<'_>) -> Match {
    match pattern {
        Value::Object(fields) if !fields.is_empty() => match_fields(fields, event),
        _ => Match::Unclear,
    }
}

fn match_fields(fields: &Map<String, Value>, event: Event<'_>) -> Match {
    Match::all(fields.iter().map(|(field, wanted)| match (field.as_str(), wanted) {
        ("source", Value::Array(wanted)) => match_text(wanted, event.source),
        ("detail-type", Value::Array(wanted)) => match_text(wanted, event.detail_type),
        ("$or", Value::Array(patterns)) => Match::any(patterns.iter().map(|pattern| matches(pattern, event))),
        _ => Match::Unclear,
    }))
}

fn match_text(wanted: &[Value], text: &str) -> Match {
    Match::any(wanted.iter().map(|wanted| match wanted {
        Value::String(exact) => Match::from_bool(exact == text),
        Value::Number(_) | Value::Bool(_) | Value::Null => Match::No,
        Value::Object(operators) => {
            Match::all(operators.iter().map(|(operator, value)| match_operator(operator, value, text)))
        }
        Value::Array(_) => Match::Unclear,
    }))
}

fn match_operator(operator: &str, value: &Value, text: &str) -> Match {
    match (operator, value) {
        ("prefix", Value::String(prefix)) => Match::from_bool(text.starts_with(prefix.as_str())),
        ("suffix", Value::String(suffix)) => Match::from_bool(text.ends_with(suffix.as_str())),
        ("equals-ignore-case", Value::String(other)) => {
            Match::from_bool(text.to_lowercase() == other.to_lowercase())
        }
        ("exists", Value::Bool(exists)) => Match::from_bool(*exists),
        ("anything-but", Value::String(other)) => Match::from_bool(text != other),
        ("anything-but", Value::Array(others)) => Match::from_bool(!others.iter().any(|other| other == text)),
        ("anything-but", Value::Object(operators)) => {
            Match::all(operators.iter().map(|(operator, value)| {
                let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                Match::any(values.iter().map(|value| match_operator(operator, value, text))).not()
            }))
        }
        _ => Match::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn patterns_match_as_in_eventbridge() {
        use Match::{No, Unclear, Yes};
        for (pattern, expected) in [
            (json!({"source": ["oms", "wms"]}), Yes),
            (json!({"source": ["OMS"]}), No),
            (json!({"source": []}), No),
            (json!({"source": ["wms"], "detail": {"a": [1]}}), No),
            (json!({"source": ["oms"], "detail": {"a": [1]}}), Unclear),
            (json!({"source": ["oms"], "account": ["111122223333"]}), Unclear),
            (json!({"source": ["oms"], "detail-type": ["Order Cancelled"]}), Yes),
            (json!({"source": ["oms"], "detail-type": ["Order Shipped"]}), No),
            (json!({"source": [{"prefix": "om"}]}), Yes),
            (json!({"source": [{"prefix": "ms"}]}), No),
            (json!({"source": [{"suffix": "ms"}]}), Yes),
            (json!({"source": [{"equals-ignore-case": "OMS"}]}), Yes),
            (json!({"source": [{"exists": false}, "wms"]}), No),
            (json!({"source": [{"anything-but": "wms"}]}), Yes),
            (json!({"source": [{"anything-but": ["oms", "wms"]}]}), No),
            (json!({"source": [{"anything-but": {"prefix": "order-"}}]}), Yes),
            (json!({"source": [{"anything-but": {"prefix": ["o", "w"]}}]}), No),
            (json!({"source": [{"wildcard": "o*"}]}), Unclear),
            (json!({"source": [{"wildcard": "o*"}, "oms"]}), Yes),
            (json!({"source": [{"anything-but": {"wildcard": "o*"}}]}), Unclear),
            (json!({"$or": [{"source": ["wms"]}, {"detail-type": [{"prefix": "Order"}]}]}), Yes),
            (json!({"$or": [{"source": ["wms"]}, {"source": ["crm"]}]}), No),
            (json!({}), Unclear),
        ] {
            let event = Event { source: "oms", detail_type: "Order Cancelled" };
            assert_eq!(matches(&pattern, event), expected, "{pattern}");
        }
    }
}
