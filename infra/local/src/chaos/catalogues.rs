//! The run's two catalogues: the initial one, and the operator's later version.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use shared::catalogue::Catalogue;
use shared::provider::{Channel, Provider};
use simulator::{Simulator, Template, TemplateKind};
use toml::{Table, Value};

use super::World;
use crate::catalogue::{self, DerivedCatalogue};
use crate::truth::simulated;

/// The preferred provider of some notifications, so that all three providers get messages. The others keep the
/// catalogue's order: 1MSG for the returns and Kaleyra for the order statuses.
const PREFERRED: [(&str, Provider); 2] =
    [("order-cancelled", Provider::Meta), ("stock-arrived", Provider::Kaleyra)];
/// The detail types whose notifications change midway: one is renamed, and two variables of the other are swapped.
pub(super) const CHANGED: [&str; 2] = ["Return Updated", "Stock Arrived"];

/// `after` of every fallback. It is longer than a run, so that only the run itself ends it, by the clock; and so short that
/// the clock's advances together stay below `STUCK_AFTER`.
pub(super) const AFTER: Duration = Duration::from_mins(30);
/// The largest number of channels of a fallback.
pub(super) const MOST_CHANNELS: usize = 2;
/// What follows some notifications: `on` (empty: the default), and the channels in order.
const FALLBACKS: [(&str, &[&str], &[Provider]); 5] = [
    ("return-registered", &[], &[Provider::AwsSms, Provider::AwsEmail]),
    ("return-updated", &[], &[Provider::AwsSms]),
    ("order-cancelled", &["failed", "rejected"], &[Provider::AwsSms]),
    ("stock-arrived", &["undelivered"], &[Provider::AwsEmail, Provider::AwsSms]),
    ("order-status-changed", &[], &[Provider::AwsSms]),
];

/// Languages of the templates in an open world, besides the shipped ones.
const LANGUAGES: [&str; 5] = ["zh_CN", "zh_TW", "nb", "he", "id"];

pub(super) struct Catalogues {
    /// The kind of faults in the run.
    pub world: World,
    file: DerivedCatalogue,
    changed: DerivedCatalogue,
    pub before: Catalogue,
    pub after: Catalogue,
}

impl Catalogues {
    /// Derives both from the tests' catalogue, adapted to the world.
    pub fn new(world: World) -> anyhow::Result<Self> {
        let file = DerivedCatalogue::preferring_each(&PREFERRED, &catalogue::shipped())?;
        let file = DerivedCatalogue::changed(file.path(), add_fallbacks)?;
        let (file, changed) = match world {
            World::Plain => {
                let changed = DerivedCatalogue::changed(file.path(), change)?;
                (file, changed)
            }
            World::Open => {
                let open = DerivedCatalogue::changed(file.path(), open)?;
                let same = DerivedCatalogue::changed(open.path(), |_| ())?;
                (open, same)
            }
        };
        let (before, after) = (catalogue::read(file.path())?, catalogue::read(changed.path())?);
        Ok(Self { world, file, changed, before, after })
    }

    /// The file that the functions read.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Replaces the file's contents by the final catalogue, which a function reads at its next start.
    pub fn change(&self) -> anyhow::Result<()> {
        let copied = std::fs::copy(self.changed.path(), self.file.path());
        copied.map(drop).context("the catalogue can't be changed")
    }
}

/// Adds the templates of an open world to the accounts.
pub(super) fn approve(simulator: &Simulator) {
    for provider in Provider::WITH_WEBHOOK {
        simulator.change_templates(simulated(provider), |templates| {
            let first: Vec<Template> = templates
                .iter()
                .filter(|it| it.kind == TemplateKind::Body && it.language == "es")
                .cloned()
                .collect();
            for language in LANGUAGES {
                let other =
                    |template: &Template| Template { language: language.to_owned(), ..template.clone() };
                templates.extend(first.iter().map(other));
            }
        });
    }
}

