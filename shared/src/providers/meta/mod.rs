//! Meta's WhatsApp Cloud API: seed 004. Its callbacks return our reference in `biz_opaque_callback_data`.

pub mod callback;
pub mod handshake;
pub(super) mod reply;
pub(super) mod request;
pub mod signature;
