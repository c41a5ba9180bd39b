//! Kaleyra, WhatsApp API V2 (seed 003).

mod callback;
pub(super) mod reply;
pub(super) mod validate;

pub(super) use callback::{callback, headers};
