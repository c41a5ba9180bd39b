//! The pure part of the application: from values to values, without I/O and without a clock.
//!
//! Cargo keeps I/O out (no tokio, no AWS SDK among the dependencies), and `clippy.toml` keeps clocks out.
//!
//! | module | decides | begin at |
//! |---|---|---|
//! | [`catalogue`] | which notification an event becomes, and its values | [`catalogue::render()`] |
//! | [`message`] | what is a valid phone number, text, language, order number, reference | [`message::PhoneNumber`] |
//! | [`protocol`] | which single request comes next in a send, and what an answer leads to | [`protocol::Machine`] |
//! | [`delivery`] | what the reported facts add up to, and when to ask about a message without any | [`delivery::DeliveryStatus`] |
//! | [`provider`] | what a provider can do | [`provider::Provider`] |
//! | [`json`], [`fault`] | how much of foreign JSON is read, and how faults are reported | [`json::parse()`] |
//! | [`key_secret`] | how the key of a notification is made | [`key_secret::KeySecret`] |

pub mod catalogue;
pub mod delivery;
pub mod fault;
pub mod json;
pub mod key_secret;
pub mod message;
pub mod protocol;
pub mod provider;
