//! Checks of the webhook secrets that need no call: whether an attacker could guess one, or an operator mistyped one.

use std::collections::BTreeMap;

use reqwest::header::HeaderName;
use secrecy::{ExposeSecret as _, SecretString};
use shared::secrets::{KaleyraWebhookSecret, WebhookSecrets};

use super::strength::{Strength, strength};
use crate::commands::doctor::finding::Finding;

/// What the knowledge of a secret allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lets {
    /// False reports about our messages.
    Report,
    /// A repeated challenge, and nothing else.
    Handshake,
}

/// Judges the webhook secrets.
pub(super) fn findings(secrets: &WebhookSecrets) -> Vec<Finding> {
    let all = values(secrets);
    let mut findings: Vec<Finding> =
        all.iter().filter_map(|(place, secret, lets)| guessable(place, secret, *lets)).collect();
    findings.extend(repeated(&all));
    if let Some(onemsg) = &secrets.onemsg {
        findings.extend(not_for_urls(&onemsg.url_secret));
    }
    if let Some(KaleyraWebhookSecret::Header { name, .. }) = &secrets.kaleyra
        && name.parse::<HeaderName>().is_err()
    {
        findings.push(Finding::fault(
            "The webhook secrets: kaleyra.header.name is no name that an HTTP header can have.",
            "No callback of Kaleyra's can carry it, so that all of them are refused.",
            "Choose a name of letters, digits and hyphens, such as X-Callback-Key, here and in Kaleyra's callback profile.",
        ));
    }
    findings
}

fn values(secrets: &WebhookSecrets) -> Vec<(&'static str, &SecretString, Lets)> {
    let mut values = Vec::new();
    if let Some(onemsg) = &secrets.onemsg {
        values.push(("onemsg.url_secret", &onemsg.url_secret, Lets::Report));
    }
    match &secrets.kaleyra {
        Some(KaleyraWebhookSecret::Header { value, .. }) => {
            values.push(("kaleyra.header.value", value, Lets::Report));
        }
        Some(KaleyraWebhookSecret::Basic { password, .. }) => {
            values.push(("kaleyra.basic.password", password, Lets::Report));
        }
        Some(KaleyraWebhookSecret::Bearer(token)) => values.push(("kaleyra.bearer", token, Lets::Report)),
        None => {}
    }
    if let Some(meta) = &secrets.meta {
        values.push(("meta.app_secret", &meta.app_secret, Lets::Report));
        values.push(("meta.verify_token", &meta.verify_token, Lets::Handshake));
    }
    values
}

fn guessable(place: &str, secret: &SecretString, lets: Lets) -> Option<Finding> {
    let why = match lets {
        Lets::Report => "Whoever finds it can report messages as delivered, read or failed that never were.",
        Lets::Handshake => {
            "Whoever finds it can have our webhook repeat a challenge, and register it for an app of their own."
        }
    };
    let the = format!("The webhook secrets: {place} is");
    match (strength(secret.expose_secret()), lets) {
        (Strength::Strong, _) | (Strength::Weak, Lets::Handshake) => None,
        (Strength::Placeholder, _) => Some(Finding::fault(
            format!("{the} empty, or still what stands in the guide."),
            "An empty secret lets nobody in, and one from a guide is known to everybody.",
            replace(place),
        )),
        (Strength::Guessable, Lets::Report) => {
            Some(Finding::fault(format!("{the} short or simple enough to be guessed."), why, replace(place)))
        }
        (Strength::Guessable, Lets::Handshake) => Some(Finding::warning(
            format!("{the} short or simple enough to be guessed."),
            why,
            replace(place),
        )),
        (Strength::Weak, Lets::Report) => {
            Some(Finding::warning(format!("{the} shorter than it should be."), why, replace(place)))
        }
    }
}

fn replace(place: &str) -> String {
    if place == "meta.app_secret" {
        return "Copy it anew from the app's dashboard (App settings, Basic), and put the whole secret again.".to_owned();
    }
    format!(
        "Make a new {place} with `openssl rand -hex 32`, put the whole secret again, then change it on the provider's side \
         (docs/deploy.md, step 7)."
    )
}

