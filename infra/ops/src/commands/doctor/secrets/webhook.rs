//! Checks the webhook secrets without calls: they must be hard to guess, and usable in URLs and headers.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::header::HeaderName;
use secrecy::{ExposeSecret as _, SecretString};
use shared::message::Sender;
use shared::secrets::{KaleyraWebhookSecret, Senders, WebhookSecrets};

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

/// With `only`, of the senders only this one is examined.
pub(super) fn findings(secret: &Senders<WebhookSecrets>, only: Option<&Sender>) -> Vec<Finding> {
    let all: Vec<Value<'_>> = secret.all().flat_map(|(sender, own)| values(sender, own)).collect();
    let is_examined = |sender: Option<&Sender>| only.is_none() || sender == only;
    let mut findings: Vec<Finding> = all
        .iter()
        .filter(|value| is_examined(value.sender))
        .filter_map(|value| Some(guessable(value)?.of_sender(value.sender)))
        .collect();
    findings.extend(repeated(&all));
    findings.extend(shared_apps(secret));
    for (sender, own) in secret.all().filter(|(sender, _)| is_examined(*sender)) {
        let found = not_for_calls(own, &prefix(sender));
        findings.extend(found.into_iter().map(|finding| finding.of_sender(sender)));
    }
    findings
}

/// A secret value and its place.
struct Value<'a> {
    /// None for the default sender.
    sender: Option<&'a Sender>,
    place: String,
    secret: &'a SecretString,
    misuse: Misuse,
}

/// The place of a sender in the secret: nothing, or `senders.acme.`.
pub(super) fn prefix(sender: Option<&Sender>) -> String {
    sender.map(|sender| format!("senders.{sender}.")).unwrap_or_default()
}

fn values<'a>(sender: Option<&'a Sender>, secrets: &'a WebhookSecrets) -> Vec<Value<'a>> {
    let mut values = Vec::new();
    let mut add = |field: &str, secret: &'a SecretString, misuse| {
        values.push(Value { sender, place: prefix(sender) + field, secret, misuse });
    };
    if let Some(onemsg) = &secrets.onemsg {
        add("onemsg.url_secret", &onemsg.url_secret, Misuse::Report);
    }
    match &secrets.kaleyra {
        Some(KaleyraWebhookSecret::Header { value, .. }) => {
            add("kaleyra.header.value", value, Misuse::Report);
        }
        Some(KaleyraWebhookSecret::Basic { password, .. }) => {
            add("kaleyra.basic.password", password, Misuse::Report);
        }
        Some(KaleyraWebhookSecret::Bearer(token)) => add("kaleyra.bearer", token, Misuse::Report),
        None => {}
    }
    if let Some(meta) = &secrets.meta {
        add("meta.app_secret", &meta.app_secret, Misuse::Report);
        add("meta.verify_token", &meta.verify_token, Misuse::Handshake);
    }
    values
}

fn guessable(Value { place, secret, misuse, .. }: &Value<'_>) -> Option<Finding> {
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
    if place.ends_with("meta.app_secret") {
        return "Copy it again from the app's dashboard (App settings, Basic), and store the whole secret again.".to_owned();
    }
    format!(
        "Create a new {place} with `openssl rand -hex 32`, store the whole secret again, then change it at the provider \
         (docs/deploy.md, step 7)."
    )
}

