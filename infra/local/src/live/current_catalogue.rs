//! The catalogue as its file is now.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use shared::catalogue::Catalogue;

/// The catalogue of a file that may change during the run.
#[derive(Debug)]
pub struct CurrentCatalogue {
    path: PathBuf,
    /// The text that was read last, and the last catalogue without faults.
    read: Mutex<(String, Arc<Catalogue>)>,
}

impl CurrentCatalogue {
    /// Starts with the catalogue that was read from this path.
    pub fn new(path: PathBuf, catalogue: Catalogue) -> Self {
        Self { path, read: Mutex::new((String::new(), Arc::new(catalogue))) }
    }

    /// Parses the file only if its text has changed. While it has faults, the catalogue from before is returned.
    pub(super) fn get(&self) -> Arc<Catalogue> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(text) = std::fs::read_to_string(&self.path)
            && text != read.0
        {
            if let Ok(catalogue) = Catalogue::parse(&self.path.display().to_string(), &text) {
                read.1 = Arc::new(catalogue);
            }
            read.0 = text;
        }
        Arc::clone(&read.1)
    }
}

#[cfg(test)]
mod tests {
    use crate::catalogue;

    use super::*;

    #[test]
    fn a_changed_file_is_read_again() {
        let derived = catalogue::DerivedCatalogue::changed(&catalogue::shipped(), |_| {}).unwrap();
        let text = std::fs::read_to_string(derived.path()).unwrap();
        let current =
            CurrentCatalogue::new(derived.path().to_owned(), catalogue::read(derived.path()).unwrap());
        let first = current.get();
        assert!(Arc::ptr_eq(&first, &current.get()), "an unchanged file isn't parsed again");
        std::fs::write(derived.path(), "[nonsense]").unwrap();
        assert!(Arc::ptr_eq(&first, &current.get()), "faults leave the catalogue from before");
        let name = &first.entries()[0].name;
        let changed = text.replace(&format!("[notifications.{name}"), "[notifications.renamed");
        assert_ne!(changed, text);
        std::fs::write(derived.path(), changed).unwrap();
        assert_eq!(current.get().entries()[0].name, "renamed");
    }
}
