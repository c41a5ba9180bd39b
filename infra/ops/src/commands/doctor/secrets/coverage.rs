//! Checks that both secrets match each other and contain the entries that the catalogue needs.

use std::collections::BTreeSet;

use shared::catalogue::{Catalogue, Entry};
use shared::message::Sender;
use shared::provider::{Channel, Provider};
use shared::secrets::{Credentials, Senders, WebhookSecrets};

use crate::commands::doctor::finding::Finding;

/// Reports entries that are in only one of the two secrets, and senders that only one of the secrets and the catalogue has.
/// With `only`, of the senders only this one is examined.
pub(super) fn findings(
    credentials: &Senders<Credentials>,
    webhook: &Senders<WebhookSecrets>,
    catalogue: Option<&Catalogue>,
    only: Option<&Sender>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (sender, own) in credentials.all().filter(|(sender, _)| only.is_none() || *sender == only) {
        let coverage = Coverage { sender, own, credentials, webhook, catalogue };
        findings.extend(coverage.findings().into_iter().map(|finding| finding.of_sender(sender)));
    }
    findings.extend(catalogue.and_then(|catalogue| catalogue_finding(catalogue, credentials)));
    findings.extend(unknown_senders(credentials, webhook, catalogue));
    findings
}

/// One sender's entries.
struct Coverage<'a> {
    /// None for the default sender.
    sender: Option<&'a Sender>,
    /// Its credentials.
    own: &'a Credentials,
    credentials: &'a Senders<Credentials>,
    webhook: &'a Senders<WebhookSecrets>,
    catalogue: Option<&'a Catalogue>,
}

