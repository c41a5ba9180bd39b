//! The simulator's ledger in the product's types, for comparisons.

use shared::delivery::FactKind;
use shared::provider::Provider;
use simulator::{AcceptedSend, Content};

/// Converts the provider into the simulator's type.
pub const fn simulated(provider: Provider) -> simulator::Provider {
    match provider {
        Provider::OneMsg => simulator::Provider::OneMsg,
        Provider::Kaleyra => simulator::Provider::Kaleyra,
        Provider::Meta => simulator::Provider::Meta,
        Provider::AwsWhatsApp | Provider::AwsSms | Provider::AwsEmail => {
            panic!("the simulator plays AWS's services apart from the providers with webhooks")
        }
    }
}

/// The kind of fact that a report's status means. Kaleyra reports a message that WhatsApp refused as `not sent`.
pub fn fact_kind(word: &str) -> Option<FactKind> {
    let failed = (word == "not sent").then_some(FactKind::Failed);
    failed.or_else(|| FactKind::ALL.into_iter().find(|kind| kind.name() == word))
}

/// The order number of a send: the second body variable in the tests' catalogue, or the end of an order status's reference.
pub fn order_of(send: &AcceptedSend) -> Option<&str> {
    match &send.message.template.content {
        Content::Body(values) => values.get(1).map(String::as_str),
        Content::OrderStatus(status) => status.reference_id.strip_prefix("ref-"),
    }
}
