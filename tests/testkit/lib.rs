//! The suites' common harness: a shop with AWS, the providers and the functions, and helpers that wait.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "only tests link it"
)]
#![expect(
    missing_docs,
    clippy::missing_panics_doc,
    clippy::return_self_not_must_use,
    reason = "only tests link it"
)]

pub mod call;
mod catalogue;
mod event;
pub mod fallback;
mod invocation;
mod opening;
pub mod order_details;
mod patience;
mod senders;
mod shop;
mod status_events;
mod table;
pub mod template;

pub use catalogue::CatalogueFile;
pub use event::Event;
pub use invocation::{invocation, queue_record, with};
pub use local::truth::simulated;
pub use opening::Opening;
pub use patience::{advance, eventually, until_quiet};
pub use senders::SenderOrders;
pub use shop::Shop;
pub use status_events::{keys, kind, kinds};
pub use table::{Item, faults};

use local::simulator::{AcceptedSend, Content};
use local::{Functions, programs};

/// Whether the functions run as separate programs.
pub fn with_programs() -> bool {
    programs::chosen().unwrap() != Functions::Here
}

/// The body variables of a send.
pub fn variables(send: &AcceptedSend) -> &[String] {
    match &send.message.template.content {
        Content::Body(variables) => variables,
        Content::OrderStatus(_) => panic!("an order status has no variables"),
    }
}
