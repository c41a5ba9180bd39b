//! The deployed application and the clients with which the steps use it.

use std::time::Duration;

use local::records::Records;
use local::simulator::Simulator;
use shared::catalogue::Catalogue;
use shared::secrets::KeySecret;
use tokio::time::Instant;

use crate::aws::Aws;
use crate::stack::Stack;

/// The time between two checks.
pub const POLL_INTERVAL: Duration = Duration::from_millis(300);
/// The time limit of a step. Steps take seconds, but a busy machine may need many times that.
pub const TIMEOUT: Duration = Duration::from_mins(5);

/// The deployed application and everything around it.
pub struct Harness {
    pub simulator: Simulator,
    pub aws: Aws,
    pub stack: Stack,
    /// The application's table.
    pub records: Records,
    /// The catalogue that maps events to messages.
    pub catalogue: Catalogue,
    /// The secret with which the notification keys are computed.
    pub key_secret: KeySecret,
}

/// Calls `poll` repeatedly until it returns a value. After `TIMEOUT`, returns an error with the last missing item.
pub async fn wait_for<T, P>(what: &str, mut poll: P) -> anyhow::Result<T>
where
    P: AsyncFnMut() -> anyhow::Result<Result<T, String>>,
{
    let deadline = Instant::now() + TIMEOUT;
    loop {
        match poll().await? {
            Ok(found) => return Ok(found),
            Err(missing) if Instant::now() >= deadline => {
                anyhow::bail!("waited for {what} for {TIMEOUT:?}: {missing}")
            }
            Err(_) => tokio::time::sleep(POLL_INTERVAL).await,
        }
    }
}
