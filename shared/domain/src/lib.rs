//! The pure part of the application: from values to values, without I/O and without a clock.
//!
//! Cargo keeps I/O out (no tokio, no AWS SDK among the dependencies), and `clippy.toml` keeps clocks out.
//!
//! | module | decides | start at |
//! |---|---|---|
//! | [`catalogue`] | which notification an event becomes, and the values of its template | [`catalogue::render()`] |
//! | [`message`] | which phone numbers, texts, languages, order numbers and references are valid | [`message::PhoneNumber`] |
//! | [`protocol`] | the next request of a send, and the consequence of a provider's answer | [`protocol::Machine`] |
//! | [`delivery`] | the delivery status, and when to poll for a message without reports | [`delivery::DeliveryStatus`] |
//! | [`provider`] | the capabilities of each provider | [`provider::Provider`] |
//! | [`json`], [`fault`] | how external JSON is parsed, and how faults are reported | [`json::parse()`] |
//! | [`key_secret`] | the key of a notification | [`key_secret::KeySecret`] |

pub mod catalogue;
pub mod delivery;
pub mod fault;
pub mod json;
pub mod key_secret;
pub mod message;
pub mod protocol;
pub mod provider;
