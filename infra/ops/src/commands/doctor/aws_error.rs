//! Failed requests to AWS, and their findings.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use super::finding::Finding;

/// Why a request to AWS failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AwsError {
    /// The resource doesn't exist.
    NotFound,
    /// The credentials lack a permission; AWS's code.
    AccessDenied(String),
    /// The credentials are missing, wrong or expired; AWS's code.
    InvalidCredentials(String),
    /// The server doesn't support the operation. A local run supports only those that the functions use.
    UnknownOperation,
    /// No answer, or not in time.
    Unreachable,
    /// Another refusal: AWS's code and message.
    Refused(String),
}

/// The services' codes for missing, wrong or expired credentials:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html> and
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html>.
const INVALID_CREDENTIALS: [&str; 8] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];
/// The same pages: the codes for missing permissions.
const ACCESS_DENIED: [&str; 3] = ["AccessDenied", "AccessDeniedException", "KMS.AccessDeniedException"];
/// Each service's code for a resource that doesn't exist.
const NOT_FOUND: [&str; 4] = [
    "ResourceNotFoundException",
    "QueueDoesNotExist",
    "AWS.SimpleQueueService.NonExistentQueue",
    "TableNotFoundException",
];
/// The codes for an unknown operation.
const UNKNOWN_OPERATION: [&str; 3] = ["UnknownOperationException", "UnknownOperation", "InvalidAction"];

impl AwsError {
    pub(super) fn classify<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Self {
        match error {
            SdkError::ServiceError(service) => Self::from_code(service.err().code(), service.err().message()),
            // The SDK reports missing credentials as a request that can't be built.
            SdkError::ConstructionFailure(_) => Self::InvalidCredentials("no credentials".to_owned()),
            SdkError::DispatchFailure(failure) if failure.as_other().is_none() && failure.is_other() => {
                Self::InvalidCredentials("no credentials".to_owned())
            }
            _ => Self::Unreachable,
        }
    }

    fn from_code(code: Option<&str>, message: Option<&str>) -> Self {
        let code = code.unwrap_or("no code");
        // Some services prefix the namespace: `com.amazonaws.sqs#QueueDoesNotExist`.
        let name = code.rsplit('#').next().unwrap_or(code);
        match name {
            _ if NOT_FOUND.contains(&name) => Self::NotFound,
            _ if ACCESS_DENIED.contains(&name) => Self::AccessDenied(name.to_owned()),
            _ if INVALID_CREDENTIALS.contains(&name) => Self::InvalidCredentials(name.to_owned()),
            _ if UNKNOWN_OPERATION.contains(&name) => Self::UnknownOperation,
            _ => {
                Self::Refused(message.map_or_else(|| name.to_owned(), |message| format!("{name}: {message}")))
            }
        }
    }

    pub(super) const fn reached(&self) -> Reached {
        match self {
            Self::NotFound | Self::AccessDenied(_) | Self::UnknownOperation | Self::Refused(_) => {
                Reached::Answered
            }
            Self::InvalidCredentials(_) | Self::Unreachable => Reached::Silent,
        }
    }

