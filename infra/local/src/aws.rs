//! AWS on this machine: the services that the functions call through the real SDK, and the triggers that invoke them.
//!
//! Each service implements the real protocol as far as this application uses it, and refuses requests that AWS would
//! refuse. Not implemented: signatures and permissions (any credentials work), rate quotas, and all features that the
//! application doesn't use.

pub mod cloudformation;
pub mod dynamodb;
pub mod event_bus;
pub mod event_source_mapping;
mod identifier;
mod json_protocol;
pub mod put_events;
pub mod queue;
pub mod schedule;
pub mod secrets_manager;
pub mod sqs;
pub mod stream_mapping;
pub mod table;
pub mod table_stream;

pub(crate) use identifier::uuid;

/// The account in local ARNs and events: the example account of AWS's documentation.
pub const ACCOUNT: &str = "111122223333";
/// The region in local ARNs and events.
pub const REGION: &str = "eu-central-1";
