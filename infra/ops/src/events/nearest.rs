//! Finds the catalogue's entries that are most similar to an event that no entry matches.

use std::cmp::Reverse;

use serde::Serialize;
use serde_json::Value;
use shared::catalogue::{Catalogue, Entry, OrderEvent};
use strsim::jaro_winkler;

use super::explain_paths;

/// The maximum of suggested entries.
const MAX_SUGGESTED: usize = 3;
/// The minimum similarity of a misspelling, another case, or another form of a word.
const ALIKE: f64 = 0.85;

/// An entry that doesn't match, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Near {
    /// The entry's name.
    pub notification: String,
    /// Clauses such as "its source is "oms", not "crm"".
    pub differs: Vec<String>,
}

/// The most similar entries first: those that share the source or the detail type, or almost; if there are none, all
/// entries, unless there are too many. `content` is the whole event.
pub(super) fn nearest(catalogue: &Catalogue, event: &OrderEvent, content: &Value) -> Vec<Near> {
    let mut entries: Vec<(Reverse<u32>, &Entry)> =
        catalogue.entries().iter().map(|entry| (Reverse(percent(similarity(entry, event))), entry)).collect();
    entries.sort_by_key(|(similarity, entry)| (*similarity, entry.name.clone()));
    let is_near = |(_, entry): &&(Reverse<u32>, &Entry)| {
        best(&entry.sources, &event.source) >= ALIKE || best(&entry.detail_types, &event.detail_type) >= ALIKE
    };
    let near: Vec<_> = entries.iter().filter(is_near).collect();
    let shown = if near.is_empty() { entries.iter().collect() } else { near };
    shown.into_iter().take(MAX_SUGGESTED).map(|(_, entry)| compare(entry, event, content)).collect()
}

fn compare(entry: &Entry, event: &OrderEvent, content: &Value) -> Near {
    let mut differs = Vec::new();
    for (what, expected, actual) in
        [("source", &entry.sources, &event.source), ("detail type", &entry.detail_types, &event.detail_type)]
    {
        if !expected.contains(actual) {
            let expected: Vec<String> = expected.iter().map(|text| format!("{text:?}")).collect();
            differs.push(format!("its {what} is {}, not {actual:?}", expected.join(" or ")));
        }
    }
    if let Some(when) = entry.when.as_ref().filter(|_| differs.is_empty()) {
        let why = explain_paths(when.as_str(), content).map(|why| format!("; {why}")).unwrap_or_default();
        differs.push(format!("its `when` is not true: {}{why}", when.as_str()));
    }
    Near { notification: entry.name.clone(), differs }
}

fn similarity(entry: &Entry, event: &OrderEvent) -> f64 {
    best(&entry.sources, &event.source) + best(&entry.detail_types, &event.detail_type)
}

fn best(expected: &[String], actual: &str) -> f64 {
    let actual = actual.to_lowercase();
    expected.iter().map(|text| jaro_winkler(&text.to_lowercase(), &actual)).fold(0.0, f64::max)
}

fn percent(similarity: f64) -> u32 {
    // From 0 to 200: two similarities of at most one each.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number from 0 to 200")]
    let percent = (similarity * 100.0).round() as u32;
    percent
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn near(source: &str, detail_type: &str) -> Vec<Near> {
        let catalogue =
            Catalogue::parse("shipped", include_str!("../../../../tests/shop/notifications.toml")).unwrap();
        let content = json!({
            "id": "1", "source": source, "detail-type": detail_type, "time": "2026-11-20T09:00:00Z", "detail": {},
        });
        nearest(&catalogue, &OrderEvent::parse(content.clone()).unwrap(), &content)
    }

    #[test]
    fn the_most_similar_entry_comes_first_with_its_differences() {
        let near = near("oms", "Order Canceled");
        assert_eq!(near[0].notification, "order-cancelled");
        assert_eq!(near[0].differs, [r#"its detail type is "Order Cancelled", not "Order Canceled""#]);
    }

    #[test]
    fn only_a_real_difference_is_reported() {
        let near = near("OMS", "Stock Arrived");
        assert_eq!(near[0].notification, "stock-arrived");
        assert_eq!(near[0].differs, [r#"its source is "wms", not "OMS""#]);
    }

    #[test]
    fn an_event_without_similar_entries_gets_the_maximum_of_suggestions() {
        let near = near("zz", "qq");
        assert_eq!(near.len(), MAX_SUGGESTED);
        assert!(near.iter().all(|near| near.differs.len() == 2));
    }

    #[test]
    fn a_when_that_is_not_true_is_reported() {
        let text = include_str!("../../../../tests/shop/notifications.toml");
        let text =
            text.replacen("[\"Stock Arrived\"]", "[\"Stock Arrived\"]\nwhen = \"detail.is_public\"", 1);
        let catalogue = Catalogue::parse("n.toml", &text).unwrap();
        let content = json!({
            "id": "1", "source": "wms", "detail-type": "Stock Arrived", "time": "2026-11-20T09:00:00Z", "detail": {},
        });
        let event = OrderEvent::parse(content.clone()).unwrap();
        assert!(catalogue.entry_for(&event).is_none());
        let near = nearest(&catalogue, &event, &content);
        assert_eq!(near[0].notification, "stock-arrived");
        let why = "its `when` is not true: detail.is_public; the event has no detail.is_public; detail has no fields";
        assert_eq!(near[0].differs, [why]);
    }
}
