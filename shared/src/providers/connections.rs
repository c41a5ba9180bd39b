//! Manages the connections to the providers and limits their reuse.
//!
//! Consecutive batches save handshakes by reusing connections. But Lambda freezes a function between invocations. If
//! the server closed a connection meanwhile, the client notices only when it writes a request; the outcome is then
//! unknown, and only the operator can clarify it. So a connection is reused for one second only, and all are dropped if
//! the two clocks show that the process may have been frozen.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use reqwest::Client;

use crate::tls::Tls;

/// Much shorter than any server keeps an idle connection (the shortest usual setting is five seconds).
const IDLE: Duration = Duration::from_secs(1);
/// Small clock corrections do not drop the connections.
const DISAGREEMENT: Duration = Duration::from_millis(50);
/// The timeout of DNS, TCP and TLS together. The providers' gateways reply in well under a second. Three
/// seconds allow for one lost packet (TCP repeats a SYN after one second, RFC 6298) and for a cold function's
/// first handshake.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Clones share the connections.
#[derive(Clone)]
pub(super) struct Connections {
    tls: Tls,
    kept: Arc<Mutex<Kept>>,
}

struct Kept {
    client: Client,
    /// When the last request started.
    used_at: Moment,
}

/// The current time by the wall clock and by the monotonic clock. It is not documented whether the latter
/// continues while a function is frozen, and the client's connection pool uses it.
#[derive(Debug, Clone, Copy)]
struct Moment {
    wall: SystemTime,
    monotonic: Instant,
}

impl Moment {
    fn now() -> Self {
        Self { wall: SystemTime::now(), monotonic: Instant::now() }
    }

    /// Whether at most a second has passed since then, and both clocks agree about it.
    fn is_shortly_after(self, then: Self) -> bool {
        // If the clock was set back, the time that has passed is unknown.
        let Ok(wall) = self.wall.duration_since(then.wall) else { return false };
        let monotonic = self.monotonic.saturating_duration_since(then.monotonic);
        wall <= IDLE && wall.abs_diff(monotonic) <= DISAGREEMENT
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").finish_non_exhaustive()
    }
}

impl Connections {
    /// Starts without open connections.
    pub(super) fn new(tls: &Tls) -> Result<Self, reqwest::Error> {
        let kept = Kept { client: client(tls)?, used_at: Moment::now() };
        Ok(Self { tls: tls.clone(), kept: Arc::new(Mutex::new(kept)) })
    }

    /// The client for one request that starts now.
    pub(super) fn client(&self) -> Result<Client, reqwest::Error> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Moment::now();
        if !now.is_shortly_after(kept.used_at) {
            kept.client = client(&self.tls)?;
        }
        kept.used_at = now;
        Ok(kept.client.clone())
    }
}

/// A client without retries, because `retry` schedules them; without redirects, which no provider documents and
/// which would send our token to another address; and without the environment's proxy, whose 502 could hide that a
/// provider has read a message. Invalid headers in a reply are ignored, because the message may have been accepted.
fn client(tls: &Tls) -> Result<Client, reqwest::Error> {
    tls.http_client()
        .user_agent(concat!("order-notifications/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE)
        .no_proxy()
        .http1_ignore_invalid_headers_in_responses(true)
        .http1_allow_spaces_after_header_name_in_responses(true)
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_reused_for_a_second_while_both_clocks_agree() {
        let then = Moment::now();
        let after = |wall: i64, monotonic: u64| {
            let wall = match u64::try_from(wall) {
                Ok(wall) => then.wall + Duration::from_millis(wall),
                Err(_) => then.wall - Duration::from_millis(wall.unsigned_abs()),
            };
            Moment { wall, monotonic: then.monotonic + Duration::from_millis(monotonic) }
                .is_shortly_after(then)
        };
        assert!(after(0, 0) && after(1000, 1000) && after(500, 460));
        // Too long ago; frozen with one clock stopped; clock set forward; clock set back.
        assert!(!after(1001, 1001) && !after(900, 10) && !after(500, 10) && !after(-1, 10));
    }
}
