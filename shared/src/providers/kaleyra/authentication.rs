//! Authenticates Kaleyra's callbacks. Kaleyra signs nothing; the operator chooses a custom header, Basic or Bearer
//! authentication in the callback profile.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use crate::providers::authentication::{Refused, active, same};
use crate::secrets::KaleyraWebhookSecret;

/// Accepts a call that one of the active secrets authenticates. Otherwise returns the most specific refusal.
pub fn verify(headers: &HeaderMap, secrets: &[&KaleyraWebhookSecret]) -> Result<(), Refused> {
    let mut nearest = Refused::NotConfigured;
    for secret in secrets {
        match verify_one(headers, secret) {
            Ok(()) => return Ok(()),
            Err(refused) => nearest = nearest.max(refused),
        }
    }
    Err(nearest)
}

fn verify_one(headers: &HeaderMap, secret: &KaleyraWebhookSecret) -> Result<(), Refused> {
    match secret {
        KaleyraWebhookSecret::Header { name, value } => {
            active(std::iter::once(value))?;
            let given = headers.get(name.as_str()).ok_or(Refused::Missing)?;
            compare(given.as_bytes(), value)
        }
        KaleyraWebhookSecret::Bearer(token) => {
            active(std::iter::once(token))?;
            compare(authorization(headers, "bearer")?, token)
        }
        KaleyraWebhookSecret::Basic { username, password } => {
            active(std::iter::once(password))?;
            let given = STANDARD.decode(authorization(headers, "basic")?).map_err(|_| Refused::Malformed)?;
            compare(&given, &format!("{username}:{}", password.expose_secret()).into())
        }
    }
}

fn compare(given: &[u8], secret: &SecretString) -> Result<(), Refused> {
    if same(given, secret) { Ok(()) } else { Err(Refused::Wrong) }
}

/// The value after the scheme in `Authorization`; the scheme is case-insensitive (RFC 9110, section 11.1).
fn authorization<'a>(headers: &'a HeaderMap, scheme: &str) -> Result<&'a [u8], Refused> {
    let value = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes).ok_or(Refused::Missing)?;
    match value.split_at_checked(scheme.len()) {
        Some((given, [b' ', rest @ ..])) if given.eq_ignore_ascii_case(scheme.as_bytes()) => {
            Ok(rest.trim_ascii())
        }
        _ => Err(Refused::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(json: &str) -> KaleyraWebhookSecret {
        serde_json::from_str(json).unwrap()
    }

    fn check(header: Option<(&'static str, &str)>, secrets: &[&KaleyraWebhookSecret]) -> Result<(), Refused> {
        let headers = header.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        verify(&headers.into_iter().collect(), secrets)
    }

    #[test]
    fn a_custom_header_is_accepted() {
        let current = secret(r#"{"header":{"name":"X-Callback-Key","value":"k1"}}"#);
        let previous = secret(r#"{"header":{"name":"X-Callback-Key","value":"k0"}}"#);
        for (header, result) in [
            (Some(("x-callback-key", "k1")), Ok(())),
            (Some(("X-CALLBACK-KEY", "k0")), Ok(())),
            (Some(("x-callback-key", "k")), Err(Refused::Wrong)),
            (Some(("x-callback-key", "K1")), Err(Refused::Wrong)),
            (Some(("x-callback-key", "")), Err(Refused::Wrong)),
            (Some(("x-other", "k1")), Err(Refused::Missing)),
            (None, Err(Refused::Missing)),
        ] {
            assert_eq!(check(header, &[&current, &previous]), result, "{header:?}");
        }
    }

    #[test]
    fn basic_authentication_is_accepted() {
        let basic = secret(r#"{"basic":{"username":"kaleyra","password":"pass:word"}}"#);
        let encoded = |text: &str| format!("Basic {}", STANDARD.encode(text));
        for (value, result) in [
            (encoded("kaleyra:pass:word"), Ok(())),
            (encoded("kaleyra:pass:word").replace("Basic", "BASIC"), Ok(())),
            (encoded("kaleyra:pass"), Err(Refused::Wrong)),
            (encoded("Kaleyra:pass:word"), Err(Refused::Wrong)),
            (encoded(""), Err(Refused::Wrong)),
            ("Basic ???".to_owned(), Err(Refused::Malformed)),
            ("Bearer pass:word".to_owned(), Err(Refused::Malformed)),
            ("Basic".to_owned(), Err(Refused::Malformed)),
            (String::new(), Err(Refused::Malformed)),
        ] {
            assert_eq!(check(Some(("authorization", value.as_str())), &[&basic]), result, "{value}");
        }
    }

    #[test]
    fn a_bearer_token_is_accepted() {
        let bearer = secret(r#"{"bearer":"t1"}"#);
        for (value, result) in [
            ("Bearer t1", Ok(())),
            ("bearer  t1", Ok(())),
            ("Bearer t", Err(Refused::Wrong)),
            ("Bearer ", Err(Refused::Wrong)),
            ("Bearert1", Err(Refused::Malformed)),
            ("t1", Err(Refused::Malformed)),
        ] {
            assert_eq!(check(Some(("authorization", value)), &[&bearer]), result, "{value}");
        }
    }

    #[test]
    fn a_rotation_may_change_the_kind_of_authentication() {
        let current = secret(r#"{"bearer":"t1"}"#);
        let previous = secret(r#"{"header":{"name":"x-key","value":"k0"}}"#);
        let both = [&current, &previous];
        assert_eq!(check(Some(("authorization", "Bearer t1")), &both), Ok(()));
        assert_eq!(check(Some(("x-key", "k0")), &both), Ok(()));
        for secrets in [both, [&previous, &current]] {
            assert_eq!(check(Some(("x-key", "k1")), &secrets), Err(Refused::Wrong));
            assert_eq!(check(Some(("authorization", "t1")), &secrets), Err(Refused::Malformed));
        }
    }

    #[test]
    fn an_empty_secret_accepts_no_call() {
        for empty in [
            r#"{"header":{"name":"x-key","value":""}}"#,
            r#"{"basic":{"username":"u","password":""}}"#,
            r#"{"bearer":""}"#,
        ] {
            let empty = secret(empty);
            for header in [
                None,
                Some(("x-key", "")),
                Some(("authorization", "Basic dTo=")),
                Some(("authorization", "Bearer ")),
            ] {
                assert_eq!(check(header, &[&empty]), Err(Refused::NotConfigured), "{header:?}");
            }
        }
        assert_eq!(check(Some(("x-key", "k")), &[]), Err(Refused::NotConfigured));
    }
}
