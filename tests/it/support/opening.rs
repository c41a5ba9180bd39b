//! How a shop is opened.

use std::time::Duration;

use local::{Local, LocalOptions};
use shared::provider::Provider;
use toml::Table;

use super::Shop;
use super::catalogue::{CatalogueFile, prefer};

/// Callbacks come ten times faster than the simulator's usual: read after 150 ms.
const TIMING: f64 = 0.1;
/// A record that failed comes back after this, so that a suite doesn't wait.
const RETRY_AFTER: Duration = Duration::from_millis(200);
/// The setting that lets order-notifier choose when a record comes back.
const QUEUE_URL: &str = "ORDER_EVENTS_QUEUE_URL";
/// More often than any suite's records come back.
const MAX_RECEIVE_COUNT: u32 = 10_000;

/// A change to the suites' catalogue.
type Change = Box<dyn FnOnce(&mut Table) + Send>;

/// A shop before it opens: local's defaults, faster.
pub struct Opening {
    options: LocalOptions,
    changes: Vec<Change>,
}

impl Default for Opening {
    fn default() -> Self {
        let mut options =
            LocalOptions { max_receive_count: MAX_RECEIVE_COUNT, timing: TIMING, ..LocalOptions::default() };
        options.mapping.retry_after = RETRY_AFTER;
        // Else a record that waits comes back at its time alone, and the suite waits with it.
        options.settings.insert(QUEUE_URL.to_owned(), String::new());
        // Else a provider sees questions beside what a suite is about.
        options.sweep_every = None;
        Self { options, changes: Vec::new() }
    }
}

impl Opening {
    /// With a provider preferred for every notification that it can send.
    pub fn preferring(self, provider: Provider) -> Self {
        self.catalogue(move |catalogue| prefer(provider, catalogue))
    }

    /// With a change to the catalogue.
    pub fn catalogue(mut self, change: impl FnOnce(&mut Table) + Send + 'static) -> Self {
        self.changes.push(Box::new(change));
        self
    }

    /// With another value of one of the functions' settings.
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.options.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    /// With the operator's choice about unknown outcomes, and this long for a callback to tell.
    pub fn unknown_outcome(self, choice: &str, window: &str) -> Self {
        self.setting("UNKNOWN_OUTCOME", choice).setting("CONFIRMATION_WINDOW", window)
    }

    /// With this long for one invocation. A send gets six seconds less, and needs two at least.
    pub fn function_timeout(mut self, timeout: Duration) -> Self {
        self.options.mapping.function_timeout = timeout;
        self
    }

    /// With order-notifier choosing when a record that waits comes back, as in the deployment.
    pub fn paced(mut self) -> Self {
        self.options.settings.remove(QUEUE_URL);
        self
    }

    /// With delivery-sweeper on its schedule, as in the deployment.
    pub fn swept(mut self) -> Self {
        self.options.sweep_every = LocalOptions::default().sweep_every;
        self
    }

    /// With other options of the local run.
    pub fn options(mut self, change: impl FnOnce(&mut LocalOptions)) -> Self {
        change(&mut self.options);
        self
    }

    /// Opens it.
    pub async fn open(self) -> Shop {
        let Self { mut options, changes } = self;
        let catalogue = CatalogueFile::changed(|table| changes.into_iter().for_each(|change| change(table)));
        catalogue.path().clone_into(&mut options.catalogue);
        Shop::new(Local::start(options).await.unwrap(), catalogue)
    }
}
