//! The ids that a provider assigns to one accepted message.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::provider::Provider;
use super::random;
use super::recipient::Recipient;

/// Every id of one message. For 1MSG and Meta all three are the wamid; Kaleyra's three differ (reference capture: no
/// callback is known to contain the reply's `A…`).
#[derive(Clone, PartialEq, Eq)]
pub struct Ids {
    /// The id in the reply to the send.
    pub reply: String,
    /// WhatsApp's own id.
    pub wamid: String,
    /// The callbacks' `statuses[].id`.
    pub status: String,
}

impl Ids {
    /// Random ids, unique per message.
    pub(super) fn draw(provider: Provider, recipient: &Recipient) -> Self {
        let wamid = wamid(recipient);
        match provider {
            Provider::OneMsg | Provider::Meta => Self { reply: wamid.clone(), status: wamid.clone(), wamid },
            Provider::Kaleyra => Self {
                // Seed 003: "AXXXXXXXXXXXXXXXXXXX", an A and nineteen characters.
                reply: format!("A{}", random::decimal::<19>()),
                status: random::hexadecimal::<16>(),
                wamid,
            },
        }
    }
}

/// A real wamid is base64 of a small binary record that contains the recipient's digits and a random part in
/// hexadecimal text; the frame below is that of captured ids (`wamid.HBgL…`).
fn wamid(recipient: &Recipient) -> String {
    let digits = recipient.digits();
    let mut record = vec![0x1c, 0x18];
    record.extend(u8::try_from(digits.len()));
    record.extend(digits.as_bytes());
    record.extend([0x15, 0x02, 0x00, 0x11, 0x18, 0x12]);
    record.extend(random::hexadecimal::<9>().to_uppercase().as_bytes());
    record.push(0x00);
    format!("wamid.{}", STANDARD.encode(record))
}

/// Meta's trace id: `A` and base64url text.
pub(super) fn fbtrace_id() -> String {
    format!("A{}", URL_SAFE_NO_PAD.encode(random::bytes::<16>()))
}
