//! Verifies Signature Version 4 from AWS's description alone, without the SDK's signer:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>.

use std::time::SystemTime;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use axum::http::HeaderMap;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::{AwsAccount, AwsError, AwsService};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const TERMINATOR: &str = "aws4_request";
/// A request is accepted for five minutes before and after its time.
const TOLERANCE_SECONDS: i64 = 300;

/// Accepts a POST without a query that is signed with the account's key for this service, shortly before `now`.
pub(crate) fn verify(
    account: Option<&AwsAccount>,
    service: AwsService,
    path: &str,
    headers: &HeaderMap,
    body: &[u8],
    now: SystemTime,
) -> Result<(), AwsError> {
    if account.is_some_and(|account| !account.checks_signatures) {
        return Ok(());
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let authorization = text("authorization").ok_or(AwsError::MISSING_AUTHENTICATION)?;
    let parts = Parts::parse(authorization).ok_or(AwsError::INCOMPLETE_SIGNATURE)?;
    let account = account
        .filter(|account| account.access_key_id == parts.access_key_id)
        .filter(|account| account.session_token.as_deref() == text("x-amz-security-token"))
        .ok_or(AwsError::UNRECOGNIZED_CLIENT)?;
    let time = text("x-amz-date").ok_or(AwsError::INCOMPLETE_SIGNATURE)?;
    if parts.scope != [parts.date, &account.region, service.signing_name(), TERMINATOR] {
        return Err(AwsError::invalid_signature(
            "Credential should be scoped to the correct region and service.",
        ));
    }
    let signed_at = parse_time(time).filter(|_| time.starts_with(parts.date));
    let signed_at =
        signed_at.ok_or_else(|| AwsError::invalid_signature("Date in Credential scope does not match"))?;
    let now = Timestamp::try_from(now).unwrap_or_default();
    if (now.as_second() - signed_at.as_second()).abs() > TOLERANCE_SECONDS {
        return Err(AwsError::invalid_signature(&format!(
            "Signature expired: {time} is now earlier than {now}"
        )));
    }
    let line = |name: &str| {
        let value = text(name)?.split_whitespace().collect::<Vec<_>>().join(" ");
        Some(format!("{name}:{value}\n"))
    };
    let canonical_headers: Option<String> = parts.signed_headers.split(';').map(line).collect();
    let canonical_headers = canonical_headers.ok_or(AwsError::INCOMPLETE_SIGNATURE)?;
    let is_signed = |name: &str| parts.signed_headers.split(';').any(|signed| signed == name);
    if !is_signed("host")
        || headers.keys().any(|name| name.as_str().starts_with("x-amz-") && !is_signed(name.as_str()))
    {
        return Err(AwsError::invalid_signature("host and every x-amz- header must be signed"));
    }
    let canonical = canonical_request(path, &canonical_headers, parts.signed_headers, body);
    if signature(&account.secret_access_key, time, &parts.scope, &canonical) != parts.signature {
        return Err(AwsError::invalid_signature(
            "The request signature we calculated does not match the signature you provided.",
        ));
    }
    Ok(())
}

/// The request as it is signed. `headers` has a line for each of the signed headers.
pub(crate) fn canonical_request(path: &str, headers: &str, signed_headers: &str, body: &[u8]) -> String {
    format!("POST\n{path}\n\n{headers}\n{signed_headers}\n{}", hex::encode(digest(&SHA256, body)))
}

/// The signature of a canonical request, in hexadecimal.
pub(crate) fn signature(secret_access_key: &str, time: &str, scope: &[&str], canonical: &str) -> String {
    let hash = hex::encode(digest(&SHA256, canonical.as_bytes()));
    let to_sign = format!("{ALGORITHM}\n{time}\n{}\n{hash}", scope.join("/"));
    let first = format!("AWS4{secret_access_key}").into_bytes();
    let key = scope.iter().fold(first, |key, part| sign(&key, part.as_bytes()));
    hex::encode(sign(&key, to_sign.as_bytes()))
}

fn sign(key: &[u8], data: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), data).as_ref().to_vec()
}

fn parse_time(text: &str) -> Option<Timestamp> {
    let time = DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    TimeZone::UTC.to_timestamp(time).ok()
}

/// The parts of the header `Authorization`.
struct Parts<'a> {
    access_key_id: &'a str,
    date: &'a str,
    /// Date, region, service and terminator.
    scope: Vec<&'a str>,
    signed_headers: &'a str,
    signature: &'a str,
}

impl<'a> Parts<'a> {
    fn parse(header: &'a str) -> Option<Self> {
        let rest = header.strip_prefix(ALGORITHM)?;
        let part =
            |name: &str| rest.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
        let mut scope = part("Credential")?.split('/');
        let access_key_id = scope.next()?;
        let scope: Vec<_> = scope.collect();
        Some(Self {
            access_key_id,
            date: scope.first()?,
            scope,
            signed_headers: part("SignedHeaders")?,
            signature: part("Signature")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    /// A request that botocore has signed.
    const SIGNED: [(&str, &str); 5] = [
        ("host", "email.us-east-1.amazonaws.com"),
        ("content-type", "application/json"),
        ("x-amz-date", "20150830T123600Z"),
        ("x-amz-security-token", "token"),
        (
            "authorization",
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/ses/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, \
             Signature=b9d7b6265cd1322efeac643ad27073419d3d77c40b3abf68635fbd7c3bc09b5b",
        ),
    ];
    const BODY: &[u8] = b"\"body\"";

    fn account() -> AwsAccount {
        let key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        AwsAccount {
            session_token: Some("token".to_owned()),
            ..AwsAccount::new("us-east-1", "AKIDEXAMPLE", key)
        }
    }

    fn verified(headers: &[(&'static str, &str)], body: &[u8], later: u64) -> Result<(), &'static str> {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (axum::http::HeaderName::from_static(name), value.parse().unwrap()))
            .collect();
        let now = UNIX_EPOCH + Duration::from_secs(1_440_938_160 + later);
        verify(Some(&account()), AwsService::Email, "/v2/email/outbound-emails", &headers, body, now)
            .map_err(|error| error.name)
    }

    #[test]
    fn a_request_that_botocore_has_signed_is_accepted_for_five_minutes() {
        assert_eq!(verified(&SIGNED, BODY, 0), Ok(()));
        assert_eq!(verified(&SIGNED, BODY, 300), Ok(()));
        assert_eq!(verified(&SIGNED, BODY, 301), Err("InvalidSignatureException"));
    }

    #[test]
    fn every_changed_part_is_refused() {
        assert_eq!(verified(&SIGNED, b"\"Body\"", 0), Err("InvalidSignatureException"));
        for (place, value, error) in [
            (0, "email.us-east-2.amazonaws.com", "InvalidSignatureException"),
            (1, "text/plain", "InvalidSignatureException"),
            (2, "20150830T123601Z", "InvalidSignatureException"),
            (2, "20150831T123600Z", "InvalidSignatureException"),
            (3, "another", "UnrecognizedClientException"),
            (4, "Bearer x", "IncompleteSignatureException"),
        ] {
            let mut headers = SIGNED;
            headers[place].1 = value;
            assert_eq!(verified(&headers, BODY, 0), Err(error), "{value}");
        }
        assert_eq!(verified(&SIGNED[..4], BODY, 0), Err("MissingAuthenticationTokenException"));
        let with_another = [&SIGNED[..], &[("x-amz-target", "x")]].concat();
        assert_eq!(verified(&with_another, BODY, 0), Err("InvalidSignatureException"));
    }
}
