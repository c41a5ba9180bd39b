//! What the functions share.
//!
//! The pure part is the crate `domain`, whose modules are exported from here too. `providers`, `aws`, `table`, `secrets`,
//! `returned_event`, `settings`, `telemetry`, `tls` and `warm_up` do I/O; `redaction` and `status_event` are pure. `clock` tells the time.

pub mod aws;
pub mod clock;
#[cfg(test)]
#[path = "../domain/src/hostile.rs"]
mod hostile;
pub mod invocation;
pub mod providers;
pub mod redaction;
pub mod returned_event;
pub mod secrets;
pub mod settings;
pub mod status_event;
pub mod table;
pub mod telemetry;
pub mod tls;
pub mod warm_up;

pub use domain::{catalogue, delivery, fault, json, message, protocol, provider};
