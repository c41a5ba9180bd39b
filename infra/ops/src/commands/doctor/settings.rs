//! Checks the functions' variables, parsed as the functions do, and reports values with unexpected effects.

use std::collections::BTreeSet;
use std::time::Duration;

use shared::fault::{Fault, Faults};
use shared::protocol::UnknownOutcome;
use shared::provider::Provider;
use shared::providers::BaseUrls;
use shared::settings::{Environment, NotifierSettings, PublisherSettings, SweeperSettings, WebhookSettings};

use super::deployment_kind::DeploymentKind;
use super::finding::Finding;
use super::kaleyra::is_own_address;

/// Providers report `sent` within seconds, but repeat a failed callback only after minutes.
const SHORT_WINDOW: Duration = Duration::from_mins(1);
/// How long the queue redelivers an event: 40 receives, 180 s apart (template.yaml).
const QUEUE_LIFE: Duration = Duration::from_hours(2);

pub(super) fn findings(environment: &Environment, deployment_kind: DeploymentKind) -> Vec<Finding> {
    let notifier = NotifierSettings::read(environment);
    let webhook = WebhookSettings::read(environment);
    let sweeper = SweeperSettings::read(environment);
    let publisher = PublisherSettings::read(environment);

    let faults = [
        ("order-notifier", notifier.as_ref().err()),
        ("delivery-webhook", webhook.as_ref().err()),
        ("delivery-sweeper", sweeper.as_ref().err()),
        ("status-publisher", publisher.as_ref().err()),
    ];
    let mut findings = invalid_variables(&faults, deployment_kind);
    if findings.is_empty() {
        findings.push(Finding::fine("All four functions would start with these settings."));
    }
    if let Ok(notifier) = &notifier {
        findings.push(recipients(notifier));
        findings.extend(unknown_outcomes(notifier, deployment_kind));
        findings.extend(base_urls(&notifier.base_urls, deployment_kind));
        if notifier.metrics_namespace.is_none() && deployment_kind != DeploymentKind::Local {
            findings.push(Finding::warning(
                "METRICS_NAMESPACE is none: the functions write no metrics.",
                "The alarms need these metrics, so failures go unnoticed.",
                "Remove METRICS_NAMESPACE, or set it to the stack's name as template.yaml does, and deploy.",
            ));
        }
    }
    if let Ok(sweeper) = &sweeper {
        findings.extend(times(sweeper));
    }
    if deployment_kind == DeploymentKind::Stack {
        findings.extend(missing_options(environment));
    }
    findings
}

/// Optional settings of a stack that matter only during a failure.
fn missing_options(environment: &Environment) -> Vec<Finding> {
    let mut findings = Vec::new();
    if environment.get("ALARM_TOPIC_ARN").is_none() {
        findings.push(Finding::warning(
            "The stack's alarms have no receiver.",
            "An expired token stops all messages, and is noticed only when customers complain.",
            "Deploy with the parameter AlarmEmail, and confirm the subscription by email; or with AlarmTopicArn, if you \
             have a topic.",
        ));
    }
    if environment.get("ORDER_EVENTS_ARCHIVE_NAME").is_none() {
        findings.push(Finding::warning(
            "Order events are not archived.",
            "Events that are lost by a mistake in the catalogue can't be replayed (`ops replay`); producers must publish them \
             again. A new archive has no earlier events.",
            "Deploy with the parameter ArchiveRetentionDays at 14, the default, or as your privacy rules allow.",
        ));
    }
    findings
}

/// One finding for each variable with a fault, with the functions that it affects.
fn invalid_variables(functions: &[(&str, Option<&Faults>)], deployment_kind: DeploymentKind) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let all = functions.iter().filter_map(|(_, faults)| *faults).flat_map(|faults| faults.iter());
    let distinct: Vec<&Fault> = all.filter(|fault| seen.insert((&fault.place, &fault.problem))).collect();
    distinct
        .into_iter()
        .map(|fault| {
            let affected: Vec<&str> = functions
                .iter()
                .filter(|(_, faults)| faults.is_some_and(|faults| faults.contains(fault)))
                .map(|(function, _)| *function)
                .collect();
            Finding::fault(
                format!("{fault}."),
                format!("These functions don't start: {}.", affected.join(", ")),
                match deployment_kind {
                    DeploymentKind::Stack => format!(
                        "Deploy the stack with this version's template.yaml, which validates the parameter for {}.",
                        fault.place
                    ),
                    DeploymentKind::Local => "Restart the local run: cargo run -p local -- --keep.".to_owned(),
                    DeploymentKind::Environment => format!(
                        "Set {} to the functions' value, or name the deployment with --stack NAME or --local.",
                        fault.place
                    ),
                },
            )
        })
        .collect()
}

