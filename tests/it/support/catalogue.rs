//! The suites' catalogue with changes, in a file of its own.

use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use local::catalogue;
use shared::provider::Provider;
use toml::{Table, Value};

/// Tells the files of one process apart.
static COUNT: AtomicU32 = AtomicU32::new(0);

/// A catalogue file that goes when this is dropped.
pub struct CatalogueFile(PathBuf);

impl CatalogueFile {
    /// The suites' catalogue after `change`.
    pub fn changed(change: impl FnOnce(&mut Table)) -> Self {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("notifications-{}-{number}.toml", process::id());
        let file = Self(std::env::temp_dir().join(name));
        file.write(&catalogue::shipped(), change);
        file
    }

    /// Changes it once more.
    pub fn change(&self, change: impl FnOnce(&mut Table)) {
        self.write(&self.0, change);
    }

    fn write(&self, from: &Path, change: impl FnOnce(&mut Table)) {
        let mut table: Table = std::fs::read_to_string(from).unwrap().parse().unwrap();
        change(&mut table);
        std::fs::write(&self.0, table.to_string()).unwrap();
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for CatalogueFile {
    fn drop(&mut self) {
        // A file that stays in the temporary folder does no harm.
        let _removed = std::fs::remove_file(&self.0);
    }
}

/// Puts a provider in front of every notification's providers that have it.
pub fn prefer(provider: Provider, catalogue: &mut Table) {
    for (_, entry) in catalogue["notifications"].as_table_mut().unwrap() {
        let providers = entry["providers"].as_array_mut().unwrap();
        let name = Value::from(provider.name());
        let before = providers.len();
        providers.retain(|other| *other != name);
        if providers.len() < before {
            providers.insert(0, name);
        }
    }
}
