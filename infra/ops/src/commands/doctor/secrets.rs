//! The two secrets: there, readable, of the right form, hard to guess, and made for each other and for the catalogue.
//! Nothing of their values is ever shown.

mod coverage;
mod credentials;
mod reading;
mod strength;
mod webhook;

use aws_sdk_secretsmanager::Client;
use serde::de::DeserializeOwned;
use shared::catalogue::Catalogue;
use shared::secrets::{Credentials, WebhookSecrets};
use shared::settings::Environment;

use super::finding::Finding;
use super::surroundings::Surroundings;
use super::unanswered::{Reached, Unanswered};
use reading::Reading;

/// Both secrets, as far as they can be read.
#[derive(Debug)]
pub(super) struct Secrets {
    /// What it takes to send.
    pub(super) credentials: Held<Credentials>,
    /// What authenticates callbacks.
    pub(super) webhook: Held<WebhookSecrets>,
}

/// One secret.
#[derive(Debug)]
pub(super) enum Held<T> {
    /// No setting names it.
    NotNamed,
    /// It couldn't be read.
    Unread(Unanswered),
    /// It holds bytes, not a text.
    Binary,
    /// It was read.
    Read {
        /// `AWSCURRENT`.
        current: Reading<T>,
        /// `AWSPREVIOUS`, if there is such a version.
        previous: Option<Reading<T>>,
    },
}

impl<T> Held<T> {
    /// Its current entries without a fault.
    pub(super) fn current(&self) -> Option<&T> {
        if let Self::Read { current, .. } = self { Some(&current.sound) } else { None }
    }

    /// The same, of the version before.
    pub(super) fn previous(&self) -> Option<&T> {
        if let Self::Read { previous: Some(previous), .. } = self { Some(&previous.sound) } else { None }
    }

    fn reached(&self) -> Reached {
        match self {
            Self::NotNamed => Reached::NotAsked,
            Self::Unread(unanswered) => unanswered.reached(),
            Self::Binary | Self::Read { .. } => Reached::Answered,
        }
    }
}

impl Secrets {
    /// Reads both.
    pub(super) async fn read(client: &Client, environment: &Environment) -> Self {
        let (credentials, webhook) = tokio::join!(
            held(client, environment.get("CREDENTIALS_SECRET_ID")),
            held(client, environment.get("WEBHOOK_SECRET_ID"))
        );
        Self { credentials, webhook }
    }

    /// Whether AWS has answered.
    pub(super) fn reached(&self) -> Reached {
        self.credentials.reached().max(self.webhook.reached())
    }
}

async fn held<T: DeserializeOwned + Default>(client: &Client, id: Option<&str>) -> Held<T> {
    let Some(id) = id else { return Held::NotNamed };
    let value = async |stage: &str| {
        let found = client.get_secret_value().secret_id(id).version_stage(stage).send().await;
        found.map(|found| found.secret_string).map_err(|error| Unanswered::of(&error))
    };
    match value("AWSCURRENT").await {
        Err(unanswered) => Held::Unread(unanswered),
        Ok(None) => Held::Binary,
        Ok(Some(current)) => Held::Read {
            current: reading::read(&current),
            // There is none before the first rotation; else the current version has said whether AWS answers. One that
            // was put twice shuts the one before it out.
            previous: value("AWSPREVIOUS")
                .await
                .ok()
                .flatten()
                .filter(|previous| *previous != current)
                .map(|previous| reading::read(&previous)),
        },
    }
}

/// One secret's name, and what it is for.
struct Role<'a> {
    setting: &'static str,
    id: &'a str,
    holds: &'static str,
    without: &'static str,
}

/// What is wrong with the secrets, each by itself and together.
pub(super) fn findings(
    secrets: &Secrets,
    catalogue: Option<&Catalogue>,
    environment: &Environment,
    surroundings: Surroundings,
) -> Vec<Finding> {
    let id = |setting| environment.get(setting).unwrap_or_default();
    let credentials = Role {
        setting: "CREDENTIALS_SECRET_ID",
        id: id("CREDENTIALS_SECRET_ID"),
        holds: "provider credentials",
        without: "Nothing can be sent: order events wait in the queue, and after two hours in its dead-letter queue.",
    };
    let webhook = Role {
        setting: "WEBHOOK_SECRET_ID",
        id: id("WEBHOOK_SECRET_ID"),
        holds: "webhook secrets",
        without: "Callbacks are answered with 5xx, so that nobody learns what became of a message, and 1MSG switches \
                  off a URL that keeps failing.",
    };
    let mut findings = of_one(&secrets.credentials, &credentials);
    findings.extend(of_one(&secrets.webhook, &webhook));
    if let Some(current) = secrets.credentials.current() {
        findings.extend(credentials::findings(current, environment, surroundings));
    }
    if let Some(current) = secrets.webhook.current() {
        findings.extend(webhook::findings(current));
    }
    if secrets.webhook.previous().is_some() {
        findings.push(Finding::note(
            "The webhook secrets have a version before the current one (AWSPREVIOUS).",
            "Callbacks with the secrets of that version are let in as well, so that a rotation loses none; put the new \
             value twice to shut the old one out.",
        ));
    }
    if let (Some(credentials), Some(webhook)) = (secrets.credentials.current(), secrets.webhook.current()) {
        findings.extend(coverage::findings(credentials, webhook, catalogue));
    }
    findings
}

