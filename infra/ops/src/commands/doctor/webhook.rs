//! Checks the webhook: it must be reachable, accept each provider's authenticated calls, and refuse all others.
//!
//! The calls are [`WebhookProbe`]'s, which contain no reports and cause no write.

use std::time::{Duration, Instant};

use secrecy::ExposeSecret as _;
use shared::provider::Provider;
use shared::secrets::WebhookSecrets;
use tokio::time::timeout;
use url::Url;

use super::finding::Finding;
use crate::failure::Failure;
use crate::labels::count;
use crate::webhook_probe::{Check, Expected, Found, WebhookProbe};

/// Meta requires a median of 250 ms, and less than 1 % above a second
/// (<https://developers.facebook.com/docs/whatsapp/cloud-api/guides/set-up-webhooks>).
const SLOW: Duration = Duration::from_secs(1);

/// The results of one provider's test calls.
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
    let webhook = WebhookProbe::new(base)?;
    let asked = Provider::WITH_WEBHOOK.map(|provider| as_provider(&webhook, provider, secrets, time));
    Ok(futures_util::future::join_all(asked).await.into_iter().flatten().collect())
}

async fn as_provider(
    webhook: &WebhookProbe,
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
            Provider::AwsWhatsApp | Provider::AwsSms | Provider::AwsEmail => return None,
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
        "Providers call only https, and others could read the secrets and the callbacks. It wasn't called.",
        "Use the stack's URL at API Gateway, or your own domain with a certificate.",
    )
}

pub(super) fn findings(calls: &[Called], base: &str) -> Vec<Finding> {
    let is_silent = |it: &Called| {
        it.checks.as_ref().is_none_or(|checks| {
            checks.iter().all(|check| matches!(check.found, Found::Unreachable | Found::NoAnswer))
        })
    };
    if !calls.is_empty() && calls.iter().all(is_silent) {
        return vec![Finding::fault(
            format!("The webhook {base} doesn't answer."),
            "No callback arrives, so the delivery of messages stays unknown.",
            "Check WEBHOOK_URL or --stack, and that the API and its function are deployed: `sam deploy`.",
        )];
    }
    let mut findings = Vec::new();
    for one in calls {
        match &one.checks {
            Some(checks) => findings.extend(provider_findings(one, checks)),
            None => findings.push(too_late(one.provider.title())),
        }
    }
    findings
}

fn provider_findings(one: &Called, checks: &[Check]) -> Vec<Finding> {
    let name = one.provider.title();
    let mut findings: Vec<Finding> = checks.iter().filter_map(|check| check_finding(name, check)).collect();
    if findings.is_empty() {
        let calls = count(checks.len(), "test call");
        findings.push(Finding::fine(format!(
            "{name}: the webhook accepts its calls and refuses others; {calls} took {} ms.",
            one.took.as_millis()
        )));
    }
    let calls = u32::try_from(checks.len()).unwrap_or(u32::MAX);
    if one.took > SLOW * calls {
        findings.push(Finding::note(
            format!("{name}: the test calls took more than a second on average."),
            "A first call after a pause starts the function. If calls stay slow, Meta repeats them.",
        ));
    }
    findings
}

fn too_late(name: &str) -> Finding {
    Finding::fault(
        format!("{name}: the test calls weren't answered in time."),
        "The provider's callbacks have the same result, so the delivery of messages stays unknown.",
        "See delivery-webhook's log (`sam logs --name DeliveryWebhook`), and run doctor again, with a longer --timeout if \
         necessary.",
    )
}

