//! What the steps work with.

use std::time::Duration;

use local::records::Records;
use local::simulator::Simulator;
use shared::catalogue::Catalogue;
use shared::secrets::KeySecret;
use tokio::time::Instant;

use crate::aws::Aws;
use crate::stack::Stack;

/// Between two looks.
pub const LOOK_EVERY: Duration = Duration::from_millis(300);
/// What takes seconds may take this long on a busy machine.
pub const PATIENCE: Duration = Duration::from_mins(5);

/// The deployed application and everything around it.
pub struct Bench {
    /// The providers.
    pub simulator: Simulator,
    /// The account.
    pub aws: Aws,
    /// What is deployed in it.
    pub stack: Stack,
    /// What its table says.
    pub records: Records,
    /// What becomes of an event.
    pub catalogue: Catalogue,
    /// What the keys of its notifications are made with.
    pub key_secret: KeySecret,
}

/// Looks again and again, until there is something to see or `PATIENCE` is over; the error then says what was missing.
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
