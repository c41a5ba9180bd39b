//! WhatsApp's own decisions, independent of the provider: templates, order statuses, error codes.

mod components;
mod error;
mod field;
mod media;
mod order_details;
mod order_progress;
mod template_check;
mod template_object;

pub(super) use components::{CODE_MAX_CHARS, Components, read_components};
pub(super) use error::{ErrorKind, WhatsAppError};
pub(super) use field::{Field, ShapeFault, is_address};
pub(super) use media::broken_link;
pub(super) use order_progress::OrderProgress;
pub(super) use template_check::check;
pub(super) use template_object::read_template;
