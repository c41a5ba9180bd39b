//! 1MSG (`api.1msg.io`): seeds 000, 001 and 002. It sends templates with body variables, and returns no
//! reference in callbacks.

pub mod callback;
pub(super) mod hook_info;
pub mod path_secret;
pub(super) mod reply;
pub(super) mod request;
