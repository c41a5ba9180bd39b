//! Kaleyra's replies, verbatim from seed 003 where it has them.

use serde_json::{Value, json};

use crate::answer::Said;
use crate::http_reply::HttpReply;
use crate::meta;
use crate::outcome::Refusal;
use crate::templates::Template;
use crate::whatsapp::{ShapeFault, WhatsAppError};

/// Kaleyra's errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KaleyraError {
    /// Wrong SID or key.
    Credentials,
    /// The number in the path isn't this account's.
    Sender,
    /// The number is on another version of the API.
    Version,
    /// The payload isn't as documented.
    Payload,
    /// The account has no credit left.
    Balance,
    /// Too many requests.
    RateLimit,
    /// The path doesn't exist.
    UnknownPath,
    /// Kaleyra itself never returns this in a reply, because it learns it only after it has accepted.
    WhatsApp(WhatsAppError),
}

impl From<ShapeFault> for KaleyraError {
    fn from(_: ShapeFault) -> Self {
        Self::Payload
    }
}

impl From<&Refusal> for KaleyraError {
    fn from(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Throttled => Self::RateLimit,
            Refusal::Credentials => Self::Credentials,
            Refusal::Account => Self::Balance,
            Refusal::WhatsApp(error) => Self::WhatsApp(error.clone()),
        }
    }
}

impl KaleyraError {
    /// The error's code in the body.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Credentials => "RBC001",
            Self::Sender => "WA401",
            Self::Version => "WA-401",
            Self::Payload | Self::WhatsApp(_) => "WA400",
            Self::Balance => "E110",
            Self::RateLimit => "WA429",
            Self::UnknownPath => "HTTP 404",
        }
    }

    /// The HTTP reply for the error.
    pub fn reply(&self) -> HttpReply {
        let (status, message, data, error) = match self {
            Self::Credentials => {
                let text = "Incorrect SID or API key.";
                (401, text, json!([]), json!({"error": text}))
            }
            Self::Sender => {
                let text = "Phone number is not present or does not belong to the account.";
                (401, text, json!({}), json!({"phone_number": text}))
            }
            Self::Version => {
                let text = "The phone number you're using is associated with different Version of our WA API. Please use the appropriate endpoint.";
                (401, text, json!({}), json!({"phone_number": text}))
            }
            Self::Payload | Self::WhatsApp(_) => (
                400,
                "Refer to correct payload format",
                json!({}),
                json!({"payload": "Incorrect payload format"}),
            ),
            Self::Balance => {
                let text = "Please check your balance, You have a low balance!";
                (400, text, json!({}), json!({"balance": text}))
            }
            Self::RateLimit => {
                (429, "Please try again later", json!({}), json!({"error": "Too many requests"}))
            }
            Self::UnknownPath => return HttpReply::text(404, "Not Found"),
        };
        HttpReply::json(
            status,
            &json!({"code": self.label(), "message": message, "data": data, "error": error}),
        )
    }
}

/// The account's templates: Meta's objects in Kaleyra's envelope.
pub(crate) fn templates(templates: &[Template]) -> HttpReply {
    let data: Vec<Value> = templates
        .iter()
        .map(|template| {
            json!({
                "id": template.id,
                "name": template.name,
                "language": template.language,
                "status": template.status.word(),
                "category": template.category,
                "components": meta::components(template),
            })
        })
        .collect();
    let message = "Request Processed Successfully";
    HttpReply::json(200, &json!({"code": "WA200", "message": message, "data": data, "error": {}}))
}

/// The reply to an accepted send.
pub(crate) fn accepted(said: &Said<'_>) -> HttpReply {
    let data: Value = match said {
        Said::Id(ids) => json!({"message_id": ids.reply}),
        Said::NoId | Said::Queued => json!([]),
    };
    HttpReply::json(202, &json!({"code": "WA202", "message": "Request Accepted", "data": data, "error": {}}))
}
