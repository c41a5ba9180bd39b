//! What comes back: every report of every provider, whenever and however it comes, ends as the same facts.

mod batches;
mod course;
mod kaleyra_shapes;
mod meta_shapes;
mod one_msg_shapes;
mod permutations;

use serde_json::Value;
use shared::delivery::DeliveryStatus;
use shared::provider::Provider;

use crate::support::{Event, Item, Opening, Shop};

/// A shop that has handed one order to a provider, whose own callbacks are lost: the test makes them.
pub struct Accepted {
    pub shop: Shop,
    /// The id that the provider's reply gave.
    pub id: String,
    /// The key that its callbacks bring back, if it brings one back.
    pub reference: Option<String>,
}

/// The order of [`Accepted`].
pub const ORDER: &str = "10482";

/// Hands one order to a provider.
pub async fn accepted_by(provider: Provider) -> Accepted {
    accepted_with_number(provider, ORDER).await
}

/// Hands one order with this number to a provider.
pub async fn accepted_with_number(provider: Provider, order: &str) -> Accepted {
    let shop = Opening::default().preferring(provider).open().await;
    shop.publish(&Event::sample("stock-arrived").order(order).magic(6)).await;
    shop.until_status(order, DeliveryStatus::Accepted).await;
    let send = shop.the_send_about(order);
    Accepted { id: send.ids.reply.clone(), reference: send.message.echo.key().map(str::to_owned), shop }
}

/// An item as JSON.
pub fn json_of(item: Item) -> Value {
    serde_dynamo::from_item(item).unwrap()
}
