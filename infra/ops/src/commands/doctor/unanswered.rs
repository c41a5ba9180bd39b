//! A failed request to AWS, and what it means.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use super::finding::Finding;

/// Why a request to AWS failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unanswered {
    /// The resource doesn't exist.
    NotThere,
    /// The credentials lack a permission; AWS's code.
    NotAllowed(String),
    /// AWS refuses the credentials altogether; its code.
    NobodyToAws(String),
    /// The operation is unknown: the engine of a local run supports only what the functions use.
    NotKnown,
    /// No answer, or not in time.
    Unreachable,
    /// Another refusal: AWS's code and message.
    Refused(String),
}

/// The services' codes for missing, wrong or expired credentials:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html> and
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html>.
const NOBODY: [&str; 8] = [
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
const FORBIDDEN: [&str; 3] = ["AccessDenied", "AccessDeniedException", "KMS.AccessDeniedException"];
/// Each service's code for a resource that doesn't exist.
const ABSENT: [&str; 4] = [
    "ResourceNotFoundException",
    "QueueDoesNotExist",
    "AWS.SimpleQueueService.NonExistentQueue",
    "TableNotFoundException",
];
/// The codes for an unknown operation.
const UNKNOWN: [&str; 3] = ["UnknownOperationException", "UnknownOperation", "InvalidAction"];

impl Unanswered {
    /// Classifies an SDK error.
    pub(super) fn of<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Self {
        match error {
            SdkError::ServiceError(service) => Self::of_code(service.err().code(), service.err().message()),
            // The SDK reports missing credentials as a request that can't be built.
            SdkError::ConstructionFailure(_) => Self::NobodyToAws("no credentials".to_owned()),
            SdkError::DispatchFailure(failure) if failure.as_other().is_none() && failure.is_other() => {
                Self::NobodyToAws("no credentials".to_owned())
            }
            _ => Self::Unreachable,
        }
    }

    fn of_code(code: Option<&str>, message: Option<&str>) -> Self {
        let code = code.unwrap_or("no code");
        // Some services prefix the namespace: `com.amazonaws.sqs#QueueDoesNotExist`.
        let name = code.rsplit('#').next().unwrap_or(code);
        match name {
            _ if ABSENT.contains(&name) => Self::NotThere,
            _ if FORBIDDEN.contains(&name) => Self::NotAllowed(name.to_owned()),
            _ if NOBODY.contains(&name) => Self::NobodyToAws(name.to_owned()),
            _ if UNKNOWN.contains(&name) => Self::NotKnown,
            _ => {
                Self::Refused(message.map_or_else(|| name.to_owned(), |message| format!("{name}: {message}")))
            }
        }
    }

    /// Whether AWS has answered at all.
    pub(super) const fn reached(&self) -> Reached {
        match self {
            Self::NotThere | Self::NotAllowed(_) | Self::NotKnown | Self::Refused(_) => Reached::Answered,
            Self::NobodyToAws(_) | Self::Unreachable => Reached::Silent,
        }
    }

    /// The common reason if every request failed without an answer for the same reason: then one finding is enough.
    pub(super) fn silence<'a>(answers: impl IntoIterator<Item = Option<&'a Self>>) -> Option<&'a Self> {
        let mut answers = answers.into_iter();
        let first = answers.next()?.filter(|unanswered| unanswered.reached() == Reached::Silent)?;
        answers.all(|answer| answer == Some(first)).then_some(first)
    }

    /// The finding: `what` is unknown (such as "the rule's targets"), because `action` (such as
    /// "events:ListTargetsByRule") failed.
    pub(super) fn finding(&self, what: &str, action: &str) -> Finding {
        let unknown = "What can't be looked at may be wrong without anybody noticing.";
        match self {
            Self::NotThere => Finding::fault(
                format!("{what}: AWS says that there is no such thing."),
                "Something that the deployment needs was deleted, or doctor looks at the wrong account or region.",
                "Check --stack, AWS_REGION and AWS_PROFILE, then deploy the stack again with `sam deploy`.",
            ),
            Self::NotAllowed(code) => Finding::warning(
                format!("{what} can't be looked at: these credentials may not {action} ({code})."),
                unknown,
                format!("Allow {action} to whoever runs `ops doctor`, or have somebody run it who may."),
            ),
            Self::NobodyToAws(code) => Finding::fault(
                format!("{what} can't be looked at: AWS doesn't accept these credentials ({code})."),
                unknown,
                "Sign in again (`aws sso login`, or new keys) and check it with `aws sts get-caller-identity`.",
            ),
            Self::NotKnown => Finding::note(
                format!("{what} can't be told here."),
                format!(
                    "Nobody at this address knows {action}: a local run has only what the functions use."
                ),
            ),
            Self::Unreachable => Finding::fault(
                format!("{what} can't be looked at: nobody answers {action}."),
                unknown,
                "Check the network and AWS_REGION, and that no AWS_ENDPOINT_URL points elsewhere; then run doctor again.",
            ),
            Self::Refused(told) => Finding::fault(
                format!("{what} can't be looked at: AWS answers {action} with {told}."),
                unknown,
                "Run doctor again; where AWS says the same, look its code up in the service's API reference.",
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
    /// From one answer.
    pub(super) const fn by<T>(answer: &Result<T, Unanswered>) -> Self {
        match answer {
            Ok(_) => Self::Answered,
            Err(unanswered) => unanswered.reached(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    #[test]
    fn a_code_says_what_sort_of_silence_it_is() {
        for (code, unanswered) in [
            ("com.amazonaws.sqs#QueueDoesNotExist", Unanswered::NotThere),
            ("ResourceNotFoundException", Unanswered::NotThere),
            ("AccessDeniedException", Unanswered::NotAllowed("AccessDeniedException".to_owned())),
            ("ExpiredTokenException", Unanswered::NobodyToAws("ExpiredTokenException".to_owned())),
            ("com.amazon.coral.service#UnknownOperationException", Unanswered::NotKnown),
            ("ThrottlingException", Unanswered::Refused("ThrottlingException: m".to_owned())),
        ] {
            assert_eq!(Unanswered::of_code(Some(code), Some("m")), unanswered, "{code}");
        }
    }

    #[test]
    fn one_reason_for_every_silence_is_said_once() {
        let (unreachable, denied) =
            (Unanswered::Unreachable, Unanswered::NotAllowed("AccessDenied".to_owned()));
        assert_eq!(Unanswered::silence([Some(&unreachable), Some(&unreachable)]), Some(&unreachable));
        assert_eq!(Unanswered::silence([Some(&unreachable), None]), None);
        assert_eq!(
            Unanswered::silence([Some(&denied), Some(&denied)]),
            None,
            "each permission is another one"
        );
        assert_eq!(Unanswered::silence([]), None);
    }

    #[test]
    fn every_silence_is_a_finding_of_its_own() {
        for (unanswered, severity, reached) in [
            (Unanswered::NotThere, Severity::Fault, Reached::Answered),
            (Unanswered::NotAllowed("AccessDenied".to_owned()), Severity::Warning, Reached::Answered),
            (Unanswered::NobodyToAws("ExpiredToken".to_owned()), Severity::Fault, Reached::Silent),
            (Unanswered::NotKnown, Severity::Note, Reached::Answered),
            (Unanswered::Unreachable, Severity::Fault, Reached::Silent),
            (Unanswered::Refused("Oops".to_owned()), Severity::Fault, Reached::Answered),
        ] {
            let finding = unanswered.finding("the rule", "events:DescribeRule");
            assert_eq!((finding.severity, unanswered.reached()), (severity, reached), "{unanswered:?}");
            assert!(finding.what.starts_with("the rule"), "{finding:?}");
        }
    }
}
