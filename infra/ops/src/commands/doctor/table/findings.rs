//! The findings about the table.

use aws_sdk_dynamodb::types::{BillingMode, IndexStatus, ProjectionType, StreamViewType, TableStatus};

use super::{Description, Expiry, Facts, Index, Switch};
use crate::commands::doctor::finding::Finding;
use crate::commands::doctor::surroundings::Surroundings;
use crate::commands::doctor::unanswered::Unanswered;

/// The time-to-live attribute (template.yaml).
const EXPIRES_AT: &str = "expires_at";
const DEPLOY: &str =
    "Deploy the stack again with `sam deploy`; where somebody changed the table by hand, undo that first.";

/// Judges the table `name`.
pub(in crate::commands::doctor) fn findings(
    facts: &Facts,
    name: &str,
    surroundings: Surroundings,
) -> Vec<Finding> {
    if facts.description == Err(Unanswered::NotThere) || facts.read == Err(Unanswered::NotThere) {
        return vec![Finding::fault(
            format!("There is no table {name} in this account and region."),
            "Nothing can be sent or recorded without it: order events end up in the dead-letter queue and callbacks are \
             answered with 5xx.",
            "Check --stack (or TABLE_NAME), AWS_REGION and AWS_PROFILE; where it was deleted, restore it from its \
             point-in-time recovery before you deploy again.",
        )];
    }
    let all = [
        facts.description.as_ref().err(),
        facts.expiry.as_ref().err(),
        facts.recovery.as_ref().err(),
        facts.read.as_ref().err(),
    ];
    if let Some(silence) = Unanswered::silence(all) {
        return vec![silence.finding(&format!("The table {name}"), "dynamodb:DescribeTable")];
    }
    let mut findings = Vec::new();
    match &facts.description {
        Ok(description) => findings.extend(of_description(description, name, surroundings)),
        Err(unanswered) => {
            findings.push(unanswered.finding("What the table is like", "dynamodb:DescribeTable"));
        }
    }
    match &facts.expiry {
        Ok(expiry) => findings.extend(of_expiry(expiry)),
        Err(unanswered) => {
            findings
                .push(unanswered.finding("Whether the table's items expire", "dynamodb:DescribeTimeToLive"));
        }
    }
    match &facts.recovery {
        Ok(Switch::On) => {}
        Ok(Switch::Off) => findings.push(Finding::warning(
            "The table has no point-in-time recovery.",
            "What is deleted or overwritten by mistake can't be restored, and without its records a replayed event is \
             sent again.",
            format!(
                "aws dynamodb update-continuous-backups --table-name {name} --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true"
            ),
        )),
        Err(unanswered) => findings.push(
            unanswered.finding("Whether the table has point-in-time recovery", "dynamodb:DescribeContinuousBackups"),
        ),
    }
    if let Err(unanswered) = &facts.read {
        findings.push(unanswered.finding("An item of the table", "dynamodb:GetItem"));
    }
    if findings.iter().all(|finding| finding.mend.is_none()) {
        findings.insert(0, Finding::fine(format!("The table {name} is there and made as it should be.")));
    }
    findings
}

fn of_description(description: &Description, name: &str, surroundings: Surroundings) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(of_status(&description.status, name));
    if description.keys != ["pk (S)", "sk (S)"] {
        findings.push(Finding::fault(
            format!("The table's keys are {}, not pk (S) and sk (S).", description.keys.join(" and ")),
            "It is another application's table: no write of the functions' fits it.",
            "Check TABLE_NAME or --stack; a table's keys can't be changed.",
        ));
    }
    findings.extend(of_index(description.due.as_ref()));
    match &description.stream {
        Some(StreamViewType::NewAndOldImages) => {}
        Some(other) => findings.push(Finding::fault(
            format!("The table's stream shows {}, not new and old images.", other.as_str()),
            "status-publisher can't tell what is new, so that no status events are published.",
            DEPLOY,
        )),
        None => findings.push(Finding::fault(
            "The table has no stream.",
            "No status events are published: the shop's other systems learn nothing.",
            DEPLOY,
        )),
    }
    if description.deletion_protection == Switch::Off && surroundings != Surroundings::Local {
        findings.push(Finding::warning(
            "The table may be deleted: its deletion protection is off.",
            "One wrong command would take every record, and replayed events would then be sent again.",
            "Deploy with the parameter DeletionProtection=true, unless this stack is taken down often.",
        ));
    }
    if description.billing == Some(BillingMode::Provisioned) {
        findings.push(Finding::warning(
            "The table has provisioned capacity.",
            "A burst of events above it is throttled, and waits in the queue though nothing is wrong.",
            format!("aws dynamodb update-table --table-name {name} --billing-mode PAY_PER_REQUEST, as template.yaml has it."),
        ));
    }
    findings
}

