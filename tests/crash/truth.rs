//! The final state: the table, item by item, and the providers' ledger.

use std::collections::{BTreeSet, HashMap};

use local::simulator::AcceptedSend;
use local::truth::{fact_kind, order_of};
use shared::delivery::{DeliveryFacts, FactKind};
use shared::message::MessageKey;
use shared::protocol::Record;
use shared::table::Image;

use crate::support::Shop;

pub struct Truth {
    /// The records of each order's notifications.
    records: HashMap<String, Vec<Record>>,
    /// The facts about each message, by `<provider>#<id>`, from its own item or its notification's.
    facts: HashMap<String, BTreeSet<FactKind>>,
    /// The order of each message id, by `<provider>#<id>`.
    orders: HashMap<String, String>,
    /// The accepted sends about each order.
    sends: HashMap<String, Vec<AcceptedSend>>,
}

impl Truth {
    pub async fn read(shop: &Shop) -> Self {
        let mut records = HashMap::<String, Vec<Record>>::new();
        let mut orders = HashMap::new();
        let mut facts = HashMap::<String, BTreeSet<FactKind>>::new();
        let mut known = |message: &MessageKey, reported: &DeliveryFacts| {
            facts.entry(message.to_string()).or_default().extend(reported.kinds());
        };
        for item in shop.scan().await {
            match Image::from_item(&item).unwrap() {
                Image::Notification(row) => {
                    row.messages.iter().for_each(|row| known(&row.message, &row.facts));
                    records.entry(row.reference.order.to_string()).or_default().push(row.record);
                }
                Image::Message(image) => {
                    known(&image.message, &image.facts);
                    let order = image.reference.map(|reference| reference.order.to_string());
                    orders.extend(order.map(|order| (image.message.to_string(), order)));
                }
                Image::InvalidEvent(_) | Image::UnfinishedEvent(_) | Image::Other => {}
            }
        }
        let mut sends = HashMap::<String, Vec<AcceptedSend>>::new();
        for send in shop.ledger().accepted {
            sends.entry(order_of(&send).unwrap().to_owned()).or_default().push(send);
        }
        Self { records, facts, orders, sends }
    }

    /// The records of an order's notifications.
    pub fn records(&self, order: &str) -> &[Record] {
        self.records.get(order).map_or(&[], Vec::as_slice)
    }

    /// The accepted sends about an order.
    pub fn sends(&self, order: &str) -> &[AcceptedSend] {
        self.sends.get(order).map_or(&[], Vec::as_slice)
    }

    /// The stored facts about an accepted send, by the id that every callback names.
    pub fn facts_of_send(&self, send: &AcceptedSend) -> BTreeSet<FactKind> {
        self.facts(&format!("{}#{}", send.message.provider, send.ids.wamid))
    }

    /// The stored facts about a message.
    pub fn facts_of_message(&self, message: &MessageKey) -> BTreeSet<FactKind> {
        self.facts(&message.to_string())
    }

    fn facts(&self, message: &str) -> BTreeSet<FactKind> {
        self.facts.get(message).cloned().unwrap_or_default()
    }

    /// Whether every id in a callback about a send leads to the order.
    pub fn ids_lead_to(&self, order: &str, send: &AcceptedSend) -> bool {
        // Kaleyra's flat failure report contains only the wamid.
        let was_reported_in_full = send.callbacks.iter().any(|posted| posted.status == "sent");
        let of_status = was_reported_in_full.then_some(&send.ids.status);
        let mut named = std::iter::once(&send.ids.wamid).chain(of_status);
        send.callbacks.is_empty()
            || named.all(|id| {
                self.orders.get(&format!("{}#{id}", send.message.provider)).is_some_and(|it| it == order)
            })
    }
}

/// The facts that the provider has reported about a send.
pub fn reported(send: &AcceptedSend) -> BTreeSet<FactKind> {
    send.callbacks.iter().map(|posted| fact_kind(posted.status).unwrap()).collect()
}
