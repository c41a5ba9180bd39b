//! The catalogue's entries that are most similar to an event that none matches.

use std::cmp::Reverse;

use serde::Serialize;
use shared::catalogue::{Catalogue, Entry, OrderEvent};
use strsim::jaro_winkler;

/// More entries would not help.
const MOST: usize = 3;
/// From this similarity on, one text may be meant as the other: a misspelling, another case, another form of the word.
const ALIKE: f64 = 0.85;

/// An entry, and the reasons why it doesn't match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Near {
    /// The entry's name.
    pub notification: String,
    /// The differences in words.
    pub differs: Vec<String>,
}

/// The most similar entries first: those that share the source or the detail type, or almost; if there are none, all
/// entries, unless there are too many.
pub(super) fn nearest(catalogue: &Catalogue, event: &OrderEvent) -> Vec<Near> {
    let mut entries: Vec<(Reverse<u32>, &Entry)> =
        catalogue.entries().iter().map(|entry| (Reverse(percent(likeness(entry, event))), entry)).collect();
    entries.sort_by_key(|(likeness, entry)| (*likeness, entry.name.clone()));
    let is_near = |(_, entry): &&(Reverse<u32>, &Entry)| {
        best(&entry.sources, &event.source) >= ALIKE || best(&entry.detail_types, &event.detail_type) >= ALIKE
    };
    let near: Vec<_> = entries.iter().filter(is_near).collect();
    let shown = if near.is_empty() { entries.iter().collect() } else { near };
    shown.into_iter().take(MOST).map(|(_, entry)| near_by(entry, event)).collect()
}

fn near_by(entry: &Entry, event: &OrderEvent) -> Near {
    let mut differs = Vec::new();
    for (what, wanted, there) in
        [("source", &entry.sources, &event.source), ("detail type", &entry.detail_types, &event.detail_type)]
    {
        if !wanted.contains(there) {
            let wanted: Vec<String> = wanted.iter().map(|text| format!("{text:?}")).collect();
            differs.push(format!("its {what} is {}, not {there:?}", wanted.join(" or ")));
        }
    }
    if let Some(when) = entry.when.as_ref().filter(|_| differs.is_empty()) {
        differs.push(format!("its `when` doesn't hold: {}", when.as_str()));
    }
    Near { notification: entry.name.clone(), differs }
}

fn likeness(entry: &Entry, event: &OrderEvent) -> f64 {
    best(&entry.sources, &event.source) + best(&entry.detail_types, &event.detail_type)
}

fn best(wanted: &[String], there: &str) -> f64 {
    let there = there.to_lowercase();
    wanted.iter().map(|text| jaro_winkler(&text.to_lowercase(), &there)).fold(0.0, f64::max)
}

fn percent(likeness: f64) -> u32 {
    // From 0 to 200: two similarities of at most one each.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number from 0 to 200")]
    let percent = (likeness * 100.0).round() as u32;
    percent
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn near(source: &str, detail_type: &str) -> Vec<Near> {
        let catalogue =
            Catalogue::parse("shipped", include_str!("../../../../tests/shop/notifications.toml")).unwrap();
        let event = OrderEvent::parse(json!({
            "id": "1", "source": source, "detail-type": detail_type, "time": "2026-11-20T09:00:00Z", "detail": {},
        }));
        nearest(&catalogue, &event.unwrap())
    }

    #[test]
    fn what_differs_is_told_the_likeliest_entry_first() {
        let near = near("oms", "Order Canceled");
        assert_eq!(near[0].notification, "order-cancelled");
        assert_eq!(near[0].differs, [r#"its detail type is "Order Cancelled", not "Order Canceled""#]);
    }

    #[test]
    fn another_case_and_another_source_are_told_apart() {
        let near = near("OMS", "Stock Arrived");
        assert_eq!(near[0].notification, "stock-arrived");
        assert_eq!(near[0].differs, [r#"its source is "wms", not "OMS""#]);
    }

    #[test]
    fn what_is_like_nothing_gets_a_few_to_choose_from() {
        let near = near("zz", "qq");
        assert_eq!(near.len(), MOST);
        assert!(near.iter().all(|near| near.differs.len() == 2));
    }

    #[test]
    fn a_when_that_does_not_hold_is_told() {
        let text = include_str!("../../../../tests/shop/notifications.toml");
        let text =
            text.replacen("[\"Stock Arrived\"]", "[\"Stock Arrived\"]\nwhen = \"detail.is_public\"", 1);
        let catalogue = Catalogue::parse("n.toml", &text).unwrap();
        let event = OrderEvent::parse(json!({
            "id": "1", "source": "wms", "detail-type": "Stock Arrived", "time": "2026-11-20T09:00:00Z", "detail": {},
        }));
        let event = event.unwrap();
        assert!(catalogue.entry_for(&event).is_none());
        let near = nearest(&catalogue, &event);
        assert_eq!(near[0].notification, "stock-arrived");
        assert_eq!(near[0].differs, ["its `when` doesn't hold: detail.is_public"]);
    }
}
