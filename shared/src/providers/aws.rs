//! The channels of AWS: WhatsApp by End User Messaging Social, text messages by End User Messaging SMS and e-mail by SES.
//! The function's role signs their requests, and their reports come as events, not as callbacks.
//!
//! The requests are built and sent like those of the other providers, without the services' SDK crates:
//! docs/decisions/aws-channels-are-signed-requests.md.

pub(super) mod email;
pub mod events;
pub mod reference_tag;
mod reply;
mod signing;
pub(super) mod sms;
pub(super) mod whatsapp;

pub use signing::Signer;
