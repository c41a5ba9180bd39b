//! Kaleyra, WhatsApp API V2: seed 003. Its callbacks bring back `extra_info.ref`, which is our reference.

pub mod authentication;
pub mod callback;
mod multipart;
pub(super) mod reply;
pub(super) mod request;
