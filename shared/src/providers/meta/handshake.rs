//! Answers Meta's verification of the webhook: a GET with `hub.mode`, `hub.challenge` and `hub.verify_token`,
//! to which the reply's body must be the challenge.

use std::borrow::Cow;

use form_urlencoded::parse;

use crate::providers::authentication::{Refused, one_of};
use crate::secrets::MetaWebhookSecret;

/// Meta's challenges are numbers of about ten digits.
const MAX_CHALLENGE_BYTES: usize = 256;

/// The challenge, to be returned as plain text with status 200, if the query contains one of the active
/// tokens.
pub fn challenge(query: &str, secrets: &[&MetaWebhookSecret]) -> Result<String, Refused> {
    let value = |name: &str| parse(query.as_bytes()).find(|(given, _)| given == name).map(|(_, value)| value);
    let token = value("hub.verify_token");
    one_of(token.as_deref().map(str::as_bytes), secrets.iter().map(|secret| &secret.verify_token))?;
    if value("hub.mode").as_deref() != Some("subscribe") {
        return Err(Refused::Malformed);
    }
    value("hub.challenge")
        .filter(|challenge| is_harmless(challenge))
        .map(Cow::into_owned)
        .ok_or(Refused::Malformed)
}

/// Whether the challenge is a short word. The reply repeats it unchanged, so other content is refused.
fn is_harmless(challenge: &str) -> bool {
    (1..=MAX_CHALLENGE_BYTES).contains(&challenge.len())
        && challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(verify_token: &str) -> MetaWebhookSecret {
        MetaWebhookSecret { app_secret: "s".into(), verify_token: verify_token.into(), phone_number_id: None }
    }

    #[test]
    fn only_an_active_token_gets_the_challenge() {
        let (current, previous) = (secret("tok en"), secret("before"));
        for (query, result) in [
            ("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=tok%20en", Ok("1158201444")),
            ("hub.verify_token=before&hub.challenge=7&hub.mode=subscribe", Ok("7")),
            ("hub.mode=subscribe&hub.challenge=7&hub.verify_token=toke", Err(Refused::Wrong)),
            ("hub.mode=subscribe&hub.challenge=7&hub.verify_token=", Err(Refused::Missing)),
            ("hub.mode=subscribe&hub.challenge=7", Err(Refused::Missing)),
            ("hub_mode=subscribe&hub_challenge=7&hub_verify_token=before", Err(Refused::Missing)),
            ("hub.mode=unsubscribe&hub.challenge=7&hub.verify_token=before", Err(Refused::Malformed)),
            ("hub.challenge=7&hub.verify_token=before", Err(Refused::Malformed)),
            ("hub.mode=subscribe&hub.verify_token=before", Err(Refused::Malformed)),
            ("hub.mode=subscribe&hub.challenge=&hub.verify_token=before", Err(Refused::Malformed)),
            (
                "hub.mode=subscribe&hub.challenge=%3Cscript%3E&hub.verify_token=before",
                Err(Refused::Malformed),
            ),
            ("", Err(Refused::Missing)),
        ] {
            assert_eq!(challenge(query, &[&current, &previous]), result.map(str::to_owned), "{query}");
        }
    }

    #[test]
    fn an_empty_token_accepts_no_call() {
        let query = "hub.mode=subscribe&hub.challenge=7&hub.verify_token=";
        assert_eq!(challenge(query, &[&secret("")]), Err(Refused::NotConfigured));
        assert_eq!(challenge(query, &[]), Err(Refused::NotConfigured));
    }
}
