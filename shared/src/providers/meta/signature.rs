//! Verifies `X-Hub-Signature-256: sha256=<hex>`: the HMAC-SHA256 of the body's raw bytes with the app secret.
//!
//! The signature applies to the bytes as received (API Gateway may pass them in base64), so it is checked
//! before the body is parsed.

use aws_lc_rs::hmac;
use secrecy::ExposeSecret;

use crate::providers::authentication::{Refused, active};
use crate::secrets::MetaWebhookSecret;

/// The header with the signature.
pub(super) const HEADER: &str = "x-hub-signature-256";
const ALGORITHM: &[u8] = b"sha256=";

/// Accepts a body that is signed with one of the active app secrets.
pub fn verify(header: Option<&[u8]>, body: &[u8], secrets: &[&MetaWebhookSecret]) -> Result<(), Refused> {
    let secrets = active(secrets.iter().map(|secret| &secret.app_secret))?;
    let header = header.ok_or(Refused::Missing)?;
    let hex = header.strip_prefix(ALGORITHM).ok_or(Refused::Malformed)?;
    let mut tag = [0; 32];
    hex::decode_to_slice(hex, &mut tag).map_err(|_| Refused::Malformed)?;
    let signed = secrets.iter().any(|secret| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
        hmac::verify(&key, body, &tag).is_ok()
    });
    if signed { Ok(()) } else { Err(Refused::Wrong) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example on GitHub's page "Validating webhook deliveries", whose header has the same form.
    const SECRET: &str = "It's a Secret to Everybody";
    const BODY: &[u8] = b"Hello, World!";
    const SIGNATURE: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    fn secret(app_secret: &str) -> MetaWebhookSecret {
        MetaWebhookSecret { app_secret: app_secret.into(), verify_token: "t".into(), phone_number_id: None }
    }

    fn check(header: &str, body: &[u8], secrets: &[&str]) -> Result<(), Refused> {
        let secrets: Vec<_> = secrets.iter().map(|text| secret(text)).collect();
        verify(Some(header.as_bytes()), body, &secrets.iter().collect::<Vec<_>>())
    }

    #[test]
    fn the_published_example_is_accepted() {
        assert_eq!(check(SIGNATURE, BODY, &[SECRET]), Ok(()));
        let upper_case = SIGNATURE.to_uppercase().replace("SHA256", "sha256");
        assert_eq!(check(&upper_case, BODY, &[SECRET]), Ok(()));
    }

    #[test]
    fn the_previous_secret_is_accepted() {
        assert_eq!(check(SIGNATURE, BODY, &["new", SECRET]), Ok(()));
        assert_eq!(check(SIGNATURE, BODY, &["", SECRET]), Ok(()));
    }

    #[test]
    fn a_forged_signature_or_body_is_refused() {
        let forged = SIGNATURE.replace("757107", "757108");
        assert_eq!(check(&forged, BODY, &[SECRET]), Err(Refused::Wrong));
        assert_eq!(check(SIGNATURE, b"Hello, World?", &[SECRET]), Err(Refused::Wrong));
        assert_eq!(check(SIGNATURE, b"", &[SECRET]), Err(Refused::Wrong));
        assert_eq!(check(SIGNATURE, BODY, &["another"]), Err(Refused::Wrong));
    }

    #[test]
    fn a_malformed_signature_is_refused() {
        let digits = SIGNATURE.trim_start_matches("sha256=");
        for header in [
            "",
            "sha256=",
            digits,
            &format!("sha1={digits}"),
            &format!("SHA256={digits}"),
            &format!("{SIGNATURE}00"),
            &SIGNATURE[..SIGNATURE.len() - 2],
            &SIGNATURE[..SIGNATURE.len() - 1],
            &SIGNATURE.replace("75", "zz"),
            &format!(" {SIGNATURE}"),
        ] {
            assert_eq!(check(header, BODY, &[SECRET]), Err(Refused::Malformed), "{header}");
        }
        let secret = secret(SECRET);
        assert_eq!(verify(Some(&[0xff; 71]), BODY, &[&secret]), Err(Refused::Malformed));
        assert_eq!(verify(None, BODY, &[&secret]), Err(Refused::Missing));
    }

    #[test]
    fn an_empty_secret_verifies_nothing() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"");
        let header = format!("sha256={}", hex::encode(hmac::sign(&key, BODY)));
        assert_eq!(check(&header, BODY, &[""]), Err(Refused::NotConfigured));
        assert_eq!(check(&header, BODY, &[]), Err(Refused::NotConfigured));
        assert_eq!(check(&header, BODY, &["", SECRET]), Err(Refused::Wrong));
    }
}
