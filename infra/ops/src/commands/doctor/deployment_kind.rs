//! Where the deployment runs, which determines what counts as a fault.

use crate::deployment::Named;

/// Where the deployment runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DeploymentKind {
    /// In AWS, created by template.yaml.
    Stack,
    /// On this machine, with simulated providers: no https, short times, no metrics.
    Local,
    /// Unknown: the deployment is named by environment variables.
    Environment,
}

impl From<&Named> for DeploymentKind {
    fn from(named: &Named) -> Self {
        match named {
            Named::Stack(_) => Self::Stack,
            Named::Local(_) => Self::Local,
            Named::Environment => Self::Environment,
        }
    }
}
