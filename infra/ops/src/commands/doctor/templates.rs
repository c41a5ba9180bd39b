//! Compares the templates that the catalogue sends with those of an account.

use std::collections::BTreeMap;

use shared::catalogue::{Catalogue, ContentRule};
use shared::provider::Provider;
use template_definitions::Kind;

use super::finding::Finding;
use crate::providers::LiveTemplate;
use crate::providers::meta::LiveStatus;
use crate::words::count;

/// A template in one language, as the catalogue sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The template's name.
    pub(super) name: String,
    /// The provider's language code.
    pub(super) language: String,
    /// The kind of its content, and the number of body variables.
    pub(super) content: (Kind, usize),
    /// The notifications that use it.
    pub(super) notifications: Vec<String>,
}

/// The templates that the catalogue sends through a provider. Two notifications that fill the same template differently
/// are two entries.
pub(super) fn wanted(catalogue: &Catalogue, provider: Provider) -> Vec<Wanted> {
    let mut wanted: BTreeMap<(String, String, usize, bool), Vec<String>> = BTreeMap::new();
    for entry in catalogue.entries() {
        let Some(rule) = entry.templates.get(&provider).filter(|_| entry.providers.contains(&provider))
        else {
            continue;
        };
        let (variables, is_status) = match &entry.content {
            ContentRule::Body(body) => (body.len(), false),
            ContentRule::OrderStatus(_) => (0, true),
        };
        for language in &rule.languages {
            let key = (rule.template.name.clone(), language.as_str().to_owned(), variables, is_status);
            wanted.entry(key).or_default().push(entry.name.clone());
        }
    }
    wanted
        .into_iter()
        .map(|((name, language, variables, is_status), notifications)| Wanted {
            name,
            language,
            content: (if is_status { Kind::OrderStatus } else { Kind::Body }, variables),
            notifications,
        })
        .collect()
}

/// Judges the account's templates.
pub(super) fn findings(provider: Provider, wanted: &[Wanted], live: &[LiveTemplate]) -> Vec<Finding> {
    let findings: Vec<Finding> = wanted.iter().flat_map(|wanted| of_one(provider, wanted, live)).collect();
    if findings.is_empty() && !wanted.is_empty() {
        let name = provider.title();
        let count = count(wanted.len(), "template");
        return vec![Finding::fine(format!(
            "{name} has what the catalogue sends with it, approved and with the same variables: {count}, each language counted."
        ))];
    }
    findings
}

fn of_one(provider: Provider, wanted: &Wanted, live: &[LiveTemplate]) -> Vec<Finding> {
    let Wanted { name, language, notifications, .. } = wanted;
    let the = format!("{}'s template {name} ({language})", provider.title());
    let why = format!("{} can't be sent with it: {}.", notifications.join(", "), "the provider refuses each");
    let named: Vec<&LiveTemplate> = live.iter().filter(|live| live.name == *name).collect();
    let Some(live) = named.iter().find(|live| live.language == *language) else {
        let there: Vec<&str> = named.iter().map(|live| live.language.as_str()).collect();
        let what = if there.is_empty() {
            format!("{the} isn't there.")
        } else {
            format!("{the} isn't there; its languages are {}.", there.join(", "))
        };
        return vec![Finding::fault(what, why, submit(provider))];
    };
    let mut findings: Vec<Finding> = of_status(&the, live, &why, provider).into_iter().collect();
    findings.extend(of_content(&the, wanted, live, &why));
    if live.category == "MARKETING" {
        findings.push(Finding::warning(
            format!("{the} is of the category MARKETING."),
            "Meta bills it as such, and doesn't deliver it to customers who have had enough marketing of late (131049).",
            "Word it like news about an order, without praise or offers, and submit it as UTILITY under a new name.",
        ));
    }
    findings
}

fn submit(provider: Provider) -> String {
    match provider {
        Provider::Meta => {
            "See with `ops templates plan` what is missing, create it with `ops templates apply`, and wait \
                           for the approval."
                .to_owned()
        }
        Provider::OneMsg | Provider::Kaleyra => format!(
            "Submit what `ops templates show` prints in {}'s own cabinet, and wait for the approval.",
            provider.title()
        ),
    }
}

fn of_status(the: &str, live: &LiveTemplate, why: &str, provider: Provider) -> Option<Finding> {
    let new_name = "Mend its wording, submit it under a new name, and put that into the catalogue.";
    let (state, mend) = match &live.status {
        LiveStatus::Approved => return None,
        LiveStatus::Pending => ("is still being reviewed".to_owned(), "Wait for the review: minutes, a day at most.".to_owned()),
        LiveStatus::Paused => (
            "is paused: customers complained of it".to_owned(),
            "Wait until Meta ends the pause (3 hours, then 6), and mend what customers complain of: a third time disables it."
                .to_owned(),
        ),
        LiveStatus::Disabled => ("is disabled for good".to_owned(), new_name.to_owned()),
        LiveStatus::Rejected => {
            let reason = live.rejected_reason.as_deref().unwrap_or("no reason given");
            (format!("was rejected: {reason}"), new_name.to_owned())
        }
        LiveStatus::Other(word) => (
            format!("is {word}"),
            format!("See in {}'s dashboard what that means for it.", provider.title()),
        ),
    };
    Some(Finding::fault(format!("{the} {state}."), why, mend))
}