    /// The error, if every request failed with the same one and without an answer: then one finding is enough.
    pub(super) fn common_error<'a>(answers: impl IntoIterator<Item = Option<&'a Self>>) -> Option<&'a Self> {
        let mut answers = answers.into_iter();
        let first = answers.next()?.filter(|error| error.reached() == Reached::Silent)?;
        answers.all(|answer| answer == Some(first)).then_some(first)
    }

    /// `what` is the part that can't be checked, such as "The queues"; `action` is the failed one, such as
    /// "sqs:GetQueueAttributes".
    pub(super) fn finding(&self, what: &str, action: &str) -> Finding {
        let unknown = "Faults in this part would go unnoticed.";
        match self {
            Self::NotFound => Finding::fault(
                format!("{what} can't be checked: AWS doesn't find it."),
                "A resource of the deployment was deleted, or this is the wrong account or region.",
                "Check --stack, AWS_REGION and AWS_PROFILE, then deploy the stack again with `sam deploy`.",
            ),
            Self::AccessDenied(code) => Finding::warning(
                format!("{what} can't be checked: these credentials may not {action} ({code})."),
                unknown,
                format!("Allow {action} for these credentials, or use other credentials."),
            ),
            Self::InvalidCredentials(code) => Finding::fault(
                format!("{what} can't be checked: AWS doesn't accept these credentials ({code})."),
                unknown,
                "Sign in again (`aws sso login`, or new keys) and check it with `aws sts get-caller-identity`.",
            ),
            Self::UnknownOperation => Finding::note(
                format!("{what} can't be checked here."),
                format!(
                    "The server doesn't support {action}; a local run supports only the functions' own requests."
                ),
            ),
            Self::Unreachable => Finding::fault(
                format!("{what} can't be checked: no answer to {action}."),
                unknown,
                "Check the network and AWS_REGION, and that no AWS_ENDPOINT_URL points elsewhere; then run doctor again.",
            ),
            Self::Refused(reason) => Finding::fault(
                format!("{what} can't be checked: AWS answers {action} with {reason}."),
                unknown,
                "Run doctor again. If the answer is the same, look up its code in the service's API reference.",
            ),
        }
    }
}

/// Whether AWS has answered any request of an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reached {
    /// There was no request.
    NotAsked,
    /// AWS didn't answer, or refused the credentials.
    Silent,
    /// AWS answered.
    Answered,
}

impl Reached {
    pub(super) const fn from_result<T>(answer: &Result<T, AwsError>) -> Self {
        match answer {
            Ok(_) => Self::Answered,
            Err(error) => error.reached(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    #[test]
    fn codes_are_classified() {
        for (code, error) in [
            ("com.amazonaws.sqs#QueueDoesNotExist", AwsError::NotFound),
            ("ResourceNotFoundException", AwsError::NotFound),
            ("AccessDeniedException", AwsError::AccessDenied("AccessDeniedException".to_owned())),
            ("ExpiredTokenException", AwsError::InvalidCredentials("ExpiredTokenException".to_owned())),
            ("com.amazon.coral.service#UnknownOperationException", AwsError::UnknownOperation),
            ("ThrottlingException", AwsError::Refused("ThrottlingException: m".to_owned())),
        ] {
            assert_eq!(AwsError::from_code(Some(code), Some("m")), error, "{code}");
        }
    }

    #[test]
    fn one_common_error_is_reported_once() {
        let (unreachable, denied) =
            (AwsError::Unreachable, AwsError::AccessDenied("AccessDenied".to_owned()));
        assert_eq!(AwsError::common_error([Some(&unreachable), Some(&unreachable)]), Some(&unreachable));
        assert_eq!(AwsError::common_error([Some(&unreachable), None]), None);
        assert_eq!(
            AwsError::common_error([Some(&denied), Some(&denied)]),
            None,
            "each permission is another one"
        );
        assert_eq!(AwsError::common_error([]), None);
    }

    #[test]
    fn every_error_is_a_finding() {
        for (error, severity, reached) in [
            (AwsError::NotFound, Severity::Fault, Reached::Answered),
            (AwsError::AccessDenied("AccessDenied".to_owned()), Severity::Warning, Reached::Answered),
            (AwsError::InvalidCredentials("ExpiredToken".to_owned()), Severity::Fault, Reached::Silent),
            (AwsError::UnknownOperation, Severity::Note, Reached::Answered),
            (AwsError::Unreachable, Severity::Fault, Reached::Silent),
            (AwsError::Refused("Oops".to_owned()), Severity::Fault, Reached::Answered),
        ] {
            let finding = error.finding("the rule", "events:DescribeRule");
            assert_eq!((finding.severity, error.reached()), (severity, reached), "{error:?}");
            assert!(finding.what.starts_with("the rule"), "{finding:?}");
        }
    }
}
