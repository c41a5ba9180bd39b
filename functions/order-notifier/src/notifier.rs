//! What an invocation works with.

use shared::settings::Environment;

/// The function's clients and settings, built once per process.
#[derive(Debug)]
pub struct Notifier {}

impl Notifier {
    /// Reads the settings and builds the clients. The error names every setting that is missing or malformed.
    pub fn from_environment(_environment: &Environment) -> anyhow::Result<Self> {
        Ok(Self {})
    }
}
