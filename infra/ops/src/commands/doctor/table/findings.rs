//! Findings about the table.

use aws_sdk_dynamodb::types::{BillingMode, IndexStatus, ProjectionType, StreamViewType, TableStatus};

use super::{Description, Expiry, Facts, Index, Switch};
use crate::commands::doctor::aws_error::AwsError;
use crate::commands::doctor::deployment_kind::DeploymentKind;
use crate::commands::doctor::finding::Finding;

/// The time-to-live attribute (template.yaml).
const EXPIRES_AT: &str = "expires_at";
const DEPLOY: &str = "Deploy the stack again with `sam deploy`; undo manual changes of the table first.";

pub(in crate::commands::doctor) fn findings(
    facts: &Facts,
    name: &str,
    deployment_kind: DeploymentKind,
) -> Vec<Finding> {
    if facts.description == Err(AwsError::NotFound) || facts.read == Err(AwsError::NotFound) {
        return vec![Finding::fault(
            format!("There is no table {name} in this account and region."),
            "Nothing can be sent or recorded. Order events end up in the dead-letter queue, and callbacks are \
             answered with 5xx.",
            "Check --stack (or TABLE_NAME), AWS_REGION and AWS_PROFILE; if it was deleted, restore it from its \
             point-in-time recovery before you deploy again.",
        )];
    }
    let all = [
        facts.description.as_ref().err(),
        facts.expiry.as_ref().err(),
        facts.recovery.as_ref().err(),
        facts.read.as_ref().err(),
    ];
    if let Some(error) = AwsError::common_error(all) {
        return vec![error.finding(&format!("The table {name}"), "dynamodb:DescribeTable")];
    }
    let mut findings = Vec::new();
    match &facts.description {
        Ok(description) => findings.extend(description_findings(description, name, deployment_kind)),
        Err(error) => {
            findings.push(error.finding("The table's configuration", "dynamodb:DescribeTable"));
        }
    }
    match &facts.expiry {
        Ok(expiry) => findings.extend(expiry_finding(expiry)),
        Err(error) => {
            findings.push(error.finding("The table's time to live", "dynamodb:DescribeTimeToLive"));
        }
    }
    match &facts.recovery {
        Ok(Switch::On) => {}
        Ok(Switch::Off) => findings.push(Finding::warning(
            "The table has no point-in-time recovery.",
            "Data that is deleted or overwritten by mistake can't be restored, and without its records a replayed event is \
             sent again.",
            format!(
                "aws dynamodb update-continuous-backups --table-name {name} --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true"
            ),
        )),
        Err(error) => findings.push(
            error.finding("The table's point-in-time recovery", "dynamodb:DescribeContinuousBackups"),
        ),
    }
    if let Err(error) = &facts.read {
        findings.push(error.finding("An item of the table", "dynamodb:GetItem"));
    }
    if findings.iter().all(|finding| finding.fix.is_none()) {
        findings.insert(0, Finding::fine(format!("The table {name} exists and is configured correctly.")));
    }
    findings
}

fn description_findings(
    description: &Description,
    name: &str,
    deployment_kind: DeploymentKind,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(status_finding(&description.status, name));
    if description.keys != ["pk (S)", "sk (S)"] {
        findings.push(Finding::fault(
            format!("The table's keys are {}, not pk (S) and sk (S).", description.keys.join(" and ")),
            "It is another application's table, to which the functions can't write.",
            "Check TABLE_NAME or --stack; a table's keys can't be changed.",
        ));
    }
    findings.extend(index_findings(description.due.as_ref()));
    match &description.stream {
        Some(StreamViewType::NewAndOldImages) => {}
        Some(other) => findings.push(Finding::fault(
            format!("The table's stream shows {}, not new and old images.", other.as_str()),
            "status-publisher can't detect changes, so no status events are published.",
            DEPLOY,
        )),
        None => findings.push(Finding::fault(
            "The table has no stream.",
            "No status events are published to the shop's other systems.",
            DEPLOY,
        )),
    }
    if description.deletion_protection == Switch::Off && deployment_kind != DeploymentKind::Local {
        findings.push(Finding::warning(
            "The table's deletion protection is off.",
            "One wrong command could delete all records, and replayed events would be sent again.",
            "Deploy with the parameter DeletionProtection=true, unless this stack is deleted often.",
        ));
    }
    if description.billing == Some(BillingMode::Provisioned) {
        findings.push(Finding::warning(
            "The table has provisioned capacity.",
            "A burst of events above it is throttled, and waits in the queue needlessly.",
            format!("aws dynamodb update-table --table-name {name} --billing-mode PAY_PER_REQUEST, as template.yaml has it."),
        ));
    }
    findings
}

