//! Checks 1MSG: the token, the registered webhooks, and whether statuses are posted.

use secrecy::ExposeSecret as _;
use shared::providers::BaseUrls;
use shared::secrets::{OneMsgCredentials, OneMsgWebhookSecret};
use url::Url;

use super::call_error;
use super::finding::Finding;
use crate::providers::one_msg::{MAX_WEBHOOKS, Settings};
use crate::providers::{CallError, OneMsg};

pub(super) struct Facts {
    webhooks: Result<Vec<String>, CallError>,
    settings: Result<Settings, CallError>,
}

/// This deployment's webhook and its secrets.
#[derive(Clone, Copy)]
pub(super) struct Ours<'a> {
    /// delivery-webhook's base URL, without `/webhooks/…`.
    pub(super) base: Option<&'a str>,
    /// The current secret.
    pub(super) current: Option<&'a OneMsgWebhookSecret>,
    /// The previous secret.
    pub(super) previous: Option<&'a OneMsgWebhookSecret>,
}

/// The kind of a registered URL.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Registered {
    /// This deployment's.
    Ours,
    /// This deployment's, with the previous secret.
    OursBefore,
    /// This deployment's, with an invalid secret.
    OursWrong,
    /// Another application's, at this host.
    Other(String),
}

impl Facts {
    pub(super) async fn gather(urls: &BaseUrls, credentials: &OneMsgCredentials) -> Self {
        match OneMsg::new(urls, credentials) {
            Err(error) => Self { webhooks: Err(error.clone()), settings: Err(error) },
            Ok(channel) => {
                let (webhooks, settings) = tokio::join!(channel.webhook(), channel.settings());
                Self { webhooks, settings }
            }
        }
    }
}

pub(super) fn findings(facts: &Facts, ours: Ours<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    match &facts.webhooks {
        Ok(urls) => {
            findings.push(Finding::fine("1MSG accepts the credentials and the channel."));
            findings.extend(webhook_findings(urls, ours));
        }
        Err(error) => findings.push(call_error::finding("1MSG's webhooks", error)),
    }
    match &facts.settings {
        Ok(settings) => findings.push(settings_finding(*settings)),
        // The same error is reported only once.
        Err(error) if facts.webhooks.as_ref().err() == Some(error) => {}
        Err(error) => findings.push(call_error::finding("1MSG's settings", error)),
    }
    findings
}

fn settings_finding(settings: Settings) -> Finding {
    match settings.ack_notifications_on {
        Some(true) => Finding::fine("1MSG posts statuses (ackNotificationsOn)."),
        Some(false) => Finding::fault(
            "1MSG posts no statuses: ackNotificationsOn is off.",
            "The delivery of a message is unknown until delivery-sweeper polls 1MSG.",
            "Run `ops webhook register onemsg`, which turns it on.",
        ),
        None => Finding::warning(
            "Whether 1MSG posts statuses is unknown: its settings don't contain ackNotificationsOn.",
            "If it is off, the delivery of a message is unknown until delivery-sweeper polls 1MSG.",
            "Run `ops webhook register onemsg`, which turns it on.",
        ),
    }
}

fn webhook_findings(urls: &[String], ours: Ours<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let others: Vec<String> = urls
        .iter()
        .filter_map(|url| match registered(url, ours) {
            Registered::Other(host) => Some(host),
            Registered::Ours | Registered::OursBefore | Registered::OursWrong => None,
        })
        .collect();
    if !others.is_empty() {
        findings.push(Finding::note(
            format!("1MSG also calls other URLs, at {}.", others.join(", ")),
            "This tool doesn't change them; one may be 1MSG's own cabinet.",
        ));
    }
    if ours.base.is_none() || ours.current.is_none() {
        findings.push(Finding::note(
            "Whether 1MSG calls this deployment is unknown.",
            "The expected URL needs WEBHOOK_URL and the webhook secret's onemsg.url_secret, one of which is missing.",
        ));
        return findings;
    }
    let count = |wanted: &Registered| urls.iter().filter(|url| registered(url, ours) == *wanted).count();
    let register =
        "Run `ops webhook register onemsg`, which keeps all other URLs; --dry-run shows the result first.";
    let (current, before, wrong) =
        (count(&Registered::Ours), count(&Registered::OursBefore), count(&Registered::OursWrong));
    if current > 0 {
        findings.push(Finding::fine("1MSG calls this deployment's webhook."));
    } else if before > 0 {
        findings.push(Finding::warning(
            "1MSG calls this deployment's webhook with the previous secret.",
            "Its callbacks are accepted until the next rotation, and refused from then on.",
            register,
        ));
    } else if wrong > 0 {
        findings.push(Finding::fault(
            "1MSG calls this deployment's webhook with an invalid secret.",
            "All its callbacks are refused, and 1MSG disables a URL that keeps failing.",
            register,
        ));
    } else {
        let full =
            if urls.len() >= MAX_WEBHOOKS { " The list of five URLs is full: remove one first." } else { "" };
        findings.push(Finding::fault(
            "1MSG doesn't call this deployment's webhook: its URL isn't registered.",
            "The delivery of a message is unknown until delivery-sweeper polls 1MSG.",
            format!("{register}{full}"),
        ));
    }
    if current > 0 && before + wrong > 0 {
        findings.push(Finding::warning(
            "1MSG calls this deployment's webhook with an old secret and with the current one.",
            "Every status arrives twice, or is also refused once. Nothing is lost.",
            "Remove the URL with the old secret in 1MSG's cabinet; this tool removes none.",
        ));
    }
    findings
}

