//! The configuration of a shop.

use std::time::Duration;

use local::{Local, LocalOptions, programs};
use shared::message::Sender;
use shared::provider::Provider;
use toml::Table;

use super::Shop;
use super::catalogue::{CatalogueFile, prefer};

/// Callbacks are ten times faster than the simulator's default: a message is read after 150 ms.
const TIMING: f64 = 0.1;
/// The delay before a failed record is delivered again.
const RETRY_AFTER: Duration = Duration::from_millis(200);
/// The setting with which order-notifier sets a record's visibility timeout.
const QUEUE_URL: &str = "ORDER_EVENTS_QUEUE_URL";
/// More receives than any test needs.
const MAX_RECEIVE_COUNT: u32 = 10_000;

/// A change to the tests' catalogue.
type Change = Box<dyn FnOnce(&mut Table) + Send>;

/// The options of a shop before it opens: the defaults of `local`, but faster, with the functions where
/// [`programs::chosen`] says.
pub struct Opening {
    options: LocalOptions,
    changes: Vec<Change>,
}

impl Default for Opening {
    fn default() -> Self {
        let mut options = LocalOptions {
            functions: programs::chosen().unwrap(),
            max_receive_count: MAX_RECEIVE_COUNT,
            timing: TIMING,
            ..LocalOptions::default()
        };
        options.mapping.retry_after = RETRY_AFTER;
        // With the URL set, a waiting record would stay invisible until its wait ends, and the test would wait with it.
        options.settings.insert(QUEUE_URL.to_owned(), String::new());
        // A scheduled sweep would poll providers outside a test's control.
        options.sweep_every = None;
        Self { options, changes: Vec::new() }
    }
}

impl Opening {
    /// Prefers a provider for every notification that it can send.
    pub fn preferring(self, provider: Provider) -> Self {
        self.catalogue(move |catalogue| prefer(provider, catalogue))
    }

    pub fn catalogue(mut self, change: impl FnOnce(&mut Table) + Send + 'static) -> Self {
        self.changes.push(Box::new(change));
        self
    }

    /// Lets every event name its sender in `detail.sender`, and opens accounts of these senders.
    pub fn senders(mut self, names: &[&str]) -> Self {
        self.options.senders = names.iter().map(|name| Sender::parse(name).unwrap()).collect();
        self.sender_by("detail.sender")
    }

    /// Finds every event's sender by this expression.
    pub fn sender_by(self, expression: &'static str) -> Self {
        self.catalogue(move |catalogue| {
            for (_, entry) in catalogue["notifications"].as_table_mut().unwrap() {
                entry.as_table_mut().unwrap().insert("sender".to_owned(), expression.into());
            }
        })
    }

    /// Sets one of the functions' settings.
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.options.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Sets the operator's policy for unknown outcomes, and the confirmation window.
    pub fn unknown_outcome(self, choice: &str, window: &str) -> Self {
        self.setting("UNKNOWN_OUTCOME", choice).setting("CONFIRMATION_WINDOW", window)
    }

    /// Sets the invocation's timeout. A send gets six seconds less, and needs two at least.
    pub fn function_timeout(mut self, timeout: Duration) -> Self {
        self.options.mapping.function_timeout = timeout;
        self
    }

    /// Lets order-notifier set a waiting record's visibility timeout, as in the deployment.
    pub fn paced(mut self) -> Self {
        self.options.settings.remove(QUEUE_URL);
        self
    }

    /// Runs delivery-sweeper on its schedule, as in the deployment.
    pub fn swept(mut self) -> Self {
        self.options.sweep_every = LocalOptions::default().sweep_every;
        self
    }

    /// Changes other options of the local run.
    pub fn options(mut self, change: impl FnOnce(&mut LocalOptions)) -> Self {
        change(&mut self.options);
        self
    }

    pub async fn open(self) -> Shop {
        let Self { mut options, changes } = self;
        let catalogue = CatalogueFile::changed(|table| changes.into_iter().for_each(|change| change(table)));
        catalogue.path().clone_into(&mut options.catalogue);
        Shop::new(Local::start(options).await.unwrap(), catalogue)
    }
}

impl Shop {
    /// A shop with the tests' catalogue.
    pub async fn open() -> Self {
        Opening::default().open().await
    }
}
