//! The channels of AWS: WhatsApp by End User Messaging Social, text messages by End User Messaging SMS and e-mail by SES.
//! The function's role signs their requests, and their reports come as events, not as callbacks.

pub(super) mod email;
pub mod events;
pub mod reference_tag;
pub(super) mod sms;
pub(super) mod whatsapp;
