//! The providers' addresses.

use url::Url;

use super::aws_service::Service;
use crate::protocol::{Reason, ReasonClass};

/// The addresses before the path of every request. They differ from the defaults if the providers are
/// simulated, and may have a path.
#[derive(Debug, Clone)]
pub struct BaseUrls {
    /// 1MSG: `https://api.1msg.io` by default (seeds 000, 001 and 002).
    pub onemsg: Url,
    /// Kaleyra: by default the address in the credentials, because it differs by region (seed 003). An
    /// address given here takes precedence.
    pub kaleyra: Option<Url>,
    /// Meta: `https://graph.facebook.com` by default (seed 004).
    pub meta: Url,
    /// AWS's services that send messages.
    pub aws: AwsUrls,
}

/// The addresses of AWS's services that send messages.
#[derive(Debug, Clone, Default)]
pub struct AwsUrls {
    /// The region whose services are used; `None` if the environment names none.
    pub region: Option<String>,
    /// Text messages, if not at the region's own address.
    pub sms: Option<Url>,
    /// E-mail, if not at the region's own address.
    pub email: Option<Url>,
    /// WhatsApp, if not at the region's own address.
    pub whatsapp: Option<Url>,
}

impl AwsUrls {
    /// The addresses in the variables of the AWS SDKs: the service's own, or else `AWS_ENDPOINT_URL`, given as `everywhere`.
    pub fn from_variables(
        region: Option<String>,
        everywhere: Option<&Url>,
        mut variable: impl FnMut(&str) -> Option<Url>,
    ) -> Self {
        let mut endpoint = |name| variable(name).or_else(|| everywhere.cloned());
        Self {
            region,
            sms: endpoint("AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2"),
            email: endpoint("AWS_ENDPOINT_URL_SESV2"),
            whatsapp: endpoint("AWS_ENDPOINT_URL_SOCIALMESSAGING"),
        }
    }

    /// The service's address. Fails without a region.
    pub(super) fn base(&self, service: Service) -> Result<Url, Reason> {
        let given = match service {
            Service::Sms => &self.sms,
            Service::Email => &self.email,
            Service::WhatsApp => &self.whatsapp,
        };
        if let Some(url) = given {
            return Ok(url.clone());
        }
        let host = self.region.as_ref().map(|region| format!("{}.{region}.amazonaws.com", service.host()));
        host.and_then(|host| Url::parse(&format!("https://{host}")).ok()).ok_or_else(|| {
            let text = "AWS_REGION is not set or is no region: the address of AWS's service contains it";
            Reason::new(ReasonClass::Credentials, "no_region", text)
        })
    }
}

impl Default for BaseUrls {
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "two literals that the tests parse")]
        let literal = |url| Url::parse(url).expect("a literal URL");
        Self {
            onemsg: literal("https://api.1msg.io"),
            kaleyra: None,
            meta: literal("https://graph.facebook.com"),
            aws: AwsUrls::default(),
        }
    }
}

impl BaseUrls {
    /// The addresses in these variables, or else the providers' own.
    pub fn from_variables(aws: AwsUrls, mut variable: impl FnMut(&str) -> Option<Url>) -> Self {
        let own = Self::default();
        Self {
            onemsg: variable("ONEMSG_BASE_URL").unwrap_or(own.onemsg),
            kaleyra: variable("KALEYRA_BASE_URL").or(own.kaleyra),
            meta: variable("META_BASE_URL").unwrap_or(own.meta),
            aws,
        }
    }
}

/// Appends these segments to the address's path, percent-encoded where a path requires it (a `+` does not).
pub(super) fn endpoint(base: &Url, segments: &[&str]) -> Result<Url, Reason> {
    let mut url = base.clone();
    match url.path_segments_mut() {
        Ok(mut path) => path.pop_if_empty().extend(segments),
        Err(()) => {
            return Err(Reason::new(
                ReasonClass::Credentials,
                "base_url",
                "the base URL has no path: write it like https://host",
            ));
        }
    };
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_the_providers_own_addresses() {
        let urls = BaseUrls::default();
        assert_eq!(urls.onemsg.as_str(), "https://api.1msg.io/");
        assert_eq!(urls.meta.as_str(), "https://graph.facebook.com/");
        assert_eq!(urls.kaleyra, None);
    }

    #[test]
    fn segments_are_appended_to_the_base_path() {
        for (base, segments, url) in [
            ("https://api.1msg.io", ["VID1", "sendTemplate"], "https://api.1msg.io/VID1/sendTemplate"),
            ("http://127.0.0.1:4010/onemsg", ["VID1", "x"], "http://127.0.0.1:4010/onemsg/VID1/x"),
            ("http://127.0.0.1:4010/onemsg/", ["VID1", "x"], "http://127.0.0.1:4010/onemsg/VID1/x"),
            ("https://h", ["a/b?c#d", "+91 1"], "https://h/a%2Fb%3Fc%23d/+91%201"),
        ] {
            assert_eq!(endpoint(&Url::parse(base).unwrap(), &segments).unwrap().as_str(), url);
        }
    }

    #[test]
    fn a_service_of_aws_is_in_the_region_unless_a_variable_names_its_address() {
        let local = Url::parse("http://127.0.0.1:4010/aws").unwrap();
        let region = || Some("eu-central-1".to_owned());
        let base = |urls: &AwsUrls, service| urls.base(service).map(|url| url.to_string());
        let urls = AwsUrls::from_variables(region(), None, |_| None);
        for (service, url) in [
            (Service::Sms, "https://sms-voice.eu-central-1.amazonaws.com/"),
            (Service::Email, "https://email.eu-central-1.amazonaws.com/"),
            (Service::WhatsApp, "https://social-messaging.eu-central-1.amazonaws.com/"),
        ] {
            assert_eq!(base(&urls, service).as_deref(), Ok(url));
            let everywhere = AwsUrls::from_variables(region(), Some(&local), |_| None);
            assert_eq!(base(&everywhere, service).as_deref(), Ok(local.as_str()));
        }
        let only_email = |name: &str| (name == "AWS_ENDPOINT_URL_SESV2").then(|| local.clone());
        let urls = AwsUrls::from_variables(None, None, only_email);
        assert_eq!(base(&urls, Service::Email).as_deref(), Ok(local.as_str()));
        assert_eq!(base(&urls, Service::Sms).unwrap_err().code, "no_region");
    }

    #[test]
    fn a_base_without_a_path_is_refused() {
        let reason = endpoint(&Url::parse("mailto:x").unwrap(), &["a"]).unwrap_err();
        assert_eq!((reason.class, reason.code.as_str()), (ReasonClass::Credentials, "base_url"));
    }
}
