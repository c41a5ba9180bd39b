//! Callbacks: every report of every provider, at any time and in any format, produces the same facts.

mod batches;
mod kaleyra_shapes;
mod lifecycle;
mod meta_shapes;
mod one_msg_shapes;
mod permutations;

use serde_json::Value;
use shared::delivery::DeliveryStatus;
use shared::provider::Provider;

use crate::support::{Event, Item, Opening, Shop};

/// A shop with one order that a provider has accepted. The provider's own callbacks are lost: the test makes them.
pub struct Accepted {
    pub shop: Shop,
    /// The id in the provider's reply.
    pub id: String,
    /// The reference that its callbacks return, if the provider returns one.
    pub reference: Option<String>,
}

/// The order of [`Accepted`].
pub const ORDER: &str = "10482";

/// Sends one order through a provider.
pub async fn accepted_by(provider: Provider) -> Accepted {
    accepted_with_number(provider, ORDER).await
}

/// Sends an order with this number through a provider.
pub async fn accepted_with_number(provider: Provider, order: &str) -> Accepted {
    let shop = Opening::default().preferring(provider).open().await;
    shop.publish(&Event::sample("stock-arrived").order(order).magic(6)).await;
    shop.until_status(order, DeliveryStatus::Accepted).await;
    // After the acceptance the sender still writes the mapping from the message to the order.
    shop.until_quiet().await;
    let send = shop.the_send_about(order);
    Accepted { id: send.ids.reply.clone(), reference: send.message.echo.key().map(str::to_owned), shop }
}

pub fn json_of(item: Item) -> Value {
    serde_dynamo::from_item(item).unwrap()
}
