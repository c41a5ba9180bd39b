//! Checks the three secrets: they must exist, be readable, have the correct format, be hard to guess, and match each
//! other and the catalogue. Their values are never shown.

mod coverage;
mod credentials;
mod reading;
mod strength;
mod webhook;

use aws_sdk_secretsmanager::Client;
use shared::catalogue::Catalogue;
use shared::message::Sender;
use shared::secrets::{Credentials, Senders, WebhookSecrets};
use shared::settings::Environment;

use super::aws_error::{AwsError, Reached};
use super::deployment_kind::DeploymentKind;
use super::finding::Finding;
use reading::Reading;

#[derive(Debug)]
pub(super) struct Secrets {
    /// The credentials for sends.
    pub(super) credentials: Held<Senders<Credentials>>,
    /// The secrets that authenticate callbacks.
    pub(super) webhook: Held<Senders<WebhookSecrets>>,
    /// The key of the notifications; doctor discards its value.
    pub(super) key: Held<()>,
}

#[derive(Debug)]
pub(super) enum Held<T> {
    /// Its variable is not set.
    NotNamed,
    /// It couldn't be read.
    Unread(AwsError),
    /// It contains bytes instead of text.
    Binary,
    Read {
        /// `AWSCURRENT`.
        current: Reading<T>,
        /// `AWSPREVIOUS`, if that version exists.
        previous: Option<Reading<T>>,
    },
}

impl<T> Held<T> {
    /// The current version's entries without a fault.
    pub(super) fn current(&self) -> Option<&T> {
        if let Self::Read { current, .. } = self { Some(&current.sound) } else { None }
    }

    /// The previous version's entries without a fault.
    pub(super) fn previous(&self) -> Option<&T> {
        if let Self::Read { previous: Some(previous), .. } = self { Some(&previous.sound) } else { None }
    }

    fn reached(&self) -> Reached {
        match self {
            Self::NotNamed => Reached::NotAsked,
            Self::Unread(error) => error.reached(),
            Self::Binary | Self::Read { .. } => Reached::Answered,
        }
    }
}

impl Secrets {
    pub(super) async fn read(client: &Client, environment: &Environment) -> Self {
        let (credentials, webhook, key) = tokio::join!(
            held(client, environment.get("CREDENTIALS_SECRET_ID"), reading::read),
            held(client, environment.get("WEBHOOK_SECRET_ID"), reading::read),
            held(client, environment.get("KEY_SECRET_ID"), reading::read_key)
        );
        Self { credentials, webhook, key }
    }

    /// The result if no secret was read; none if no area needs them.
    pub(super) fn unread(error: Option<&AwsError>) -> Self {
        fn held<T>(error: Option<&AwsError>) -> Held<T> {
            error.map_or(Held::NotNamed, |error| Held::Unread(error.clone()))
        }
        Self { credentials: held(error), webhook: held(error), key: held(error) }
    }

    pub(super) fn reached(&self) -> Reached {
        self.credentials.reached().max(self.webhook.reached()).max(self.key.reached())
    }
}

async fn held<T>(client: &Client, id: Option<&str>, read: fn(&str) -> Reading<T>) -> Held<T> {
    let Some(id) = id else { return Held::NotNamed };
    let value = async |stage: &str| {
        let found = client.get_secret_value().secret_id(id).version_stage(stage).send().await;
        found.map(|found| found.secret_string).map_err(|error| AwsError::classify(&error))
    };
    match value("AWSCURRENT").await {
        Err(error) => Held::Unread(error),
        Ok(None) => Held::Binary,
        Ok(Some(current)) => Held::Read {
            current: read(&current),
            // A secret has no previous version before its first rotation. An error is ignored, because the current
            // version has already shown whether AWS answers. A value that was put twice is both versions, so that no
            // other previous value is left.
            previous: value("AWSPREVIOUS")
                .await
                .ok()
                .flatten()
                .filter(|previous| *previous != current)
                .map(|previous| read(&previous)),
        },
    }
}

