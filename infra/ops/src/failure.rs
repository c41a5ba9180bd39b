//! Why a command could not do what it was asked to.

mod aws;

use std::fmt::Display;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use shared::table::TableError;

use crate::exit::Exit;

/// An error that ends a command: what is wrong, and what to do next.
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

    /// What the command is about isn't there.
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

    /// The same failure, with what to do next.
    #[must_use]
    pub fn with_remedy(self, remedy: impl Display) -> Self {
        Self { remedy: Some(remedy.to_string()), ..self }
    }

    /// The exit code that it ends with.
    pub const fn exit(&self) -> Exit {
        self.exit
    }

    /// What is wrong.
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// What to do next, where that isn't plain.
    pub fn remedy(&self) -> Option<&str> {
        self.remedy.as_deref()
    }
}

impl From<TableError> for Failure {
    fn from(error: TableError) -> Self {
        Self::unavailable(error)
            .with_remedy("`ops doctor` checks the table, its name and whether these credentials may use it")
    }
}