/// Which recipients get messages, so that a test stage is not mistaken for production, nor production for a test stage.
fn recipients(settings: &NotifierSettings) -> Finding {
    let recipients = &settings.recipients;
    Finding::fine(match recipients.to_string().as_str() {
        "all" => "RECIPIENTS is all: every customer gets messages.".to_owned(),
        "none" => "RECIPIENTS is none: no customer gets a message.".to_owned(),
        list => format!("RECIPIENTS is a {list}: no other customer gets a message."),
    })
}

fn unknown_outcomes(settings: &NotifierSettings, deployment_kind: DeploymentKind) -> Vec<Finding> {
    let mut findings = Vec::new();
    for provider in Provider::WITH_WEBHOOK {
        if settings.policy.unknown_outcome(provider) == UnknownOutcome::Resend && !provider.echoes_reference()
        {
            findings.push(Finding::warning(
                format!("UNKNOWN_OUTCOME has {provider}=resend."),
                "1MSG's callbacks don't identify the send, so a send without an answer is always repeated, and the customer \
                 may get the message twice.",
                "Set the stack's parameter UnknownOutcome to onemsg=hold, and settle held notifications with `ops held` and \
                 `ops resolve`.",
            ));
        }
    }
    let window = settings.policy.confirmation_window;
    if window < SHORT_WINDOW && deployment_kind != DeploymentKind::Local {
        findings.push(Finding::warning(
            format!("CONFIRMATION_WINDOW is {}.", humantime::format_duration(window)),
            "A callback that proves that a message was sent may arrive later, when the message has already been sent \
             again.",
            "Set the stack's parameter ConfirmationWindow to 15m, the default, and deploy.",
        ));
    }
    findings
}

fn times(settings: &SweeperSettings) -> Vec<Finding> {
    let mut findings = Vec::new();
    let shown = |duration: Duration| humantime::format_duration(duration).to_string();
    if settings.stuck_after < QUEUE_LIFE {
        findings.push(Finding::warning(
            format!("STUCK_AFTER is {}, less than the queue's two hours.", shown(settings.stuck_after)),
            "delivery-sweeper holds a notification for an operator while the queue would still deliver its event again.",
            "Set the stack's parameter StuckAfter to 3h, the default, and deploy.",
        ));
    }
    let polling = settings.polling;
    if polling.silent_after >= polling.unconfirmed_after {
        findings.push(Finding::warning(
            format!(
                "SILENT_AFTER is {}, not less than UNCONFIRMED_AFTER, {}.",
                shown(polling.silent_after),
                shown(polling.unconfirmed_after)
            ),
            "The first poll of a message is also the last one, so most messages end as unconfirmed.",
            "Set the stack's parameters SilentAfter and UnconfirmedAfter to 10m and 3d, the defaults, and deploy.",
        ));
    }
    findings
}

