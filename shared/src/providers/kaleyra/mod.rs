//! Kaleyra, WhatsApp API V2: seed 003. Its callbacks return our reference in `extra_info.ref`.

pub mod authentication;
pub mod callback;
mod multipart;
pub(super) mod reply;
pub(super) mod request;
