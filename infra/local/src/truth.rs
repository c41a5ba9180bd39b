//! The simulator's ledger in the product's types, for comparisons.

use shared::delivery::FactKind;
use shared::provider::Provider;
use simulator::{AcceptedSend, Content};

/// The simulator's name of the provider.
pub const fn simulated(provider: Provider) -> simulator::Provider {
    match provider {
        Provider::OneMsg => simulator::Provider::OneMsg,
        Provider::Kaleyra => simulator::Provider::Kaleyra,
        Provider::Meta => simulator::Provider::Meta,
    }
}

/// The fact of a report's status word. Kaleyra reports a message that WhatsApp refused as `not sent`.
pub fn fact_kind(word: &str) -> Option<FactKind> {
    let failed = (word == "not sent").then_some(FactKind::Failed);
    failed.or_else(|| FactKind::ALL.into_iter().find(|kind| kind.name() == word))
}

/// The order that a send is about: the second body variable of the suites' catalogue, and the end of an order status's reference.
pub fn order_of(send: &AcceptedSend) -> Option<&str> {
    match &send.message.template.content {
        Content::Body(values) => values.get(1).map(String::as_str),
        Content::OrderStatus(status) => status.reference_id.strip_prefix("ref-"),
    }
}
