//! The recipients that cause a certain behaviour of AWS's services.
//!
//! Text messages have phone numbers of their own, beside those of WhatsApp ([`crate::MAGIC_NUMBERS`]): a customer whom WhatsApp
//! can't reach gets the text message. E-mails have the addresses of SES's mailbox simulator
//! (<https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html>).

use super::AwsService;

/// The digits with which every magic number begins.
const PREFIX: &str = "+120255501";
/// The domain of the mailbox simulator, whose addresses may have a label: `bounce+7@…`.
const MAILBOX_SIMULATOR: &str = "@simulator.amazonses.com";

/// A phone number for text messages with its behaviour.
#[derive(Debug, Clone, Copy)]
pub struct AwsMagic {
    /// The last two digits.
    pub number: u8,
    /// The behaviour in one line.
    pub summary: &'static str,
    /// The exact behaviour.
    pub trouble: AwsTrouble,
}

/// What happens to a valid request, or to the message after it was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AwsTrouble {
    /// Accepted, and the carrier, the mail server or WhatsApp can't deliver it.
    NotDelivered,
    /// Accepted, and its events are lost.
    EventsLost,
    /// Accepted, and its events come twice and in reverse order.
    EventsTwice,
    /// Accepted, and its events come ten times later.
    EventsLate,
    /// Accepted and delivered, and the customer complains; an e-mail only.
    Complaint,
    /// Accepted, but the reply does not arrive.
    AcceptedInSilence,
    /// The customer has opted out; a text message only.
    OptedOut,
    /// The service finds the recipient invalid.
    InvalidRecipient,
    /// The account may not send: its spend limit is reached, or sending is paused.
    Account,
    /// Throttled at the first request for this recipient, accepted at the next.
    ThrottledOnce,
    /// Throttled at every request.
    Throttled,
    /// The role may not send.
    AccessDenied,
    /// A failure of the service; nothing was accepted.
    ServerError,
}

/// Every magic number for text messages; with all other numbers they are delivered.
pub const AWS_MAGIC_NUMBERS: [AwsMagic; 12] = [
    magic(40, "accepted; not delivered", AwsTrouble::NotDelivered),
    magic(41, "accepted; the events are lost", AwsTrouble::EventsLost),
    magic(42, "accepted, but no answer", AwsTrouble::AcceptedInSilence),
    magic(43, "refused: the customer has opted out", AwsTrouble::OptedOut),
    magic(44, "refused: the number is invalid", AwsTrouble::InvalidRecipient),
    magic(45, "refused: the account's spend limit is reached", AwsTrouble::Account),
    magic(46, "throttled at the first try, accepted at the next", AwsTrouble::ThrottledOnce),
    magic(47, "throttled always", AwsTrouble::Throttled),
    magic(48, "refused: the role may not send", AwsTrouble::AccessDenied),
    magic(49, "HTTP 500; not accepted", AwsTrouble::ServerError),
    magic(50, "accepted; the events come twice and in reverse order", AwsTrouble::EventsTwice),
    magic(51, "accepted; the events come ten times later", AwsTrouble::EventsLate),
];

const fn magic(number: u8, summary: &'static str, trouble: AwsTrouble) -> AwsMagic {
    AwsMagic { number, summary, trouble }
}

impl AwsMagic {
    /// The number in E.164.
    pub fn phone(&self) -> String {
        format!("{PREFIX}{:02}", self.number)
    }
}

impl AwsTrouble {
    /// The behaviour for a message of this service to this recipient; none if it is delivered without trouble.
    pub fn of_recipient(service: AwsService, recipient: &str) -> Option<Self> {
        match service {
            AwsService::Sms => of_number(recipient),
            AwsService::Email => of_address(recipient),
            AwsService::WhatsApp => None,
        }
    }

    /// Whether the message reaches the customer, sooner or later and regardless of what is reported.
    pub const fn may_reach_the_customer(self) -> bool {
        match self {
            Self::EventsLost
            | Self::EventsTwice
            | Self::EventsLate
            | Self::Complaint
            | Self::AcceptedInSilence
            | Self::ThrottledOnce => true,
            Self::NotDelivered
            | Self::OptedOut
            | Self::InvalidRecipient
            | Self::Account
            | Self::Throttled
            | Self::AccessDenied
            | Self::ServerError => false,
        }
    }
}

/// The behaviour for a text message to this number.
pub(crate) fn of_number(phone: &str) -> Option<AwsTrouble> {
    AWS_MAGIC_NUMBERS.iter().find(|magic| magic.phone() == phone).map(|magic| magic.trouble)
}

/// The behaviour for an e-mail to this address. The mailbox simulator has `success`, `bounce`, `complaint`, `suppressionlist` and
/// `ooto`, which delivers; the others are ours.
pub(crate) fn of_address(address: &str) -> Option<AwsTrouble> {
    let mailbox = address.strip_suffix(MAILBOX_SIMULATOR)?;
    Some(match mailbox.split('+').next().unwrap_or_default() {
        "bounce" | "suppressionlist" => AwsTrouble::NotDelivered,
        "complaint" => AwsTrouble::Complaint,
        "lost" => AwsTrouble::EventsLost,
        "twice" => AwsTrouble::EventsTwice,
        "late" => AwsTrouble::EventsLate,
        "silent" => AwsTrouble::AcceptedInSilence,
        "invalid" => AwsTrouble::InvalidRecipient,
        "paused" => AwsTrouble::Account,
        "throttled-once" => AwsTrouble::ThrottledOnce,
        "throttled" => AwsTrouble::Throttled,
        "denied" => AwsTrouble::AccessDenied,
        "failure" => AwsTrouble::ServerError,
        _ => return None,
    })
}
