//! Checks the webhook secrets without calls: they must be hard to guess, and usable in URLs and headers.

use std::collections::BTreeMap;

use reqwest::header::HeaderName;
use secrecy::{ExposeSecret as _, SecretString};
use shared::secrets::{KaleyraWebhookSecret, WebhookSecrets};

use super::strength::{Strength, strength};
use crate::commands::doctor::finding::Finding;

/// What an attacker can do with a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Misuse {
    /// Send false reports.
    Report,
    /// Only complete Meta's handshake.
    Handshake,
}

pub(super) fn findings(secrets: &WebhookSecrets) -> Vec<Finding> {
    let all = values(secrets);
    let mut findings: Vec<Finding> =
        all.iter().filter_map(|(place, secret, misuse)| guessable(place, secret, *misuse)).collect();
    findings.extend(repeated(&all));
    if let Some(onemsg) = &secrets.onemsg {
        findings.extend(not_for_urls(&onemsg.url_secret));
    }
    if let Some(KaleyraWebhookSecret::Header { name, .. }) = &secrets.kaleyra
        && name.parse::<HeaderName>().is_err()
    {
        findings.push(Finding::fault(
            "The webhook secrets: kaleyra.header.name is not a valid header name.",
            "Kaleyra's callbacks can't contain it, so all of them are refused.",
            "Choose a name of letters, digits and hyphens, such as X-Callback-Key, here and in Kaleyra's callback profile.",
        ));
    }
    findings
}

fn values(secrets: &WebhookSecrets) -> Vec<(&'static str, &SecretString, Misuse)> {
    let mut values = Vec::new();
    if let Some(onemsg) = &secrets.onemsg {
        values.push(("onemsg.url_secret", &onemsg.url_secret, Misuse::Report));
    }
    match &secrets.kaleyra {
        Some(KaleyraWebhookSecret::Header { value, .. }) => {
            values.push(("kaleyra.header.value", value, Misuse::Report));
        }
        Some(KaleyraWebhookSecret::Basic { password, .. }) => {
            values.push(("kaleyra.basic.password", password, Misuse::Report));
        }
        Some(KaleyraWebhookSecret::Bearer(token)) => values.push(("kaleyra.bearer", token, Misuse::Report)),
        None => {}
    }
    if let Some(meta) = &secrets.meta {
        values.push(("meta.app_secret", &meta.app_secret, Misuse::Report));
        values.push(("meta.verify_token", &meta.verify_token, Misuse::Handshake));
    }
    values
}

fn guessable(place: &str, secret: &SecretString, misuse: Misuse) -> Option<Finding> {
    let why = match misuse {
        Misuse::Report => "Anyone who finds it can send false delivery reports.",
        Misuse::Handshake => "Anyone who finds it can register the webhook for another app.",
    };
    let the = format!("The webhook secrets: {place} is");
    match (strength(secret.expose_secret()), misuse) {
        (Strength::Strong, _) | (Strength::Weak, Misuse::Handshake) => None,
        (Strength::Placeholder, _) => Some(Finding::fault(
            format!("{the} empty or a placeholder from the guide."),
            "An empty secret refuses every callback, and a placeholder is public.",
            replace(place),
        )),
        (Strength::Guessable, Misuse::Report) => {
            Some(Finding::fault(format!("{the} short or simple enough to be guessed."), why, replace(place)))
        }
        (Strength::Guessable, Misuse::Handshake) => Some(Finding::warning(
            format!("{the} short or simple enough to be guessed."),
            why,
            replace(place),
        )),
        (Strength::Weak, Misuse::Report) => {
            Some(Finding::warning(format!("{the} shorter than it should be."), why, replace(place)))
        }
    }
}

fn replace(place: &str) -> String {
    if place == "meta.app_secret" {
        return "Copy it again from the app's dashboard (App settings, Basic), and store the whole secret again.".to_owned();
    }
    format!(
        "Create a new {place} with `openssl rand -hex 32`, store the whole secret again, then change it at the provider \
         (docs/deploy.md, step 7)."
    )
}

fn repeated(values: &[(&'static str, &SecretString, Misuse)]) -> Vec<Finding> {
    let mut places: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (place, secret, _) in values {
        places.entry(secret.expose_secret()).or_default().push(place);
    }
    let repeated = places.into_values().filter(|places| places.len() > 1);
    repeated
        .map(|places| {
            Finding::warning(
                format!("The webhook secrets: {} are the same.", places.join(" and ")),
                "Anyone who learns one, such as a provider's employee, can also call as the other provider.",
                "Create one of them again with `openssl rand -hex 32`, and change it at its provider.",
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
            "The webhook secrets: onemsg.url_secret has characters that URLs encode.",
            "The path of 1MSG's calls never equals the secret, so all its callbacks are refused.",
            "Create a new onemsg.url_secret with `openssl rand -hex 32`, store the whole secret again, then run `ops webhook register onemsg`.",
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
    fn a_guessable_secret_is_a_fault_and_a_short_one_a_warning() {
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
        assert_found(&token("<token>"), Severity::Fault, "meta.verify_token is empty or a placeholder");
    }

    #[test]
    fn one_secret_for_two_providers_is_a_warning() {
        let json = format!(r#"{{"onemsg": {{"url_secret": "{GOOD}"}}, "kaleyra": {{"bearer": "{GOOD}"}}}}"#);
        assert_found(&json, Severity::Warning, "onemsg.url_secret and kaleyra.bearer are the same");
    }

    #[test]
    fn a_value_that_is_invalid_in_a_url_or_header_is_a_fault() {
        let json = format!(r#"{{"onemsg": {{"url_secret": "{GOOD}/+"}}}}"#);
        assert_found(&json, Severity::Fault, "URLs encode");
        let json = format!(r#"{{"kaleyra": {{"header": {{"name": "X Key", "value": "{GOOD}"}}}}}}"#);
        assert_found(&json, Severity::Fault, "kaleyra.header.name");
    }
}