/// Adds the fallbacks.
fn add_fallbacks(entries: &mut Table) {
    for (name, on, providers) in FALLBACKS {
        let mut fallback = Table::new();
        fallback.insert("after".to_owned(), humantime::format_duration(AFTER).to_string().into());
        if !on.is_empty() {
            fallback.insert("on".to_owned(), Vec::from(on).into());
        }
        let channels: Vec<Value> = providers.iter().map(|provider| channel(*provider).into()).collect();
        fallback.insert("channels".to_owned(), channels.into());
        if let Some(entry) = entries.get_mut(name).and_then(Value::as_table_mut) {
            entry.insert("fallback".to_owned(), fallback.into());
        }
    }
}

fn channel(provider: Provider) -> Table {
    let texts =
        |en: &str, es: &str| Table::from_iter([("en".to_owned(), en.into()), ("es".to_owned(), es.into())]);
    let is_email = provider.channel() == Channel::Email;
    let (recipient, consent) = if is_email { ("email", "email_opt_in") } else { ("mobile", "sms_opt_in") };
    let mut channel = Table::from_iter([
        ("provider".to_owned(), provider.name().into()),
        ("recipient".to_owned(), format!("detail.customer.{recipient}").into()),
        ("consent".to_owned(), format!("detail.customer.{consent}").into()),
        ("body".to_owned(), vec!["detail.order.number"].into()),
        ("text".to_owned(), texts("News about your order {{1}}.", "Novedades de tu pedido {{1}}.").into()),
    ]);
    if is_email {
        channel.insert("subject".to_owned(), texts("Your order {{1}}", "Tu pedido {{1}}").into());
    }
    channel
}

/// Adapts the entries to the formats of producers of all kinds.
fn open(entries: &mut Table) {
    for (_, entry) in entries.iter_mut() {
        let Some(entry) = entry.as_table_mut() else { continue };
        if !entry.contains_key("body") {
            continue;
        }
        entry.insert("country".to_owned(), "detail.customer.country".into());
        entry.insert("time".to_owned(), "not_null(detail.occurred_at, time)".into());
        let templates = entry.get_mut("templates").and_then(Value::as_table_mut);
        for (_, template) in templates.into_iter().flatten() {
            if let Some(languages) = template.get_mut("languages").and_then(Value::as_array_mut) {
                languages.extend(LANGUAGES.map(Value::from));
            }
        }
    }
}

fn change(entries: &mut Table) {
    if let Some(entry) = entries.remove("return-updated") {
        entries.insert("return-changed".to_owned(), entry);
    }
    if let Some(Value::Array(body)) = entries.get_mut("stock-arrived").and_then(|entry| entry.get_mut("body"))
    {
        body.reverse();
        // The simulator's ledger is searched for the order's number at its own position.
        body.swap(1, 2);
    }
}

#[cfg(test)]
mod tests {
    use shared::catalogue::FallbackRule;

    use super::*;

    #[test]
    fn both_catalogues_have_the_fallbacks() {
        let Catalogues { before, after, .. } = Catalogues::new(World::Plain).unwrap();
        for catalogue in [before, after] {
            let terms: Vec<_> = catalogue
                .entries()
                .iter()
                .filter(|entry| entry.name != "pickup-ready")
                .filter_map(|entry| entry.fallback.as_deref().map(FallbackRule::terms))
                .collect();
            assert_eq!(terms.len(), FALLBACKS.len());
            assert!(terms.iter().all(|terms| terms.after == AFTER));
            assert_eq!(terms.iter().map(|terms| terms.channels.len()).max(), Some(MOST_CHANNELS));
        }
    }

    #[test]
    fn only_the_changed_notifications_differ() {
        let Catalogues { before, after, .. } = Catalogues::new(World::Plain).unwrap();
        assert_eq!(before.entries().len(), after.entries().len());
        let notifications = |catalogue: &Catalogue| -> Vec<(String, String)> {
            let entries = catalogue.entries().iter();
            entries
                .map(|entry| (entry.detail_types[0].clone(), format!("{} {:?}", entry.name, entry.content)))
                .collect()
        };
        let (before, after) = (notifications(&before), notifications(&after));
        let differing: Vec<&String> =
            before.iter().filter(|one| !after.contains(one)).map(|(detail_type, _)| detail_type).collect();
        assert_eq!(differing, CHANGED);
    }
}
