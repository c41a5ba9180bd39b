//! Signed requests to CloudWatch: one operation for figures and one for log lines. Two SDK crates more, for one operation each, would
//! lengthen every build.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use serde_json::Value;
use tokio::sync::Mutex;

use super::Deployment;
use crate::failure::Failure;

const TIMEOUT: Duration = Duration::from_secs(20);
/// Credentials are read again when they have less than this left.
const CREDENTIALS_LAST: Duration = Duration::from_mins(5);
/// How often a request is sent at most. Both operations only read.
const TRIES: u32 = 3;
/// The longest pause before the second try; before the third it is twice as long. AWS's SDKs wait a random part of theirs, too
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>).
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// One of the two APIs. Both take JSON; CloudWatch's other protocols are CBOR and XML.
///
/// Sources: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>,
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>, and the services' models in
/// botocore (`cloudwatch/2010-08-01` and `logs/2014-03-28`: `targetPrefix`, `jsonVersion`, `endpointPrefix`).
#[derive(Debug, Clone, Copy)]
pub enum Operation {
    /// CloudWatch's figures.
    GetMetricData,
    /// CloudWatch Logs' lines.
    FilterLogEvents,
}

impl Operation {
    const fn target(self) -> &'static str {
        match self {
            Self::GetMetricData => "GraniteServiceVersion20100801.GetMetricData",
            Self::FilterLogEvents => "Logs_20140328.FilterLogEvents",
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::GetMetricData => "application/x-amz-json-1.0",
            Self::FilterLogEvents => "application/x-amz-json-1.1",
        }
    }

    /// The service's name in its host and in the signature.
    const fn service(self) -> &'static str {
        match self {
            Self::GetMetricData => "monitoring",
            Self::FilterLogEvents => "logs",
        }
    }

    /// The variable with the service's own endpoint, by the SDKs' convention
    /// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>).
    const fn endpoint(self) -> &'static str {
        match self {
            Self::GetMetricData => "AWS_ENDPOINT_URL_CLOUDWATCH",
            Self::FilterLogEvents => "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
        }
    }

    const fn described(self) -> &'static str {
        match self {
            Self::GetMetricData => "read the stack's metrics",
            Self::FilterLogEvents => "read the functions' logs",
        }
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub struct Refused {
    /// The error's name, if the service answered.
    pub code: Option<String>,
    /// What the operator reads.
    pub failure: Failure,
    /// Whether the same request may have an answer a moment later.
    is_passing: bool,
}

impl Refused {
    const fn permanent(failure: Failure) -> Self {
        Self { code: None, failure, is_passing: false }
    }
}

/// A client of both APIs with the operator's credentials.
pub struct CloudWatch<'a> {
    deployment: &'a Deployment,
    client: reqwest::Client,
    credentials: Mutex<Option<Credentials>>,
}

impl<'a> CloudWatch<'a> {
    /// Reads the credentials with the first request.
    pub fn new(deployment: &'a Deployment) -> Result<Self, Failure> {
        let client = reqwest::Client::builder().timeout(TIMEOUT).build().map_err(Failure::usage)?;
        Ok(Self { deployment, client, credentials: Mutex::default() })
    }

    /// Calls an operation; again if the service throttles, fails or can't be reached.
    pub async fn call(&self, operation: Operation, body: &Value) -> Result<Value, Refused> {
        let mut tried = 1;
        loop {
            match self.call_once(operation, body).await {
                Err(refused) if refused.is_passing && tried < TRIES => {
                    tokio::time::sleep(pause(tried)).await;
                    tried += 1;
                }
                ended => return ended,
            }
        }
    }

    async fn call_once(&self, operation: Operation, body: &Value) -> Result<Value, Refused> {
        let credentials = self.credentials().await.map_err(Refused::permanent)?;
        let region = self.deployment.aws.region();
        let region = region.map(ToString::to_string).ok_or_else(|| {
            Refused::permanent(
                Failure::usage("no AWS region is set").with_remedy("set AWS_REGION or a profile's region"),
            )
        })?;
        let endpoint = self.deployment.endpoint(operation.endpoint());
        let url = endpoint.unwrap_or_else(|| address(operation.service(), &region));
        let url = format!("{}/", url.trim_end_matches('/'));
        let body = body.to_string();
        let mut request = self.client.post(&url).body(body.clone());
        let own = [("content-type", operation.content_type()), ("x-amz-target", operation.target())];
        let now = SystemTime::now();
        let signature = signature(operation, (&credentials, &region), (&url, &own, body.as_bytes()), now);
        let signature = signature
            .ok_or_else(|| Refused::permanent(Failure::usage("the request to AWS can't be signed")))?;
        for (name, value) in
            own.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().chain(signature)
        {
            request = request.header(name, value);
        }
        let unreachable = |error: reqwest::Error| Refused {
            code: None,
            // A second wait of this length would be too long for a page.
            is_passing: !error.is_timeout(),
            failure: Failure::unavailable(format!("can't {}: {error}", operation.described())),
        };
        let answer = request.send().await.map_err(unreachable)?;
        let status = answer.status();
        let text = answer.text().await.map_err(unreachable)?;
        let value: Option<Value> = serde_json::from_str(&text).ok();
        match value {
            Some(value) if status.is_success() => Ok(value),
            value => Err(refused(operation, status.as_u16(), value.as_ref())),
        }
    }