fn base_urls(urls: &BaseUrls, deployment_kind: DeploymentKind) -> Vec<Finding> {
    let own = BaseUrls::default();
    let strange = [
        ("ONEMSG_BASE_URL", Some(&urls.onemsg).filter(|url| **url != own.onemsg)),
        ("KALEYRA_BASE_URL", urls.kaleyra.as_ref().filter(|url| !is_own_address(url))),
        ("META_BASE_URL", Some(&urls.meta).filter(|url| **url != own.meta)),
    ];
    if deployment_kind == DeploymentKind::Local {
        return Vec::new();
    }
    strange
        .into_iter()
        .filter_map(|(name, url)| Some((name, url?)))
        .map(|(name, url)| {
            let host = url.host_str().unwrap_or_default();
            Finding::warning(
                format!("{name} is {}://{host}, not the provider's own host.", url.scheme()),
                "That server gets the provider's token and the customers' numbers, and doctor's findings about the provider \
                 are about that server.",
                format!("Unset {name}, here and in the functions' configuration, unless it is your own gateway."),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    const SOUND: [(&str, &str); 9] = [
        ("RECIPIENTS", "all"),
        ("TABLE_NAME", "t"),
        ("ALARM_TOPIC_ARN", "arn:aws:sns:eu-central-1:111122223333:alarms"),
        ("ORDER_EVENTS_ARCHIVE_NAME", "a"),
        ("CREDENTIALS_SECRET_ID", "c"),
        ("KEY_SECRET_ID", "k"),
        ("WEBHOOK_SECRET_ID", "w"),
        ("EVENT_BUS_NAME", "b"),
        ("AWS_REGION", "eu-central-1"),
    ];

    fn with(more: &[(&str, &str)], deployment_kind: DeploymentKind) -> Vec<Finding> {
        findings(&SOUND.iter().chain(more).copied().collect(), deployment_kind)
    }

    #[track_caller]
    fn assert_warns(more: &[(&str, &str)], said: &str) {
        let findings = with(more, DeploymentKind::Stack);
        let warning = findings.iter().find(|finding| finding.severity == Severity::Warning);
        assert!(warning.is_some_and(|warning| warning.what.contains(said)), "{findings:?}");
    }

    #[track_caller]
    fn assert_fine(findings: &[Finding]) {
        assert!(findings.iter().all(|finding| finding.severity == Severity::Fine), "{findings:?}");
    }

    #[test]
    fn which_recipients_are_on_is_said_without_a_number() {
        for (setting, said) in [
            ("all", "RECIPIENTS is all: every customer gets messages."),
            ("none", "RECIPIENTS is none: no customer gets a message."),
            ("+12025550112,+12025550113", "RECIPIENTS is a list of 2: no other customer gets a message."),
        ] {
            let findings = with(&[("RECIPIENTS", setting)], DeploymentKind::Stack);
            assert!(findings.iter().any(|finding| finding.what == said), "{findings:?}");
        }
        let findings = with(&[("RECIPIENTS", "2025550112")], DeploymentKind::Stack);
        assert_eq!(findings[0].severity, Severity::Fault);
        assert!(!format!("{findings:?}").contains("2025550112"), "{findings:?}");
    }

    #[test]
    fn valid_settings_are_fine() {
        let findings =
            with(&[("UNKNOWN_OUTCOME", "onemsg=hold"), ("STUCK_AFTER", "2h")], DeploymentKind::Stack);
        assert_fine(&findings);
    }

    #[test]
    fn every_invalid_variable_is_a_fault_with_the_functions_that_need_it() {
        let environment: Environment =
            [("AWS_REGION", "x"), ("SILENT_AFTER", "soon"), ("TABLE_NAME", "t")].into_iter().collect();
        let findings = findings(&environment, DeploymentKind::Environment);
        let faults: Vec<&str> = findings
            .iter()
            .filter(|finding| finding.severity == Severity::Fault)
            .map(|finding| finding.what.split(':').next().unwrap())
            .collect();
        assert_eq!(
            faults,
            [
                "CREDENTIALS_SECRET_ID",
                "KEY_SECRET_ID",
                "RECIPIENTS",
                "SILENT_AFTER",
                "WEBHOOK_SECRET_ID",
                "EVENT_BUS_NAME"
            ]
        );
        let why = findings[0].why.as_deref().unwrap();
        assert!(why.ends_with("order-notifier, delivery-sweeper."), "{why}");
    }

    #[test]
    fn settings_with_unexpected_effects_are_warnings() {
        assert_warns(&[("UNKNOWN_OUTCOME", "onemsg=resend")], "onemsg=resend");
        assert_warns(&[("CONFIRMATION_WINDOW", "59s")], "CONFIRMATION_WINDOW is 59s");
        assert_warns(&[("STUCK_AFTER", "119m")], "STUCK_AFTER is 1h 59m");
        assert_warns(&[("SILENT_AFTER", "3d")], "SILENT_AFTER is 3days");
        assert_warns(&[("METRICS_NAMESPACE", "none")], "METRICS_NAMESPACE");
        assert_warns(
            &[("ONEMSG_BASE_URL", "https://api.1msg.io.evil.example")],
            "https://api.1msg.io.evil.example",
        );
        assert_warns(&[("META_BASE_URL", "http://graph.facebook.com")], "http://graph.facebook.com");
        assert_warns(&[("KALEYRA_BASE_URL", "https://kaleyra.io.example")], "KALEYRA_BASE_URL");
    }

    #[test]
    fn only_a_stack_needs_an_alarm_topic_and_an_archive() {
        for (missing, said) in
            [("ALARM_TOPIC_ARN", "have no receiver"), ("ORDER_EVENTS_ARCHIVE_NAME", "not archived")]
        {
            let environment: Environment = SOUND.into_iter().filter(|(name, _)| *name != missing).collect();
            let found = findings(&environment, DeploymentKind::Stack);
            let warnings: Vec<_> =
                found.iter().filter(|finding| finding.severity == Severity::Warning).collect();
            assert!(warnings.len() == 1 && warnings[0].what.contains(said), "{found:?}");
            for elsewhere in [DeploymentKind::Local, DeploymentKind::Environment] {
                assert_fine(&findings(&environment, elsewhere));
            }
        }
    }

    #[test]
    fn a_kaleyra_pod_is_its_own_host() {
        assert_fine(&with(&[("KALEYRA_BASE_URL", "https://api.in.kaleyra.io")], DeploymentKind::Stack));
    }

    #[test]
    fn a_local_run_may_have_short_times_and_simulated_providers() {
        let settings = [
            ("CONFIRMATION_WINDOW", "10s"),
            ("META_BASE_URL", "http://127.0.0.1:4603/meta"),
            ("METRICS_NAMESPACE", "none"),
        ];
        assert_fine(&with(&settings, DeploymentKind::Local));
    }
}
