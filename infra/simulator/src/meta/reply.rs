//! The Graph API's replies.

use serde_json::{Map, Value, json};

use crate::answer::Said;
use crate::http_reply::HttpReply;
use crate::ids;
use crate::message::Message;
use crate::outcome::Refusal;
use crate::whatsapp::{ErrorKind, ShapeFault, WhatsAppError};

/// Meta's errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MetaError {
    /// 2500: the path doesn't exist, or the version is invalid.
    UnknownPath,
    /// 190.
    Credentials,
    /// 100 with subcode 33: no such object, or not with this method.
    NoSuchObject(String),
    /// 100: a parameter, and optionally details.
    Parameter { message: String, details: Option<String> },
    /// 192: the value at this path is no phone number.
    PhoneNumber(String),
    /// 100 with a subcode: an invalid new template.
    Template { subcode: u32, title: &'static str, message: String },
    /// WhatsApp's own errors.
    WhatsApp(WhatsAppError),
}

impl From<ShapeFault> for MetaError {
    fn from(fault: ShapeFault) -> Self {
        let message = match fault {
            ShapeFault::EmptyText => {
                return Self::WhatsApp(
                    ErrorKind::MISSING_VALUE.about("Parameter of type text is missing text value"),
                );
            }
            // <https://github.com/shridarpatil/frappe_whatsapp/issues/43>
            ShapeFault::NoValue { kind } => {
                return Self::invalid(format!(
                    "Parameter '{kind}' is mandatory for component parameter type '{kind}'"
                ));
            }
            ShapeFault::NoButtonValue { kind } => {
                return Self::invalid(format!(
                    "button: Parameter '{kind}' is mandatory for component parameter type '{kind}' and cannot be empty"
                ));
            }
            // Inferred: the words are those for a number of parameters that the template doesn't have.
            ShapeFault::TooManyParameters { component, given } => {
                return Self::WhatsApp(ErrorKind::PARAMETER_COUNT.about(format!(
                    "{component}: number of localizable_params ({given}) does not match the expected number of params (1)"
                )));
            }
            ShapeFault::NoLink => {
                return Self::WhatsApp(
                    ErrorKind::PARAMETER_ISSUE.about("Either one of media ID or link must be present"),
                );
            }
            ShapeFault::NotUri { path } => format!("(#100) Param {path} is not a valid URI."),
            ShapeFault::Missing { path } => format!("(#100) The parameter {path} is required."),
            ShapeFault::NotA { path, wanted } => format!("(#100) Param {path} must be {wanted}."),
            ShapeFault::NotOneOf { path, allowed, got } => format!(
                "(#100) Param {path} must be one of {{{}}} - got \"{got}\".",
                allowed.join(", ").to_uppercase()
            ),
            ShapeFault::TooLong { path, limit } => {
                format!("(#100) Param {path} must be at most {limit} characters long.")
            }
            ShapeFault::UnexpectedKey { path, key } => {
                format!("(#100) Unexpected key \"{key}\" on param \"{path}\".")
            }
        };
        Self::Parameter { message, details: None }
    }
}

impl From<&Refusal> for MetaError {
    fn from(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Throttled => Self::WhatsApp(
                ErrorKind::THROUGHPUT.about("Message failed to send because there were too many messages sent from this phone number in a short period of time"),
            ),
            Refusal::Credentials => Self::Credentials,
            Refusal::Account => Self::WhatsApp(
                ErrorKind::PAYMENT_ISSUE
                    .about("Message failed to send because there were one or more errors related to your payment method."),
            ),
            Refusal::WhatsApp(error) => Self::WhatsApp(error.clone()),
        }
    }
}

impl MetaError {
    /// 100 with details.
    fn invalid(details: String) -> Self {
        Self::Parameter { message: "(#100) Invalid parameter".to_owned(), details: Some(details) }
    }

    /// 100: a node of this type has no such field.
    pub fn no_such_field(field: &str, node: &str) -> Self {
        let message = format!("(#100) Tried accessing nonexisting field ({field}) on node type ({node})");
        Self::Parameter { message, details: None }
    }

    /// The error's code in the body.
    pub fn code(&self) -> u32 {
        match self {
            Self::UnknownPath => 2500,
            Self::Credentials => 190,
            Self::NoSuchObject(_) | Self::Parameter { .. } | Self::Template { .. } => 100,
            Self::PhoneNumber(_) => 192,
            Self::WhatsApp(error) => error.kind.code,
        }
    }

    /// The HTTP reply for the error.
    pub fn reply(&self) -> HttpReply {
        let (status, kind, message) = match self {
            Self::UnknownPath => (400, "OAuthException", "Unknown path components".to_owned()),
            Self::Credentials => {
                (401, "OAuthException", "Invalid OAuth access token - Cannot parse access token".to_owned())
            }
            Self::NoSuchObject(id) => (
                400,
                "GraphMethodException",
                format!(
                    "Unsupported request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation."
                ),
            ),
            Self::Parameter { message, .. } => (400, "OAuthException", message.clone()),
            Self::PhoneNumber(path) => {
                (400, "OAuthException", format!("(#192) Param {path} is not a valid phone number."))
            }
            Self::Template { .. } => (400, "OAuthException", "Invalid parameter".to_owned()),
            Self::WhatsApp(error) => (
                error.kind.http_status,
                "OAuthException",
                format!("(#{}) {}", error.kind.code, error.kind.title),
            ),
        };
        let mut body = Map::new();
        body.insert("message".to_owned(), json!(message));
        body.insert("type".to_owned(), json!(kind));
        body.insert("code".to_owned(), json!(self.code()));
        if let Some(details) = self.details() {
            body.insert(
                "error_data".to_owned(),
                json!({"messaging_product": "whatsapp", "details": details}),
            );
        }
        if matches!(self, Self::NoSuchObject(_)) {
            body.insert("error_subcode".to_owned(), json!(33));
        }
        if let Self::Template { subcode, title, message } = self {
            body.insert("error_subcode".to_owned(), json!(subcode));
            body.insert("is_transient".to_owned(), json!(false));
            body.insert("error_user_title".to_owned(), json!(title));
            body.insert("error_user_msg".to_owned(), json!(message));
        }
        body.insert("fbtrace_id".to_owned(), json!(ids::fbtrace_id()));
        HttpReply::json(status, &json!({"error": body}))
    }

    fn details(&self) -> Option<&str> {
        match self {
            Self::Parameter { details, .. } => details.as_deref(),
            Self::WhatsApp(error) => Some(&error.details),
            Self::UnknownPath
            | Self::Credentials
            | Self::NoSuchObject(_)
            | Self::PhoneNumber(_)
            | Self::Template { .. } => None,
        }
    }
}

/// The reply to an accepted send.
pub(crate) fn accepted(message: &Message, input: &str, said: &Said<'_>) -> HttpReply {
    let messages: Value = match said {
        Said::Id(ids) => json!([{"id": ids.reply, "message_status": "accepted"}]),
        Said::NoId | Said::Queued => json!([]),
    };
    let id = if message.recipient.is_user_id() { "user_id" } else { "wa_id" };
    HttpReply::json(
        200,
        &json!({
            "messaging_product": "whatsapp",
            "contacts": [{"input": input, id: message.recipient.digits()}],
            "messages": messages,
        }),
    )
}
