//! Waits without fixed sleeps: for a condition, and for time to pass.

use std::time::{Duration, Instant};

use local::Local;

/// The slowest wait of any test is for the end of a crashed invocation's lease: 14 s, and the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(45);
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// Calls `look` repeatedly until it succeeds. Its error describes the current state; when `PATIENCE` is over, the panic
/// shows the last one.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Result<T, String>) -> T {
    let started = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        match look().await {
            Ok(found) => return found,
            Err(instead) if started.elapsed() > PATIENCE => {
                panic!("waited {PATIENCE:?} for {what}; there is {instead}")
            }
            Err(_) => {}
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Waits until the queue of order events is empty.
pub async fn until_quiet(local: &Local) {
    eventually("an empty queue", async || {
        let depth = local.queue().depth();
        if depth.visible + depth.in_flight == 0 { Ok(()) } else { Err(format!("{depth:?}")) }
    })
    .await;
}

/// Advances this runtime's clock: timeouts and ages see the time pass without a real wait.
///
/// Requires a current-thread runtime without an open request, whose timeout would end.
pub async fn advance(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}
