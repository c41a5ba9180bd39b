//! The simulator's ledger in the product's types, for comparisons.

use shared::delivery::FactKind;
use shared::provider::Provider;
use simulator::{AcceptedSend, Content};

/// Converts a provider with a webhook into the simulator's type.
///
/// # Panics
///
/// For the other providers, which the simulator plays as services of AWS.
#[expect(clippy::expect_used, reason = "the local run and the tests name providers with a webhook")]
pub fn simulated(provider: Provider) -> simulator::Provider {
    find_simulated(provider).expect("a provider with a webhook")
}

/// Converts the provider into the simulator's type; `None` for a service of AWS.
pub const fn find_simulated(provider: Provider) -> Option<simulator::Provider> {
    match provider {
        Provider::OneMsg => Some(simulator::Provider::OneMsg),
        Provider::Kaleyra => Some(simulator::Provider::Kaleyra),
        Provider::Meta => Some(simulator::Provider::Meta),
        Provider::AwsWhatsApp | Provider::AwsSms | Provider::AwsEmail => None,
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