    async fn credentials(&self) -> Result<Credentials, Failure> {
        let mut kept = self.credentials.lock().await;
        if let Some(credentials) = &*kept
            && credentials.expiry().is_none_or(|end| end > SystemTime::now() + CREDENTIALS_LAST)
        {
            return Ok(credentials.clone());
        }
        let provider = self.deployment.aws.credentials_provider();
        let provider = provider.ok_or_else(|| Failure::usage("there are no AWS credentials"))?;
        let credentials = provider.provide_credentials().await.map_err(|error| {
            Failure::unavailable(format!("there are no AWS credentials: {error}"))
                .with_remedy("check AWS_PROFILE; `aws sts get-caller-identity` shows who you are")
        })?;
        *kept = Some(credentials.clone());
        Ok(credentials)
    }
}

/// At least half of the longest one.
fn pause(tried: u32) -> Duration {
    let mut random = [0];
    // Without a random number it is the longest pause.
    let part = SystemRandom::new().fill(&mut random).map_or(1.0, |()| f64::from(random[0]) / 255.0);
    (LONGEST_PAUSE * tried).mul_f64(0.5 + part / 2.0)
}

/// The headers of the signature (Signature Version 4).
fn signature(
    operation: Operation,
    (credentials, region): (&Credentials, &str),
    (url, headers, body): (&str, &[(&str, &str)], &[u8]),
    now: SystemTime,
) -> Option<Vec<(String, String)>> {
    let identity = credentials.clone().into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(operation.service())
        .time(now)
        .settings(SigningSettings::default())
        .build()
        .ok()?
        .into();
    let signable =
        SignableRequest::new("POST", url, headers.iter().copied(), SignableBody::Bytes(body)).ok()?;
    let (instructions, _signature) = sign(signable, &parameters).ok()?.into_parts();
    Some(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

/// <https://docs.aws.amazon.com/general/latest/gr/cw_region.html>; China has a domain of its own.
fn address(service: &str, region: &str) -> String {
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://{service}.{region}.{domain}")
}

/// The error's name may have a namespace before it: <https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html>.
fn refused(operation: Operation, status: u16, body: Option<&Value>) -> Refused {
    let text = |name: &str| body?.get(name)?.as_str();
    let code = text("__type").and_then(|code| code.rsplit('#').next()).map(str::to_owned);
    let said = text("message").or_else(|| text("Message")).unwrap_or_default();
    let named = code.clone().unwrap_or_else(|| format!("HTTP {status}"));
    let problem = format!("can't {}: {named} {said}", operation.described());
    let is_throttled = code.as_deref().is_some_and(|code| THROTTLED.iter().any(|part| code.contains(part)));
    let is_passing = is_throttled || status == 429 || status >= 500;
    Refused { code, failure: Failure::unavailable(problem.trim_end()), is_passing }
}

/// Parts of the names of errors that ask for a slower pace; the SDKs' list is on the page of [`LONGEST_PAUSE`].
const THROTTLED: [&str; 3] = ["Throttl", "LimitExceeded", "TooManyRequests"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_named_without_their_namespace() {
        let body =
            serde_json::json!({"__type": "com.amazonaws.logs#ResourceNotFoundException", "message": "gone"});
        let refused = refused(Operation::FilterLogEvents, 400, Some(&body));
        assert_eq!(refused.code.as_deref(), Some("ResourceNotFoundException"));
        assert!(refused.failure.problem().ends_with("ResourceNotFoundException gone"));
    }

    #[test]
    fn throttling_and_failures_of_the_service_pass() {
        let named = |code: &str| serde_json::json!({"__type": code, "message": "no"});
        for (status, code, is_passing) in [
            (400, "ThrottlingException", true),
            (400, "com.amazonaws.cloudwatch#LimitExceededException", true),
            (503, "ServiceUnavailableException", true),
            (400, "AccessDeniedException", false),
            (400, "InvalidParameterException", false),
        ] {
            let refused = refused(Operation::FilterLogEvents, status, Some(&named(code)));
            assert_eq!(refused.is_passing, is_passing, "{code}");
        }
        assert!(pause(1) >= LONGEST_PAUSE / 2 && pause(2) <= LONGEST_PAUSE * 2);
    }

    #[test]
    fn each_region_has_its_address() {
        assert_eq!(address("logs", "eu-central-1"), "https://logs.eu-central-1.amazonaws.com");
        assert_eq!(address("monitoring", "cn-north-1"), "https://monitoring.cn-north-1.amazonaws.com.cn");
    }
}