fn repeated(values: &[Value<'_>]) -> Vec<Finding> {
    let mut same: BTreeMap<&str, Vec<&Value<'_>>> = BTreeMap::new();
    for value in values {
        same.entry(value.secret.expose_secret()).or_default().push(value);
    }
    same.into_values().filter(|same| same.len() > 1).filter_map(|same| repetition(&same)).collect()
}

/// The finding about values that are the same. Senders may share an app of Meta: see [`shared_apps`].
fn repetition(same: &[&Value<'_>]) -> Option<Finding> {
    let field = |value: &Value<'_>| value.place.trim_start_matches(&prefix(value.sender)).to_owned();
    let fields: BTreeSet<String> = same.iter().map(|value| field(value)).collect();
    let is_of_an_app = fields.len() == 1 && fields.iter().all(|field| field.starts_with("meta."));
    let places: Vec<&str> = same.iter().map(|value| value.place.as_str()).collect();
    let what = format!("The webhook secrets: {} are the same.", places.join(" and "));
    if is_of_an_app {
        return None;
    }
    Some(if fields.len() == 1 {
        Finding::warning(
            what,
            "A call with it may report about the messages of each of these senders.",
            "Create one of them again with `openssl rand -hex 32`, and change it at its provider; or remove those of the senders with a \
             name, which then share the default sender's.",
        )
    } else {
        Finding::warning(
            what,
            "Anyone who learns one, such as a provider's employee, can also call as the other provider.",
            "Create one of them again with `openssl rand -hex 32`, and change it at its provider.",
        )
    })
}

/// Senders with the same app of Meta, whose reports only the number's id tells apart.
fn shared_apps(secret: &Senders<WebhookSecrets>) -> Vec<Finding> {
    let mut apps: BTreeMap<&str, Vec<(String, bool)>> = BTreeMap::new();
    for (sender, own) in secret.all() {
        let Some(meta) = &own.meta else { continue };
        let entry = (prefix(sender) + "meta", meta.phone_number_id.is_some());
        apps.entry(meta.app_secret.expose_secret()).or_default().push(entry);
    }
    let join = |places: Vec<&str>| places.join(" and ");
    apps.into_values()
        .filter(|entries| entries.len() > 1 && !entries.iter().all(|(_, has_number)| *has_number))
        .map(|entries| {
            let all = join(entries.iter().map(|(place, _)| place.as_str()).collect());
            let without = entries.iter().filter(|(_, has_number)| !has_number);
            let without = join(without.map(|(place, _)| place.as_str()).collect());
            Finding::warning(
                format!("The webhook secrets: {all} have the same app_secret, without phone_number_id in {without}."),
                "A report about one of these senders' messages is accepted for another one, too.",
                "Add phone_number_id to each of these entries (docs/senders.md), or remove those of the senders with a name, which \
                 then share the default sender's.",
            )
        })
        .collect()
}

/// Values that no call can contain.
fn not_for_calls(secrets: &WebhookSecrets, prefix: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(onemsg) = &secrets.onemsg {
        findings.extend(not_for_urls(&onemsg.url_secret, prefix));
    }
    if let Some(KaleyraWebhookSecret::Header { name, .. }) = &secrets.kaleyra
        && name.parse::<HeaderName>().is_err()
    {
        findings.push(Finding::fault(
            format!("The webhook secrets: {prefix}kaleyra.header.name is not a valid header name."),
            "Kaleyra's callbacks can't contain it, so all of them are refused.",
            "Choose a name of letters, digits and hyphens, such as X-Callback-Key, here and in Kaleyra's callback profile.",
        ));
    }
    findings
}

fn not_for_urls(secret: &SecretString, prefix: &str) -> Option<Finding> {
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let value = secret.expose_secret();
    let fits = value.bytes().all(is_unreserved) && !matches!(value, "." | "..");
    (!fits).then(|| {
        Finding::fault(
            format!("The webhook secrets: {prefix}onemsg.url_secret has characters that URLs encode."),
            "The path of 1MSG's calls never equals the secret, so all its callbacks are refused.",
            format!("Create a new {prefix}onemsg.url_secret with `openssl rand -hex 32`, store the whole secret again, then run `ops webhook register onemsg`."),
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
        let secret: Senders<WebhookSecrets> = serde_json::from_str(json).unwrap();
        findings(&secret, None).into_iter().map(|finding| (finding.severity, finding.what)).collect()
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

    #[test]
    fn senders_with_the_same_secret_are_a_warning_unless_a_number_tells_them_apart() {
        let urls = format!(
            r#"{{"senders": {{"acme": {{"onemsg": {{"url_secret": "{GOOD}"}}}}, "beta": {{"onemsg": {{"url_secret": "{GOOD}"}}}}}}}}"#
        );
        assert_found(
            &urls,
            Severity::Warning,
            "senders.acme.onemsg.url_secret and senders.beta.onemsg.url_secret are the same",
        );
        let app = |number: &str| format!(r#"{{"app_secret": "{GOOD}", "verify_token": "{OTHER}"{number}}}"#);
        let apps = |number: &str| {
            let numbered = app(r#", "phone_number_id": "1""#);
            format!(r#"{{"meta": {numbered}, "senders": {{"acme": {{"meta": {}}}}}}}"#, app(number))
        };
        assert_found(&apps(""), Severity::Warning, "without phone_number_id in senders.acme.meta.");
        assert_eq!(found(&apps(r#", "phone_number_id": "2""#)), Vec::new());
    }

    #[test]
    fn a_senders_finding_has_its_place_and_its_name() {
        let secret: Senders<WebhookSecrets> = serde_json::from_str(
            r#"{"senders": {"acme": {"onemsg": {"url_secret": "hunter2"}}, "beta": {}}}"#,
        )
        .unwrap();
        let (acme, beta) = (Sender::parse("acme").unwrap(), Sender::parse("beta").unwrap());
        assert_eq!(findings(&secret, Some(&beta)), Vec::new());
        let found = findings(&secret, Some(&acme));
        assert_eq!(found[0].sender, Some(acme));
        assert!(found[0].what.contains("senders.acme.onemsg.url_secret is short"), "{found:?}");
    }
}
