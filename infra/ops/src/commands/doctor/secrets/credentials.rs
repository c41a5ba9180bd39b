//! Checks the provider credentials without calls.

use secrecy::ExposeSecret as _;
use shared::secrets::{AwsEmail, Credentials, KaleyraCredentials, MetaCredentials, OneMsgCredentials};
use shared::settings::Environment;

use super::strength::{Strength, strength};
use crate::commands::doctor::deployment_kind::DeploymentKind;
use crate::commands::doctor::finding::Finding;
use crate::commands::doctor::kaleyra::is_own_address;

/// The newest expired version of the Graph API on 2026-09-24:
/// <https://developers.facebook.com/docs/graph-api/changelog/versions>.
const LAST_EXPIRED_VERSION: u32 = 20;

/// `prefix` is the place of the sender in the secret: nothing, or `senders.acme.`.
pub(super) fn findings(
    credentials: &Credentials,
    prefix: &str,
    environment: &Environment,
    deployment_kind: DeploymentKind,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(onemsg) = &credentials.onemsg {
        findings.extend(one_msg_findings(onemsg, prefix));
    }
    if let Some(kaleyra) = &credentials.kaleyra {
        findings.extend(kaleyra_findings(kaleyra, prefix, environment, deployment_kind));
    }
    if let Some(meta) = &credentials.meta {
        findings.extend(meta_findings(meta, prefix));
    }
    findings.extend(aws_findings(credentials, prefix));
    findings
}

/// AWS's entries contain no secret; only the forms of the ids can be wrong.
fn aws_findings(credentials: &Credentials, prefix: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(whatsapp) = &credentials.aws_whatsapp {
        let id = &whatsapp.phone_number_id;
        let is_arn = id.starts_with("arn:") && id.contains(":phone-number-id/");
        if !id.starts_with("phone-number-id-") && !is_arn {
            findings.push(wrong(
                &format!("{prefix}aws-whatsapp.phone_number_id"),
                "is not AWS's id of a phone number, which begins with phone-number-id-; Meta's own id is another one",
            ));
        }
    }
    if let Some(sms) = &credentials.aws_sms {
        findings.extend(sms.dry_run.then(|| {
            Finding::warning(
                format!("{prefix}aws-sms.dry_run is true in the credentials secret."),
                "AWS checks the text messages and sends none of them.",
                "Remove dry_run to send them.",
            )
        }));
    }
    if let Some(email) = &credentials.aws_email {
        findings.extend(email_findings(email, prefix));
    }
    findings
}

fn email_findings(credentials: &AwsEmail, prefix: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !credentials.from.contains('@') {
        findings.push(wrong(
            &format!("{prefix}aws-email.from"),
            "is not an e-mail address, such as My Shop <orders@example.com>",
        ));
    }
    if credentials.configuration_set.is_none() {
        findings.push(Finding::warning(
            format!("The provider credentials: {prefix}aws-email has no configuration_set."),
            "SES reports nothing about an e-mail without one, so whether it arrived or bounced stays unknown.",
            format!(
                "Create a configuration set that reports to the default event bus (docs/deploy.md, Channels of AWS), and add its name as \
                 {prefix}aws-email.configuration_set."
            ),
        ));
    }
    findings
}

fn one_msg_findings(credentials: &OneMsgCredentials, prefix: &str) -> Vec<Finding> {
    let channel = &credentials.channel;
    let is_id = !channel.is_empty()
        && channel.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let mut findings = value(&format!("{prefix}onemsg.token"), credentials.token.expose_secret());
    if !is_id {
        findings.push(wrong(
            &format!("{prefix}onemsg.channel"),
            "is not a channel id, which has letters, digits, - and _",
        ));
    }
    findings
}

fn kaleyra_findings(
    credentials: &KaleyraCredentials,
    prefix: &str,
    environment: &Environment,
    deployment_kind: DeploymentKind,
) -> Vec<Finding> {
    let mut findings = value(&format!("{prefix}kaleyra.api_key"), credentials.api_key.expose_secret());
    findings.extend(value(&format!("{prefix}kaleyra.sid"), &credentials.sid));
    findings.extend(value(&format!("{prefix}kaleyra.sender"), credentials.sender.expose_secret()));
    match &credentials.base_url {
        _ if environment.get("KALEYRA_BASE_URL").is_some() => {}
        None => findings
            .push(wrong(&format!("{prefix}kaleyra.base_url"), "is missing, and KALEYRA_BASE_URL is not set")),
        Some(_) if deployment_kind == DeploymentKind::Local => {}
        Some(url) if url.scheme() != "https" => {
            findings.push(wrong(
                &format!("{prefix}kaleyra.base_url"),
                "is not https, so others can read the key and the customers' numbers",
            ));
        }
        Some(url) if !is_own_address(url) => {
            findings.push(Finding::warning(
                format!("{prefix}kaleyra.base_url is at {}, which is not one of Kaleyra's pods.", url.host_str().unwrap_or_default()),
                "That server gets the API key and the customers' numbers.",
                "Use the pod's URL: https://api.in.kaleyra.io, https://api.ap.kaleyra.io or https://api.eu.kaleyra.io.",
            ));
        }
        Some(_) => {}
    }
    findings
}

