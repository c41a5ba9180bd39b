//! What the replies of AWS's services have in common: an accepted message has an id, and an error has a name.
//!
//! The name is in the header `x-amzn-errortype` or in the body's `__type` or `code`, alone or with a namespace before it
//! (`namespace#Name`) or an address behind it (`Name:http://…`):
//! <https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization>. A named error with a 4xx means
//! that the request was refused. With a 5xx no page says that nothing was sent, so the outcome is unknown.

use crate::protocol::{Answer, Reason, ReasonClass};
use crate::providers::http::Reply;
use crate::providers::http_status;
use crate::providers::lenient::{self, Object};
use crate::providers::reply_text::without_json;
use crate::providers::sanitizer::Sanitizer;
use ReasonClass::{Account, Content, Credentials, Throttled};

/// Far longer than every documented name or reason.
const MAX_CODE_BYTES: usize = 64;
/// The shortest international phone numbers have seven digits.
const MAX_CODE_DIGITS: usize = 6;

/// An error of a service.
pub(super) struct ServiceError {
    /// Such as `ConflictException`.
    pub(super) name: String,
    /// Such as `DESTINATION_PHONE_NUMBER_OPTED_OUT`; only the errors of text messages have one.
    pub(super) reason: String,
    /// The service's own text, not redacted.
    pub(super) message: String,
    /// The fields of the request that failed validation.
    pub(super) fields: Vec<String>,
}

