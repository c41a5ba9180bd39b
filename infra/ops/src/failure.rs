//! Errors that end a command.

mod aws;

use std::fmt::Display;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use shared::table::TableError;

use crate::exit::Exit;

/// An error that ends a command.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    problem: String,
    remedy: Option<String>,
}

impl Failure {
    /// The command line, a setting or a file is wrong.
    pub fn usage(problem: impl Display) -> Self {
        Self { exit: Exit::Usage, problem: problem.to_string(), remedy: None }
    }

    /// The subject of the command doesn't exist.
    pub fn not_found(problem: impl Display) -> Self {
        Self { exit: Exit::NotFound, problem: problem.to_string(), remedy: None }
    }

    /// AWS or a provider refused, or couldn't be reached.
    pub fn unavailable(problem: impl Display) -> Self {
        Self { exit: Exit::Unavailable, problem: problem.to_string(), remedy: None }
    }

    /// AWS refused an operation, or couldn't be reached; `operation` reads like "list the rules of the bus".
    pub fn aws<E>(operation: &str, error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        aws::failure(operation, error)
    }

    /// Adds the next step for the operator.
    #[must_use]
    pub fn with_remedy(self, remedy: impl Display) -> Self {
        Self { remedy: Some(remedy.to_string()), ..self }
    }

    /// The exit code of the command.
    pub const fn exit(&self) -> Exit {
        self.exit
    }

    /// Without a final full stop.
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// The next step, unless it is obvious.
    pub fn remedy(&self) -> Option<&str> {
        self.remedy.as_deref()
    }
}

impl From<TableError> for Failure {
    fn from(error: TableError) -> Self {
        Self::unavailable(error)
            .with_remedy("run `ops doctor --only table`, which checks the table, its name and these credentials' permissions")
    }
}
