//! Meta's WhatsApp Cloud API: seed 004. Its callbacks bring back `biz_opaque_callback_data`, which is our reference.

pub mod callback;
pub mod handshake;
pub(super) mod reply;
pub(super) mod request;
pub mod signature;
