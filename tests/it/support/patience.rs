//! Waiting without fixed sleeps: for what must come, and for time to pass.

use std::time::{Duration, Instant};

/// The slowest thing that a suite waits for is the end of a crashed invocation's lease: 14 s, and the machine may be
/// busy.
const PATIENCE: Duration = Duration::from_secs(45);
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// Looks again and again until `look` finds what it looks for. Its error says what is there instead; the last one is
/// shown when patience ends.
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

/// Puts this runtime's clock forward: timeouts and ages see the time pass, and the test doesn't wait for it.
///
/// Needs a current-thread runtime, and no request under way, whose timeout would be over.
pub async fn advance(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}
