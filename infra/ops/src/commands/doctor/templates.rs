//! Compares the catalogue's templates with an account's.

use std::collections::BTreeMap;

use shared::catalogue::{Catalogue, ComponentsRule, ContentRule, Entry, VariablesRule};
use shared::message::Sender;
use shared::provider::Provider;
use template_definitions::{Category, LateDelivery, Mismatch};

use super::finding::Finding;
use crate::labels::count;
use crate::providers::LiveTemplate;
use crate::providers::meta::LiveStatus;

/// A template in one language that the catalogue sends.
#[derive(Debug, Clone)]
pub(super) struct Wanted<'a> {
    /// The template's name.
    pub(super) name: &'a str,
    /// The provider's language code.
    pub(super) language: &'a str,
    /// The notifications that use it.
    pub(super) entries: Vec<&'a Entry>,
}

/// The templates that the catalogue sends through a provider for this sender. A sender with a name has the messages of the
/// entries with `sender`, the default sender those of the others.
pub(super) fn wanted<'a>(
    catalogue: &'a Catalogue,
    provider: Provider,
    sender: Option<&Sender>,
) -> Vec<Wanted<'a>> {
    let mut wanted: BTreeMap<(&str, &str), Vec<&Entry>> = BTreeMap::new();
    for entry in catalogue.entries().iter().filter(|entry| entry.sender.is_some() == sender.is_some()) {
        let Some(rule) = entry.templates.get(&provider).filter(|_| entry.providers.contains(&provider))
        else {
            continue;
        };
        let rule = rule.for_sender(sender);
        for language in &rule.languages {
            wanted.entry((&rule.template.name, language.as_str())).or_default().push(entry);
        }
    }
    wanted.into_iter().map(|((name, language), entries)| Wanted { name, language, entries }).collect()
}

