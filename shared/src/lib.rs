//! What the functions share.
//!
//! `message`, `delivery`, `catalogue`, `protocol` and `status_event` are pure: values in, values out, no I/O, no clock. `providers`,
//! `aws`, `table`, `secrets`, `settings`, `telemetry`, `tls` and `warm_up` stand at the rim.

pub mod aws;
pub mod catalogue;
pub mod delivery;
pub mod fault;
#[cfg(test)]
mod hostile;
pub mod invocation;
pub mod json;
pub mod message;
pub mod protocol;
pub mod provider;
pub mod providers;
pub mod redaction;
pub mod secrets;
pub mod settings;
pub mod status_event;
pub mod table;
pub mod telemetry;
pub mod tls;
pub mod warm_up;
