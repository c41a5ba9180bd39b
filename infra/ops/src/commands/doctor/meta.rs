//! Checks Meta: the token, the number, its callback URL, the subscribed apps, and the catalogue's templates.

use shared::catalogue::Catalogue;
use shared::message::Sender;
use shared::provider::Provider;
use shared::providers::BaseUrls;
use shared::secrets::MetaCredentials;
use url::Url;

use super::finding::Finding;
use super::{call_error, templates};
use crate::providers::meta::PhoneNumber;
use crate::providers::{CallError, LiveTemplate, Meta};

#[derive(Debug)]
pub(super) struct Facts {
    number: Result<PhoneNumber, CallError>,
    /// The URL for callbacks about the number.
    callback_url: Result<Option<String>, CallError>,
    /// The apps that are subscribed to the account's webhooks; none if its id is unknown.
    apps: Option<Result<Vec<String>, CallError>>,
    /// None if the account's id is unknown.
    templates: Option<Result<Vec<LiveTemplate>, CallError>>,
}

impl Facts {
    pub(super) async fn gather(urls: &BaseUrls, credentials: &MetaCredentials) -> Self {
        let meta = match Meta::new(urls, credentials) {
            Ok(meta) => meta,
            Err(error) => {
                return Self {
                    number: Err(error.clone()),
                    callback_url: Err(error),
                    apps: None,
                    templates: None,
                };
            }
        };
        let account = async {
            match &credentials.waba_id {
                Some(waba) => {
                    let (apps, templates) = tokio::join!(meta.subscribed_apps(waba), meta.templates(waba));
                    (Some(apps), Some(templates))
                }
                None => (None, None),
            }
        };
        let (number, callback_url, (apps, templates)) =
            tokio::join!(meta.phone_number(), meta.callback_url(), account);
        Self { number, callback_url, apps, templates }
    }
}

/// `webhook` is delivery-webhook's base URL, without `/webhooks/…`.
pub(super) fn findings(
    facts: &Facts,
    catalogue: Option<&Catalogue>,
    sender: Option<&Sender>,
    webhook: Option<&str>,
) -> Vec<Finding> {
    let number = match &facts.number {
        Ok(number) => number,
        // Every other call would fail in the same way.
        Err(
            error @ (CallError::Unusable { .. } | CallError::Credentials { .. } | CallError::Unreachable(_)),
        ) => {
            return vec![call_error::finding("Meta's number", error)];
        }
        Err(error) => {
            let mut findings = vec![call_error::finding("Meta's number", error)];
            findings.extend(account_findings(facts, catalogue, sender));
            return findings;
        }
    };
    let mut findings = number_findings(number);
    match &facts.callback_url {
        Ok(url) => findings.extend(callback_url_finding(url.as_deref(), webhook)),
        Err(error) => findings.push(call_error::finding("Meta's callback URL", error)),
    }
    findings.extend(account_findings(facts, catalogue, sender));
    findings
}

fn callback_url_finding(url: Option<&str>, webhook: Option<&str>) -> Option<Finding> {
    let why = "The delivery of Meta's messages is never reported.";
    let fix = "`ops webhook register meta` prints the settings for the app's dashboard, and checks them.";
    let Some(url) = url else {
        return Some(Finding::warning("Meta has no callback URL for the number.", why, fix));
    };
    let ours = format!("{}/webhooks/meta", webhook?.trim_end_matches('/'));
    if url.trim_end_matches('/') == ours {
        return Some(Finding::fine("Meta's callback URL is this deployment's webhook."));
    }
    let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    let host = host.as_deref().unwrap_or("an invalid URL");
    Some(Finding::fault(
        format!("Meta's callback URL is at {host}, not this deployment's webhook."),
        why,
        fix,
    ))
}

fn account_findings(facts: &Facts, catalogue: Option<&Catalogue>, sender: Option<&Sender>) -> Vec<Finding> {
    let (Some(apps), Some(live)) = (&facts.apps, &facts.templates) else {
        return vec![Finding::warning(
            "Meta's templates and subscriptions can't be checked: the credentials secret has no meta.waba_id.",
            "A paused, rejected or missing template is noticed only when a send is refused.",
            "Add meta.waba_id, the id of the WhatsApp business account (Business settings, WhatsApp accounts), to the \
             credentials secret; deploy this version first.",
        )];
    };
    let mut findings = Vec::new();
    match apps {
        Ok(apps) if apps.is_empty() => findings.push(Finding::fault(
            "No app is subscribed to the WhatsApp business account.",
            "Meta calls no webhook without one, so the delivery of its messages is never reported.",
            "`ops webhook register meta` prints the call that subscribes your app to the account.",
        )),
        Ok(_) => {}
        Err(error) => findings.push(call_error::finding("Meta's subscribed apps", error)),
    }
    match (live, catalogue) {
        (Ok(live), Some(catalogue)) => {
            findings.extend(templates::findings(
                Provider::Meta,
                &templates::wanted(catalogue, Provider::Meta, sender),
                live,
            ));
        }
        (Ok(_), None) => findings.push(without_a_catalogue()),
        (Err(error), _) => findings.push(call_error::finding("Meta's templates", error)),
    }
    findings
}