fn status_finding(status: &TableStatus, name: &str) -> Option<Finding> {
    match status {
        TableStatus::Active => None,
        TableStatus::Creating | TableStatus::Updating => Some(Finding::warning(
            format!("The table {name} is currently {}.", status.as_str()),
            "The table is being changed. Nothing can be recorded while it is being created.",
            "Wait for a minute and run doctor again.",
        )),
        other => Some(Finding::fault(
            format!("The table {name} is {}.", other.as_str()),
            "It can be neither read nor written.",
            format!(
                "`aws dynamodb describe-table --table-name {name}` shows the cause. For INACCESSIBLE_ENCRYPTION_CREDENTIALS, \
                 allow the functions' roles to use the KMS key again."
            ),
        )),
    }
}

fn index_findings(due: Option<&Index>) -> Vec<Finding> {
    let why = "delivery-sweeper finds no due items: stuck notifications stay stuck, and 1MSG is not polled.";
    let Some(due) = due else {
        return vec![Finding::fault("The table has no index due.", why, DEPLOY)];
    };
    let mut findings = Vec::new();
    if due.keys != ["due_bucket (S)", "due_at (S)"] {
        findings.push(Finding::fault(
            format!(
                "The index due has the keys {}, not due_bucket (S) and due_at (S).",
                due.keys.join(" and ")
            ),
            why,
            DEPLOY,
        ));
    }
    if due
        .status
        .as_ref()
        .is_some_and(|status| !matches!(status, IndexStatus::Active | IndexStatus::Updating))
    {
        findings.push(Finding::warning(
            "The index due is being built or deleted.",
            why,
            "Wait until `aws dynamodb describe-table` shows it ACTIVE, and run doctor again.",
        ));
    }
    if due.projection.as_ref().is_some_and(|projection| *projection != ProjectionType::KeysOnly) {
        findings.push(Finding::warning(
            "The index due holds more than the keys.",
            "Each write to a notification costs twice as much, for attributes that are not read there.",
            DEPLOY,
        ));
    }
    findings
}