/// The meaning of an error, with our own text; an empty text stands for the service's own.
pub(super) struct Meaning(Verdict, ReasonClass, &'static str);

#[derive(Clone, Copy)]
enum Verdict {
    NotSent,
    Refused,
    Rejected,
}

/// The shop can mend the cause.
pub(super) const fn refused(class: ReasonClass, text: &'static str) -> Meaning {
    Meaning(Verdict::Refused, class, text)
}

/// The customer can't be reached.
pub(super) const fn rejected(text: &'static str) -> Meaning {
    Meaning(Verdict::Rejected, ReasonClass::Recipient, text)
}

/// Classifies a reply. An accepted message's id is in the member `id_member`; `own` knows the service's own errors.
pub(super) fn answer(
    reply: &Reply,
    sanitizer: &Sanitizer<'_>,
    id_member: &str,
    own: fn(&ServiceError) -> Option<Meaning>,
) -> Answer {
    let body = lenient::object(&reply.body);
    let is_success = (200..=299).contains(&reply.status);
    let id = body.as_ref().and_then(|body| lenient::id(body.get(id_member)));
    match (error(reply, body.as_ref()), id) {
        (None, id @ Some(_)) if is_success => Answer::Accepted(id),
        (_, Some(_)) => http_status::contradiction(reply.status),
        (Some(error), None) if !is_success => classify(reply, &error, sanitizer, own),
        (None, None) if body.is_none() => without_json(reply, sanitizer),
        _ => http_status::answer(reply.status, reply.retry_after, None),
    }
}

fn classify(
    reply: &Reply,
    error: &ServiceError,
    sanitizer: &Sanitizer<'_>,
    own: fn(&ServiceError) -> Option<Meaning>,
) -> Answer {
    let code = storable(&error.reason).or_else(|| storable(&error.name));
    let Some(Meaning(verdict, class, text)) = own(error).or_else(|| common(&error.name)) else {
        let by_status =
            http_status::answer(reply.status, reply.retry_after, Some(sanitizer.clean(&error.message)));
        return http_status::with_code(by_status, code);
    };
    let text = if text.is_empty() {
        sanitizer.clean_or(&error.message, "AWS refuses the request")
    } else {
        text.to_owned()
    };
    let reason = Reason::new(class, code.unwrap_or_else(|| http_status::code(reply.status)), text);
    match verdict {
        Verdict::NotSent => Answer::NotSent { reason, retry_after: reply.retry_after },
        Verdict::Refused => Answer::Refused(reason),
        Verdict::Rejected => Answer::Rejected(reason),
    }
}

/// The errors that every service has: <https://docs.aws.amazon.com/pinpoint/latest/apireference_smsvoicev2/CommonErrors.html>. The
/// names for too many requests: <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>.
///
/// Our own texts explain refused credentials, because AWS's may contain the signed request.
fn common(name: &str) -> Option<Meaning> {
    Some(match name {
        "RequestLimitExceeded"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "SlowDown"
        | "ThrottledException"
        | "ThrottledRequestException"
        | "Throttling"
        | "ThrottlingException"
        | "TooManyRequestsException" => Meaning(Verdict::NotSent, Throttled, "too many requests at once"),
        "AccessDenied" | "AccessDeniedException" | "NotAuthorized" | "UnauthorizedOperation" => refused(
            Credentials,
            "the function's role may not send: the stack was deployed without this channel, or a policy denies it",
        ),
        // Lambda ends an execution environment before its credentials expire, so elsewhere only.
        "ExpiredToken" | "ExpiredTokenException" => {
            refused(Credentials, "the temporary AWS credentials have expired: get new ones")
        }
        "InvalidAccessKeyId" | "InvalidClientTokenId" | "UnrecognizedClientException" => {
            refused(Credentials, "AWS does not know the access key or the session token")
        }
        // A clock that is wrong changes the time in the signature; Lambda's is right.
        "IncompleteSignature"
        | "IncompleteSignatureException"
        | "InvalidSignatureException"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "SignatureDoesNotMatch" => refused(
            Credentials,
            "AWS does not accept the signature: the secret access key is wrong, or this machine's clock",
        ),
        "RequestExpired" | "RequestInTheFuture" | "RequestTimeTooSkewed" => {
            refused(Credentials, "this machine's clock is wrong, so AWS does not accept the signature's time")
        }
        "OptInRequired" | "SubscriptionRequiredException" => {
            refused(Account, "the AWS account has not signed up for the service or the region")
        }
        "InvalidAction" | "UnknownOperationException" => {
            refused(Account, "the service has no such request: the address of its endpoint is wrong")
        }
        "MalformedQueryString" | "SerializationException" => refused(Content, ""),
        _ => return None,
    })
}

/// The reply's error; `None` if none is named.
pub(super) fn error(reply: &Reply, body: Option<&Object>) -> Option<ServiceError> {
    let member =
        |names: &[&str]| names.iter().find_map(|name| lenient::text(body.and_then(|body| body.get(*name))));
    let name = reply.error_type.clone().or_else(|| member(&["__type", "code"]))?;
    // The address is removed first: it may contain a fragment.
    let name = name.split(':').next().unwrap_or_default();
    let name = name.rsplit('#').next().unwrap_or_default().trim();
    let fields = lenient::items(body.and_then(|body| body.get("Fields")));
    Some(ServiceError {
        name: Some(name).filter(|name| !name.is_empty())?.to_owned(),
        reason: member(&["Reason", "reason"]).unwrap_or_default(),
        message: member(&["message", "Message"]).unwrap_or_default(),
        fields: fields.iter().filter_map(|field| lenient::text(field.get("Name"))).collect(),
    })
}

/// A name or a reason if it may be stored: one word that contains no phone number.
fn storable(code: &str) -> Option<String> {
    let digits = code.bytes().filter(u8::is_ascii_digit).count();
    let fits = (1..=MAX_CODE_BYTES).contains(&code.len())
        && digits <= MAX_CODE_DIGITS
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    fits.then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::providers::summary::{self, summary};

    fn classified(reply: &Reply, sanitizer: &Sanitizer<'_>) -> Answer {
        answer(reply, sanitizer, "MessageId", |_| None)
    }

    fn classify(status: u16, error_type: Option<&str>, body: &str) -> String {
        let error_type = error_type.map(str::to_owned);
        let reply = Reply { status, retry_after: None, error_type, body: body.into() };
        summary(&classified(&reply, &Sanitizer::default()))
    }

    #[test]
    fn an_id_is_an_acceptance_unless_the_reply_contradicts_it() {
        for (status, error_type, body, meaning) in [
            (200, None, r#"{"MessageId":"a-1"}"#, "accepted a-1"),
            (200, None, r#"{"MessageId":""}"#, "unreadable unclear unreadable"),
            (200, None, "{}", "unreadable unclear unreadable"),
            (200, None, "", "unreadable unclear unreadable"),
            (200, Some("ThrottlingException"), "{}", "unreadable unclear unreadable"),
            (200, Some("ThrottlingException"), r#"{"MessageId":"a-1"}"#, "unknown unclear http_200"),
            (400, None, r#"{"MessageId":"a-1"}"#, "unknown unclear http_400"),
            (500, Some("InternalFailure"), r#"{"MessageId":"a-1"}"#, "unknown unclear http_500"),
        ] {
            assert_eq!(classify(status, error_type, body), meaning, "{status} {body}");
        }
    }

    #[test]
    fn an_errors_name_is_found_in_each_documented_place_and_form() {
        let throttled = "not sent throttled ThrottlingException";
        for name in [
            "ThrottlingException",
            "ThrottlingException:http://internal.amazon.com/coral/com.amazon.coral.availability/#x",
            "com.amazonaws.pinpointsmsvoicev2#ThrottlingException",
            "aws.x#ThrottlingException:http://internal.amazon.com/",
        ] {
            assert_eq!(classify(400, Some(name), ""), throttled);
            for member in ["__type", "code"] {
                assert_eq!(classify(400, None, &format!(r#"{{"{member}":"{name}"}}"#)), throttled);
            }
        }
        let header_first = classify(400, Some("ThrottlingException"), r#"{"code":"X"}"#);
        assert_eq!(header_first, throttled);
    }

    #[test]
    fn the_common_errors_have_one_classification() {
        for (names, meaning) in [
            (
                &[
                    "Throttling",
                    "ThrottledRequestException",
                    "TooManyRequestsException",
                    "RequestLimitExceeded",
                ][..],
                "not sent throttled NAME",
            ),
            (
                &[
                    "AccessDeniedException",
                    "ExpiredTokenException",
                    "UnrecognizedClientException",
                    "InvalidSignatureException",
                    "IncompleteSignature",
                    "MissingAuthenticationTokenException",
                    "RequestTimeTooSkewed",
                ],
                "refused credentials NAME",
            ),
            (&["OptInRequired", "UnknownOperationException"], "refused account NAME"),
            (&["SerializationException"], "refused content NAME"),
            (&["SomethingNewException"], "unrecognised content NAME"),
        ] {
            for name in names {
                assert_eq!(classify(400, Some(name), "{}"), meaning.replace("NAME", name));
            }
        }
    }

    #[test]
    fn a_failure_of_the_service_is_unknown_even_with_a_name() {
        for status in [500, 502, 503, 504] {
            for name in ["InternalServerException", "ServiceUnavailable", "DependencyException"] {
                assert_eq!(classify(status, Some(name), "{}"), format!("unknown unclear http_{status}"));
            }
        }
        for status in [408, 409, 499] {
            assert_eq!(classify(status, None, "{}"), format!("unknown unclear http_{status}"));
        }
        assert_eq!(classify(429, Some("X"), "{}"), "not sent throttled X");
        summary::assert_classified_by_status(classified, &["", "{}", "[]", "{\"Message\":\"m\"}"]);
    }

    #[test]
    fn the_services_text_is_redacted_and_a_name_with_a_number_is_not_kept() {
        let error_type = Some("SomethingNewException".to_owned());
        let body = br#"{"message":"no route to 12025550100"}"#.to_vec();
        let wait = Some(Duration::from_secs(2));
        let answer =
            classified(&Reply { status: 400, retry_after: wait, error_type, body }, &Sanitizer::default());
        assert_eq!(summary::text(&answer), "no route to […]");
        assert_eq!(classify(400, Some("To12025550100"), "{}"), "unrecognised content http_400");
        assert_eq!(classify(400, Some("not one word"), "{}"), "unrecognised content http_400");
    }
}
