//! Meta's WhatsApp Cloud API (seed 004 and the public reference).

mod administration;
mod callback;
mod handshake;
mod new_template;
mod reply;
mod routes;
mod template_list;
mod validate;

pub use administration::Reviews;
pub(super) use callback::{callback, headers, statuses};
pub use handshake::Handshake;
pub(super) use handshake::shake_hands;
pub(super) use routes::routes;
pub(super) use template_list::components;
