//! AWS's messaging services: End User Messaging SMS, SES and End User Messaging Social.
//!
//! Each verifies Signature Version 4 by itself, refuses with AWS's errors, and reports by events: text messages and e-mails on
//! EventBridge, WhatsApp messages there and on an SNS topic. The simulator only hands the events out ([`AwsEvent`]); who runs it puts them
//! where the account's rules and subscriptions would.

mod account;
pub(super) mod email;
mod error;
mod events;
mod ledger;
pub(super) mod magic;
mod services;
pub(super) mod signature;
pub(super) mod sms;
pub(super) mod whatsapp;

pub use account::{AwsAccount, AwsTopic};
pub(super) use error::AwsError;
pub use events::{AwsEvent, AwsEventKind};
pub use ledger::{AwsLedger, AwsReport, AwsSend};
pub use magic::{AWS_MAGIC_NUMBERS, AwsMagic, AwsTrouble};
pub(super) use services::{Decision, Report, Services};

/// One of the services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AwsService {
    /// AWS End User Messaging SMS.
    Sms,
    /// Amazon SES.
    Email,
    /// AWS End User Messaging Social.
    WhatsApp,
}

impl AwsService {
    /// In the order of declaration.
    pub const ALL: [Self; 3] = [Self::Sms, Self::Email, Self::WhatsApp];

    /// The name in the endpoint's path.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Email => "email",
            Self::WhatsApp => "whatsapp",
        }
    }

    /// The name in a signature's scope, as the AWS SDKs' models give it.
    pub(super) fn signing_name(self) -> &'static str {
        match self {
            Self::Sms => "sms-voice",
            Self::Email => "ses",
            Self::WhatsApp => "social-messaging",
        }
    }
}
