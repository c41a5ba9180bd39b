//! Where the deployment runs, which decides what counts as wrong.

use crate::deployment::Named;

/// Where the deployment runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Surroundings {
    /// In AWS, as template.yaml made it.
    Stack,
    /// On this machine, with simulated providers: no https, short times, no metrics.
    Local,
    /// Wherever the environment says.
    Environment,
}

impl From<&Named> for Surroundings {
    fn from(named: &Named) -> Self {
        match named {
            Named::Stack(_) => Self::Stack,
            Named::Local(_) => Self::Local,
            Named::Environment => Self::Environment,
        }
    }
}
