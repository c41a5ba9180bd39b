//! The last things that happened.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use super::line::Happened;

/// How many things are kept.
const KEPT: usize = 500;

/// A bounded list with ascending ids; the first is 1.
pub(super) struct Memory {
    kept: Mutex<VecDeque<(u64, Happened)>>,
    last: watch::Sender<u64>,
}

impl Default for Memory {
    fn default() -> Self {
        Self { kept: Mutex::default(), last: watch::Sender::new(0) }
    }
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memory").field("last", &*self.last.borrow()).finish_non_exhaustive()
    }
}

impl Memory {
    pub fn add(&self, happened: Happened) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let id = *self.last.borrow() + 1;
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back((id, happened));
        self.last.send_replace(id);
    }

    pub fn after(&self, id: u64) -> Vec<(u64, Happened)> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().filter(|(own, _)| *own > id).cloned().collect()
    }

    pub fn get(&self, id: u64) -> Option<Happened> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(own, _)| *own == id).map(|(_, happened)| happened.clone())
    }

    /// Waits until something with a higher id is there. An id of an earlier run is higher than all of this one.
    pub async fn added_after(&self, id: u64) {
        // `self` owns the sender, so the wait can't fail.
        let _ = self.last.subscribe().wait_for(|last| *last > id).await;
    }
}
