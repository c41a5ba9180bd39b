//! 1MSG (`api.1msg.io`): seeds 000 to 002, and the vendor's public specification where the seeds are silent.

mod callback;
mod channel;
mod hook_info;
mod reply;
mod routes;
mod validate;

pub(super) use callback::callback;
pub(super) use channel::ChannelSettings;
pub use channel::{Acknowledgements, WebhookList};
pub(super) use routes::routes;
