//! The pure part of the application: from values to values, without I/O and without a clock.
//!
//! Cargo keeps I/O out (no tokio, no AWS SDK among the dependencies), and `clippy.toml` keeps clocks out.

pub mod catalogue;
pub mod delivery;
pub mod fault;
#[cfg(test)]
mod hostile;
pub mod json;
pub mod key_secret;
pub mod message;
pub mod protocol;
pub mod provider;
