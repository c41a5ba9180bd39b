//! 1MSG (`api.1msg.io`): seeds 000 to 002, and the vendor's public specification where the seeds are silent.

mod callback;
pub(super) mod hook_info;
pub(super) mod reply;
pub(super) mod validate;

pub(super) use callback::callback;
