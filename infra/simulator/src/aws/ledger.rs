//! The messages that AWS's services have accepted.

use std::fmt;
use std::time::SystemTime;

use super::AwsService;

/// An accepted message. `Debug` hides the recipient and the text.
#[derive(Clone, PartialEq, Eq)]
pub struct AwsSend {
    /// The service that accepted it.
    pub service: AwsService,
    /// The id in the reply and in the events.
    pub message_id: String,
    /// The phone number in E.164, or the e-mail address.
    pub recipient: String,
    /// The subject of an e-mail.
    pub subject: Option<String>,
    /// The text; of a WhatsApp message, Meta's own JSON.
    pub text: String,
    /// The caller's key: the `reference` in the context of a text message or in the tags of an e-mail, or Meta's opaque data.
    pub reference: Option<String>,
    /// When it was accepted.
    pub at: SystemTime,
}

impl fmt::Debug for AwsSend {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service, message_id, reference, .. } = self;
        formatter
            .debug_struct("AwsSend")
            .field("service", service)
            .field("message_id", message_id)
            .field("reference", reference)
            .finish_non_exhaustive()
    }
}

/// An event about an accepted message that a service has published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsReport {
    /// The message's id.
    pub message_id: String,
    /// The reported status: `accepted`, `sent`, `delivered`, `read`, `failed` or `complaint`.
    pub status: &'static str,
}

/// What AWS's services have seen and accepted, in the order of acceptance.
#[derive(Debug, Clone, Default)]
pub struct AwsLedger {
    /// The accepted messages.
    pub accepted: Vec<AwsSend>,
    /// The published events about them, in order.
    pub reports: Vec<AwsReport>,
    /// The number of requests, including refused ones.
    pub requests: usize,
}

impl AwsLedger {
    /// The messages that one service has accepted.
    pub fn accepted_by(&self, service: AwsService) -> impl Iterator<Item = &AwsSend> {
        self.accepted.iter().filter(move |send| send.service == service)
    }
}
