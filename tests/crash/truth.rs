//! What there is at the end: the table, item by item, and the providers' ledger.

use std::collections::{BTreeSet, HashMap};

use local::simulator::{AcceptedSend, Content};
use shared::delivery::FactKind;
use shared::message::MessageKey;
use shared::protocol::Record;

use crate::support::{Item, Shop};

pub struct Truth {
    /// The notifications of each order.
    notifications: HashMap<String, Vec<Item>>,
    /// Message items by `<provider>#<id>`.
    messages: HashMap<String, Item>,
    /// The accepted sends about each order.
    sends: HashMap<String, Vec<AcceptedSend>>,
}

impl Truth {
    pub async fn of(shop: &Shop) -> Self {
        let (mut notifications, mut messages) = (HashMap::<String, Vec<Item>>::new(), HashMap::new());
        for item in shop.scan().await {
            let key = |name: &str| item[name].as_s().unwrap().clone();
            match (key("pk").split_once('#'), key("sk").split_once('#')) {
                (Some(("ORDER", order)), Some(("NOTIFICATION", _))) => {
                    notifications.entry(order.to_owned()).or_default().push(item);
                }
                (Some(("MESSAGE", message)), _) => {
                    messages.insert(message.to_owned(), item);
                }
                _ => {}
            }
        }
        let mut sends = HashMap::<String, Vec<AcceptedSend>>::new();
        for send in shop.ledger().accepted {
            sends.entry(order_of(&send)).or_default().push(send);
        }
        Self { notifications, messages, sends }
    }

    /// The records of an order's notifications.
    pub fn records(&self, order: &str) -> Vec<Record> {
        let items = self.notifications.get(order).into_iter().flatten();
        items.map(|item| serde_dynamo::from_item(item.clone()).unwrap()).collect()
    }

    /// The sends about an order that were accepted.
    pub fn sends(&self, order: &str) -> &[AcceptedSend] {
        self.sends.get(order).map_or(&[], Vec::as_slice)
    }

    /// The facts in the table about an accepted send, by the id that every callback names.
    pub fn facts_of_send(&self, send: &AcceptedSend) -> BTreeSet<FactKind> {
        self.facts(&format!("{}#{}", send.message.provider, send.ids.wamid))
    }

    /// The facts in the table about a message.
    pub fn facts_of_message(&self, message: &MessageKey) -> BTreeSet<FactKind> {
        self.facts(&message.to_string())
    }

    fn facts(&self, message: &str) -> BTreeSet<FactKind> {
        let item = self.messages.get(message);
        FactKind::ALL
            .into_iter()
            .filter(|kind| item.is_some_and(|item| item.contains_key(&format!("{}_at", kind.name()))))
            .collect()
    }
}

/// The order that a send tells of: the second variable of every body, and part of a status's reference.
pub fn order_of(send: &AcceptedSend) -> String {
    match &send.message.template.content {
        Content::Body(variables) => variables[1].clone(),
        Content::OrderStatus(status) => status.reference_id.trim_start_matches("ref-").to_owned(),
    }
}

/// What the provider has reported of a send.
pub fn reported(send: &AcceptedSend) -> BTreeSet<FactKind> {
    let kind = |word: &str| match word {
        "not sent" => FactKind::Failed,
        word => FactKind::ALL.into_iter().find(|kind| kind.name() == word).unwrap(),
    };
    send.callbacks.iter().map(|posted| kind(posted.status)).collect()
}
