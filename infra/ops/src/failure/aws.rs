//! Explains the SDK's errors to the operator. Their own texts contain whole requests and answers, so they are never shown.

use std::error::Error;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use super::Failure;

/// The services' codes for expired credentials:
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html>.
const EXPIRED: [&str; 3] = ["ExpiredToken", "ExpiredTokenException", "RequestExpired"];
/// The same page: the codes for unknown credentials, or a wrong secret key.
const UNKNOWN: [&str; 7] = [
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "SignatureDoesNotMatch",
    "UnrecognizedClient",
    "UnrecognizedClientException",
];
/// The same page: the codes for missing permissions.
const FORBIDDEN: [&str; 4] =
    ["AccessDenied", "AccessDeniedException", "KMS.AccessDeniedException", "NotAuthorized"];
const LOG_IN: &str =
    "set AWS_PROFILE, log in with `aws sso login`, or use a local run (--local), which needs no credentials";

/// Why AWS didn't perform `operation`.
pub(super) fn failure<E>(operation: &str, error: &SdkError<E>) -> Failure
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    match error {
        SdkError::ServiceError(service) => {
            let error = service.err();
            refused(operation, error.code().unwrap_or("no code"), error.message())
        }
        SdkError::TimeoutError(_) => unreachable(operation, "no answer in time"),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            unreachable(operation, "no connection in time")
        }
        SdkError::DispatchFailure(failure) if failure.is_io() => {
            unreachable(operation, "AWS can't be reached")
        }
        // Failures before a request is sent: the SDK has no separate kinds for them.
        SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_) => unsent(operation, &chain(error)),
        _ => unreachable(operation, "the answer can't be read"),
    }
}

fn refused(operation: &str, code: &str, message: Option<&str>) -> Failure {
    // Some services prefix the namespace: `com.amazonaws.sqs#QueueDoesNotExist`.
    let name = code.rsplit('#').next().unwrap_or(code);
    if EXPIRED.contains(&name) {
        return Failure::unavailable(format!(
            "AWS did not {operation}: the AWS credentials have expired ({name})"
        ))
        .with_remedy("log in again with `aws sso login`, or use new credentials");
    }
    if UNKNOWN.contains(&name) {
        return Failure::unavailable(format!(
            "AWS did not {operation}: these credentials are unknown ({name})"
        ))
        .with_remedy(format!("check AWS_PROFILE and the AWS_… variables: {LOG_IN}"));
    }
    if FORBIDDEN.contains(&name) {
        // "User: arn:… is not authorized to perform: events:ListRules on resource: …"
        let action = message
            .and_then(|message| message.split("perform: ").nth(1)?.split_whitespace().next())
            .map(|action| action.trim_end_matches(['.', ',']));
        let permission = action.map_or_else(
            || "ask the account's administrator to allow it".to_owned(),
            |action| format!("ask the account's administrator to allow {action}"),
        );
        return Failure::unavailable(format!("these AWS credentials may not {operation} ({name})"))
            .with_remedy(format!("{permission}, or use other credentials (AWS_PROFILE)"));
    }
    let reason = message.map_or_else(|| name.to_owned(), |message| format!("{name}: {message}"));
    Failure::unavailable(format!("AWS did not {operation}: {reason}"))
}

fn unreachable(operation: &str, why: &str) -> Failure {
    Failure::unavailable(format!("AWS did not {operation}: {why}"))
        .with_remedy("check the network, a proxy and AWS_REGION, then try again")
}

fn unsent(operation: &str, text: &str) -> Failure {
    let text = text.to_lowercase();
    if text.contains("region must be set") || text.contains("missing region") {
        return Failure::usage("no AWS region is set")
            .with_remedy("set AWS_REGION, or set a region in the profile AWS_PROFILE");
    }
    if text.contains("expired") {
        return Failure::unavailable("the AWS login has expired").with_remedy("log in with `aws sso login`");
    }
    if text.contains("credentials") || text.contains("identity") {
        return Failure::unavailable("no AWS credentials were found").with_remedy(LOG_IN);
    }
    Failure::unavailable(format!("AWS did not {operation}: the request can't be built"))
        .with_remedy("check AWS_REGION and the AWS_ENDPOINT_URL variables")
}

/// The texts of an error and its sources, for classification only: they are never shown.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut texts = vec![error.to_string()];
    let mut behind = error.source();
    while let Some(error) = behind {
        texts.push(error.to_string());
        behind = error.source();
    }
    texts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(failure: &Failure) -> (&str, &str) {
        (failure.problem(), failure.remedy().unwrap_or_default())
    }

    #[test]
    fn a_refusal_names_the_remedy() {
        let expired = refused("list the rules", "com.amazonaws.sqs#ExpiredTokenException", Some("x"));
        assert!(texts(&expired).0.ends_with("have expired (ExpiredTokenException)"), "{expired:?}");
        assert!(texts(&expired).1.contains("aws sso login"), "{expired:?}");
        let message =
            "User: arn:aws:iam::111122223333:user/a is not authorized to perform: events:ListRules on x";
        let forbidden = refused("list the rules", "AccessDeniedException", Some(message));
        assert_eq!(
            texts(&forbidden).0,
            "these AWS credentials may not list the rules (AccessDeniedException)"
        );
        assert!(texts(&forbidden).1.contains("allow events:ListRules"), "{forbidden:?}");
        let other = refused("list the rules", "LimitExceeded", Some("too many"));
        assert_eq!(texts(&other), ("AWS did not list the rules: LimitExceeded: too many", ""));
    }

    #[test]
    fn an_unsent_request_names_the_missing_setting() {
        for (text, said) in [
            ("dispatch failure: other: an error occurred while loading credentials", "no AWS credentials"),
            ("construction failure: A region must be set when sending requests", "no AWS region is set"),
            ("the SSO session has expired", "the AWS login has expired"),
        ] {
            let failure = unsent("describe the stack", text);
            assert!(failure.problem().contains(said) && failure.remedy().is_some(), "{failure:?}");
        }
        let failure = unsent("describe the stack", "SdkBody { inner: Once }");
        assert!(!failure.problem().contains("SdkBody"), "{failure:?}");
    }
}
