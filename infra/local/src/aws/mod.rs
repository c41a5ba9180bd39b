//! AWS on this machine: what the functions reach through the real SDK, and what invokes them.
//!
//! Each part speaks the real protocol as far as this application uses it, and refuses what AWS would refuse. Left
//! out: signatures and permissions (any credentials do), quotas over time, and everything the application doesn't use.

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

/// The account that local ARNs and events name: the one that AWS's own documentation uses.
pub const ACCOUNT: &str = "111122223333";
/// The region that local ARNs and events name.
pub const REGION: &str = "eu-central-1";
