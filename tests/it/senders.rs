//! Several senders in one stack: what belongs to one never reaches another.

mod callbacks;
mod credentials;
mod local_run;
mod orders;
mod sweeper;

use local::environment::CREDENTIALS_SECRET;
use serde_json::Value;

use crate::support::{Event, Opening, Shop};

/// A shop with two brands.
fn two_brands() -> Opening {
    Opening::default().senders(&["acme", "beta"])
}

/// An event of a brand's order.
fn cancelled(sender: &str, order: &str) -> Event {
    Event::sample("order-cancelled").sender(sender).order(order)
}

/// Changes the part of one sender in the credentials secret.
fn change_credentials(shop: &Shop, change: impl FnOnce(&mut serde_json::Map<String, Value>)) {
    let mut secret: Value = serde_json::from_str(&shop.simulator().credentials_json()).unwrap();
    change(secret["senders"].as_object_mut().unwrap());
    shop.local.secrets().put(CREDENTIALS_SECRET, secret.to_string());
}

/// Stores the simulator's credentials, as an operator does after a rotation.
fn put_credentials(shop: &Shop) {
    change_credentials(shop, |_| ());
}
