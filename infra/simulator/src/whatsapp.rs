//! WhatsApp's own decisions, independent of the provider: templates, order statuses, error codes.

mod error;
mod order_progress;
mod template_check;
mod template_object;

pub(super) use error::{ErrorKind, WhatsAppError};
pub(super) use order_progress::OrderProgress;
pub(super) use template_check::check;
pub(super) use template_object::{Field, ShapeFault, read_template};