/// One secret's name and purpose.
struct Role<'a> {
    setting: &'static str,
    id: &'a str,
    holds: &'static str,
    without: &'static str,
}

/// Judges the secrets, each by itself and together. With `only`, of the senders only this one is examined.
pub(super) fn findings(
    secrets: &Secrets,
    catalogue: Option<&Catalogue>,
    environment: &Environment,
    deployment_kind: DeploymentKind,
    only: Option<&Sender>,
) -> Vec<Finding> {
    let id = |setting| environment.get(setting).unwrap_or_default();
    let credentials = Role {
        setting: "CREDENTIALS_SECRET_ID",
        id: id("CREDENTIALS_SECRET_ID"),
        holds: "provider credentials",
        without: "Nothing can be sent. Order events wait in the queue, and go to the dead-letter queue after two hours.",
    };
    let webhook = Role {
        setting: "WEBHOOK_SECRET_ID",
        id: id("WEBHOOK_SECRET_ID"),
        holds: "webhook secrets",
        without: "Callbacks are answered with 5xx, so the delivery of messages stays unknown, and 1MSG disables \
                  a URL that keeps failing.",
    };
    let key = Role {
        setting: "KEY_SECRET_ID",
        id: id("KEY_SECRET_ID"),
        holds: "key of the notifications",
        without: "Nothing can be sent. Order events wait in the queue, and go to the dead-letter queue after two hours.",
    };
    let mut findings = secret_findings(&secrets.credentials, &credentials);
    findings.extend(secret_findings(&secrets.webhook, &webhook));
    findings.extend(secret_findings(&secrets.key, &key));
    if let Held::Read { previous: Some(_), .. } = &secrets.key {
        findings.push(Finding::warning(
            "The key of the notifications was changed: it has a previous version (AWSPREVIOUS).",
            "All notifications have other keys since then. An earlier event that comes again is recognised only by its id: \
             if its producer publishes it anew, the customer gets the message again.",
            "If the change is recent, restore the previous value; otherwise, let no producer repeat older events.",
        ));
    }
    if let Some(current) = secrets.credentials.current() {
        for (sender, own) in current.all().filter(|(sender, _)| only.is_none() || *sender == only) {
            let found = credentials::findings(own, &webhook::prefix(sender), environment, deployment_kind);
            findings.extend(found.into_iter().map(|finding| finding.of_sender(sender)));
        }
        findings.extend(only.filter(|only| !current.named.contains_key(*only)).map(unknown));
    }
    if let Some(current) = secrets.webhook.current() {
        findings.extend(webhook::findings(current, only));
    }
    if secrets.webhook.previous().is_some() {
        findings.push(Finding::note(
            "The webhook secrets have a previous version (AWSPREVIOUS).",
            "Callbacks with its secrets are accepted too, so that a rotation loses none. Store the new value twice to \
             disable the old one.",
        ));
    }
    if let (Some(credentials), Some(webhook)) = (secrets.credentials.current(), secrets.webhook.current()) {
        findings.extend(coverage::findings(credentials, webhook, catalogue, only));
    }
    findings
}

fn unknown(sender: &Sender) -> Finding {
    Finding::fault(
        format!("The credentials secret has no sender {sender}."),
        "Its messages wait (unknown_sender) until their max_age, and are then suppressed.",
        "Add it under senders to the credentials secret (docs/senders.md), or correct --sender.",
    )
    .of_sender(Some(sender))
}

