//! AWS's services that send messages.

/// A service, each with an address in every region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    /// AWS End User Messaging SMS, in the SDKs `PinpointSMSVoiceV2`.
    Sms,
    /// Amazon SES, API version 2.
    Email,
    /// AWS End User Messaging Social.
    WhatsApp,
}

impl Service {
    /// The service's name in a signature: the `signingName` of its model in the SDKs.
    pub(super) const fn signing_name(self) -> &'static str {
        match self {
            Self::Sms => "sms-voice",
            Self::Email => "ses",
            Self::WhatsApp => "social-messaging",
        }
    }

    /// The first label of its host, `<label>.<region>.amazonaws.com`: <https://docs.aws.amazon.com/general/latest/gr/ses.html>
    /// and <https://docs.aws.amazon.com/general/latest/gr/end-user-messaging.html>.
    pub(super) const fn host(self) -> &'static str {
        match self {
            Self::Sms => "sms-voice",
            Self::Email => "email",
            Self::WhatsApp => "social-messaging",
        }
    }
}
