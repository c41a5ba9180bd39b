//! Compares a definition with an account's template.

use serde::Serialize;
use template_definitions::{Button, ButtonUrl, Header, TimeToLive};

use super::selection::Selected;
use crate::providers::LiveTemplate;
use crate::providers::meta::{LiveButton, LiveHeader, LiveStatus, META_DEFAULT_TTL};

/// The result of the comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "finding", rename_all = "snake_case")]
pub(super) enum Finding {
    /// The account's template is equal, and usable.
    Matches,
    /// The account has no template of this name in this language.
    Missing,
    /// The account's template is different.
    Different {
        /// The result of its review.
        status: LiveStatus,
        /// The parts that differ.
        differences: Vec<Difference>,
    },
    /// The account's template is equal, but not usable.
    Unusable {
        /// The reason it isn't usable.
        status: LiveStatus,
        /// The review's reason, if there is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
}

/// A part that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Difference {
    /// The part's name.
    pub(super) part: &'static str,
    /// The defined value; none if the definition has no such part.
    pub(super) defined: Option<String>,
    /// The account's value.
    pub(super) held: Option<String>,
}

/// Finds a definition's template in an account's list. Other templates of the account don't matter.
pub(super) fn compare(selected: Selected<'_>, account: &[LiveTemplate]) -> Finding {
    let held = account
        .iter()
        .find(|held| held.name == selected.definition.name && held.language == selected.language.as_str());
    let Some(held) = held else { return Finding::Missing };
    let differences = differences(selected, held);
    if !differences.is_empty() {
        return Finding::Different { status: held.status.clone(), differences };
    }
    match &held.status {
        LiveStatus::Approved => Finding::Matches,
        status => Finding::Unusable { status: status.clone(), reason: held.rejected_reason.clone() },
    }
}

fn differences(selected: Selected<'_>, held: &LiveTemplate) -> Vec<Difference> {
    let Selected { definition, text, .. } = selected;
    let mut found = Vec::new();
    let mut part = |part, defined: Option<String>, held: Option<String>| {
        if defined != held {
            found.push(Difference { part, defined, held });
        }
    };
    part("category", Some(definition.category.name().to_owned()), Some(held.category.clone()));
    // Meta gives plain templates a sub-category too (CUSTOM); Kaleyra returns none.
    let defined = definition.kind.sub_category();
    let held_kind = held.sub_category.as_deref().filter(|word| *word == "ORDER_STATUS");
    if held.sub_category.is_some() {
        part("sub_category", defined.map(str::to_owned), held_kind.map(str::to_owned));
    }
    if let Some(held) = held.time_to_live {
        let defined = definition.time_to_live.map_or(META_DEFAULT_TTL, TimeToLive::seconds);
        part("message_send_ttl_seconds", Some(defined.to_string()), Some(held.to_string()));
    }
    part("header", text.header.as_ref().map(defined_header), held.header.as_ref().map(held_header));
    part("body", Some(text.body.clone()), held.body.clone());
    part("footer", text.footer.clone(), held.footer.clone());
    let defined: Vec<String> = text.buttons.iter().map(defined_button).collect();
    part("buttons", listed(&defined), listed(&held.buttons.iter().map(held_button).collect::<Vec<_>>()));
    found
}

fn listed(buttons: &[String]) -> Option<String> {
    (!buttons.is_empty()).then(|| buttons.join(", "))
}

/// The sample of a picture, video or document isn't compared: an account returns another link to it.
fn defined_header(header: &Header) -> String {
    let format = header.name().to_ascii_uppercase();
    match header {
        Header::Text { text, .. } => format!("{format} {text}"),
        Header::Media { .. } | Header::Location => format,
    }
}

fn held_header(header: &LiveHeader) -> String {
    let text = header.text.as_ref().map(|text| format!(" {text}")).unwrap_or_default();
    format!("{}{text}", header.format)
}

fn defined_button(button: &Button) -> String {
    match button {
        Button::Url { text, url, .. } => format!("{text} > {url}"),
        Button::QuickReply { text } => format!("{text} (QUICK_REPLY)"),
        Button::OrderDetails { text } => format!("{text} (ORDER_DETAILS)"),
        // Its label is WhatsApp's, and its code each message's.
        Button::CopyCode { .. } => "(COPY_CODE)".to_owned(),
        Button::Phone { text, number } => format!("{text} (PHONE_NUMBER {number})"),
    }
}