/// Judges the account's templates.
pub(super) fn findings(provider: Provider, wanted: &[Wanted<'_>], live: &[LiveTemplate]) -> Vec<Finding> {
    let findings: Vec<Finding> =
        wanted.iter().flat_map(|wanted| template_findings(provider, wanted, live)).collect();
    if findings.is_empty() && !wanted.is_empty() {
        let name = provider.title();
        let count = count(wanted.len(), "template");
        return vec![Finding::fine(format!(
            "{name} has the catalogue's templates, approved and with the same parts: {count}, counting each language."
        ))];
    }
    findings
}

fn template_findings(provider: Provider, wanted: &Wanted<'_>, live: &[LiveTemplate]) -> Vec<Finding> {
    let Wanted { name, language, entries } = wanted;
    let the = format!("{}'s template {name} ({language})", provider.title());
    let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    let why = refused(&names);
    let named: Vec<&LiveTemplate> = live.iter().filter(|live| live.name == *name).collect();
    let Some(live) = named.iter().find(|live| live.language == *language) else {
        let there: Vec<&str> = named.iter().map(|live| live.language.as_str()).collect();
        let what = if there.is_empty() {
            format!("{the} doesn't exist.")
        } else {
            format!("{the} doesn't exist; its languages are {}.", there.join(", "))
        };
        return vec![Finding::fault(what, why, submit(provider))];
    };
    let mut findings: Vec<Finding> = status_finding(&the, live, &why, provider).into_iter().collect();
    findings.extend(content_findings(&the, wanted, live, &why));
    findings.extend(late_delivery(&the, wanted, live));
    if live.category == "MARKETING" {
        findings.push(Finding::warning(
            format!("{the} has the category MARKETING."),
            "Meta charges marketing prices, and doesn't deliver it to customers who recently got much marketing (131049).",
            "Remove praise and offers from its text, and submit it as UTILITY under a new name.",
        ));
    }
    findings
}

/// Only Meta's accounts return the time to live.
fn late_delivery(the: &str, wanted: &Wanted<'_>, live: &LiveTemplate) -> Option<Finding> {
    let seconds = live.time_to_live?;
    let category =
        [Category::Utility, Category::Marketing].into_iter().find(|it| it.name() == live.category)?;
    let late = |entry: &&Entry| {
        let late = LateDelivery::find(entry, wanted.name, Some(seconds), category)?;
        Some((entry.name.clone(), late))
    };
    let (notification, late) = wanted.entries.iter().find_map(late)?;
    Some(Finding::warning(
        format!("{the}: `after` in the fallback of {notification} {}.", late.problem),
        "A phone that is switched on late gets the WhatsApp message after the fallback's.",
        format!("Write {} in the template's definition, and submit it (`ops templates plan`).", late.write),
    ))
}

fn submit(provider: Provider) -> String {
    match provider {
        Provider::Meta => {
            "`ops templates plan` shows the differences. Create missing templates with `ops templates apply`, and wait \
                           for the approval."
                .to_owned()
        }
        Provider::AwsWhatsApp | Provider::AwsSms | Provider::AwsEmail => {
            "Submit the output of `ops templates show` in the AWS console, and wait for the approval.".to_owned()
        }
        Provider::OneMsg | Provider::Kaleyra => format!(
            "Submit the output of `ops templates show` in {}'s own cabinet, and wait for the approval.",
            provider.title()
        ),
    }
}

fn status_finding(the: &str, live: &LiveTemplate, why: &str, provider: Provider) -> Option<Finding> {
    let new_name = "Change its text, submit it under a new name, and use that name in the catalogue.";
    let (state, fix) = match &live.status {
        LiveStatus::Approved => return None,
        LiveStatus::Pending => ("is still in review".to_owned(), "Wait for the review, which takes minutes, at most a day.".to_owned()),
        LiveStatus::Paused => (
            "is paused after customers' complaints".to_owned(),
            "Wait until Meta ends the pause (3 hours, then 6), and remove the cause of the complaints. A third pause disables it."
                .to_owned(),
        ),
        LiveStatus::Disabled => ("is permanently disabled".to_owned(), new_name.to_owned()),
        LiveStatus::Rejected => {
            let reason = live.rejected_reason.as_deref().unwrap_or("no reason given");
            (format!("was rejected: {reason}"), new_name.to_owned())
        }
        LiveStatus::Other(word) => (
            format!("is {word}"),
            format!("Look up this status in {}'s dashboard.", provider.title()),
        ),
    };
    Some(Finding::fault(format!("{the} {state}."), why, fix))
}

fn refused(notifications: &[&str]) -> String {
    format!("{} can't be sent with it: the provider refuses each.", notifications.join(", "))
}

fn content_findings(the: &str, wanted: &Wanted<'_>, live: &LiveTemplate, why: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Some(parameters) = live.parameters() else {
        let format = live.header.as_ref().map(|header| header.format.as_str()).unwrap_or_default();
        return vec![Finding::fault(
            format!("{the} has a header of the kind {format}, which no message here can fill."),
            why,
            "Submit it with another header, under a new name.",
        )];
    };
    if live.body.is_some() {
        let nothing = ComponentsRule {
            header: None,
            body: VariablesRule::Positional(Vec::new()),
            buttons: Vec::new(),
            order_details: None,
        };
        let mut problems: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for entry in &wanted.entries {
            let rule = match &entry.content {
                ContentRule::Template(rule) => rule,
                ContentRule::OrderStatus(_) => &nothing,
            };
            for Mismatch { key, problem, write: _ } in parameters.mismatches(wanted.name, rule) {
                problems.entry(format!("{key} {problem}")).or_default().push(&entry.name);
            }
        }
        findings.extend(problems.iter().map(|(problem, notifications)| {
            Finding::fault(
                format!("{the} is not as the catalogue fills it: {problem}."),
                refused(notifications),
                "Make the catalogue and the approved template agree: change notifications.toml and deploy, or submit another \
                 template.",
            )
        }));
    }
    let is_order_status = wanted.entries.iter().any(|it| matches!(it.content, ContentRule::OrderStatus(_)));
    if is_order_status && live.sub_category.as_deref().is_some_and(|sub| sub != "ORDER_STATUS") {
        findings.push(Finding::fault(
            format!("{the} is not an order status template."),
            why,
            "Submit it under a new name with the sub-category ORDER_STATUS, as `ops templates show` prints.",
        ));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;
    use crate::providers::meta::{LiveButton, LiveHeader};

    fn live() -> LiveTemplate {
        LiveTemplate {
            name: "order_return".to_owned(),
            language: "en_US".to_owned(),
            status: LiveStatus::Approved,
            category: "UTILITY".to_owned(),
            sub_category: None,
            rejected_reason: None,
            time_to_live: None,
            header: Some(LiveHeader { format: "TEXT".to_owned(), text: Some("Your order".to_owned()) }),
            body: Some("Hello, {{1}}: {{2}} {{3}} {{4}}".to_owned()),
            footer: None,
            buttons: Vec::new(),
        }
    }

    fn catalogue() -> Catalogue {
        Catalogue::parse("c", include_str!("../../../../../tests/shop/notifications.toml")).unwrap()
    }

    /// The findings about a template of the tests' catalogue, which the account holds like this.
    fn found(name: &str, live: LiveTemplate) -> Vec<Finding> {
        let catalogue = catalogue();
        let mut wanted = wanted(&catalogue, Provider::Meta, None);
        wanted.retain(|it| it.name == name && it.language == "en_US");
        findings(Provider::Meta, &wanted, &[live])
    }

    #[track_caller]
    fn assert_found(change: impl FnOnce(&mut LiveTemplate), severity: Severity, said: &str) {
        let mut live = live();
        change(&mut live);
        let findings = found("order_return", live);
        assert!(
            findings.len() == 1 && findings[0].severity == severity && findings[0].what.contains(said),
            "{said} in {findings:#?}"
        );
    }

    #[test]
    fn the_catalogue_determines_the_templates() {
        let catalogue = catalogue();
        let meta = wanted(&catalogue, Provider::Meta, None);
        assert_eq!(meta.len(), 10, "five templates in two languages");
        let returns = meta.iter().find(|it| it.name == "order_return" && it.language == "es").unwrap();
        let names: Vec<&str> = returns.entries.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["return-registered", "return-updated"]);
        assert_eq!(wanted(&catalogue, Provider::OneMsg, None).len(), 8);
    }

    #[test]
    fn a_sender_has_its_own_templates_and_only_the_entries_with_senders() {
        let text = include_str!("../../../../../tests/shop/notifications.toml")
            .replace("[notifications.order-cancelled]", "[notifications.order-cancelled]\nsender = \"detail.brand\"")
            .replace(
                r#"meta    = { name = "order_cancelled", languages = ["en_US", "es"] }"#,
                r#"meta    = { name = "order_cancelled", languages = ["en_US", "es"], senders = { acme = { name = "acme_cancelled", languages = ["de"] } } }"#,
            );
        let catalogue = Catalogue::parse("c", &text).unwrap();
        let names = |name: Option<&str>| {
            let sender = name.map(|name| Sender::parse(name).unwrap());
            let wanted = wanted(&catalogue, Provider::Meta, sender.as_ref());
            wanted.iter().map(|it| format!("{} {}", it.name, it.language)).collect::<Vec<_>>()
        };
        assert_eq!(names(Some("acme")), ["acme_cancelled de"]);
        assert_eq!(names(Some("beta")), ["order_cancelled en_US", "order_cancelled es"]);
        assert!(!names(None).iter().any(|it| it.contains("cancelled")), "{:?}", names(None));
    }

    #[test]
    fn a_matching_template_is_fine() {
        assert_found(|_| {}, Severity::Fine, "the same parts: 1 template");
    }

    #[test]
    fn a_template_that_would_be_refused_is_a_fault() {
        use Severity::Fault;
        assert_found(|it| it.name = "another".to_owned(), Fault, "order_return (en_US) doesn't exist.");
        assert_found(|it| it.language = "es".to_owned(), Fault, "its languages are es");
        assert_found(|it| it.status = LiveStatus::Pending, Fault, "in review");
        assert_found(|it| it.status = LiveStatus::Paused, Fault, "is paused");
        assert_found(|it| it.status = LiveStatus::Disabled, Fault, "permanently disabled");
        assert_found(
            |it| {
                it.status = LiveStatus::Rejected;
                it.rejected_reason = Some("INVALID_FORMAT".to_owned());
            },
            Fault,
            "rejected: INVALID_FORMAT",
        );
        assert_found(|it| it.status = LiveStatus::Other("IN_APPEAL".to_owned()), Fault, "is IN_APPEAL");
        assert_found(
            |it| it.body = Some("{{1}}".to_owned()),
            Fault,
            "body fills 4 variables of order_return, which has 1",
        );
        assert_found(
            |it| it.header = Some(LiveHeader { format: "IMAGE".to_owned(), text: None }),
            Fault,
            "header is missing, and the header of order_return takes an image",
        );
        let button = LiveButton {
            kind: "URL".to_owned(),
            text: "x".to_owned(),
            url: Some("https://a/{{1}}".to_owned()),
            phone: None,
        };
        assert_found(
            |it| it.buttons.push(button),
            Fault,
            "buttons give button 0 nothing, and the one of order_return takes a url",
        );
    }

    #[test]
    fn marketing_is_a_warning() {
        assert_found(|it| it.category = "MARKETING".to_owned(), Severity::Warning, "MARKETING");
    }

    #[test]
    fn a_template_that_lives_longer_than_the_fallback_waits_is_a_warning() {
        let text = format!(
            "{}[notifications.return-updated.fallback]\nafter = '1h'\nchannels = [{{ provider = 'aws-sms', consent = 'c', text = \
             {{ en = 'News.' }} }}]\n",
            include_str!("../../../../../tests/shop/notifications.toml")
        );
        let catalogue = Catalogue::parse("c", &text).unwrap();
        let mut wanted = wanted(&catalogue, Provider::Meta, None);
        wanted.retain(|it| it.name == "order_return" && it.language == "en_US");
        for (seconds, severity) in [
            (Some(-1), Severity::Warning),
            (Some(3601), Severity::Warning),
            (Some(3600), Severity::Fine),
            (None, Severity::Fine),
        ] {
            let found =
                findings(Provider::Meta, &wanted, &[LiveTemplate { time_to_live: seconds, ..live() }]);
            assert_eq!((found.len(), found[0].severity), (1, severity), "{seconds:?}");
        }
    }

    #[test]
    fn an_order_status_needs_its_sub_category_if_that_is_known() {
        let with = |sub: Option<&str>, body: &str| {
            let live = LiveTemplate {
                name: "order_status".to_owned(),
                sub_category: sub.map(str::to_owned),
                body: Some(body.to_owned()),
                ..live()
            };
            found("order_status", live)[0].severity
        };
        assert_eq!(with(Some("ORDER_STATUS"), "Hello."), Severity::Fine);
        assert_eq!(with(None, "Hello."), Severity::Fine);
        assert_eq!(with(None, "Hello, {{1}}."), Severity::Fault, "an order status fills no variable");
        assert_eq!(with(Some("ORDER_DETAILS"), "Hello."), Severity::Fault);
    }
}
