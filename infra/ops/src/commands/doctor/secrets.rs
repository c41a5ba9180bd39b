//! The three secrets: they exist, are readable, have the right format, are hard to guess, and match each other and the
//! catalogue. Their values are never shown.

mod coverage;
mod credentials;
mod reading;
mod strength;
mod webhook;

use aws_sdk_secretsmanager::Client;
use shared::catalogue::Catalogue;
use shared::secrets::{Credentials, WebhookSecrets};
use shared::settings::Environment;

use super::finding::Finding;
use super::surroundings::Surroundings;
use super::unanswered::{Reached, Unanswered};
use reading::Reading;

/// The secrets, as far as they can be read.
#[derive(Debug)]
pub(super) struct Secrets {
    /// The credentials for sends.
    pub(super) credentials: Held<Credentials>,
    /// The secrets that authenticate callbacks.
    pub(super) webhook: Held<WebhookSecrets>,
    /// The secret of the notification keys; doctor doesn't use its value.
    pub(super) key: Held<()>,
}

/// One secret.
#[derive(Debug)]
pub(super) enum Held<T> {
    /// Its variable is not set.
    NotNamed,
    /// It couldn't be read.
    Unread(Unanswered),
    /// It contains bytes, not text.
    Binary,
    /// It was read.
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
            Self::Unread(unanswered) => unanswered.reached(),
            Self::Binary | Self::Read { .. } => Reached::Answered,
        }
    }
}

impl Secrets {
    /// Reads the secrets from Secrets Manager.
    pub(super) async fn read(client: &Client, environment: &Environment) -> Self {
        let (credentials, webhook, key) = tokio::join!(
            held(client, environment.get("CREDENTIALS_SECRET_ID"), reading::read),
            held(client, environment.get("WEBHOOK_SECRET_ID"), reading::read),
            held(client, environment.get("KEY_SECRET_ID"), reading::read_key)
        );
        Self { credentials, webhook, key }
    }

    /// The result if no secret was read, for this reason.
    pub(super) fn unread(unanswered: Option<&Unanswered>) -> Self {
        fn held<T>(unanswered: Option<&Unanswered>) -> Held<T> {
            unanswered.map_or(Held::NotNamed, |unanswered| Held::Unread(unanswered.clone()))
        }
        Self { credentials: held(unanswered), webhook: held(unanswered), key: held(unanswered) }
    }

    /// Whether AWS has answered.
    pub(super) fn reached(&self) -> Reached {
        self.credentials.reached().max(self.webhook.reached()).max(self.key.reached())
    }
}

async fn held<T>(client: &Client, id: Option<&str>, read: fn(&str) -> Reading<T>) -> Held<T> {
    let Some(id) = id else { return Held::NotNamed };
    let value = async |stage: &str| {
        let found = client.get_secret_value().secret_id(id).version_stage(stage).send().await;
        found.map(|found| found.secret_string).map_err(|error| Unanswered::of(&error))
    };
    match value("AWSCURRENT").await {
        Err(unanswered) => Held::Unread(unanswered),
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

/// Judges the secrets, each by itself and together.
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
    let key = Role {
        setting: "KEY_SECRET_ID",
        id: id("KEY_SECRET_ID"),
        holds: "key of the notifications",
        without: "Nothing can be sent: order events wait in the queue, and after two hours in its dead-letter queue.",
    };
    let mut findings = of_one(&secrets.credentials, &credentials);
    findings.extend(of_one(&secrets.webhook, &webhook));
    findings.extend(of_one(&secrets.key, &key));
    if let Held::Read { previous: Some(_), .. } = &secrets.key {
        findings.push(Finding::warning(
            "The key of the notifications was changed: there is a version before the current one (AWSPREVIOUS).",
            "Every notification has another key since. An event of before that comes again is recognised by its id alone: \
             one that its producer puts anew tells its customer again.",
            "Put the former value back, if it was changed a short time ago; else have no producer repeat older events.",
        ));
    }
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
    let put = if *setting == "KEY_SECRET_ID" {
        format!(
            "Put the same key again, as {{\"key\": \"…\"}}: its version before (AWSPREVIOUS) may have it. With another key every \
             event that comes again is sent again. aws secretsmanager put-secret-value --secret-id {id} --secret-string \
             file://FILE.json"
        )
    } else {
        format!(
            "Put it as docs/settings.md and docs/deploy.md, step 4, show it: aws secretsmanager put-secret-value \
             --secret-id {id} --secret-string file://FILE.json"
        )
    };
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

    fn read<T: DeserializeOwned + Default>(current: &str) -> Held<T> {
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

    fn found(credentials: Held<Credentials>, webhook: Held<WebhookSecrets>) -> Vec<Finding> {
        findings(
            &Secrets { credentials, webhook, key: sound_key() },
            None,
            &environment(),
            Surroundings::Stack,
        )
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
    fn the_key_of_the_notifications_is_looked_at_and_never_shown() {
        let with = |key| {
            let secrets = Secrets { credentials: read(CREDENTIALS), webhook: read(WEBHOOK), key };
            findings(&secrets, None, &environment(), Surroundings::Stack)
        };
        let short = format!(r#"{{"key": "{}"}}"#, "hush".repeat(7));
        let more = format!(r#"{{"key": "{}", "other": "hush"}}"#, "hush".repeat(8));
        for (held, said) in [
            (Held::NotNamed, "KEY_SECRET_ID is not set"),
            (Held::Unread(Unanswered::NotThere), "shop/key, has no value, or isn't there"),
            (Held::Binary, "is binary"),
            (key("{\"key\": "), "is not JSON"),
            (key("[\"hush\"]"), "key: is missing or no text"),
            (key("{\"key\": 7}"), "key: is missing or no text"),
            (key(&short), "the key is shorter than 32 characters"),
            (key(&more), "holds more than the one member, key"),
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
    fn a_version_before_is_noted() {
        let webhook = Held::Read { current: reading::read(WEBHOOK), previous: Some(reading::read("{")) };
        let findings = found(read(CREDENTIALS), webhook);
        let notes: Vec<&Finding> =
            findings.iter().filter(|finding| finding.severity == Severity::Note).collect();
        assert_eq!(notes.len(), 2, "{findings:#?}");
    }
}
