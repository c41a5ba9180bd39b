//! Meta: the token, the number, its callback URL, and every template that the catalogue sends.

use shared::catalogue::Catalogue;
use shared::provider::Provider;
use shared::providers::BaseUrls;
use shared::secrets::MetaCredentials;
use url::Url;

use super::finding::Finding;
use super::{call_error, templates};
use crate::providers::meta::PhoneNumber;
use crate::providers::{CallError, LiveTemplate, Meta};

/// Meta's answers.
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
    /// Calls Meta.
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

/// Judges Meta's answers. `webhook` is delivery-webhook's base URL, without `/webhooks/…`.
pub(super) fn findings(facts: &Facts, catalogue: Option<&Catalogue>, webhook: Option<&str>) -> Vec<Finding> {
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
            findings.extend(of_account(facts, catalogue));
            return findings;
        }
    };
    let mut findings = of_number(number);
    match &facts.callback_url {
        Ok(url) => findings.extend(of_callback_url(url.as_deref(), webhook)),
        Err(error) => findings.push(call_error::finding("Where Meta reports to", error)),
    }
    findings.extend(of_account(facts, catalogue));
    findings
}

fn of_callback_url(url: Option<&str>, webhook: Option<&str>) -> Option<Finding> {
    let why = "No message that Meta sends is ever known to be delivered, read or failed.";
    let mend = "`ops webhook register meta` prints what to enter in the app's dashboard, and checks it.";
    let Some(url) = url else {
        return Some(Finding::warning(
            "Meta names no address that it reports to about the number.",
            why,
            mend,
        ));
    };
    let ours = format!("{}/webhooks/meta", webhook?.trim_end_matches('/'));
    if url.trim_end_matches('/') == ours {
        return Some(Finding::fine("Meta reports to this deployment's webhook."));
    }
    let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    let host = host.as_deref().unwrap_or("an address that can't be read");
    Some(Finding::fault(format!("Meta reports to {host}, not to this deployment's webhook."), why, mend))
}

fn of_account(facts: &Facts, catalogue: Option<&Catalogue>) -> Vec<Finding> {
    let (Some(apps), Some(live)) = (&facts.apps, &facts.templates) else {
        return vec![Finding::warning(
            "Meta's templates and subscriptions can't be looked at: the credentials secret has no meta.waba_id.",
            "A template that is paused, rejected or missing shows only when a send is refused.",
            "Add meta.waba_id, the id of the WhatsApp business account (Business settings, WhatsApp accounts), to the \
             credentials secret; deploy this version first.",
        )];
    };
    let mut findings = Vec::new();
    match apps {
        Ok(apps) if apps.is_empty() => findings.push(Finding::fault(
            "No app is told what happens in the WhatsApp business account.",
            "Meta calls nobody's webhook then: no message is ever known to be delivered, read or failed.",
            "`ops webhook register meta` prints the call that subscribes your app to the account.",
        )),
        Ok(_) => {}
        Err(error) => findings.push(call_error::finding("Which apps Meta tells", error)),
    }
    match (live, catalogue) {
        (Ok(live), Some(catalogue)) => {
            findings.extend(templates::findings(
                Provider::Meta,
                &templates::wanted(catalogue, Provider::Meta),
                live,
            ));
        }
        (Ok(_), None) => findings.push(without_a_catalogue()),
        (Err(error), _) => findings.push(call_error::finding("Meta's templates", error)),
    }
    findings
}

/// The note that the templates can't be compared.
pub(super) fn without_a_catalogue() -> Finding {
    Finding::note(
        "Whether the templates are those of the catalogue can't be told.",
        "The catalogue can't be read: see its own findings.",
    )
}

fn of_number(number: &PhoneNumber) -> Vec<Finding> {
    let mut findings = vec![Finding::fine("Meta takes the credentials and knows the number.")];
    match number.quality_rating.as_deref() {
        Some("RED") => findings.push(Finding::warning(
            "Meta rates the number's quality RED.",
            "Customers block or report its messages; Meta lowers how many may be sent a day, and may stop the number.",
            "See in WhatsApp Manager which templates are blocked, and mend them or who gets them.",
        )),
        Some("YELLOW") => findings.push(Finding::note(
            "Meta rates the number's quality YELLOW.",
            "Some customers block or report its messages; RED would lower how many may be sent a day.",
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
        findings(facts, Some(&catalogue), Some("https://hook.example/"))
    }

    /// Asserts this finding, and no fault except those about the templates, of which the account has none.
    #[track_caller]
    fn assert_found(facts: &Facts, severity: Severity, said: &str) {
        let findings = found(facts);
        let is_it = |finding: &&Finding| finding.severity == severity && finding.what.contains(said);
        assert!(findings.iter().any(|finding| is_it(&finding)), "{said} in {findings:#?}");
    }

    #[test]
    fn refused_credentials_are_said_once() {
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
    fn templates_are_compared_even_where_the_number_is_not_known() {
        let facts = Facts { number: Err(CallError::NoAnswer(Provider::Meta)), ..sound() };
        assert_eq!(found(&facts).len(), 9, "the number, and four templates in two languages");
    }

    #[test]
    fn an_account_without_an_id_and_a_poor_rating_are_said() {
        assert_found(&Facts { apps: None, templates: None, ..sound() }, Severity::Warning, "no meta.waba_id");
        assert_found(&Facts { number: Ok(number("RED")), ..sound() }, Severity::Warning, "RED");
        assert_found(&Facts { number: Ok(number("YELLOW")), ..sound() }, Severity::Note, "YELLOW");
    }

    #[test]
    fn meta_has_to_report_to_this_deployment() {
        assert_found(&sound(), Severity::Fine, "reports to this deployment");
        let elsewhere = Ok(Some("https://crm.example/hooks?token=hush".to_owned()));
        let facts = Facts { callback_url: elsewhere, ..sound() };
        assert_found(&facts, Severity::Fault, "reports to crm.example, not");
        assert!(!format!("{:?}", found(&facts)).contains("hush"));
        assert_found(&Facts { callback_url: Ok(None), ..sound() }, Severity::Warning, "names no address");
        let unknown = Err(CallError::NoAnswer(Provider::Meta));
        assert_found(&Facts { callback_url: unknown, ..sound() }, Severity::Fault, "Where Meta reports to");
    }

    #[test]
    fn an_account_that_tells_nobody_is_a_fault() {
        assert_found(&Facts { apps: Some(Ok(Vec::new())), ..sound() }, Severity::Fault, "No app is told");
        let unknown = Some(Err(CallError::NoAnswer(Provider::Meta)));
        assert_found(&Facts { apps: unknown, ..sound() }, Severity::Fault, "Which apps Meta tells");
    }

    #[test]
    fn without_a_catalogue_the_rest_still_counts() {
        let findings = findings(&sound(), None, None);
        let severities: Vec<Severity> = findings.iter().map(|finding| finding.severity).collect();
        assert_eq!(severities, [Severity::Fine, Severity::Note]);
    }
}
