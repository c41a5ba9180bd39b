//! The objects that the steps use.

use std::time::Duration;

use local::records::Records;
use local::simulator::Simulator;
use shared::catalogue::Catalogue;
use shared::secrets::KeySecret;
use tokio::time::Instant;

use crate::aws::Aws;
use crate::stack::Stack;

/// Between two checks.
pub const LOOK_EVERY: Duration = Duration::from_millis(300);
/// A step of seconds may take this long on a busy machine.
pub const PATIENCE: Duration = Duration::from_mins(5);

/// The deployed application and everything around it.
pub struct Bench {
    pub simulator: Simulator,
    pub aws: Aws,
    pub stack: Stack,
    /// The application's table.
    pub records: Records,
    /// The catalogue that maps events to messages.
    pub catalogue: Catalogue,
    /// The secret from which the notification keys are made.
    pub key_secret: KeySecret,
}

/// Calls `look` repeatedly until it finds something or `PATIENCE` is over; then the error says what was missing.
pub async fn wait_for<T, L>(what: &str, mut look: L) -> anyhow::Result<T>
where
    L: AsyncFnMut() -> anyhow::Result<Result<T, String>>,
{
    let deadline = Instant::now() + PATIENCE;
    loop {
        match look().await? {
            Ok(seen) => return Ok(seen),
            Err(missing) if Instant::now() >= deadline => {
                anyhow::bail!("{what} did not come within {PATIENCE:?}: {missing}")
            }
            Err(_) => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}
