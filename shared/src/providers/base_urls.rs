//! The providers' addresses.

use url::Url;

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
}

impl Default for BaseUrls {
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "two literals that the tests parse")]
        let literal = |url| Url::parse(url).expect("a literal URL");
        Self {
            onemsg: literal("https://api.1msg.io"),
            kaleyra: None,
            meta: literal("https://graph.facebook.com"),
        }
    }
}

impl BaseUrls {
    /// The addresses in these variables, or else the providers' own.
    pub fn from_variables(mut variable: impl FnMut(&str) -> Option<Url>) -> Self {
        let own = Self::default();
        Self {
            onemsg: variable("ONEMSG_BASE_URL").unwrap_or(own.onemsg),
            kaleyra: variable("KALEYRA_BASE_URL").or(own.kaleyra),
            meta: variable("META_BASE_URL").unwrap_or(own.meta),
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
    fn a_base_without_a_path_is_refused() {
        let reason = endpoint(&Url::parse("mailto:x").unwrap(), &["a"]).unwrap_err();
        assert_eq!((reason.class, reason.code.as_str()), (ReasonClass::Credentials, "base_url"));
    }
}
