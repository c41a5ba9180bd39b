//! Authenticates 1MSG's callbacks. 1MSG signs nothing and sends no custom header, so the last segment of the
//! webhook's path is the secret.

use crate::providers::authentication::{Refused, one_of};
use crate::secrets::OneMsgWebhookSecret;

/// Accepts a call whose path ends with one of the active secrets.
pub fn verify(segment: Option<&str>, secrets: &[&OneMsgWebhookSecret]) -> Result<(), Refused> {
    one_of(segment.map(str::as_bytes), secrets.iter().map(|secret| &secret.url_secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(secret: &str) -> OneMsgWebhookSecret {
        OneMsgWebhookSecret { url_secret: secret.into() }
    }

    #[test]
    fn only_an_active_secret_in_the_path_is_accepted() {
        let (current, previous, empty) = (secret("a-long-one"), secret("the-one-before"), secret(""));
        let both = [&current, &previous];
        for (segment, secrets, result) in [
            (Some("a-long-one"), &both[..], Ok(())),
            (Some("the-one-before"), &both, Ok(())),
            (Some("a-long-on"), &both, Err(Refused::Wrong)),
            (Some("A-LONG-ONE"), &both, Err(Refused::Wrong)),
            (Some(""), &both, Err(Refused::Missing)),
            (None, &both, Err(Refused::Missing)),
            (Some("x"), &[], Err(Refused::NotConfigured)),
            (Some(""), &[&empty], Err(Refused::NotConfigured)),
        ] {
            assert_eq!(verify(segment, secrets), result, "{segment:?}");
        }
    }
}
