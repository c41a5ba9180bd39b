//! The local run whose pages all stories look at.

use std::sync::{LazyLock, mpsc};
use std::thread;
use std::time::Duration;

use local::aws::event_bus::Delivering;
use local::demo;
use local::server::Ports;
use local::studio::Studio;
use shared::delivery::DeliveryStatus;
use shared::protocol::State;
use testkit::{Event, Opening, Shop, eventually};
use tokio::runtime::Runtime;
use url::Url;

/// The order whose WhatsApp message fails, so that a text message follows.
pub const FALLEN_BACK: &str = "10511";
/// An order whose message is held.
pub const HELD: &str = "10620";
/// An order that does not exist.
pub const UNKNOWN: &str = "99999";
/// Another one that is held, which a story resolves.
pub const TO_RESOLVE: &str = "10621";

/// An order whose event is a dead letter.
pub const DEAD_LETTER: &str = "10622";

/// The simulator's number whose messages are accepted, sent, and then fail.
const FAILS: u8 = 2;
/// The callbacks come twice as fast as usual, and not faster, so that they come after the answer to the send.
const TIMING: f64 = 0.5;
/// The event is older than its record, although events have whole seconds.
const AGE: Duration = Duration::from_secs(5);
/// How long a send of unknown outcome waits for a callback before it is held.
const CONFIRMATION_WINDOW: &str = "1s";
/// The samples have their outcomes after a few seconds.
const TIME_LIMIT: Duration = Duration::from_mins(2);

static SITE: LazyLock<Site> = LazyLock::new(Site::start);

/// A running Studio.
pub struct Site {
    address: String,
    invalid_event: String,
}

impl Site {
    /// The one site of this process. The first call starts it and publishes the events.
    pub fn get() -> &'static Self {
        &SITE
    }

    fn start() -> Self {
        let (sender, receiver) = mpsc::channel();
        // A runtime of its own, because the runtime of a test ends with the test.
        thread::spawn(move || {
            Runtime::new().unwrap().block_on(async {
                let (shop, invalid_event) = open().await;
                let studio = Studio::start(&shop.local, Ports::Any, false).await.unwrap();
                sender.send(Self { address: studio.address().to_owned(), invalid_event }).unwrap();
                std::future::pending::<()>().await;
            });
        });
        receiver.recv().unwrap_or_else(|_| panic!("the local run has failed: see above"))
    }

    /// The address that the Studio has printed, with its token.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The id of an invalid event.
    pub fn invalid_event(&self) -> &str {
        &self.invalid_event
    }

    /// The address of a page, without the token.
    pub fn page(&self, path: &str) -> String {
        self.url().join(path).unwrap().to_string()
    }

    pub fn url(&self) -> Url {
        self.address.parse().unwrap()
    }
}

/// The samples of the demo, an order with a fallback, two that are held, a dead letter, and an invalid event with its id.
async fn open() -> (Shop, String) {
    let opening = Opening::default().paced().swept().setting("CONFIRMATION_WINDOW", CONFIRMATION_WINDOW);
    let shop = opening.options(|options| options.timing = TIMING).open().await;
    demo::play(&shop.local, TIME_LIMIT).await.unwrap();
    let fallen_back = Event::sample("pickup-ready").with("/detail/customer/name", "Maria");
    shop.publish(&fallen_back.order(FALLEN_BACK).magic(FAILS).ago(AGE)).await;
    for order in [HELD, TO_RESOLVE] {
        shop.publish(&Event::sample("held/order-cancelled-server-error").order(order)).await;
    }
    for order in [HELD, TO_RESOLVE] {
        shop.until_state(order, State::Held).await;
    }
    shop.local.bus().set_delivering(Delivering::Denied);
    shop.publish(&Event::sample("order-cancelled").order(DEAD_LETTER)).await;
    shop.local.bus().set_delivering(Delivering::Works);
    let invalid_event = shop.publish(&Event::sample("order-cancelled-invalid")).await;
    eventually("a text message", async || {
        let statuses: Vec<_> = shop
            .order(FALLEN_BACK)
            .await
            .iter()
            .map(|row| (row.record.provider, row.delivery_status()))
            .collect();
        let is_delivered = statuses.iter().any(|(_, status)| *status == Some(DeliveryStatus::Delivered));
        if is_delivered && statuses.len() == 2 { Ok(()) } else { Err(format!("{statuses:?}")) }
    })
    .await;
    (shop, invalid_event)
}
