//! Meta's WhatsApp Cloud API (seed 004 and the public reference).

mod callback;
mod handshake;
pub(super) mod new_template;
pub(super) mod reply;
pub(super) mod template_list;
mod uploads;
pub(super) mod validate;

pub(super) use callback::{callback, headers, statuses};
pub use handshake::Handshake;
pub(super) use handshake::shake_hands;
pub(super) use template_list::components;
pub(super) use uploads::{PREFIX as UPLOAD_PREFIX, Uploads};
