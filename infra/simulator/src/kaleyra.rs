//! Kaleyra, WhatsApp API V2 (seed 003).

mod callback;
mod reply;
mod routes;
mod validate;

pub(super) use callback::{callback, headers};
pub(super) use routes::routes;
