//! Our own webhook: it is reachable, accepts calls that are authenticated as each provider's are, and refuses all
//! others.
//!
//! The calls are [`OurWebhook`]'s: they report about no message, so they cause no write.

use std::time::{Duration, Instant};

use secrecy::ExposeSecret as _;
use shared::provider::Provider;
use shared::secrets::WebhookSecrets;
use tokio::time::timeout;
use url::Url;

use super::finding::Finding;
use crate::failure::Failure;
use crate::our_webhook::{Check, Expected, Found, OurWebhook};
use crate::words::count;

/// Meta requires a median of 250 ms, and less than 1 % above a second
/// (<https://developers.facebook.com/docs/whatsapp/cloud-api/guides/set-up-webhooks>).
const SLOW: Duration = Duration::from_secs(1);

/// The results of the calls that imitate one provider.
#[derive(Debug)]
pub(super) struct Called {
    provider: Provider,
    /// None if the calls exceeded the time limit.
    checks: Option<Vec<Check>>,
    /// The total duration.
    took: Duration,
}

/// Calls the webhook as each provider that has a secret, concurrently.
pub(super) async fn call(
    base: &Url,
    secrets: &WebhookSecrets,
    time: Duration,
) -> Result<Vec<Called>, Failure> {
    let webhook = OurWebhook::at(base)?;
    let asked = Provider::ALL.map(|provider| as_provider(&webhook, provider, secrets, time));
    Ok(futures_util::future::join_all(asked).await.into_iter().flatten().collect())
}

async fn as_provider(
    webhook: &OurWebhook,
    provider: Provider,
    secrets: &WebhookSecrets,
    time: Duration,
) -> Option<Called> {
    let checks = async {
        Some(match provider {
            Provider::OneMsg => webhook.as_one_msg(secrets.onemsg.as_ref()?.url_secret.expose_secret()).await,
            Provider::Kaleyra => webhook.as_kaleyra(secrets.kaleyra.as_ref()?).await,
            Provider::Meta => {
                let mut checks = webhook.as_meta(secrets.meta.as_ref()?).await;
                checks.push(webhook.without_a_signature().await);
                checks
            }
        })
    };
    let started = Instant::now();
    let checks = match timeout(time, checks).await {
        Ok(checks) => Some(checks?),
        Err(_) => None,
    };
    Some(Called { provider, checks, took: started.elapsed() })
}

/// A webhook without TLS isn't called.
pub(super) fn unencrypted(base: &str) -> Finding {
    Finding::fault(
        format!("The webhook {base} is not https."),
        "Providers call https only, and on the way everybody could read the secrets and the callbacks; so it wasn't called.",
        "Use the stack's own URL, an API Gateway address with https, or a domain of yours with a certificate.",
    )
}

/// Judges the webhook at `base`.
pub(super) fn findings(calls: &[Called], base: &str) -> Vec<Finding> {
    let is_silent = |it: &Called| {
        it.checks.as_ref().is_none_or(|checks| {
            checks.iter().all(|check| matches!(check.found, Found::Unreachable | Found::NoAnswer))
        })
    };
    if !calls.is_empty() && calls.iter().all(is_silent) {
        return vec![Finding::fault(
            format!("Nobody answers at the webhook, {base}."),
            "No callback arrives: no message is ever known to be delivered, read or failed.",
            "Check WEBHOOK_URL or --stack, and that the API and its function are deployed: `sam deploy`.",
        )];
    }
    let mut findings = Vec::new();
    for one in calls {
        match &one.checks {
            Some(checks) => findings.extend(of_provider(one, checks)),
            None => findings.push(too_late(one.provider.title())),
        }
    }
    findings
}

fn of_provider(one: &Called, checks: &[Check]) -> Vec<Finding> {
    let name = one.provider.title();
    let mut findings: Vec<Finding> = checks.iter().filter_map(|check| judge(name, check)).collect();
    if findings.is_empty() {
        let calls = count(checks.len(), "test call");
        findings.push(Finding::fine(format!(
            "{name}: its calls are let in and others refused; {calls} took {} ms.",
            one.took.as_millis()
        )));
    }
    let calls = u32::try_from(checks.len()).unwrap_or(u32::MAX);
    if one.took > SLOW * calls {
        findings.push(Finding::note(
            format!("{name}: the test calls took more than a second each."),
            "A first call after some quiet starts the function; where it stays so, Meta calls again and again.",
        ));
    }
    findings
}

fn too_late(name: &str) -> Finding {
    Finding::fault(
        format!("{name}: the test calls weren't answered in time."),
        "The provider's callbacks fare the same: no message is known to be delivered, read or failed.",
        "See delivery-webhook's log (`sam logs --name DeliveryWebhook`), and run doctor again, with a longer --timeout if \
         need be.",
    )
}

