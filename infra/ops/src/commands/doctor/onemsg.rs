//! 1MSG: the token, this deployment's webhook, and whether statuses are posted at all.

use secrecy::ExposeSecret as _;
use shared::providers::BaseUrls;
use shared::secrets::{OneMsgCredentials, OneMsgWebhookSecret};
use url::Url;

use super::call_error;
use super::finding::Finding;
use crate::providers::one_msg::{MAX_WEBHOOKS, Settings};
use crate::providers::{CallError, OneMsg};

/// 1MSG's answers.
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
    /// Calls 1MSG.
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

/// Judges 1MSG's answers.
pub(super) fn findings(facts: &Facts, ours: Ours<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    match &facts.webhooks {
        Ok(urls) => {
            findings.push(Finding::fine("1MSG takes the credentials and knows the channel."));
            findings.extend(of_webhooks(urls, ours));
        }
        Err(error) => findings.push(call_error::finding("1MSG's webhooks", error)),
    }
    match &facts.settings {
        Ok(settings) => findings.push(of_settings(*settings)),
        // The same error is reported only once.
        Err(error) if facts.webhooks.as_ref().err() == Some(error) => {}
        Err(error) => findings.push(call_error::finding("Whether 1MSG pushes statuses", error)),
    }
    findings
}

fn of_settings(settings: Settings) -> Finding {
    match settings.ack_notifications_on {
        Some(true) => Finding::fine("1MSG pushes statuses (ackNotificationsOn)."),
        Some(false) => Finding::fault(
            "1MSG pushes no statuses: ackNotificationsOn is off.",
            "No message is ever known to be sent, delivered, read or failed, until the sweeper asks about each.",
            "`ops webhook register onemsg` turns it on; run doctor again afterwards.",
        ),
        None => Finding::warning(
            "Whether 1MSG pushes statuses can't be told: its settings don't say ackNotificationsOn.",
            "Where it is off, no message is ever known to be delivered.",
            "`ops webhook register onemsg` turns it on, whatever it is now.",
        ),
    }
}

fn of_webhooks(urls: &[String], ours: Ours<'_>) -> Vec<Finding> {
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
            format!("1MSG calls other URLs as well, at {}.", others.join(", ")),
            "They are left alone: one of them may be 1MSG's own cabinet.",
        ));
    }
    if ours.base.is_none() || ours.current.is_none() {
        findings.push(Finding::note(
            "Whether 1MSG calls this deployment can't be told.",
            "Its URL is made of WEBHOOK_URL and the webhook secret's onemsg.url_secret, and one of them isn't there.",
        ));
        return findings;
    }
    let count = |wanted: &Registered| urls.iter().filter(|url| registered(url, ours) == *wanted).count();
    let register =
        "Run `ops webhook register onemsg`, which keeps every other URL; try it with --dry-run first.";
    let (current, before, wrong) =
        (count(&Registered::Ours), count(&Registered::OursBefore), count(&Registered::OursWrong));
    if current > 0 {
        findings.push(Finding::fine("1MSG calls this deployment's webhook."));
    } else if before > 0 {
        findings.push(Finding::warning(
            "1MSG calls this deployment's webhook with the secret before the current one.",
            "It is let in until the next rotation; from then on every callback is refused.",
            register,
        ));
    } else if wrong > 0 {
        findings.push(Finding::fault(
            "1MSG calls this deployment's webhook with a secret that lets nobody in.",
            "Every callback of 1MSG's is refused, and it switches off a URL that keeps failing.",
            register,
        ));
    } else {
        let full = if urls.len() >= MAX_WEBHOOKS {
            " All five places are taken: one has to be given up first."
        } else {
            ""
        };
        findings.push(Finding::fault(
            "1MSG doesn't call this deployment's webhook: its URL isn't registered.",
            "No message is ever known to be delivered, read or failed, until the sweeper asks about each.",
            format!("{register}{full}"),
        ));
    }
    if current > 0 && before + wrong > 0 {
        findings.push(Finding::warning(
            "1MSG calls this deployment's webhook with an old secret besides the current one.",
            "Every status comes twice, or is refused once more; nothing is lost.",
            "Take the URL with the old secret off in 1MSG's cabinet: this tool never drops one.",
        ));
    }
    findings
}

fn registered(url: &str, ours: Ours<'_>) -> Registered {
    let other = || {
        let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
        Registered::Other(host.unwrap_or_else(|| "an address that can't be read".to_owned()))
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
    fn our_url_beside_others_is_fine_and_the_others_are_named_by_their_host() {
        let findings = found(&[CABINET, "https://hook.example/webhooks/onemsg/now-secret"], Some(true));
        assert_worst(&findings, Severity::Note, "at cabinet.1msg.example.");
    }

    #[test]
    fn a_url_that_is_not_there_is_a_fault() {
        assert_worst(&found(&[CABINET], Some(true)), Severity::Fault, "isn't registered");
        let findings = found(&[CABINET; 5], Some(true));
        let fault = findings.iter().find(|finding| finding.severity == Severity::Fault).unwrap();
        assert!(fault.mend.as_ref().unwrap().contains("All five places"), "{fault:?}");
    }

    #[test]
    fn a_url_with_another_secret_is_told_apart_from_the_one_before() {
        let url = |secret: &str| format!("https://hook.example/webhooks/onemsg/{secret}");
        assert_worst(&found(&[&url("before-secret")], Some(true)), Severity::Warning, "the secret before");
        assert_worst(&found(&[&url("other-secret")], Some(true)), Severity::Fault, "lets nobody in");
        let both = found(&[&url("other-secret"), &url("now-secret")], Some(true));
        assert_worst(&both, Severity::Warning, "an old secret besides");
    }

    #[test]
    fn statuses_have_to_be_pushed() {
        let ours = "https://hook.example/webhooks/onemsg/now-secret/";
        assert_worst(&found(&[ours], Some(false)), Severity::Fault, "ackNotificationsOn is off");
        assert_worst(&found(&[ours], None), Severity::Warning, "can't be told");
    }

    #[test]
    fn refused_credentials_are_said_once_and_another_silence_by_itself() {
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
