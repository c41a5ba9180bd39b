//! Errors of the table.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// An operation that failed after the SDK's own retries. It contains the operation and DynamoDB's error code.
/// The SDK's own error is left out, because it may contain whole items, and a message id is personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the table could not {operation}: {problem}")]
pub struct TableError {
    operation: &'static str,
    problem: String,
}

impl TableError {
    pub(super) fn new<E: ProvideErrorMetadata, R>(operation: &'static str, error: &SdkError<E, R>) -> Self {
        let problem = match error {
            SdkError::ServiceError(service) => {
                let error = service.err();
                format!("{}: {}", error.code().unwrap_or("no code"), error.message().unwrap_or("no message"))
            }
            SdkError::TimeoutError(_) => "no reply in time".to_owned(),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => "no connection in time".to_owned(),
            SdkError::DispatchFailure(_) => "DynamoDB can't be reached".to_owned(),
            SdkError::ResponseError(_) => "an unreadable reply".to_owned(),
            _ => "the request could not be built".to_owned(),
        };
        Self { operation, problem }
    }

    pub(super) fn unreadable(operation: &'static str) -> impl Fn(serde_dynamo::Error) -> Self {
        move |error| Self { operation, problem: format!("an item that can't be read: {error}") }
    }
}
