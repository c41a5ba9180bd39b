//! Reads a broadcast whose reader may be slower than its writer.

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// The next value; skips those that the receiver has missed. `None` at the end.
pub async fn next<T: Clone>(receiver: &mut Receiver<T>) -> Option<T> {
    loop {
        match receiver.recv().await {
            Ok(value) => return Some(value),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return None,
        }
    }
}
