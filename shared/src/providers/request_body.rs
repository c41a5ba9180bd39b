//! A request's body that knows whether a connection has begun to take it.
//!
//! hyper asks for the body once a connection stands and before it writes the first byte of the head. As long as it
//! hasn't asked, the provider can't have read the message: a fact, where the kind of an error would be a guess (a
//! timeout during the TLS handshake looks like one while waiting for the reply).

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

/// Whether the body has been asked for.
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
