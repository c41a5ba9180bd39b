//! A request body that records whether a connection has started to read it.
//!
//! hyper reads the body once a connection is open and before it writes the first byte of the head. Until then
//! the provider cannot have read the message. This is certain, whereas the kind of an error is not (a timeout
//! during the TLS handshake looks like one while waiting for the reply).

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

pub(super) struct RequestBody {
    bytes: Option<Bytes>,
    taken: Arc<AtomicBool>,
}

/// Whether hyper has started to read the body.
pub(super) struct Taken(Arc<AtomicBool>);

impl Taken {
    pub(super) fn is_taken(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl RequestBody {
    pub(super) fn new(bytes: Vec<u8>) -> (Self, Taken) {
        let taken = Arc::new(AtomicBool::new(false));
        (Self { bytes: Some(bytes.into()), taken: Arc::clone(&taken) }, Taken(taken))
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.taken.store(true, Ordering::Release);
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}