/// A button in the notation of definitions. URLs are normalised, because `https://host` equals `https://host/`.
fn held_button(held: &LiveButton) -> String {
    let LiveButton { kind, text, .. } = held;
    match (kind.as_str(), &held.url, &held.phone) {
        (_, Some(url), _) => match ButtonUrl::parse(url) {
            Ok(url) => format!("{text} > {url}"),
            Err(_) => format!("{text} > {url}"),
        },
        ("COPY_CODE", ..) => format!("({kind})"),
        (_, _, Some(number)) => format!("{text} ({kind} +{})", number.trim_start_matches('+')),
        _ => format!("{text} ({kind})"),
    }
}

impl Finding {
    /// The remedy; none if there is nothing to do.
    pub(super) fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::Matches => None,
            Self::Missing => Some("`ops templates apply` creates it"),
            Self::Different { .. } => Some(
                "edit it in WhatsApp Manager, or change the definition; nothing here edits or deletes a template",
            ),
            Self::Unusable { status, .. } => Some(match status {
                LiveStatus::Pending => "wait for the review: minutes, at most a day",
                LiveStatus::Paused => {
                    "wait: it is used again after three or six hours; see why customers blocked it"
                }
                LiveStatus::Disabled => {
                    "make another one under a new name, and name that in notifications.toml"
                }
                LiveStatus::Rejected => "edit it in WhatsApp Manager and submit it again, or appeal there",
                LiveStatus::Approved | LiveStatus::Other(_) => "look at it in WhatsApp Manager",
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::message::Language;
    use shared::provider::Provider;
    use template_definitions::Definitions;

    use super::*;
    use crate::message_templates;

    /// The account's template after the approval of a definition.
    fn approved(selected: Selected<'_>) -> LiveTemplate {
        LiveTemplate {
            name: selected.definition.name.clone(),
            language: selected.language.as_str().to_owned(),
            status: LiveStatus::Approved,
            category: "UTILITY".to_owned(),
            sub_category: Some(selected.definition.kind.sub_category().unwrap_or("CUSTOM").to_owned()),
            rejected_reason: None,
            time_to_live: Some(META_DEFAULT_TTL),
            header: None,
            body: Some(selected.text.body.clone()),
            footer: selected.text.footer.clone(),
            buttons: selected
                .text
                .buttons
                .iter()
                .map(|button| match button {
                    Button::Url { text, url, .. } => LiveButton {
                        kind: "URL".to_owned(),
                        text: text.clone(),
                        url: Some(url.to_string()),
                        phone: None,
                    },
                    other => panic!("{other:?}"),
                })
                .collect(),
        }
    }

    #[track_caller]
    fn finding(name: &str, change: impl FnOnce(&mut LiveTemplate)) -> Finding {
        let definitions = message_templates::of_the_suites();
        let definition = definitions.all().iter().find(|it| it.name == name).unwrap();
        let language = Language::new("en_US");
        let text = definition.text(Provider::Meta, &language).unwrap();
        let selected = Selected { definition, text, language: &language };
        let mut held = approved(selected);
        change(&mut held);
        compare(selected, &[held])
    }

    fn parts(finding: &Finding) -> Vec<&'static str> {
        match finding {
            Finding::Different { differences, .. } => differences.iter().map(|it| it.part).collect(),
            Finding::Matches | Finding::Missing | Finding::Unusable { .. } => Vec::new(),
        }
    }

    #[test]
    fn what_is_the_same_and_approved_matches() {
        for name in ["order_return", "order_status"] {
            assert_eq!(finding(name, |_| {}), Finding::Matches, "{name}");
            assert_eq!(finding(name, |held| held.sub_category = None), Finding::Matches, "{name}");
        }
    }

    #[test]
    fn another_name_or_language_is_another_template() {
        assert_eq!(finding("order_return", |held| held.language = "en".to_owned()), Finding::Missing);
        assert_eq!(finding("order_return", |held| held.name = "order_returned".to_owned()), Finding::Missing);
    }

    #[test]
    fn every_part_that_is_different_is_named() {
        for (part, change) in [
            ("category", (|held| held.category = "MARKETING".to_owned()) as fn(&mut LiveTemplate)),
            ("header", |held| held.header = Some(LiveHeader { format: "IMAGE".to_owned(), text: None })),
            ("body", |held| held.body = Some("Hello, {{1}}!".to_owned())),
            ("body", |held| held.body = None),
            ("footer", |held| held.footer = Some("Bye".to_owned())),
            ("buttons", |held| held.buttons.clear()),
            ("buttons", |held| held.buttons[0].text = "Details".to_owned()),
            ("buttons", |held| held.buttons[0].url = Some("https://shop.example/other".to_owned())),
            ("buttons", |held| held.buttons[0].url = None),
            ("sub_category", |held| held.sub_category = Some("ORDER_STATUS".to_owned())),
        ] {
            assert_eq!(parts(&finding("order_return", change)), [part], "{part}");
        }
        let status = finding("order_status", |held| held.sub_category = Some("CUSTOM".to_owned()));
        assert_eq!(parts(&status), ["sub_category"]);
        let both = finding("order_status", |held| {
            held.footer = None;
            held.category = "MARKETING".to_owned();
        });
        assert_eq!(parts(&both), ["category", "footer"]);
    }

    #[test]
    fn a_part_is_the_same_however_the_account_writes_it() {
        let file = r#"
            name = "order_shipped"
            category = "UTILITY"
            message_send_ttl_seconds = 600
            [texts.en]
            codes   = { meta = "en" }
            header  = { text = "Order {{1}}", sample = "10482" }
            body    = "News of your order."
            buttons = [
                { text = "Track", url = "https://a.shop/{{1}}", sample = "10482" },
                { code = "SAVE10" },
                { text = "Call us", phone = "+12025550100" },
                { text = "Stop", quick_reply = true },
            ]
        "#;
        let definitions = Definitions::parse([("order_shipped.toml", file)]).unwrap();
        let definition = &definitions.all()[0];
        let language = Language::new("en");
        let selected = Selected { definition, text: &definition.texts[0], language: &language };
        let button = |kind: &str, text: &str| LiveButton {
            kind: kind.to_owned(),
            text: text.to_owned(),
            url: None,
            phone: None,
        };
        let held = LiveTemplate {
            name: "order_shipped".to_owned(),
            language: "en".to_owned(),
            status: LiveStatus::Approved,
            category: "UTILITY".to_owned(),
            sub_category: None,
            rejected_reason: None,
            time_to_live: Some(600),
            header: Some(LiveHeader { format: "TEXT".to_owned(), text: Some("Order {{1}}".to_owned()) }),
            body: Some("News of your order.".to_owned()),
            footer: None,
            buttons: vec![
                LiveButton { url: Some("https://a.shop/{{1}}".to_owned()), ..button("URL", "Track") },
                button("COPY_CODE", "Copiar código"),
                LiveButton { phone: Some("12025550100".to_owned()), ..button("PHONE_NUMBER", "Call us") },
                button("QUICK_REPLY", "Stop"),
            ],
        };
        let with = |change: fn(&mut LiveTemplate)| {
            let mut held = held.clone();
            change(&mut held);
            compare(selected, &[held])
        };
        assert_eq!(with(|_| {}), Finding::Matches);
        assert_eq!(
            with(|held| held.time_to_live = None),
            Finding::Matches,
            "an account that doesn't return it"
        );
        for (part, change) in [
            (
                "message_send_ttl_seconds",
                (|held| held.time_to_live = Some(META_DEFAULT_TTL)) as fn(&mut LiveTemplate),
            ),
            ("header", |held| held.header.as_mut().unwrap().text = Some("Order".to_owned())),
            ("buttons", |held| held.buttons[0].url = Some("https://a.shop/".to_owned())),
            ("buttons", |held| held.buttons[2].phone = Some("12025550101".to_owned())),
            ("buttons", |held| held.buttons.swap(1, 3)),
        ] {
            assert_eq!(parts(&with(change)), [part], "{part}");
        }
    }

    #[test]
    fn what_may_not_be_used_is_reported_with_its_reason() {
        for status in [
            LiveStatus::Pending,
            LiveStatus::Paused,
            LiveStatus::Disabled,
            LiveStatus::Other("ARCHIVED".to_owned()),
        ] {
            let found = finding("order_return", |held| held.status = status.clone());
            assert_eq!(found, Finding::Unusable { status, reason: None });
            assert!(found.remedy().is_some());
        }
        let rejected = finding("order_return", |held| {
            held.status = LiveStatus::Rejected;
            held.rejected_reason = Some("TAG_CONTENT_MISMATCH".to_owned());
        });
        let reason = Some("TAG_CONTENT_MISMATCH".to_owned());
        assert_eq!(rejected, Finding::Unusable { status: LiveStatus::Rejected, reason });
    }
}
