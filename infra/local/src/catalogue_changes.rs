//! Lets order-notifier use a changed catalogue, as the next deployment would.

use std::path::{Path, PathBuf};
use std::time::Duration;

use shared::catalogue::Catalogue;

use crate::Local;
use crate::aws::queue::Depth;
use crate::terminal::say;

/// A person saves a file and looks at the result: half a second is not noticed.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long a running invocation may take to end before order-notifier is started anew. A message that waits for its next attempt
/// counts as running.
const IDLE_WITHIN: Duration = Duration::from_secs(2);

/// A catalogue's file, and its text when it was last looked at.
#[derive(Debug)]
pub struct CatalogueChanges {
    path: PathBuf,
    text: String,
}

impl CatalogueChanges {
    /// From the start of the local run on.
    pub fn since_start(path: &Path, local: &Local) -> Self {
        Self { path: path.to_owned(), text: local.catalogue_in_use().get() }
    }

    /// Starts order-notifier anew after each change, for ever. A catalogue with faults is only reported, and a file that can't be read
    /// is tried again: an editor may be writing it.
    pub async fn follow(mut self, local: &mut Local) -> anyhow::Result<()> {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let Ok(text) = std::fs::read_to_string(&self.path) else { continue };
            if text == self.text {
                continue;
            }
            let name = self.path.display();
            match Catalogue::parse(&name.to_string(), &text) {
                Ok(catalogue) => {
                    idle(local).await;
                    local.start_notifier()?;
                    local.catalogue_in_use().set(&text);
                    say(format_args!("{name} has changed: order-notifier uses it from now on."));
                    for source in catalogue.entries().iter().flat_map(|entry| &entry.sources) {
                        if !local.bus().matches_source(source) {
                            say(format_args!(
                                "The bus's rule doesn't match the new source {source:?}: start the local run again."
                            ));
                        }
                    }
                }
                Err(faults) => {
                    say(format_args!(
                        "{name} has changed and has faults; the earlier one goes on:\n{faults}"
                    ));
                }
            }
            self.text = text;
        }
    }
}

/// Waits until order-notifier has no message, within reason.
async fn idle(local: &Local) {
    let is_idle = async {
        while matches!(local.queue().depth(), Depth { in_flight: 1.., .. }) {
            tokio::time::sleep(LOOK_EVERY / 10).await;
        }
    };
    let _within = tokio::time::timeout(IDLE_WITHIN, is_idle).await;
}
