//! Checks that both secrets match each other and contain the entries that the catalogue needs.

use shared::catalogue::Catalogue;
use shared::provider::Provider;
use shared::secrets::{Credentials, WebhookSecrets};

use crate::commands::doctor::finding::Finding;

/// Reports entries that are in only one of the two secrets.
pub(super) fn findings(
    credentials: &Credentials,
    webhook: &WebhookSecrets,
    catalogue: Option<&Catalogue>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for provider in Provider::ALL {
        let needs = catalogue.map_or(Need::Unknown, |catalogue| need(catalogue, credentials, provider));
        match (credentials.has(provider), webhook.has(provider)) {
            (true, true) if needs == Need::None => findings.push(Finding::note(
                format!("There are credentials for {provider}, which no notification of the catalogue uses."),
                "Unused credentials are not monitored.",
            )),
            (true, true) => {}
            (true, false) => findings.push(Finding::fault(
                format!("There are credentials for {provider}, but no webhook secret."),
                "Its callbacks are refused, so the delivery of its messages stays unknown.",
                format!(
                    "Add {provider} to the webhook secret (docs/deploy.md, step 4), then set its webhook up: `ops webhook --help`."
                ),
            )),
            (false, listening) => {
                findings.extend(missing(provider, &needs));
                if listening {
                    findings.push(Finding::warning(
                        format!("There is a webhook secret for {provider}, but there are no credentials."),
                        "Nothing is sent through it, but anyone who knows the secret can send false reports.",
                        format!("Add {provider} to the credentials secret, or remove it from the webhook secret."),
                    ));
                }
            }
        }
    }
    findings
}

/// Why the catalogue needs a provider's credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Need {
    /// There is no catalogue.
    Unknown,
    /// No notification names the provider.
    None,
    /// Each notification that names it has another provider with credentials.
    Fallback,
    /// These notifications have no other provider.
    Only(Vec<String>),
}

fn need(catalogue: &Catalogue, credentials: &Credentials, provider: Provider) -> Need {
    let naming: Vec<_> =
        catalogue.entries().iter().filter(|entry| entry.providers.contains(&provider)).collect();
    if naming.is_empty() {
        return Need::None;
    }
    let alone: Vec<String> = naming
        .into_iter()
        .filter(|entry| !entry.providers.iter().any(|other| *other != provider && credentials.has(*other)))
        .map(|entry| entry.name.clone())
        .collect();
    if alone.is_empty() { Need::Fallback } else { Need::Only(alone) }
}

fn missing(provider: Provider, need: &Need) -> Option<Finding> {
    let fix = format!(
        "Add {provider} to the credentials secret (docs/deploy.md, step 4), or remove it from the catalogue's providers and deploy."
    );
    match need {
        Need::Unknown | Need::None => None,
        Need::Fallback => Some(Finding::warning(
            format!("The catalogue names {provider}, but there are no credentials for it."),
            "It is skipped, so a notification has one fallback fewer.",
            fix,
        )),
        Need::Only(notifications) => Some(Finding::fault(
            format!(
                "There are no credentials for {provider}, and no other provider can send {}.",
                notifications.join(", ")
            ),
            "Such a notification waits until its max_age, and is then suppressed.",
            fix,
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::super::finding::Severity;
    use super::*;

    const SHIPPED: &str = include_str!("../../../../../../tests/shop/notifications.toml");

    fn found(sending: &[&str], listening: &[&str]) -> Vec<(Severity, String)> {
        let pick = |all: Value, names: &[&str]| {
            names
                .iter()
                .map(|name| ((*name).to_owned(), all[name].clone()))
                .collect::<serde_json::Map<_, _>>()
        };
        let credentials = json!({
            "onemsg": {"channel": "c", "token": "t"},
            "kaleyra": {"sid": "s", "api_key": "k", "sender": "1"},
            "meta": {"phone_number_id": "1", "token": "t"},
        });
        let webhook = json!({
            "onemsg": {"url_secret": "s"},
            "kaleyra": {"bearer": "b"},
            "meta": {"app_secret": "a", "verify_token": "v"},
        });
        let credentials = serde_json::from_value(pick(credentials, sending).into()).unwrap();
        let webhook = serde_json::from_value(pick(webhook, listening).into()).unwrap();
        let catalogue = Catalogue::parse("notifications.toml", SHIPPED).unwrap();
        let findings = findings(&credentials, &webhook, Some(&catalogue));
        findings.into_iter().map(|finding| (finding.severity, finding.what)).collect()
    }

    #[test]
    fn complete_secrets_have_no_finding() {
        let all = ["onemsg", "kaleyra", "meta"];
        assert_eq!(found(&all, &all), Vec::new());
    }

    #[test]
    fn a_missing_provider_with_a_fallback_is_a_warning() {
        let found = found(&["onemsg", "kaleyra"], &["onemsg", "kaleyra"]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].0 == Severity::Warning && found[0].1.contains("names meta"), "{found:?}");
    }

    #[test]
    fn a_notification_without_a_usable_provider_is_a_fault() {
        let found = found(&["onemsg"], &["onemsg"]);
        let faults: Vec<&str> = found
            .iter()
            .filter(|(severity, _)| *severity == Severity::Fault)
            .map(|(_, what)| what.as_str())
            .collect();
        assert_eq!(faults.len(), 2, "{found:?}");
        assert!(faults.iter().all(|fault| fault.ends_with("can send order-status-changed.")), "{faults:?}");
    }

    #[test]
    fn an_entry_in_only_one_secret_is_reported() {
        let one_sided = found(&["onemsg", "kaleyra", "meta"], &["onemsg", "meta"]);
        assert!(
            one_sided[0].0 == Severity::Fault && one_sided[0].1.contains("kaleyra, but no webhook secret")
        );
        let other = found(&["onemsg", "meta"], &["onemsg", "kaleyra", "meta"]);
        assert!(
            other[1].0 == Severity::Warning && other[1].1.contains("kaleyra, but there are no credentials")
        );
    }
}
