//! The catalogue of a local run: the tests', the shop's or another file, optionally with one provider preferred.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use shared::catalogue::Catalogue;
use shared::provider::Provider;
use toml::{Table, Value};

/// The catalogue of the suites, for the samples of `tests/events` and the templates of
/// `tests/shop/message-templates`. It doesn't depend on a shop's own files.
pub fn shipped() -> PathBuf {
    repository().join("tests/shop/notifications.toml")
}

/// The shop's catalogue, which is embedded in order-notifier.
pub fn of_the_shop() -> PathBuf {
    repository().join("notifications.toml")
}

/// The repository from which this program was built.
pub(crate) fn repository() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own)
}

/// Parses a catalogue; the error lists its faults.
pub fn read(path: &Path) -> anyhow::Result<Catalogue> {
    let text = read_text(path)?;
    Catalogue::parse(&path.display().to_string(), &text).context("the catalogue has faults")
}

/// A catalogue in a temporary file, which is deleted on drop.
#[derive(Debug)]
pub struct DerivedCatalogue(PathBuf);

impl DerivedCatalogue {
    /// Copies the catalogue with `provider` first in every entry that has a template for it.
    pub fn preferring(provider: Provider, path: &Path) -> anyhow::Result<Self> {
        Self::changed(path, |entries| entries.iter_mut().for_each(|(_, entry)| prefer(provider, entry)))
    }

    /// Copies the catalogue with a preferred provider for each of these notifications.
    pub fn preferring_each(preferred: &[(&str, Provider)], path: &Path) -> anyhow::Result<Self> {
        Self::changed(path, |entries| {
            for (name, provider) in preferred {
                entries.get_mut(*name).into_iter().for_each(|entry| prefer(*provider, entry));
            }
        })
    }

    /// Copies the catalogue with a change to its table of notifications.
    pub fn changed(path: &Path, change: impl FnOnce(&mut Table)) -> anyhow::Result<Self> {
        let mut catalogue: Table =
            read_text(path)?.parse().with_context(|| format!("{} is not TOML", path.display()))?;
        if let Some(entries) = catalogue.get_mut("notifications").and_then(Value::as_table_mut) {
            change(entries);
        }
        let derived = std::env::temp_dir().join(format!("notifications-{}.toml", crate::aws::uuid()));
        std::fs::write(&derived, in_order(catalogue, &read(path)?))
            .with_context(|| format!("{} can't be written", derived.display()))?;
        Ok(Self(derived))
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for DerivedCatalogue {
    fn drop(&mut self) {
        // A remaining file in the temporary folder does no harm.
        let _removed = std::fs::remove_file(&self.0);
    }
}

/// The text of a changed catalogue with its entries in the original order, which is significant: a TOML table doesn't
/// preserve it. New entries come last.
fn in_order(mut catalogue: Table, original: &Catalogue) -> String {
    let entries = catalogue.remove("notifications").and_then(|entries| entries.try_into::<Table>().ok());
    let mut entries = entries.unwrap_or_default();
    let mut text = catalogue.to_string();
    let mut add = |name: String, own: Value| {
        let own = Table::from_iter([(name, own)]);
        let own = Table::from_iter([("notifications".to_owned(), Value::Table(own))]);
        text.extend(["\n".to_owned(), own.to_string()]);
    };
    for entry in original.entries() {
        if let Some(own) = entries.remove(&entry.name) {
            add(entry.name.clone(), own);
        }
    }
    // New entries.
    entries.into_iter().for_each(|(name, own)| add(name, own));
    text
}

pub(crate) fn read_text(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))
}

fn prefer(provider: Provider, entry: &mut Value) {
    let has_template =
        entry.get("templates").is_some_and(|templates| templates.get(provider.name()).is_some());
    if let Some(providers) = entry.get_mut("providers").and_then(Value::as_array_mut)
        && has_template
    {
        let preferred = Value::from(provider.name());
        providers.retain(|other| *other != preferred);
        providers.insert(0, preferred);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preferred_provider_comes_first_if_it_has_a_template() {
        for provider in Provider::WITH_WEBHOOK {
            let derived = DerivedCatalogue::preferring(provider, &shipped()).unwrap();
            let (derived, shipped) = (read(derived.path()).unwrap(), read(&shipped()).unwrap());
            assert_eq!(derived.entries().len(), shipped.entries().len());
            for (derived, shipped) in derived.entries().iter().zip(shipped.entries()) {
                let has_template = shipped.templates.contains_key(&provider);
                let first = if has_template { provider } else { shipped.providers[0] };
                assert_eq!(derived.providers[0], first, "{}", derived.name);
                let sorted = |providers: &[Provider]| {
                    let mut providers = providers.to_vec();
                    providers.sort();
                    providers
                };
                assert_eq!(sorted(&derived.providers), sorted(&shipped.providers));
            }
        }
    }
}