fn of_one<T>(held: &Held<T>, role: &Role<'_>) -> Vec<Finding> {
    let Role { setting, id, holds, without } = role;
    let put = format!(
        "Put it as docs/deploy.md, step 4, has it: aws secretsmanager put-secret-value --secret-id {id} --secret-string file://FILE.json"
    );
    match held {
        Held::NotNamed => vec![Finding::fault(
            format!("The secret with the {holds} isn't named: {setting} is not set."),
            without,
            format!("Name the deployment with --stack NAME or --local, or set {setting}."),
        )],
        Held::Unread(Unanswered::NotThere) => vec![Finding::fault(
            format!("The secret with the {holds}, {id}, has no value, or isn't there."),
            without,
            put,
        )],
        Held::Unread(unanswered) => {
            vec![unanswered.finding(&format!("The secret with the {holds}"), "secretsmanager:GetSecretValue")]
        }
        Held::Binary => vec![Finding::fault(
            format!("The secret with the {holds} is binary; it must be a JSON text."),
            without,
            put,
        )],
        Held::Read { current, previous } => {
            let mut findings: Vec<Finding> = current
                .faults
                .iter()
                .map(|fault| Finding::fault(format!("The secret with the {holds}: {fault}."), without, &put))
                .collect();
            if findings.is_empty() {
                findings
                    .push(Finding::fine(format!("The secret with the {holds} is there and has its form.")));
            }
            if previous.as_ref().is_some_and(|previous| !previous.faults.is_empty()) {
                findings.push(Finding::note(
                    format!("The version before the current one of the {holds} has not the right form."),
                    "It is left aside; only a callback that still carries a secret of it would be refused.",
                ));
            }
            findings
        }
    }
}

#[cfg(test)]
mod tests {
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

    fn read<T: DeserializeOwned + Default>(current: &str) -> Held<T> {
        Held::Read { current: reading::read(current), previous: None }
    }

    fn environment() -> Environment {
        [("CREDENTIALS_SECRET_ID", "shop/credentials"), ("WEBHOOK_SECRET_ID", "shop/webhook")]
            .into_iter()
            .collect()
    }

    fn found(credentials: Held<Credentials>, webhook: Held<WebhookSecrets>) -> Vec<Finding> {
        findings(&Secrets { credentials, webhook }, None, &environment(), Surroundings::Stack)
    }

    #[test]
    fn sound_secrets_are_fine() {
        let findings = found(read(CREDENTIALS), read(WEBHOOK));
        assert!(findings.iter().all(|finding| finding.severity == Severity::Fine), "{findings:#?}");
    }

    #[test]
    fn a_secret_that_cannot_be_used_is_a_fault_and_hides_nothing_of_the_other() {
        for (held, said) in [
            (Held::NotNamed, "CREDENTIALS_SECRET_ID is not set"),
            (Held::Unread(Unanswered::NotThere), "shop/credentials, has no value, or isn't there"),
            (Held::Unread(Unanswered::Unreachable), "nobody answers"),
            (Held::Binary, "is binary"),
            (read("{"), "is not JSON"),
            (read(r#"{"onemsg": {}}"#), "onemsg.token: is missing"),
        ] {
            let findings = found(held, Held::Unread(Unanswered::NotThere));
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
    fn a_version_before_is_noted() {
        let webhook = Held::Read { current: reading::read(WEBHOOK), previous: Some(reading::read("{")) };
        let findings = found(read(CREDENTIALS), webhook);
        let notes: Vec<&Finding> =
            findings.iter().filter(|finding| finding.severity == Severity::Note).collect();
        assert_eq!(notes.len(), 2, "{findings:#?}");
    }
}