pub(super) fn without_a_catalogue() -> Finding {
    Finding::note(
        "The templates can't be compared with the catalogue.",
        "The catalogue can't be read; see the findings about it.",
    )
}

fn number_findings(number: &PhoneNumber) -> Vec<Finding> {
    let mut findings = vec![Finding::fine("Meta accepts the credentials and the number's id.")];
    match number.quality_rating.as_deref() {
        Some("RED") => findings.push(Finding::warning(
            "Meta rates the number's quality RED.",
            "Customers block or report its messages. Meta lowers its daily limit, and may block the number.",
            "Find the blocked templates in WhatsApp Manager, and change their text or their recipients.",
        )),
        Some("YELLOW") => findings.push(Finding::note(
            "Meta rates the number's quality YELLOW.",
            "Some customers block or report its messages. RED would lower the daily limit.",
        )),
        _ => {}
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    fn number(rating: &str) -> PhoneNumber {
        PhoneNumber { verified_name: Some("Shop".to_owned()), quality_rating: Some(rating.to_owned()) }
    }

    fn sound() -> Facts {
        Facts {
            number: Ok(number("GREEN")),
            callback_url: Ok(Some("https://hook.example/webhooks/meta".to_owned())),
            apps: Some(Ok(vec!["shop".to_owned()])),
            templates: Some(Ok(Vec::new())),
        }
    }

    fn found(facts: &Facts) -> Vec<Finding> {
        let catalogue =
            Catalogue::parse("c", include_str!("../../../../../tests/shop/notifications.toml")).unwrap();
        findings(facts, Some(&catalogue), None, Some("https://hook.example/"))
    }

    /// Asserts this finding, and no fault except those about the templates, of which the account has none.
    #[track_caller]
    fn assert_found(facts: &Facts, severity: Severity, said: &str) {
        let findings = found(facts);
        let is_it = |finding: &&Finding| finding.severity == severity && finding.what.contains(said);
        assert!(findings.iter().any(|finding| is_it(&finding)), "{said} in {findings:#?}");
    }

    #[test]
    fn refused_credentials_are_reported_once() {
        let refused = || CallError::Credentials { provider: Provider::Meta, status: 401 };
        let facts = Facts {
            number: Err(refused()),
            callback_url: Err(refused()),
            apps: Some(Err(refused())),
            templates: Some(Err(refused())),
        };
        assert_eq!(found(&facts).len(), 1);
        assert_found(&facts, Severity::Fault, "does not take the credentials");
    }

    #[test]
    fn templates_are_compared_even_if_the_number_is_unknown() {
        let facts = Facts { number: Err(CallError::NoAnswer(Provider::Meta)), ..sound() };
        assert_eq!(found(&facts).len(), 11, "the number, and five templates in two languages");
    }

    #[test]
    fn a_missing_account_id_and_a_poor_rating_are_reported() {
        assert_found(&Facts { apps: None, templates: None, ..sound() }, Severity::Warning, "no meta.waba_id");
        assert_found(&Facts { number: Ok(number("RED")), ..sound() }, Severity::Warning, "RED");
        assert_found(&Facts { number: Ok(number("YELLOW")), ..sound() }, Severity::Note, "YELLOW");
    }

    #[test]
    fn the_callback_url_must_be_this_deployments_webhook() {
        assert_found(&sound(), Severity::Fine, "URL is this deployment");
        let elsewhere = Ok(Some("https://crm.example/hooks?token=hush".to_owned()));
        let facts = Facts { callback_url: elsewhere, ..sound() };
        assert_found(&facts, Severity::Fault, "URL is at crm.example, not");
        assert!(!format!("{:?}", found(&facts)).contains("hush"));
        assert_found(&Facts { callback_url: Ok(None), ..sound() }, Severity::Warning, "no callback URL");
        let unknown = Err(CallError::NoAnswer(Provider::Meta));
        assert_found(&Facts { callback_url: unknown, ..sound() }, Severity::Fault, "Meta's callback URL");
    }

    #[test]
    fn an_account_without_subscribed_apps_is_a_fault() {
        assert_found(
            &Facts { apps: Some(Ok(Vec::new())), ..sound() },
            Severity::Fault,
            "No app is subscribed",
        );
        let unknown = Some(Err(CallError::NoAnswer(Provider::Meta)));
        assert_found(&Facts { apps: unknown, ..sound() }, Severity::Fault, "Meta's subscribed apps");
    }

    #[test]
    fn without_a_catalogue_the_rest_is_still_checked() {
        let findings = findings(&sound(), None, None, None);
        let severities: Vec<Severity> = findings.iter().map(|finding| finding.severity).collect();
        assert_eq!(severities, [Severity::Fine, Severity::Note]);
    }
}