fn of_content(the: &str, wanted: &Wanted, live: &LiveTemplate, why: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (kind, variables) = wanted.content;
    let catalogue = "Make the catalogue's body and the approved text agree: change notifications.toml and deploy, or submit \
                     another template.";
    if live.body.is_some() && live.variables().len() != variables {
        findings.push(Finding::fault(
            format!(
                "{the} has {}, and the catalogue fills {variables}.",
                count(live.variables().len(), "variable")
            ),
            why,
            catalogue,
        ));
    }
    if kind == Kind::OrderStatus && live.sub_category.as_deref().is_some_and(|sub| sub != "ORDER_STATUS") {
        findings.push(Finding::fault(
            format!("{the} is no order status template."),
            why,
            "Submit it with the sub-category ORDER_STATUS, as `ops templates show` has it, under a new name.",
        ));
    }
    let needs_media = live.header.as_ref().is_some_and(|header| header.format != "TEXT");
    let needs_values =
        live.buttons.iter().any(|button| button.url.as_deref().is_some_and(|url| url.contains("{{")));
    if needs_media || needs_values {
        let part = if needs_media { "header" } else { "button" };
        findings.push(Finding::fault(
            format!(
                "{the} has a {part} that needs a value of its own, and only the body's variables are sent."
            ),
            why,
            format!("Submit it with a {part} that is the same in every message, under a new name."),
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

    fn wants() -> Wanted {
        Wanted {
            name: "order_return".to_owned(),
            language: "en_US".to_owned(),
            content: (Kind::Body, 4),
            notifications: vec!["return-registered".to_owned()],
        }
    }

    #[track_caller]
    fn assert_found(change: impl FnOnce(&mut LiveTemplate), severity: Severity, said: &str) {
        let mut live = live();
        change(&mut live);
        let findings = findings(Provider::Meta, &[wants()], &[live]);
        assert!(
            findings.len() == 1 && findings[0].severity == severity && findings[0].what.contains(said),
            "{said} in {findings:#?}"
        );
    }

    #[test]
    fn the_catalogue_says_what_is_wanted() {
        let catalogue =
            Catalogue::parse("c", include_str!("../../../../../tests/shop/notifications.toml")).unwrap();
        let meta = wanted(&catalogue, Provider::Meta);
        assert_eq!(meta.len(), 8, "four templates in two languages");
        let returns = meta.iter().find(|it| it.name == "order_return" && it.language == "es").unwrap();
        assert_eq!(returns.content, (Kind::Body, 4));
        assert_eq!(returns.notifications, ["return-registered", "return-updated"]);
        let status = meta.iter().find(|it| it.name == "order_status").unwrap();
        assert_eq!(status.content, (Kind::OrderStatus, 0));
        assert_eq!(wanted(&catalogue, Provider::OneMsg).len(), 6);
    }

    #[test]
    fn a_template_as_it_is_sent_is_fine() {
        assert_found(|_| {}, Severity::Fine, "the same variables: 1 template");
    }

    #[test]
    fn what_would_be_refused_is_a_fault() {
        use Severity::Fault;
        assert_found(|it| it.name = "another".to_owned(), Fault, "order_return (en_US) isn't there.");
        assert_found(|it| it.language = "es".to_owned(), Fault, "its languages are es");
        assert_found(|it| it.status = LiveStatus::Pending, Fault, "being reviewed");
        assert_found(|it| it.status = LiveStatus::Paused, Fault, "is paused");
        assert_found(|it| it.status = LiveStatus::Disabled, Fault, "disabled for good");
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
            "has 1 variable, and the catalogue fills 4",
        );
        assert_found(
            |it| it.header = Some(LiveHeader { format: "IMAGE".to_owned(), text: None }),
            Fault,
            "has a header that needs",
        );
        let button = LiveButton {
            kind: "URL".to_owned(),
            text: "x".to_owned(),
            url: Some("https://a/{{1}}".to_owned()),
            phone: None,
        };
        assert_found(|it| it.buttons.push(button), Fault, "has a button that needs");
    }

    #[test]
    fn marketing_is_a_warning() {
        assert_found(|it| it.category = "MARKETING".to_owned(), Severity::Warning, "MARKETING");
    }

    #[test]
    fn an_order_status_needs_its_sub_category_where_it_is_told() {
        let wants = Wanted { content: (Kind::OrderStatus, 0), ..wants() };
        let with = |sub: Option<&str>| {
            let live = LiveTemplate {
                sub_category: sub.map(str::to_owned),
                body: Some("Hello.".to_owned()),
                ..live()
            };
            findings(Provider::Kaleyra, std::slice::from_ref(&wants), &[live])[0].severity
        };
        assert_eq!(with(Some("ORDER_STATUS")), Severity::Fine);
        assert_eq!(with(None), Severity::Fine);
        assert_eq!(with(Some("ORDER_DETAILS")), Severity::Fault);
    }
}
