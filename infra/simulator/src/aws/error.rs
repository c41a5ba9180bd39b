//! AWS's errors: `__type` in the body for text messages (awsJson1.0), the header `x-amzn-ErrorType` for the others (restJson1).

use axum::http::{HeaderName, header};
use serde_json::{Map, Value, json};

use super::AwsService;
use crate::http_reply::HttpReply;

/// An error with the HTTP status that a restJson1 service gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AwsError {
    pub status: u16,
    pub name: &'static str,
    /// The reason that some errors of text messages have.
    pub reason: Option<&'static str>,
    /// The field of the request that is invalid.
    pub field: Option<&'static str>,
    pub message: String,
}

impl AwsError {
    pub const MISSING_AUTHENTICATION: Self = Self::new(403, "MissingAuthenticationTokenException");
    pub const INCOMPLETE_SIGNATURE: Self = Self::new(403, "IncompleteSignatureException");
    pub const UNRECOGNIZED_CLIENT: Self = Self::new(403, "UnrecognizedClientException");

    pub const fn new(status: u16, name: &'static str) -> Self {
        Self { status, name, reason: None, field: None, message: String::new() }
    }

    pub fn invalid_signature(message: &str) -> Self {
        Self { message: message.to_owned(), ..Self::new(403, "InvalidSignatureException") }
    }

    /// The error of a text message with its reason.
    pub const fn with_reason(name: &'static str, reason: &'static str) -> Self {
        Self { status: 400, name, reason: Some(reason), field: None, message: String::new() }
    }

    /// A field of the request is missing or invalid, by the service's own name for that.
    pub fn invalid(service: AwsService, field: &'static str) -> Self {
        let message = format!("{field} is missing or invalid");
        match service {
            AwsService::Sms => Self {
                field: Some(field),
                message,
                ..Self::with_reason("ValidationException", "FIELD_VALIDATION_FAILED")
            },
            AwsService::Email => Self { message, ..Self::new(400, "BadRequestException") },
            AwsService::WhatsApp => Self { message, ..Self::new(400, "ValidationException") },
        }
    }

    /// A sender or configuration set does not exist.
    pub fn not_found(service: AwsService) -> Self {
        match service {
            AwsService::Sms | AwsService::WhatsApp => Self::new(404, "ResourceNotFoundException"),
            AwsService::Email => Self::new(404, "NotFoundException"),
        }
    }

    /// Too many requests, by the service's own name for that.
    pub fn throttled(service: AwsService) -> Self {
        match service {
            AwsService::Sms => Self::new(400, "ThrottlingException"),
            AwsService::Email => Self::new(429, "TooManyRequestsException"),
            AwsService::WhatsApp => Self::new(429, "ThrottledRequestException"),
        }
    }

    /// A failure of the service itself.
    pub fn failure(service: AwsService) -> Self {
        let name = match service {
            AwsService::Sms => "InternalServerException",
            AwsService::Email => "InternalFailure",
            AwsService::WhatsApp => "InternalServiceException",
        };
        Self::new(500, name)
    }

    /// The reply. awsJson1.0 has 400 for every error that is the caller's.
    pub fn reply(&self, service: AwsService) -> HttpReply {
        let mut body = Map::new();
        match service {
            AwsService::Sms => {
                body.insert(
                    "__type".to_owned(),
                    json!(format!("com.amazonaws.pinpointsmsvoicev2#{}", self.name)),
                );
                body.insert("Message".to_owned(), json!(self.message));
                body.extend(self.reason.map(|reason| ("Reason".to_owned(), json!(reason))));
                let fields = self.field.map(|name| json!([{"Name": name, "Message": self.message}]));
                body.extend(fields.map(|fields| ("Fields".to_owned(), fields)));
                let status = if self.status < 500 { 400 } else { self.status };
                HttpReply {
                    headers: vec![content_type("application/x-amz-json-1.0")],
                    ..HttpReply::json(status, &body.into())
                }
            }
            AwsService::Email | AwsService::WhatsApp => {
                body.insert("message".to_owned(), json!(self.message));
                let name = format!("{}:http://internal.amazon.com/coral/", self.name);
                HttpReply {
                    headers: vec![content_type("application/json")],
                    ..HttpReply::json(self.status, &Value::Object(body))
                }
                .with_header(HeaderName::from_static("x-amzn-errortype"), name)
            }
        }
    }
}

fn content_type(value: &str) -> (HeaderName, String) {
    (header::CONTENT_TYPE, value.to_owned())
}