fn check_finding(name: &str, check: &Check) -> Option<Finding> {
    if check.is_passed() {
        return None;
    }
    let the = format!("{name}: {}", check.tried);
    let lost = "The provider's callbacks have the same result, so the delivery of messages stays unknown.";
    let check_url = "Check that WEBHOOK_URL is the URL of this deployment's delivery-webhook.";
    Some(match (check.expected, &check.found) {
        (Expected::Refused, Found::Status(200..=299) | Found::Challenge) => Finding::fault(
            format!("{the} is accepted."),
            "Anyone can send false delivery reports.",
            "If the API isn't this deployment's delivery-webhook, delete it; otherwise deploy this version again at once.",
        ),
        (Expected::Challenge, Found::Status(200)) => Finding::fault(
            format!("{the} is not answered with the challenge."),
            "Meta doesn't accept the webhook, and the URL may belong to another server.",
            check_url,
        ),
        (Expected::LetIn | Expected::Challenge, Found::Status(401 | 403)) => Finding::fault(
            format!("{the} is refused, although it has the webhook secret's current value."),
            lost,
            "A running function reads a changed secret within five minutes; run doctor again then. If the call is still refused, \
             compare the function's WEBHOOK_SECRET_ID with this deployment's.",
        ),
        (_, Found::Status(404 | 405)) => Finding::fault(
            format!("{the} finds no route at the webhook."),
            lost,
            "Check that WEBHOOK_URL ends before /webhooks/…, and deploy the stack with this version's template.yaml.",
        ),
        (_, Found::Status(status @ (300..=399 | 407 | 511))) => Finding::fault(
            format!("{the} is answered by a redirect or a proxy instead of the function (HTTP {status})."),
            lost,
            "Providers follow no redirects. Set WEBHOOK_URL and the providers' settings to the redirect's target, or remove a proxy \
             between this machine and the webhook.",
        ),
        (_, Found::Status(429)) => Finding::warning(
            format!("{the} is throttled (HTTP 429)."),
            "Callbacks above the rate are delayed until the provider repeats them.",
            "If callbacks often exceed the rate, raise the parameter CallbackRate and deploy.",
        ),
        (_, Found::Status(status @ 500..=599)) => Finding::fault(
            format!("{the} is answered with HTTP {status}."),
            "The function fails or can't read its secret. Providers repeat their calls for a while, then stop, and 1MSG \
             disables the URL.",
            "See delivery-webhook's log (`sam logs --name DeliveryWebhook`) for the error, and the findings about the \
             secrets and the table.",
        ),
        (_, Found::Status(status)) => {
            Finding::fault(format!("{the} is answered with HTTP {status}."), lost, check_url)
        }
        (_, Found::Challenge) => {
            Finding::fault(format!("{the} is answered with the challenge."), lost, check_url)
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
    fn correct_answers_are_fine_with_their_latency() {
        assert_found(
            Expected::LetIn,
            Found::Status(200),
            Severity::Fine,
            "Meta: the webhook accepts its calls",
        );
        assert_found(Expected::Challenge, Found::Challenge, Severity::Fine, "1 test call took 12 ms");
        assert_found(Expected::Refused, Found::Status(401), Severity::Fine, "refuses others");
    }

    #[test]
    fn every_wrong_answer_is_a_finding() {
        use Expected::{Challenge, LetIn, Refused};
        use Severity::{Fault, Warning};
        let status = Found::Status;
        assert_found(Challenge, status(200), Fault, "is not answered with the challenge");
        assert_found(LetIn, status(403), Fault, "is refused, although");
        assert_found(Challenge, status(401), Fault, "is refused, although");
        assert_found(Refused, status(200), Fault, "Meta: a call is accepted");
        assert_found(Refused, Found::Challenge, Fault, "Meta: a call is accepted");
        assert_found(Refused, status(404), Fault, "no route");
        assert_found(LetIn, status(429), Warning, "throttled");
        assert_found(Refused, status(503), Fault, "HTTP 503");
        for other in [302, 308, 407, 511] {
            assert_found(LetIn, status(other), Fault, &format!("instead of the function (HTTP {other})"));
        }
        assert_found(LetIn, Found::Unreachable, Fault, "doesn't answer");
    }

    #[test]
    fn an_unreachable_webhook_is_one_finding_and_a_single_missing_answer_another() {
        let silent = || call_of(Expected::LetIn, Found::NoAnswer);
        let late = || Called { checks: None, ..silent() };
        let whole = findings(&[silent(), late()], "https://hook.example");
        assert!(whole.len() == 1 && whole[0].what.contains("doesn't answer"), "{whole:?}");
        let answered = || call_of(Expected::LetIn, Found::Status(200));
        for part in [silent(), late()] {
            let findings = findings(&[answered(), part], "https://hook.example");
            assert!(findings.len() == 2 && findings[1].what.contains("answered in time"), "{findings:?}");
        }
    }

    #[test]
    fn slow_answers_are_a_note() {
        let slow =
            Called { took: Duration::from_millis(1001), ..call_of(Expected::LetIn, Found::Status(200)) };
        let findings = findings(&[slow], "https://hook.example");
        assert!(findings.len() == 2 && findings[1].what.contains("more than a second"), "{findings:?}");
    }
}