fn judge(name: &str, check: &Check) -> Option<Finding> {
    if check.is_passed() {
        return None;
    }
    let the = format!("{name}: {}", check.tried);
    let lost = "The provider's callbacks fare the same: no message is known to be delivered, read or failed.";
    let where_it_is = "Check that WEBHOOK_URL is the address of this deployment's delivery-webhook.";
    Some(match (check.expected, &check.found) {
        (Expected::Refused, Found::Status(200..=299) | Found::Challenge) => Finding::fault(
            format!("{the} is let in."),
            "Anybody may report messages as delivered, read or failed that never were.",
            "Take the API down if it isn't this deployment's delivery-webhook; otherwise deploy this version again at once.",
        ),
        (Expected::Challenge, Found::Status(200)) => Finding::fault(
            format!("{the} is answered with something else than the challenge."),
            "Meta doesn't take the webhook, and somebody else may be answering at its address.",
            where_it_is,
        ),
        (Expected::LetIn | Expected::Challenge, Found::Status(401 | 403)) => Finding::fault(
            format!("{the} is refused, though it carries the webhook secret's current value."),
            lost,
            "A running function reads a changed secret within five minutes: run doctor again then. If it stays, the function \
             has another secret: compare its WEBHOOK_SECRET_ID with this deployment's.",
        ),
        (_, Found::Status(404 | 405)) => Finding::fault(
            format!("{the} finds no route at the webhook."),
            lost,
            "Check that WEBHOOK_URL ends before /webhooks/…, and deploy the stack with this version's template.yaml.",
        ),
        (_, Found::Status(status @ (300..=399 | 407 | 511))) => Finding::fault(
            format!(
                "{the} is answered by something else than the function: a redirect or a proxy (HTTP {status})."
            ),
            lost,
            "Providers follow no redirect: put the address that it leads to, which a custom domain or a proxy in front of the \
             API may have, into WEBHOOK_URL and into the providers' settings. A proxy on this side is the network's here.",
        ),
        (_, Found::Status(429)) => Finding::warning(
            format!("{the} is throttled (HTTP 429)."),
            "Callbacks above the rate are put off until the provider calls again.",
            "Raise the parameter CallbackRate and deploy, if callbacks often come at that rate.",
        ),
        (_, Found::Status(status @ 500..=599)) => Finding::fault(
            format!("{the} is answered with HTTP {status}."),
            "The function fails or can't read its secret; providers call again for a while, then give up, and 1MSG \
             switches the URL off.",
            "See delivery-webhook's log (`sam logs --name DeliveryWebhook`) for what fails, and the findings about the \
             secrets and the table.",
        ),
        (_, Found::Status(status)) => {
            Finding::fault(format!("{the} is answered with HTTP {status}."), lost, where_it_is)
        }
        (_, Found::Challenge) => {
            Finding::fault(format!("{the} is answered with the challenge."), lost, where_it_is)
        }
        (_, Found::Unreachable | Found::NoAnswer) => too_late(&the),
    })
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    fn call_of(expected: Expected, found: Found) -> Called {
        let checks = vec![Check { tried: "a call", expected, found }];
        Called { provider: Provider::Meta, checks: Some(checks), took: Duration::from_millis(12) }
    }

    #[track_caller]
    fn assert_found(expected: Expected, found: Found, severity: Severity, said: &str) {
        let findings = findings(&[call_of(expected, found)], "https://hook.example");
        assert!(
            findings.len() == 1 && findings[0].severity == severity && findings[0].what.contains(said),
            "{said} in {findings:#?}"
        );
    }

    #[test]
    fn what_is_answered_as_it_should_be_is_fine_with_its_latency() {
        assert_found(Expected::LetIn, Found::Status(200), Severity::Fine, "Meta: its calls are let in");
        assert_found(Expected::Challenge, Found::Challenge, Severity::Fine, "1 test call took 12 ms");
        assert_found(Expected::Refused, Found::Status(401), Severity::Fine, "others refused");
    }

    #[test]
    fn every_other_answer_is_found() {
        use Expected::{Challenge, LetIn, Refused};
        use Severity::{Fault, Warning};
        let status = Found::Status;
        assert_found(Challenge, status(200), Fault, "something else than the challenge");
        assert_found(LetIn, status(403), Fault, "is refused, though");
        assert_found(Challenge, status(401), Fault, "is refused, though");
        assert_found(Refused, status(200), Fault, "Meta: a call is let in");
        assert_found(Refused, Found::Challenge, Fault, "Meta: a call is let in");
        assert_found(Refused, status(404), Fault, "no route");
        assert_found(LetIn, status(429), Warning, "throttled");
        assert_found(Refused, status(503), Fault, "HTTP 503");
        for other in [302, 308, 407, 511] {
            assert_found(LetIn, status(other), Fault, &format!("a redirect or a proxy (HTTP {other})"));
        }
        assert_found(LetIn, Found::Unreachable, Fault, "Nobody answers");
    }

    #[test]
    fn a_webhook_that_nobody_answers_at_is_one_finding_and_one_silent_call_another() {
        let silent = || call_of(Expected::LetIn, Found::NoAnswer);
        let late = || Called { checks: None, ..silent() };
        let whole = findings(&[silent(), late()], "https://hook.example");
        assert!(whole.len() == 1 && whole[0].what.contains("Nobody answers"), "{whole:?}");
        let answered = || call_of(Expected::LetIn, Found::Status(200));
        for part in [silent(), late()] {
            let findings = findings(&[answered(), part], "https://hook.example");
            assert!(findings.len() == 2 && findings[1].what.contains("answered in time"), "{findings:?}");
        }
    }

    #[test]
    fn slow_answers_are_noted() {
        let slow =
            Called { took: Duration::from_millis(1001), ..call_of(Expected::LetIn, Found::Status(200)) };
        let findings = findings(&[slow], "https://hook.example");
        assert!(findings.len() == 2 && findings[1].what.contains("more than a second"), "{findings:?}");
    }
}