fn of_status(status: &TableStatus, name: &str) -> Option<Finding> {
    match status {
        TableStatus::Active => None,
        TableStatus::Creating | TableStatus::Updating => Some(Finding::warning(
            format!("The table {name} is {} just now.", status.as_str()),
            "It is changed by somebody; while it is created nothing can be recorded.",
            "Wait for a minute and run doctor again.",
        )),
        other => Some(Finding::fault(
            format!("The table {name} is {}.", other.as_str()),
            "Nothing can be read from it or written to it.",
            format!(
                "Look at why with `aws dynamodb describe-table --table-name {name}`: for INACCESSIBLE_ENCRYPTION_CREDENTIALS \
                 let the functions' roles use the KMS key again."
            ),
        )),
    }
}

fn of_index(due: Option<&Index>) -> Vec<Finding> {
    let why = "delivery-sweeper finds nothing that is due: what is stuck stays so, and 1MSG is never asked about silent messages.";
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
            "Every write to a notification is paid for twice, for attributes that nobody reads there.",
            DEPLOY,
        ));
    }
    findings
}

fn of_expiry(expiry: &Expiry) -> Option<Finding> {
    let why = "Invalid events hold customers' data and are kept for ever, and so is everything else.";
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
        findings(facts, "orders", Surroundings::Stack)
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
    fn a_table_as_the_template_makes_it_is_fine() {
        assert_one(&sound(), Severity::Fine, "as it should be");
    }

    #[test]
    fn whatever_differs_from_the_template_is_found() {
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
        assert_described(|it| it.deletion_protection = Switch::Off, Warning, "may be deleted");
        assert_described(|it| it.billing = Some(BillingMode::Provisioned), Warning, "provisioned");
    }

    #[test]
    fn items_that_do_not_expire_and_backups_that_are_not_made_are_found() {
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
    fn a_table_that_is_not_there_is_one_finding() {
        let gone = || Unanswered::NotThere;
        let facts =
            Facts { description: Err(gone()), expiry: Err(gone()), recovery: Err(gone()), read: Err(gone()) };
        assert_one(&facts, Severity::Fault, "There is no table orders");
    }

    #[test]
    fn an_aws_that_says_nothing_is_one_finding() {
        let silent = || Unanswered::Unreachable;
        let facts = Facts {
            description: Err(silent()),
            expiry: Err(silent()),
            recovery: Err(silent()),
            read: Err(silent()),
        };
        assert_one(&facts, Severity::Fault, "The table orders can't be looked at: nobody answers");
    }

    #[test]
    fn what_may_not_be_asked_hides_nothing_else() {
        let mut facts = Facts { recovery: Err(Unanswered::NotAllowed("AccessDenied".to_owned())), ..sound() };
        facts.description.as_mut().unwrap().stream = None;
        let findings = found(&facts);
        assert_eq!(findings.len(), 2, "{findings:#?}");
        let facts = Facts { read: Err(Unanswered::NotAllowed("AccessDenied".to_owned())), ..sound() };
        assert_one(&facts, Severity::Warning, "dynamodb:GetItem");
    }

    #[test]
    fn an_engine_that_knows_no_backups_is_no_fault() {
        let findings = found(&Facts { recovery: Err(Unanswered::NotKnown), ..sound() });
        let severities: Vec<Severity> = findings.iter().map(|finding| finding.severity).collect();
        assert_eq!(severities, [Severity::Fine, Severity::Note]);
    }
}
