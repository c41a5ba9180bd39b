//! The connections to the providers, and for how long one may be used again.
//!
//! A batch that follows another one saves the handshakes. But a function is frozen between invocations, and what its
//! connections have become meanwhile shows only when a request is written: a reset then is an unknown outcome, which only a
//! person can clear up. So a connection counts for a second, by the clock that goes on while a function is frozen.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use reqwest::Client;

use crate::tls::Tls;

/// Far below what any server keeps an idle connection for (five seconds are the shortest usual setting).
const IDLE: Duration = Duration::from_secs(1);
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
    used_at: SystemTime,
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").finish_non_exhaustive()
    }
}

impl Connections {
    /// None yet.
    pub(super) fn over(tls: &Tls) -> Result<Self, reqwest::Error> {
        let kept = Kept { client: client(tls)?, used_at: SystemTime::now() };
        Ok(Self { tls: tls.clone(), kept: Arc::new(Mutex::new(kept)) })
    }

    /// The client for one request that begins now.
    pub(super) fn client(&self) -> Result<Client, reqwest::Error> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let now = SystemTime::now();
        // A clock that was set back tells nothing, so that its connections don't count either.
        if now.duration_since(kept.used_at).map_or(true, |since| since > IDLE) {
            kept.client = client(&self.tls)?;
        }
        kept.used_at = now;
        Ok(kept.client.clone())
    }
}

/// Every repetition is pacing's to decide, and to follow a redirect (no provider documents one) would hand our token to
/// another address.
fn client(tls: &Tls) -> Result<Client, reqwest::Error> {
    tls.http_client()
        .user_agent(concat!("order-notifications/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE)
        .build()
}