fn expiry_finding(expiry: &Expiry) -> Option<Finding> {
    let why = "All items are stored for ever, including invalid events with customers' data.";
    match (expiry.switch, expiry.attribute.as_deref()) {
        (Switch::On, Some(EXPIRES_AT)) => None,
        (Switch::On, other) => Some(Finding::fault(
            format!("The table's items expire by {}, not by {EXPIRES_AT}.", other.unwrap_or("nothing")),
            why,
            DEPLOY,
        )),
        (Switch::Off, _) => {
            Some(Finding::fault("The table's items never expire: time to live is off.", why, DEPLOY))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Severity;
    use super::*;

    fn sound() -> Facts {
        Facts {
            description: Ok(Description {
                status: TableStatus::Active,
                keys: vec!["pk (S)".to_owned(), "sk (S)".to_owned()],
                due: Some(Index {
                    status: Some(IndexStatus::Active),
                    keys: vec!["due_bucket (S)".to_owned(), "due_at (S)".to_owned()],
                    projection: Some(ProjectionType::KeysOnly),
                }),
                stream: Some(StreamViewType::NewAndOldImages),
                deletion_protection: Switch::On,
                billing: Some(BillingMode::PayPerRequest),
            }),
            expiry: Ok(Expiry { switch: Switch::On, attribute: Some(EXPIRES_AT.to_owned()) }),
            recovery: Ok(Switch::On),
            read: Ok(()),
        }
    }

    fn found(facts: &Facts) -> Vec<Finding> {
        findings(facts, "orders", DeploymentKind::Stack)
    }

    #[track_caller]
    fn assert_described(change: impl FnOnce(&mut Description), severity: Severity, said: &str) {
        let mut facts = sound();
        change(facts.description.as_mut().unwrap());
        assert_one(&facts, severity, said);
    }

    #[track_caller]
    fn assert_one(facts: &Facts, severity: Severity, said: &str) {
        let findings = found(facts);
        assert_eq!(findings.len(), 1, "{findings:#?}");
        assert!(
            findings[0].severity == severity && findings[0].what.contains(said),
            "{said} in {findings:#?}"
        );
    }

    #[test]
    fn a_table_as_in_the_template_is_fine() {
        assert_one(&sound(), Severity::Fine, "configured correctly");
    }

    #[test]
    fn differences_from_the_template_are_found() {
        use Severity::{Fault, Warning};
        assert_described(|it| it.status = TableStatus::Updating, Warning, "UPDATING");
        assert_described(
            |it| it.status = TableStatus::InaccessibleEncryptionCredentials,
            Fault,
            "INACCESSIBLE",
        );
        assert_described(|it| it.keys = vec!["id (S)".to_owned()], Fault, "keys are id (S)");
        assert_described(|it| it.due = None, Fault, "no index due");
        assert_described(|it| it.due.as_mut().unwrap().keys.truncate(1), Fault, "keys due_bucket (S),");
        assert_described(
            |it| it.due.as_mut().unwrap().status = Some(IndexStatus::Creating),
            Warning,
            "being built",
        );
        assert_described(
            |it| it.due.as_mut().unwrap().projection = Some(ProjectionType::All),
            Warning,
            "more than the keys",
        );
        assert_described(|it| it.stream = None, Fault, "no stream");
        assert_described(|it| it.stream = Some(StreamViewType::NewImage), Fault, "NEW_IMAGE");
        assert_described(|it| it.deletion_protection = Switch::Off, Warning, "deletion protection is off");
        assert_described(|it| it.billing = Some(BillingMode::Provisioned), Warning, "provisioned");
    }

    #[test]
    fn missing_expiry_and_missing_backups_are_found() {
        let expiry = |switch, attribute: &str| Ok(Expiry { switch, attribute: Some(attribute.to_owned()) });
        assert_one(
            &Facts { expiry: expiry(Switch::Off, EXPIRES_AT), ..sound() },
            Severity::Fault,
            "never expire",
        );
        assert_one(&Facts { expiry: expiry(Switch::On, "ttl"), ..sound() }, Severity::Fault, "expire by ttl");
        assert_one(
            &Facts { recovery: Ok(Switch::Off), ..sound() },
            Severity::Warning,
            "point-in-time recovery",
        );
    }

    #[test]
    fn a_missing_table_is_one_finding() {
        let gone = || AwsError::NotFound;
        let facts =
            Facts { description: Err(gone()), expiry: Err(gone()), recovery: Err(gone()), read: Err(gone()) };
        assert_one(&facts, Severity::Fault, "There is no table orders");
    }

    #[test]
    fn missing_answers_are_one_finding() {
        let silent = || AwsError::Unreachable;
        let facts = Facts {
            description: Err(silent()),
            expiry: Err(silent()),
            recovery: Err(silent()),
            read: Err(silent()),
        };
        assert_one(&facts, Severity::Fault, "The table orders can't be checked: no answer");
    }

    #[test]
    fn a_denied_request_hides_no_other_finding() {
        let mut facts = Facts { recovery: Err(AwsError::AccessDenied("AccessDenied".to_owned())), ..sound() };
        facts.description.as_mut().unwrap().stream = None;
        let findings = found(&facts);
        assert_eq!(findings.len(), 2, "{findings:#?}");
        let facts = Facts { read: Err(AwsError::AccessDenied("AccessDenied".to_owned())), ..sound() };
        assert_one(&facts, Severity::Warning, "dynamodb:GetItem");
    }

    #[test]
    fn an_engine_without_backups_is_no_fault() {
        let findings = found(&Facts { recovery: Err(AwsError::UnknownOperation), ..sound() });
        let severities: Vec<Severity> = findings.iter().map(|finding| finding.severity).collect();
        assert_eq!(severities, [Severity::Fine, Severity::Note]);
    }
}
