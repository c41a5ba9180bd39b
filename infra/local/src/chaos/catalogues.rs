//! The run's catalogues: the one that it begins with, and what an operator makes of it midway.

use std::path::Path;

use anyhow::Context as _;
use shared::catalogue::Catalogue;
use shared::provider::Provider;
use toml::{Table, Value};

use super::World;
use crate::catalogue::{self, DerivedCatalogue};
use crate::local::simulated;
use crate::simulator::{Simulator, Template, TemplateKind};

/// Who is preferred for which notification, so that all three get their share: the others stay with the catalogue's
/// own order, 1MSG for the returns and Kaleyra for the order statuses.
const PREFERRED: [(&str, Provider); 2] =
    [("order-cancelled", Provider::Meta), ("stock-arrived", Provider::Kaleyra)];
/// The detail types whose notifications change midway: one gets another name, of the other two variables change places.
pub(super) const CHANGED: [&str; 2] = ["Return Updated", "Stock Arrived"];

/// Languages that an open world's templates are approved in, besides those that ship.
const LANGUAGES: [&str; 5] = ["zh_CN", "zh_TW", "nb", "he", "id"];

/// Both catalogues.
pub(super) struct Catalogues {
    /// What kind of trouble the run has.
    pub world: World,
    file: DerivedCatalogue,
    changed: DerivedCatalogue,
    /// The one that the run begins with.
    pub before: Catalogue,
    /// The one that it ends with.
    pub after: Catalogue,
}

impl Catalogues {
    /// The suites' catalogue, in the form that the world needs.
    pub fn new(world: World) -> anyhow::Result<Self> {
        let file = DerivedCatalogue::preferring_each(&PREFERRED, &catalogue::shipped())?;
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

    /// Where the functions find the one that counts.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// From a function's next start on, the changed one counts.
    pub fn change(&self) -> anyhow::Result<()> {
        let copied = std::fs::copy(self.changed.path(), self.file.path());
        copied.map(drop).context("the catalogue can't be changed")
    }
}

/// The templates of an open world's accounts.
pub(super) fn approve(simulator: &Simulator) {
    for provider in Provider::ALL {
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

/// Reads what producers of all kinds write.
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
        // The simulator's ledger is searched for the order's number in its place.
        body.swap(1, 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_changed_notifications_and_no_others_are_other_ones_afterwards() {
        let Catalogues { before, after, .. } = Catalogues::new(World::Plain).unwrap();
        assert_eq!(before.entries().len(), after.entries().len());
        let told = |catalogue: &Catalogue| -> Vec<(String, String)> {
            let entries = catalogue.entries().iter();
            entries
                .map(|entry| (entry.detail_types[0].clone(), format!("{} {:?}", entry.name, entry.content)))
                .collect()
        };
        let (before, after) = (told(&before), told(&after));
        let differing: Vec<&String> =
            before.iter().filter(|one| !after.contains(one)).map(|(detail_type, _)| detail_type).collect();
        assert_eq!(differing, CHANGED);
    }
}
