//! The catalogue that order-notifier uses, which may differ from the file for a moment.

use std::sync::{Arc, Mutex, PoisonError};

/// The text of the catalogue that order-notifier uses. Clones share it.
#[derive(Debug, Clone)]
pub struct CatalogueInUse(Arc<Mutex<String>>);

impl CatalogueInUse {
    /// order-notifier is being started with this text.
    pub fn new(text: String) -> Self {
        Self(Arc::new(Mutex::new(text)))
    }

    /// The current text.
    pub fn get(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// order-notifier has been started with this text.
    pub(crate) fn set(&self, text: &str) {
        text.clone_into(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