fn secret_findings<T>(held: &Held<T>, role: &Role<'_>) -> Vec<Finding> {
    let Role { setting, id, holds, without } = role;
    let put = if *setting == "KEY_SECRET_ID" {
        format!(
            "Store the same key again, as {{\"key\": \"…\"}}; the previous version (AWSPREVIOUS) may have it. With another key, every \
             event that comes again is sent again. aws secretsmanager put-secret-value --secret-id {id} --secret-string \
             file://FILE.json"
        )
    } else {
        format!(
            "Store it as docs/settings.md and docs/deploy.md, step 4, show: aws secretsmanager put-secret-value \
             --secret-id {id} --secret-string file://FILE.json"
        )
    };
    match held {
        Held::NotNamed => vec![Finding::fault(
            format!("The secret with the {holds} is unknown: {setting} is not set."),
            without,
            format!("Name the deployment with --stack NAME or --local, or set {setting}."),
        )],
        Held::Unread(AwsError::NotFound) => vec![Finding::fault(
            format!("The secret with the {holds}, {id}, doesn't exist or has no value."),
            without,
            put,
        )],
        Held::Unread(error) => {
            vec![error.finding(&format!("The secret with the {holds}"), "secretsmanager:GetSecretValue")]
        }
        Held::Binary => vec![Finding::fault(
            format!("The secret with the {holds} is binary; it must be JSON text."),
            without,
            put,
        )],
        Held::Read { current, previous } => {
            let mut findings: Vec<Finding> = current
                .faults
                .iter()
                .map(|fault| Finding::fault(format!("The secret with the {holds}: {fault}."), without, &put))
                .collect();
            findings.extend(current.of_senders.iter().map(|(sender, fault)| {
                let why = "The secret is read without this sender. Its messages wait, and its callbacks are refused.";
                let what = format!("The secret with the {holds}: {fault}.");
                Finding::fault(what, why, &put).of_sender(Some(sender))
            }));
            if findings.is_empty() {
                findings.push(Finding::fine(format!(
                    "The secret with the {holds} exists and has the correct format."
                )));
            }
            if previous.as_ref().is_some_and(|previous| !previous.faults.is_empty()) {
                findings.push(Finding::note(
                    format!("The previous version of the {holds} has a wrong format."),
                    "It is ignored. Callbacks that still use its secrets are refused.",
                ));
            }
            findings
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;

    use super::super::finding::Severity;
    use super::*;

    const CREDENTIALS: &str = r#"{
        "onemsg": {"channel": "ODI371267300", "token": "eyJhbGciOiJIUzI1NiJ9.eyJpZCI6Ijk5In0.q7Zt-Vw3"},
        "meta": {"phone_number_id": "106540352242922", "token": "EAAG1zcBAO9fZC4kP0yhVtm7wq"}
    }"#;
    const WEBHOOK: &str = r#"{
        "onemsg": {"url_secret": "9f2c61d07be4835a0c44e1b78d3f6a92"},
        "meta": {"app_secret": "5d1ae09c77b2f4386e0fb3c219a8d764", "verify_token": "b7034ce8f19d25a6603e7f4c8a91bd52"}
    }"#;

    fn read<T: DeserializeOwned + Default>(current: &str) -> Held<Senders<T>> {
        Held::Read { current: reading::read(current), previous: None }
    }

    fn environment() -> Environment {
        [
            ("CREDENTIALS_SECRET_ID", "shop/credentials"),
            ("WEBHOOK_SECRET_ID", "shop/webhook"),
            ("KEY_SECRET_ID", "shop/key"),
        ]
        .into_iter()
        .collect()
    }

    fn key(json: &str) -> Held<()> {
        Held::Read { current: reading::read_key(json), previous: None }
    }

    fn sound_key() -> Held<()> {
        key(&format!(r#"{{"key": "{}"}}"#, "k".repeat(32)))
    }

    fn found(
        credentials: Held<Senders<Credentials>>,
        webhook: Held<Senders<WebhookSecrets>>,
    ) -> Vec<Finding> {
        findings(
            &Secrets { credentials, webhook, key: sound_key() },
            None,
            &environment(),
            DeploymentKind::Stack,
            None,
        )
    }

    #[test]
    fn valid_secrets_are_fine() {
        let findings = found(read(CREDENTIALS), read(WEBHOOK));
        assert!(findings.iter().all(|finding| finding.severity == Severity::Fine), "{findings:#?}");
    }

    #[test]
    fn an_unusable_secret_is_a_fault_and_hides_no_finding_about_the_other() {
        for (held, said) in [
            (Held::NotNamed, "CREDENTIALS_SECRET_ID is not set"),
            (Held::Unread(AwsError::NotFound), "shop/credentials, doesn't exist or has no value"),
            (Held::Unread(AwsError::Unreachable), "no answer"),
            (Held::Binary, "is binary"),
            (read("{"), "is not JSON"),
            (read(r#"{"onemsg": {}}"#), "onemsg.token: is missing"),
        ] {
            let findings = found(held, Held::Unread(AwsError::NotFound));
            let faults: Vec<&str> = findings
                .iter()
                .filter(|finding| finding.severity == Severity::Fault)
                .map(|finding| finding.what.as_str())
                .collect();
            assert!(faults.iter().any(|fault| fault.contains(said)), "{said} in {faults:#?}");
            assert!(faults.iter().any(|fault| fault.contains("shop/webhook")), "{faults:#?}");
        }
    }

    #[test]
    fn the_key_of_the_notifications_is_checked_and_never_shown() {
        let with = |key| {
            let secrets = Secrets { credentials: read(CREDENTIALS), webhook: read(WEBHOOK), key };
            findings(&secrets, None, &environment(), DeploymentKind::Stack, None)
        };
        let short = format!(r#"{{"key": "{}"}}"#, "hush".repeat(7));
        let more = format!(r#"{{"key": "{}", "other": "hush"}}"#, "hush".repeat(8));
        for (held, said) in [
            (Held::NotNamed, "KEY_SECRET_ID is not set"),
            (Held::Unread(AwsError::NotFound), "shop/key, doesn't exist or has no value"),
            (Held::Binary, "is binary"),
            (key("{\"key\": "), "is not JSON"),
            (key("[\"hush\"]"), "key: is missing or not a text"),
            (key("{\"key\": 7}"), "key: is missing or not a text"),
            (key(&short), "the key is shorter than 32 characters"),
            (key(&more), "has members other than key"),
        ] {
            let findings = with(held);
            let faults: Vec<_> =
                findings.iter().filter(|finding| finding.severity == Severity::Fault).collect();
            assert!(faults.len() == 1 && faults[0].what.contains(said), "{said} in {faults:#?}");
            assert!(!faults[0].what.contains("hush"), "{faults:#?}");
        }
        let changed =
            Held::Read { current: reading::read_key("{}"), previous: Some(reading::read_key("{}")) };
        assert!(
            with(changed)
                .iter()
                .any(|it| it.severity == Severity::Warning && it.what.contains("was changed"))
        );
    }

    #[test]
    fn a_senders_fault_names_its_place_and_only_its_effect() {
        let credentials = r#"{"senders": {"acme": {"meta": {"phone_number_id": "1"}},
            "beta": {"meta": {"phone_number_id": "1", "token": "<token>"}}}}"#;
        let findings = found(read(credentials), read(WEBHOOK));
        let acme =
            findings.iter().find(|it| it.what.contains("senders.acme.meta.token: is missing")).unwrap();
        assert!(
            acme.sender.is_some() && acme.why.as_ref().unwrap().contains("without this sender"),
            "{acme:?}"
        );
        let beta = findings.iter().find(|it| it.what.contains("senders.beta.meta.token is empty")).unwrap();
        assert_eq!(beta.sender, Some(Sender::parse("beta").unwrap()));
    }

    #[test]
    fn a_previous_version_is_a_note() {
        let webhook = Held::Read { current: reading::read(WEBHOOK), previous: Some(reading::read("{")) };
        let findings = found(read(CREDENTIALS), webhook);
        let notes: Vec<&Finding> =
            findings.iter().filter(|finding| finding.severity == Severity::Note).collect();
        assert_eq!(notes.len(), 2, "{findings:#?}");
    }
}