fn repeated(values: &[(&'static str, &SecretString, Lets)]) -> Vec<Finding> {
    let mut places: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (place, secret, _) in values {
        places.entry(secret.expose_secret()).or_default().push(place);
    }
    let repeated = places.into_values().filter(|places| places.len() > 1);
    repeated
        .map(|places| {
            Finding::warning(
                format!("The webhook secrets: {} are the same.", places.join(" and ")),
                "Whoever learns the one, a provider's employee for one, can call as the other provider too.",
                "Make one of them anew with `openssl rand -hex 32` and change it on its provider's side.",
            )
        })
        .collect()
}

fn not_for_urls(secret: &SecretString) -> Option<Finding> {
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let value = secret.expose_secret();
    let fits = value.bytes().all(is_unreserved) && !matches!(value, "." | "..");
    (!fits).then(|| {
        Finding::fault(
            "The webhook secrets: onemsg.url_secret has characters that a URL writes in another way.",
            "The path that 1MSG calls then never equals the secret, so that all its callbacks are refused.",
            "Make a new onemsg.url_secret with `openssl rand -hex 32`, put the whole secret again, then run `ops webhook register onemsg`.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Severity;
    use super::*;

    const GOOD: &str = "9f2c61d07be4835a0c44e1b78d3f6a92";
    const OTHER: &str = "5d1ae09c77b2f4386e0fb3c219a8d764";

    fn found(json: &str) -> Vec<(Severity, String)> {
        let secrets: WebhookSecrets = serde_json::from_str(json).unwrap();
        findings(&secrets).into_iter().map(|finding| (finding.severity, finding.what)).collect()
    }

    #[track_caller]
    fn assert_found(json: &str, severity: Severity, said: &str) {
        let found = found(json);
        assert!(
            found.len() == 1 && found[0].0 == severity && found[0].1.contains(said),
            "{said} in {found:?}"
        );
    }

    #[test]
    fn random_secrets_are_fine() {
        let json = format!(
            r#"{{"onemsg": {{"url_secret": "{GOOD}"}}, "kaleyra": {{"header": {{"name": "X-Key", "value": "{OTHER}"}}}}}}"#
        );
        assert_eq!(found(&json), Vec::new());
    }

    #[test]
    fn a_secret_that_can_be_guessed_is_a_fault_and_a_short_one_a_warning() {
        assert_found(
            r#"{"onemsg": {"url_secret": "hunter2"}}"#,
            Severity::Fault,
            "onemsg.url_secret is short",
        );
        assert_found(
            r#"{"kaleyra": {"bearer": "9f2c61d07be4835a9f2c61"}}"#,
            Severity::Warning,
            "kaleyra.bearer is shorter",
        );
        assert_found(
            r#"{"kaleyra": {"basic": {"username": "u", "password": ""}}}"#,
            Severity::Fault,
            "kaleyra.basic.password is empty",
        );
        let token =
            |token: &str| format!(r#"{{"meta": {{"app_secret": "{GOOD}", "verify_token": "{token}"}}}}"#);
        assert_found(&token("hello"), Severity::Warning, "meta.verify_token is short");
        assert_found(&token("<token>"), Severity::Fault, "meta.verify_token is empty, or still");
    }

    #[test]
    fn one_secret_for_two_providers_is_warned_of() {
        let json = format!(r#"{{"onemsg": {{"url_secret": "{GOOD}"}}, "kaleyra": {{"bearer": "{GOOD}"}}}}"#);
        assert_found(&json, Severity::Warning, "onemsg.url_secret and kaleyra.bearer are the same");
    }

    #[test]
    fn what_a_url_or_a_header_cannot_carry_is_a_fault() {
        let json = format!(r#"{{"onemsg": {{"url_secret": "{GOOD}/+"}}}}"#);
        assert_found(&json, Severity::Fault, "a URL writes in another way");
        let json = format!(r#"{{"kaleyra": {{"header": {{"name": "X Key", "value": "{GOOD}"}}}}}}"#);
        assert_found(&json, Severity::Fault, "kaleyra.header.name");
    }
}
