//! Errors of secrets. They name the secret and the place in it, but never contain a value.

use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};

/// Why a secret cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("secret {id}: {problem}")]
pub struct SecretError {
    id: String,
    problem: String,
    is_malformed: bool,
}

impl SecretError {
    pub(super) fn new(id: &str, problem: impl Into<String>) -> Self {
        Self { id: id.to_owned(), problem: problem.into(), is_malformed: false }
    }

    /// An error about the secret's value.
    pub(super) fn invalid_value(id: &str, problem: impl Into<String>) -> Self {
        Self { is_malformed: true, ..Self::new(id, problem) }
    }

    /// Whether the secret was read but its value is malformed: every retry fails until the operator fixes it.
    pub const fn is_malformed(&self) -> bool {
        self.is_malformed
    }

    pub(super) fn from_sdk<E: ProvideErrorMetadata, R>(id: &str, error: &SdkError<E, R>) -> Self {
        let problem = match error {
            SdkError::ServiceError(service) => {
                let error = service.err();
                format!("{}: {}", error.code().unwrap_or("no code"), error.message().unwrap_or("no message"))
            }
            SdkError::TimeoutError(_) => "Secrets Manager did not reply in time".to_owned(),
            SdkError::DispatchFailure(_) => "Secrets Manager can't be reached".to_owned(),
            _ => "Secrets Manager's reply is unreadable".to_owned(),
        };
        Self::new(id, problem)
    }

    pub(super) fn malformed(id: &str, error: &serde_path_to_error::Error<serde_json::Error>) -> Self {
        let inner = error.inner();
        let (line, column) = (inner.line(), inner.column());
        if inner.is_syntax() || inner.is_eof() {
            return Self::invalid_value(id, format!("is not JSON: line {line}, column {column}"));
        }
        Self::invalid_value(id, format!("{} (line {line}, column {column})", place_and_problem(error)))
    }
}

/// Keeps serde's message only if it names keys; its other messages quote the value.
pub(super) fn place_and_problem(error: &serde_path_to_error::Error<serde_json::Error>) -> String {
    let said = error.inner().to_string();
    let names_keys =
        ["missing field", "unknown field", "duplicate field"].iter().any(|it| said.starts_with(it));
    let problem = if names_keys {
        said.split(" at line ").next().unwrap_or_default()
    } else {
        "the value is of the wrong type"
    };
    let path = error.path().to_string();
    let place = if path == "." { "the top level".to_owned() } else { path };
    format!("at {place}: {problem}")
}
