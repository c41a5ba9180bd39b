//! Signs requests to AWS (Signature Version 4) with the SDK's own signer.

use std::time::SystemTime;

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use http::{HeaderName, HeaderValue};

use crate::aws::AwsSettings;
use crate::protocol::{Reason, ReasonClass};
use crate::providers::aws_service::Service;
use crate::providers::http::Request;

/// The credentials and the region of the function's environment. `Debug` hides the credentials, as the SDK's own type does.
#[derive(Debug, Clone)]
pub struct Signer {
    identity: Identity,
    region: String,
}

impl Signer {
    /// `None` if the environment has no credentials. In Lambda it always has; the execution environment ends before they expire.
    pub fn from_settings(settings: &AwsSettings) -> Option<Self> {
        Some(Self { identity: settings.identity()?, region: settings.region().to_owned() })
    }

    /// Adds `authorization`, `x-amz-date` and, for a role, `x-amz-security-token`. A signature is accepted for five minutes,
    /// so each try gets its own.
    pub(in crate::providers) fn sign(
        &self,
        mut request: Request,
        service: Service,
        now: SystemTime,
    ) -> Result<Request, Reason> {
        for (name, mut value) in self.headers(&request, service, now).ok_or_else(unsigned)? {
            value.set_sensitive(true);
            request.headers.insert(name, value);
        }
        Ok(request)
    }

    fn headers(
        &self,
        request: &Request,
        service: Service,
        now: SystemTime,
    ) -> Option<Vec<(HeaderName, HeaderValue)>> {
        let parameters = v4::SigningParams::builder()
            .identity(&self.identity)
            .region(&self.region)
            .name(service.signing_name())
            .time(now)
            .settings(SigningSettings::default())
            .build()
            .ok()?
            .into();
        let headers =
            request.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let body = SignableBody::Bytes(&request.body);
        let signable = SignableRequest::new("POST", request.url.as_str(), headers, body).ok()?;
        let (instructions, _signature) = sign(signable, &parameters).ok()?.into_parts();
        let added = instructions.headers().map(|(name, value)| {
            Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value).ok()?))
        });
        added.collect()
    }
}

fn unsigned() -> Reason {
    Reason::new(ReasonClass::Credentials, "signature", "the request to AWS can't be signed")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use url::Url;

    use super::*;
    use crate::environment::Environment;

    /// The signer of the environment with the key of AWS's own examples.
    fn signer(token: Option<&str>) -> Option<Signer> {
        let variables = [
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
        ];
        let token = token.map(|token| ("AWS_SESSION_TOKEN", token));
        let environment: Environment = variables.into_iter().chain(token).collect();
        Signer::from_settings(&AwsSettings::read(&environment, &mut Vec::new()))
    }

    /// 2015-08-30T12:36:00Z, the time of AWS's own test suite.
    fn at() -> SystemTime {
        UNIX_EPOCH + Duration::from_mins(24_015_636)
    }

    fn signed(token: Option<&str>, body: &str) -> Request {
        let url = Url::parse("https://email.us-east-1.amazonaws.com/v2/email/outbound-emails").unwrap();
        let request = Request::json(url, &body).unwrap();
        signer(token).unwrap().sign(request, Service::Email, at()).unwrap()
    }

    #[test]
    fn the_signature_is_the_one_that_botocore_computes() {
        let request = signed(Some("token"), "body");
        let shown: Vec<_> =
            request.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        assert_eq!(
            shown,
            [
                ("content-type", "application/json"),
                ("x-amz-date", "20150830T123600Z"),
                ("authorization", BOTOCORE),
                ("x-amz-security-token", "token"),
            ]
        );
        assert!(request.headers.iter().skip(1).all(|(_, value)| value.is_sensitive()));
    }

    const BOTOCORE: &str = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/ses/aws4_request, \
        SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=b9d7b6265cd1322efeac643ad27073419d3d77c40b3abf68635fbd7c3bc09b5b";

    #[test]
    fn the_signature_depends_on_the_body_and_needs_credentials() {
        let signature = |body| signed(None, body).headers.remove("authorization");
        assert_ne!(signature("a"), signature("b"));
        assert_eq!(signed(None, "a").headers.get("x-amz-security-token"), None);
        let none = AwsSettings::read(&Environment::from_iter([("AWS_REGION", "us-east-1")]), &mut Vec::new());
        assert!(Signer::from_settings(&none).is_none());
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", signer(Some("token")));
        assert!(!shown.contains("EXAMPLEKEY") && !shown.contains("token\""), "{shown}");
    }
}