fn registered(url: &str, ours: Ours<'_>) -> Registered {
    let other = || {
        let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
        Registered::Other(host.unwrap_or_else(|| "an invalid URL".to_owned()))
    };
    let Some(base) = ours.base else { return other() };
    let prefix = format!("{}/webhooks/onemsg/", base.trim_end_matches('/'));
    let Some(given) = url.trim().strip_prefix(&prefix) else { return other() };
    let is = |secret: Option<&OneMsgWebhookSecret>| {
        secret.is_some_and(|secret| secret.url_secret.expose_secret() == given.trim_end_matches('/'))
    };
    if is(ours.current) {
        Registered::Ours
    } else if is(ours.previous) {
        Registered::OursBefore
    } else {
        Registered::OursWrong
    }
}

#[cfg(test)]
mod tests {
    use shared::provider::Provider;

    use super::super::finding::Severity;
    use super::*;

    const CABINET: &str = "https://cabinet.1msg.example/hooks/token-of-theirs";

    fn secret(text: &str) -> OneMsgWebhookSecret {
        OneMsgWebhookSecret { url_secret: text.into() }
    }

    fn found(urls: &[&str], acknowledgements: Option<bool>) -> Vec<Finding> {
        let (current, previous) = (secret("now-secret"), secret("before-secret"));
        let ours =
            Ours { base: Some("https://hook.example"), current: Some(&current), previous: Some(&previous) };
        let facts = Facts {
            webhooks: Ok(urls.iter().map(|url| (*url).to_owned()).collect()),
            settings: Ok(Settings { ack_notifications_on: acknowledgements }),
        };
        findings(&facts, ours)
    }

    #[track_caller]
    fn assert_worst(findings: &[Finding], severity: Severity, said: &str) {
        let worst = findings.iter().min_by_key(|finding| finding.severity).unwrap();
        assert!(worst.severity == severity && worst.what.contains(said), "{said} in {findings:#?}");
        assert!(
            !format!("{findings:?}").contains("-secret") && !format!("{findings:?}").contains("token-of")
        );
    }

    #[test]
    fn other_urls_are_named_by_their_host() {
        let findings = found(&[CABINET, "https://hook.example/webhooks/onemsg/now-secret"], Some(true));
        assert_worst(&findings, Severity::Note, "at cabinet.1msg.example.");
    }

    #[test]
    fn a_missing_url_is_a_fault() {
        assert_worst(&found(&[CABINET], Some(true)), Severity::Fault, "isn't registered");
        let findings = found(&[CABINET; 5], Some(true));
        let fault = findings.iter().find(|finding| finding.severity == Severity::Fault).unwrap();
        assert!(fault.fix.as_ref().unwrap().contains("five URLs is full"), "{fault:?}");
    }

    #[test]
    fn the_previous_secret_is_a_warning_and_an_invalid_one_a_fault() {
        let url = |secret: &str| format!("https://hook.example/webhooks/onemsg/{secret}");
        assert_worst(&found(&[&url("before-secret")], Some(true)), Severity::Warning, "the previous secret");
        assert_worst(&found(&[&url("other-secret")], Some(true)), Severity::Fault, "an invalid secret");
        let both = found(&[&url("other-secret"), &url("now-secret")], Some(true));
        assert_worst(&both, Severity::Warning, "an old secret and");
    }

    #[test]
    fn statuses_must_be_posted() {
        let ours = "https://hook.example/webhooks/onemsg/now-secret/";
        assert_worst(&found(&[ours], Some(false)), Severity::Fault, "ackNotificationsOn is off");
        assert_worst(&found(&[ours], None), Severity::Warning, "is unknown");
    }

    #[test]
    fn the_same_error_is_reported_once_and_different_errors_separately() {
        let refused = || CallError::Credentials { provider: Provider::OneMsg, status: 401 };
        let ours = Ours { base: None, current: None, previous: None };
        let facts = Facts { webhooks: Err(refused()), settings: Err(refused()) };
        assert_eq!(findings(&facts, ours).len(), 1);
        let facts = Facts { webhooks: Ok(Vec::new()), settings: Err(CallError::NoAnswer(Provider::OneMsg)) };
        let severities: Vec<Severity> =
            findings(&facts, ours).iter().map(|finding| finding.severity).collect();
        assert_eq!(severities, [Severity::Fine, Severity::Note, Severity::Fault]);
    }
}
