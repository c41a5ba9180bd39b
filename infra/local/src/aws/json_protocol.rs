//! The AWS JSON protocols, 1.0 and 1.1, which differ only in the content type: the operation is in `X-Amz-Target`,
//! bodies and errors are JSON.
//!
//! Source: <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html>.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::json;

/// A service's error, in the format that the SDKs parse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceError {
    /// The error's name, such as `ResourceNotFoundException`.
    pub name: &'static str,
    /// The error's text.
    pub message: String,
}

impl ServiceError {
    pub fn new(name: &'static str, message: impl Into<String>) -> Self {
        Self { name, message: message.into() }
    }
}

impl IntoResponse for ServiceError {
    fn into_response(self) -> Response {
        let body = json!({ "__type": self.name, "message": self.message });
        (StatusCode::BAD_REQUEST, Json(body)).into_response()
    }
}

/// The operation that a request names, after the service's own prefix.
pub fn operation<'a>(headers: &'a HeaderMap, service: &str) -> Result<&'a str, ServiceError> {
    headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok())
        .and_then(|target| target.strip_prefix(service)?.strip_prefix('.'))
        .ok_or_else(|| unknown_operation(&format!("X-Amz-Target is not {service}.<operation>")))
}

/// The answer to an operation that the service doesn't have.
pub fn unknown_operation(message: &str) -> ServiceError {
    ServiceError::new("UnknownOperationException", message)
}

/// Parses the request's body.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ServiceError> {
    serde_json::from_slice(body)
        .map_err(|error| ServiceError::new("SerializationException", error.to_string()))
}