impl Coverage<'_> {
    fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for provider in Provider::ALL {
            let needs = self.catalogue.map_or(Need::Unknown, |catalogue| self.need(catalogue, provider));
            match (self.own.has(provider), self.is_heard(provider)) {
                (true, true) if needs == Need::None => findings.push(Finding::note(
                    format!("There are credentials for {provider}, which no notification of the catalogue uses."),
                    "Unused credentials are not monitored.",
                )),
                (true, true) => {}
                (true, false) => findings.push(Finding::fault(
                    format!("There are credentials for {provider}, but no webhook secret."),
                    "Its callbacks are refused, so the delivery of its messages stays unknown.",
                    format!(
                        "Add {} to the webhook secret (docs/deploy.md, step 4), then set its webhook up: `ops webhook --help`.",
                        self.place(provider)
                    ),
                )),
                (false, _) => {
                    findings.extend(self.missing(provider, &needs));
                    if self.only_listens(provider) {
                        findings.push(Finding::warning(
                            format!("There is a webhook secret for {provider}, but there are no credentials."),
                            "Nothing is sent through it, but anyone who knows the secret can send false reports.",
                            format!(
                                "Add {} to the credentials secret, or remove it from the webhook secret.",
                                self.place(provider)
                            ),
                        ));
                    }
                }
            }
        }
        findings
    }

    /// The place of a provider's entry in a secret.
    fn place(&self, provider: Provider) -> String {
        self.sender.map_or_else(|| provider.to_string(), |sender| format!("senders.{sender}.{provider}"))
    }

    fn has_own_webhook(&self, sender: &Sender, provider: Provider) -> bool {
        self.webhook.get(Some(sender)).is_ok_and(|secrets| secrets.has(provider))
    }

    /// Whether a webhook secret authenticates the sender's callbacks: its own, or the default sender's. AWS's channels report by
    /// events, which need none.
    fn is_heard(&self, provider: Provider) -> bool {
        provider.is_aws()
            || self.webhook.default.has(provider)
            || self.sender.is_some_and(|sender| self.has_own_webhook(sender, provider))
    }

    /// Whether the sender's webhook secret, which has no credentials here, serves no other sender.
    fn only_listens(&self, provider: Provider) -> bool {
        if let Some(sender) = self.sender {
            return self.has_own_webhook(sender, provider);
        }
        let shares = |(sender, own): (Option<&Sender>, &Credentials)| {
            own.has(provider) && sender.is_some_and(|sender| !self.has_own_webhook(sender, provider))
        };
        self.webhook.default.has(provider) && !self.credentials.all().any(shares)
    }

    fn need(&self, catalogue: &Catalogue, provider: Provider) -> Need {
        let is_its = |entry: &&Entry| {
            entry.sender.is_some() == self.sender.is_some() && names(entry).any(|named| named == provider)
        };
        let naming: Vec<_> = catalogue.entries().iter().filter(is_its).collect();
        if naming.is_empty() {
            return Need::None;
        }
        if provider.channel() != Channel::WhatsApp {
            return Need::Follows(naming.into_iter().map(|entry| entry.name.clone()).collect());
        }
        let has_another =
            |entry: &Entry| entry.providers.iter().any(|other| *other != provider && self.own.has(*other));
        let alone: Vec<String> =
            naming.into_iter().filter(|entry| !has_another(entry)).map(|entry| entry.name.clone()).collect();
        if alone.is_empty() { Need::Fallback } else { Need::Only(alone) }
    }

    /// A channel of a fallback is the only one that reaches the customers whom WhatsApp doesn't.
    fn missing(&self, provider: Provider, need: &Need) -> Option<Finding> {
        let fix = format!(
            "Add {} to the credentials secret (docs/deploy.md, step 4), or remove it from the catalogue's providers and deploy.",
            self.place(provider)
        );
        match need {
            Need::Unknown | Need::None => None,
            // A sender with a name may have an account at only some of the providers.
            Need::Fallback if self.sender.is_some() => None,
            Need::Follows(notifications) => Some(Finding::warning(
                format!(
                    "There are no credentials for {provider}, which the fallback of {} names.",
                    notifications.join(", ")
                ),
                "A customer whom WhatsApp doesn't reach gets nothing through this channel.",
                fix,
            )),
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
    /// The fallbacks of these notifications have it as a channel.
    Follows(Vec<String>),
}

/// The providers that an entry names: those of its message, and the channels of its fallback.
fn names(entry: &Entry) -> impl Iterator<Item = Provider> {
    let channels = entry.fallback.iter().flat_map(|fallback| &fallback.channels);
    entry.providers.iter().copied().chain(channels.map(|channel| channel.provider))
}

/// Only one of the catalogue and the credentials secret has senders.
fn catalogue_finding(catalogue: &Catalogue, credentials: &Senders<Credentials>) -> Option<Finding> {
    let finding: Vec<&str> =
        catalogue.entries().iter().filter(|it| it.sender.is_some()).map(|it| it.name.as_str()).collect();
    match (finding.is_empty(), credentials.named.is_empty()) {
        (false, true) => Some(Finding::warning(
            format!(
                "{} find the sender in the event, but the credentials secret has no senders.",
                finding.join(", ")
            ),
            "Each such notification waits (unknown_sender) until its max_age, and is then suppressed.",
            "Add each sender under senders to the credentials secret (docs/senders.md), or remove sender from the catalogue.",
        )),
        (true, false) => Some(Finding::warning(
            format!(
                "The credentials secret has senders ({}), but no notification of the catalogue has the key sender.",
                listed(credentials.named.keys())
            ),
            "Every message is sent as the default sender.",
            "Add sender to the catalogue's notifications and deploy (docs/senders.md), or remove senders from the secret.",
        )),
        _ => None,
    }
}

/// Senders of the webhook secret and of the catalogue's templates that the credentials secret doesn't have.
fn unknown_senders(
    credentials: &Senders<Credentials>,
    webhook: &Senders<WebhookSecrets>,
    catalogue: Option<&Catalogue>,
) -> Vec<Finding> {
    let rules = catalogue.into_iter().flat_map(Catalogue::entries).flat_map(|entry| entry.templates.values());
    let of_templates: BTreeSet<&Sender> = rules.flat_map(|rule| rule.senders.keys()).collect();
    let of_webhook: BTreeSet<&Sender> = webhook.named.keys().collect();
    let unknown = |known: BTreeSet<&Sender>, place: &str| {
        let unknown: Vec<&Sender> =
            known.into_iter().filter(|sender| !credentials.named.contains_key(*sender)).collect();
        (!unknown.is_empty()).then(|| {
            Finding::warning(
                format!("{place} has senders that the credentials secret lacks: {}.", listed(unknown)),
                "A message of such a sender waits (unknown_sender) until its max_age, and is then suppressed.",
                "Add each to the credentials secret (docs/senders.md), or correct its name.",
            )
        })
    };
    [unknown(of_templates, "The catalogue"), unknown(of_webhook, "The webhook secret")]
        .into_iter()
        .flatten()
        .collect()
}

fn listed<'a>(senders: impl IntoIterator<Item = &'a Sender>) -> String {
    senders.into_iter().map(Sender::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::super::finding::Severity;
    use super::*;

    /// The suites' catalogue without its notification with a fallback.
    fn shipped() -> String {
        let all = include_str!("../../../../../../tests/shop/notifications.toml");
        let begin = all.find("\n[notifications.pickup-ready]").unwrap();
        let end = all[begin..].find("\n# ").map_or(all.len(), |length| begin + length);
        format!("{}{}", &all[..begin], &all[end..])
    }

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
        let catalogue = Catalogue::parse("notifications.toml", &shipped()).unwrap();
        let findings = findings(&credentials, &webhook, Some(&catalogue), None);
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
    fn aws_needs_credentials_for_the_channels_of_a_fallback_and_no_webhook_secret() {
        let fallback = "\n[notifications.return-updated.fallback]\nafter = '4h'\nchannels = [{ provider = 'aws-sms', \
            consent = 'detail.customer.sms_opt_in', text = { en = 'News.' } }]\n";
        let catalogue = Catalogue::parse("notifications.toml", &format!("{}{fallback}", shipped())).unwrap();
        let webhook: Senders<WebhookSecrets> = serde_json::from_value(json!({})).unwrap();
        let found = |credentials: Value| {
            let credentials = serde_json::from_value(credentials).unwrap();
            let findings = findings(&credentials, &webhook, Some(&catalogue), None);
            let about_aws = findings.into_iter().filter(|finding| finding.what.contains("aws-"));
            about_aws
                .map(|finding| format!("{}: {}", finding.severity.name(), finding.what))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            found(json!({"aws-email": {"from": "a@b.example"}})),
            [
                "warning: There are no credentials for aws-sms, which the fallback of return-updated names.",
                "note: There are credentials for aws-email, which no notification of the catalogue uses.",
            ]
        );
        assert_eq!(found(json!({"aws-sms": {}})), Vec::<String>::new());
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

    /// The findings, with the sender's name, of a catalogue in which every notification or none finds a sender.
    fn found_of_senders(credentials: Value, webhook: Value, has_senders: bool) -> Vec<String> {
        let text = if has_senders {
            shipped().replace("\nconsent ", "\nsender = \"detail.brand\"\nconsent ")
        } else {
            shipped()
        };
        let catalogue = Catalogue::parse("notifications.toml", &text).unwrap();
        assert_eq!(catalogue.entries().iter().all(|entry| entry.sender.is_some()), has_senders);
        let (credentials, webhook) =
            (serde_json::from_value(credentials).unwrap(), serde_json::from_value(webhook).unwrap());
        let findings = findings(&credentials, &webhook, Some(&catalogue), None);
        let name = |it: &Finding| it.sender.as_ref().map_or_else(|| "-".to_owned(), Sender::to_string);
        findings.iter().map(|it| format!("{} {}: {}", it.severity.name(), name(it), it.what)).collect()
    }

    #[test]
    fn each_sender_needs_a_provider_and_a_webhook_secret_which_may_be_the_default_senders() {
        let meta = json!({"phone_number_id": "1", "token": "t"});
        let onemsg = json!({"channel": "c", "token": "t"});
        let credentials = json!({"senders": {
            "acme": {"meta": meta}, "beta": {"onemsg": onemsg}, "gamma": {"onemsg": onemsg, "meta": meta}}});
        let webhook = json!({"meta": {"app_secret": "a", "verify_token": "v"},
            "senders": {"gamma": {"onemsg": {"url_secret": "s"}}, "delta": {}}});
        assert_eq!(
            found_of_senders(credentials, webhook, true),
            [
                "fault beta: There are credentials for onemsg, but no webhook secret.",
                "fault beta: There are no credentials for kaleyra, and no other provider can send order-status-changed.",
                "fault beta: There are no credentials for meta, and no other provider can send order-status-changed.",
                "warning -: The webhook secret has senders that the credentials secret lacks: delta.",
            ]
        );
    }

    #[test]
    fn senders_in_only_the_catalogue_or_the_secret_are_a_warning() {
        let meta = json!({"meta": {"phone_number_id": "1", "token": "t"}});
        let webhook = json!({"meta": {"app_secret": "a", "verify_token": "v"}});
        let only_catalogue = found_of_senders(meta.clone(), webhook.clone(), true);
        assert!(
            only_catalogue.iter().any(|it| it.contains("but the credentials secret has no senders")),
            "{only_catalogue:#?}"
        );
        let mut both = meta.clone();
        both["senders"] = json!({"acme": meta});
        let only_secret = found_of_senders(both, webhook, false);
        assert!(
            only_secret.iter().any(|it| it.contains("has senders (acme), but no notification")),
            "{only_secret:#?}"
        );
    }
}