fn meta_findings(credentials: &MetaCredentials, prefix: &str) -> Vec<Finding> {
    let mut findings = value(&format!("{prefix}meta.token"), credentials.token.expose_secret());
    let id = &credentials.phone_number_id;
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        findings.push(wrong(
            &format!("{prefix}meta.phone_number_id"),
            "is not an id, which has only digits and is not the phone number",
        ));
    }
    match major(&credentials.version) {
        None => findings.push(wrong(
            &format!("{prefix}meta.version"),
            "is not a version of the Graph API, such as v25.0",
        )),
        Some(major) if major <= LAST_EXPIRED_VERSION => {
            findings.push(Finding::fault(
                format!("{prefix}meta.version is {}, an expired version of the Graph API.", credentials.version),
                "Meta answers with errors, or as an untested version.",
                format!("Remove {prefix}meta.version from the credentials secret to use v25.0, or set a newer version."),
            ));
        }
        Some(_) => {}
    }
    findings
}

fn major(version: &str) -> Option<u32> {
    let (major, minor) = version.strip_prefix('v')?.split_once('.')?;
    let _minor: u32 = minor.parse().ok()?;
    major.parse().ok()
}

/// Checks a value that becomes part of a header or a path.
fn value(place: &str, value: &str) -> Vec<Finding> {
    let problem = if strength(value) == Strength::Placeholder {
        "is empty or a placeholder from the guide"
    } else if value.chars().any(|character| character.is_whitespace() || character.is_control()) {
        "contains a space or a line break"
    } else {
        return Vec::new();
    };
    vec![wrong(place, problem)]
}

fn wrong(place: &str, problem: &str) -> Finding {
    Finding::fault(
        format!("The provider credentials: {place} {problem}."),
        "The provider refuses every send. Without another provider, a notification waits until its max_age.",
        format!(
            "Copy {place} again from the provider's dashboard, and store the whole secret again (docs/deploy.md, step 4)."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(json: &str) -> Vec<String> {
        let credentials: Credentials = serde_json::from_str(json).unwrap();
        let findings = findings(&credentials, "", &Environment::default(), DeploymentKind::Stack);
        findings.into_iter().map(|finding| finding.what).collect()
    }

    #[track_caller]
    fn assert_found(json: &str, said: &str) {
        let found = places(json);
        assert!(found.len() == 1 && found[0].contains(said), "{said} in {found:?}");
    }

    #[test]
    fn valid_credentials_have_no_finding() {
        let json = r#"{"onemsg": {"channel": "VID182868781", "token": "eyJ.eyJ.x_-9"},
            "kaleyra": {"base_url": "https://api.eu.kaleyra.io", "sid": "HXAP", "api_key": "A1b2", "sender": "+918"},
            "meta": {"phone_number_id": "1065", "token": "EAAG"}}"#;
        assert_eq!(places(json), Vec::<String>::new());
    }

    #[test]
    fn an_entry_of_aws_has_awss_ids_and_sends() {
        let sound = r#"{"aws-whatsapp": {"phone_number_id": "phone-number-id-0123456789abcdef0123456789abcdef"},
            "aws-sms": {"origination": "pool-1"},
            "aws-email": {"from": "My Shop <orders@example.com>", "configuration_set": "orders"}}"#;
        assert_eq!(places(sound), Vec::<String>::new());
        assert_found(
            r#"{"aws-whatsapp": {"phone_number_id": "106540352242922"}}"#,
            "aws-whatsapp.phone_number_id is not AWS's id",
        );
        assert_found(r#"{"aws-sms": {"dry_run": true}}"#, "aws-sms.dry_run is true");
        assert_found(
            r#"{"aws-email": {"from": "My Shop", "configuration_set": "orders"}}"#,
            "aws-email.from is not an e-mail address",
        );
        assert_found(r#"{"aws-email": {"from": "a@b.example"}}"#, "aws-email has no configuration_set");
    }

    #[test]
    fn an_invalid_value_is_reported_with_its_place() {
        assert_found(
            r#"{"onemsg": {"channel": "V", "token": "<channel JWT>"}}"#,
            "onemsg.token is empty or a placeholder",
        );
        assert_found(r#"{"onemsg": {"channel": "V", "token": "a\n"}}"#, "onemsg.token contains a space");
        assert_found(r#"{"onemsg": {"channel": "V/1", "token": "a"}}"#, "onemsg.channel is not a channel id");
        assert_found(
            r#"{"meta": {"phone_number_id": "+1202", "token": "t"}}"#,
            "meta.phone_number_id is not an id",
        );
        assert_found(r#"{"meta": {"phone_number_id": "1", "token": ""}}"#, "meta.token is empty");
        assert_found(
            r#"{"meta": {"phone_number_id": "1", "token": "t", "version": "25"}}"#,
            "meta.version is not a version",
        );
        assert_found(
            r#"{"meta": {"phone_number_id": "1", "token": "t", "version": "v20.0"}}"#,
            "v20.0, an expired version",
        );
    }

    #[test]
    fn kaleyras_base_url_must_be_one_of_its_pods() {
        let with =
            |url: &str| format!(r#"{{"kaleyra": {{{url}"sid": "H", "api_key": "A", "sender": "1"}}}}"#);
        assert_found(&with(""), "kaleyra.base_url is missing");
        assert_found(&with(r#""base_url": "http://api.in.kaleyra.io","#), "is not https");
        assert_found(&with(r#""base_url": "https://kaleyra.io.example","#), "not one of Kaleyra's pods");
    }
}
