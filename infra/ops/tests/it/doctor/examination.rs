//! Runs doctor, and checks what must hold for every result.

use std::collections::BTreeSet;

use local::simulator::{Account, KaleyraCallbackProfile};
use serde_json::Value;
use tokio::process::Command;

use crate::support::{Ran, Rig};

/// The result of doctor.
#[derive(Debug)]
pub struct Examined {
    /// The exit code.
    pub code: i32,
    findings: Vec<Found>,
}

/// A finding.
#[derive(Debug)]
struct Found {
    area: String,
    severity: String,
    what: String,
}

/// Runs `ops doctor <arguments>`.
pub async fn examine(rig: &Rig, arguments: &[&str]) -> Examined {
    let all = [&["doctor", "--json"], arguments].concat();
    Examined::from_run(&rig.ops(&all).await, rig)
}

/// Runs another command line of doctor, which must contain `--json`.
pub async fn examine_by(command: &mut Command, rig: &Rig) -> Examined {
    Examined::from_run(&Ran::from_output(command.output().await.unwrap()), rig)
}

impl Examined {
    #[track_caller]
    fn from_run(ran: &Ran, rig: &Rig) -> Self {
        assert_shows_no_secret(ran, &rig.local.simulator().account());
        let report: Value =
            serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error} in {ran:?}"));
        let text = |finding: &Value, name: &str| finding[name].as_str().map(str::to_owned);
        let findings: Vec<Found> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| {
                let severity = text(finding, "severity").unwrap();
                let is_explained = text(finding, "why").is_some() && text(finding, "fix").is_some();
                assert!(is_explained || !["fault", "warning"].contains(&severity.as_str()), "{finding}");
                Found { area: text(finding, "area").unwrap(), severity, what: text(finding, "what").unwrap() }
            })
            .collect();
        let count = |severity: &str| findings.iter().filter(|found| found.severity == severity).count();
        assert_eq!(report["faults"], count("fault"), "{report}");
        assert_eq!(report["warnings"], count("warning"), "{report}");
        Self { code: ran.code, findings }
    }

    /// The areas in the report.
    pub fn areas(&self) -> BTreeSet<&str> {
        self.findings.iter().map(|found| found.area.as_str()).collect()
    }

    /// The texts of an area's findings with this severity.
    pub fn texts(&self, area: &str, severity: &str) -> Vec<&str> {
        let wanted = |found: &&Found| found.area == area && found.severity == severity;
        self.findings.iter().filter(wanted).map(|found| found.what.as_str()).collect()
    }

    /// The number of faults.
    pub fn faults(&self) -> usize {
        self.findings.iter().filter(|found| found.severity == "fault").count()
    }

    /// Asserts a finding with this text.
    #[track_caller]
    pub fn assert_found(&self, area: &str, severity: &str, said: &str) {
        assert!(self.texts(area, severity).iter().any(|what| what.contains(said)), "{said:?} in {self:#?}");
    }

    /// Asserts a fault with this text, and the exit code for faults.
    #[track_caller]
    pub fn assert_fault(&self, area: &str, said: &str) {
        self.assert_found(area, "fault", said);
        assert_eq!(self.code, 1, "{self:#?}");
    }
}

/// Asserts that the output contains none of the account's secrets and no phone number.
#[track_caller]
pub fn assert_shows_no_secret(ran: &Ran, account: &Account) {
    let Account { one_msg, kaleyra, meta } = account;
    let profile = match &kaleyra.webhook {
        KaleyraCallbackProfile::Header { value, .. } => value,
        KaleyraCallbackProfile::Basic { password, .. } => password,
        KaleyraCallbackProfile::Bearer(token) => token,
    };
    for secret in [
        &one_msg.token,
        &one_msg.url_secret,
        &kaleyra.api_key,
        profile,
        &meta.token,
        &meta.app_secret,
        &meta.verify_token,
    ] {
        assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret), "a secret in {ran:?}");
    }
    for phone in [&kaleyra.sender, &meta.display_phone_number] {
        let digits = phone.trim_start_matches('+');
        assert!(!ran.stdout.contains(digits) && !ran.stderr.contains(digits), "a phone number in {ran:?}");
    }
}
