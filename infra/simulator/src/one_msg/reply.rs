//! 1MSG's replies. The format of its 422 is undocumented; `message` is the key in its other refusals.

use axum::http::header;
use serde_json::json;

use crate::answer::Said;
use crate::http_reply::HttpReply;
use crate::message::Message;
use crate::outcome::Refusal;
use crate::random;
use crate::whatsapp::{ErrorKind, ShapeFault, WhatsAppError};

/// 1MSG's errors. One of them contains a token, so there is no `Debug`.
pub(crate) enum OneMsgError {
    /// 401; the vendor's own text repeats the token.
    WrongToken { token: String, channel: String },
    /// 400.
    BadRequest(String),
    /// 422: missing namespace, wrong number of variables (seed 000).
    Unprocessable(String),
    /// 400, because WhatsApp refuses an empty parameter at once.
    EmptyText,
    /// HTTP 200 with a message and no `sent` at all.
    ParameterText(String),
    /// HTTP 200 with `sent: false`, because WhatsApp refuses.
    Upstream(WhatsAppError),
    /// 404.
    UnknownPath,
    /// 403, in plain text.
    Blocked,
    /// 429.
    RateLimit,
}

impl From<ShapeFault> for OneMsgError {
    fn from(fault: ShapeFault) -> Self {
        match fault {
            ShapeFault::EmptyText | ShapeFault::NoValue { kind: "text" } => Self::EmptyText,
            ShapeFault::NotA { path, wanted } => Self::BadRequest(format!("{path} must be {wanted}")),
            ShapeFault::NotOneOf { got, .. } => Self::Unprocessable(format!("{got}: unexpected component")),
            ShapeFault::UnexpectedKey { path, key } => {
                Self::Unprocessable(format!("{path}: unexpected key {key}"))
            }
            ShapeFault::Missing { path } => Self::Unprocessable(format!("{path} is not defined")),
            ShapeFault::TooLong { path, limit } => {
                Self::Unprocessable(format!("{path} is longer than {limit} characters"))
            }
            ShapeFault::NoValue { kind } | ShapeFault::NoButtonValue { kind } => {
                Self::Unprocessable(format!("{kind} is not defined"))
            }
            ShapeFault::TooManyParameters { component, given } => {
                Self::Unprocessable(format!("{component}: {given} parameters"))
            }
            ShapeFault::NoLink => Self::Unprocessable("link is not defined".to_owned()),
            ShapeFault::NotUri { path } => Self::Unprocessable(format!("{path} is not a URL")),
        }
    }
}

impl From<&Refusal> for OneMsgError {
    fn from(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Throttled => Self::RateLimit,
            Refusal::Credentials => Self::WrongToken { token: String::new(), channel: String::new() },
            Refusal::Account => Self::Blocked,
            Refusal::WhatsApp(error) => Self::Upstream(error.clone()),
        }
    }
}

impl OneMsgError {
    /// The error in brief for observers.
    pub fn label(&self) -> String {
        match self {
            Self::WrongToken { .. } => "HTTP 401".to_owned(),
            Self::BadRequest(_) => "HTTP 400".to_owned(),
            Self::Unprocessable(_) => "HTTP 422".to_owned(),
            Self::EmptyText => ErrorKind::MISSING_VALUE.code.to_string(),
            Self::ParameterText(_) => ErrorKind::PARAMETER_ISSUE.code.to_string(),
            Self::Upstream(error) => error.kind.code.to_string(),
            Self::UnknownPath => "HTTP 404".to_owned(),
            Self::Blocked => "HTTP 403".to_owned(),
            Self::RateLimit => "HTTP 429".to_owned(),
        }
    }

    /// The HTTP reply for the error.
    pub fn reply(&self) -> HttpReply {
        match self {
            Self::WrongToken { token, channel } => HttpReply::json(
                401,
                &json!({"error": format!(
                    "Wrong token \"{token}\" for channel \"{channel}\". Please check the token in your account."
                )}),
            ),
            Self::BadRequest(message) => HttpReply::json(400, &json!({"message": message})),
            Self::Unprocessable(message) => HttpReply::json(422, &json!({"message": message})),
            Self::EmptyText => HttpReply::json(
                400,
                &refused(&ErrorKind::MISSING_VALUE.about("Parameter of type text is missing text value")),
            ),
            Self::ParameterText(details) => {
                HttpReply::json(200, &json!({"message": format!("body: {}", as_relayed(details))}))
            }
            Self::Upstream(error) => HttpReply::json(200, &refused(error)),
            Self::UnknownPath => HttpReply::json(404, &json!({"error": "Not found"})),
            Self::Blocked => HttpReply::text(403, "Your subscription is blocked. Please contact support."),
            Self::RateLimit => {
                HttpReply::json(429, &json!({"message": "rate limit"})).with_header(header::RETRY_AFTER, "1")
            }
        }
    }
}

/// "body: Param text: …", as observed.
fn as_relayed(details: &str) -> String {
    details.replacen("Param text", "Param text:", 1)
}

fn refused(error: &WhatsAppError) -> serde_json::Value {
    json!({
        "sent": false,
        "error": {"code": error.kind.code, "message": format!("(#{}) {}", error.kind.code, error.kind.title)},
        "message": error.details,
    })
}

/// The reply to an accepted send.
pub(crate) fn accepted(message: &Message, said: &Said<'_>) -> HttpReply {
    let text = format!("Sent to {}", message.recipient.digits());
    HttpReply::json(
        200,
        &match said {
            Said::Id(ids) => json!({
                "sent": true,
                "id": ids.reply,
                "message": text,
                "description": "Message has been sent to the provider",
            }),
            Said::NoId => json!({"sent": true, "message": text}),
            Said::Queued => json!({
                "sent": false,
                "jobId": random::hexadecimal::<12>(),
                "message": "Message has been queued",
            }),
        },
    )
}
