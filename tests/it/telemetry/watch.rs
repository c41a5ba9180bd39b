//! The log of one thread.
//!
//! The subscriber is global, because tracing caches disabled spans globally: a thread's own subscriber would lose
//! spans while other tests run without one.

use std::cell::RefCell;
use std::io::Write;
use std::sync::Once;

use super::capture::Capture;

static START: Once = Once::new();

thread_local! {
    static HERE: RefCell<Option<Capture>> = const { RefCell::new(None) };
}

/// Captures this thread's log until it is dropped.
pub struct Watched(Capture);

impl Watched {
    pub fn start() -> Self {
        START.call_once(|| {
            let subscriber = shared::telemetry::subscriber(Some("debug"), || Here);
            tracing::subscriber::set_global_default(subscriber).unwrap();
        });
        let capture = Capture::default();
        HERE.set(Some(capture.clone()));
        Self(capture)
    }

    /// The lines since the last call.
    pub fn lines(&self) -> Vec<serde_json::Map<String, serde_json::Value>> {
        self.0.lines()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        HERE.set(None);
    }
}

struct Here;

impl Write for Here {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        HERE.with_borrow_mut(|capture| {
            capture.as_mut().map_or(Ok(bytes.len()), |capture| capture.write(bytes))
        })
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
