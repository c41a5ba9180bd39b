//! Meta's WhatsApp Cloud API (seed 004 and the public reference).

mod callback;
mod handshake;
mod reply;
mod routes;
mod validate;

pub(super) use callback::{callback, headers, statuses};
pub use handshake::Handshake;
pub(super) use handshake::shake_hands;
pub(super) use routes::routes;
