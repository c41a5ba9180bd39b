//! The connections to the providers, and for how long one may be used again.
//!
//! A batch that follows another one saves the handshakes. But a function is frozen between invocations, and what its
//! connections have become meanwhile shows only when a request is written: a reset then is an unknown outcome, which only a
//! person can clear up. So a connection counts for a second, and all of them are given up where the two clocks tell that the
//! process stood still meanwhile, or may have.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use reqwest::Client;

use crate::tls::Tls;

/// Far below what any server keeps an idle connection for (five seconds are the shortest usual setting).
const IDLE: Duration = Duration::from_secs(1);
/// Clocks that are put right by a little don't give every connection up.
const DISAGREEMENT: Duration = Duration::from_millis(50);
/// DNS, TCP and TLS together. The providers' gateways answer in well under a second; three leave room for one lost
/// packet (TCP repeats a SYN after one second, RFC 6298) and for a cold function's first handshake.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Shared by its clones.
#[derive(Clone)]
pub(super) struct Connections {
    tls: Tls,
    kept: Arc<Mutex<Kept>>,
}

struct Kept {
    client: Client,
    /// When a request began on it last.
    used_at: Moment,
}

/// Now, by the clock on the wall and by the one that only goes on: nobody documents whether the latter does while a function
/// is frozen, and the pool of a client goes by it.
#[derive(Debug, Clone, Copy)]
struct Moment {
    wall: SystemTime,
    monotonic: Instant,
}

impl Moment {
    fn now() -> Self {
        Self { wall: SystemTime::now(), monotonic: Instant::now() }
    }

    /// Whether no more than a second has passed since then, and both clocks agree on how much.
    fn is_shortly_after(self, then: Self) -> bool {
        // A clock that was set back tells nothing.
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
    /// None yet.
    pub(super) fn over(tls: &Tls) -> Result<Self, reqwest::Error> {
        let kept = Kept { client: client(tls)?, used_at: Moment::now() };
        Ok(Self { tls: tls.clone(), kept: Arc::new(Mutex::new(kept)) })
    }

    /// The client for one request that begins now.
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

/// Every repetition is pacing's to decide, and to follow a redirect (no provider documents one) would hand our token to
/// another address. The environment's proxy variables are another's business: a proxy's 502 could hide that a provider has
/// read a message. A header that HTTP doesn't know costs no reply: the message may have been taken.
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
    fn connections_count_for_a_second_while_both_clocks_agree() {
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
        // It took too long; it was frozen and one clock stood still; the clock was set forward, and back.
        assert!(!after(1001, 1001) && !after(900, 10) && !after(500, 10) && !after(-1, 10));
    }
}
