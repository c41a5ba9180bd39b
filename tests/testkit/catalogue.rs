//! The tests' catalogue with changes, in a temporary file.

use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use local::catalogue;
use shared::provider::Provider;
use toml::{Table, Value};

/// Makes the file names of one process unique.
static COUNT: AtomicU32 = AtomicU32::new(0);

/// A catalogue file that is deleted on drop.
pub struct CatalogueFile(PathBuf);

impl CatalogueFile {
    pub fn changed(change: impl FnOnce(&mut Table)) -> Self {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("notifications-{}-{number}.toml", process::id());
        let file = Self(std::env::temp_dir().join(name));
        file.write(&catalogue::shipped(), change);
        file
    }

    pub fn change(&self, change: impl FnOnce(&mut Table)) {
        self.write(&self.0, change);
    }

    fn write(&self, from: &Path, change: impl FnOnce(&mut Table)) {
        let mut table: Table = std::fs::read_to_string(from).unwrap().parse().unwrap();
        change(&mut table);
        std::fs::write(&self.0, table.to_string()).unwrap();
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for CatalogueFile {
    fn drop(&mut self) {
        // A remaining file in the temporary folder does no harm.
        let _removed = std::fs::remove_file(&self.0);
    }
}

/// Moves a provider to the front of every notification's list that contains it.
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
