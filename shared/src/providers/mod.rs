//! The providers' wire formats and their HTTP client.

use url::Url;

/// Base URLs.
#[derive(Debug, Clone)]
pub struct BaseUrls {
    /// 1MSG.
    pub onemsg: Url,
    /// Kaleyra.
    pub kaleyra: Option<Url>,
    /// Meta.
    pub meta: Url,
}

impl Default for BaseUrls {
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "literals")]
        let literal = |url| Url::parse(url).expect("a literal URL");
        Self {
            onemsg: literal("https://api.1msg.io"),
            kaleyra: None,
            meta: literal("https://graph.facebook.com"),
        }
    }
}
