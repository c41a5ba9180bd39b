//! Findings about the queues.

use super::{Attributes, Facts, Role};
use crate::commands::doctor::aws_error::AwsError;
use crate::commands::doctor::deployment_kind::DeploymentKind;
use crate::commands::doctor::finding::Finding;
use crate::commands::doctor::queue_url::{name, names_the_queue};
use crate::labels::count;
use crate::output::time;

/// Six times the 30 s of order-notifier and delivery-events: Lambda's recommendation for a queue that invokes a function
/// (<https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html>).
const LEAST_VISIBILITY_SECONDS: usize = 180;
const DEPLOY: &str = "Deploy the stack again with `sam deploy`; undo manual changes of the queue first.";

impl Role {
    const fn holds(self) -> &'static str {
        match self {
            Self::OrderEvents => "order events",
            Self::DeadLetters => "order events that could not be processed",
            Self::Undelivered => "order events that EventBridge could not put on the queue",
            Self::Unpublished => "status events that could not be published",
            Self::DeliveryEvents => "delivery events",
            Self::DeliveryDeadLetters => "delivery events that could not be stored",
        }
    }

    const fn without(self) -> &'static str {
        match self {
            Self::OrderEvents => "No order event reaches order-notifier, so no message is sent.",
            Self::DeadLetters | Self::Undelivered => {
                "Events that fail are lost in the end, and their messages aren't sent."
            }
            Self::Unpublished => "The shop's other systems miss status events that could not be published.",
            Self::DeliveryEvents => {
                "No delivery event of AWS reaches delivery-events, so the delivery of AWS's messages stays unknown."
            }
            Self::DeliveryDeadLetters => {
                "Delivery events that fail are lost in the end, and the statuses of their messages stay unknown."
            }
        }
    }
}

pub(in crate::commands::doctor) fn findings(
    facts: &[Facts],
    deployment_kind: DeploymentKind,
) -> Vec<Finding> {
    let errors: Vec<_> = facts
        .iter()
        .filter(|facts| facts.url.is_some())
        .map(|facts| facts.attributes.as_ref().err())
        .collect();
    if let Some(error) = AwsError::common_error(errors) {
        return vec![error.finding("The queues", "sqs:GetQueueAttributes")];
    }
    let mut findings: Vec<Finding> =
        facts.iter().flat_map(|queue| queue_findings(queue, deployment_kind)).collect();
    findings.extend(dead_letter_targets(facts));
    if findings.iter().all(|finding| finding.fix.is_none()) {
        findings.insert(0, Finding::fine("The queues exist, and there are no dead letters."));
    }
    findings
}

fn queue_findings(facts: &Facts, deployment_kind: DeploymentKind) -> Vec<Finding> {
    let role = facts.role;
    let holds = role.holds();
    let Some(url) = &facts.url else {
        // The area `catalogue` reports a catalogue that needs them.
        if role.is_of_aws_channels() {
            return Vec::new();
        }
        // The local run's stream needs no such queue, and an environment may contain only the functions' own variables.
        if deployment_kind != DeploymentKind::Stack && role != Role::OrderEvents {
            return vec![Finding::note(
                format!("The queue of {holds} can't be checked: {} is not set.", role.setting()),
                "Dead letters in it would go unnoticed.",
            )];
        }
        return vec![Finding::fault(
            format!("The queue of {holds} is unknown: {} is not set.", role.setting()),
            role.without(),
            "Deploy the stack with this version's template.yaml, or set the variable.",
        )];
    };
    let queue = name(url);
    match &facts.attributes {
        Err(AwsError::NotFound) => vec![Finding::fault(
            format!("The queue {queue} of {holds} doesn't exist."),
            role.without(),
            "Check --stack, AWS_REGION and AWS_PROFILE; if it was deleted, deploy the stack again with `sam deploy`.",
        )],
        Err(error) => vec![error.finding(&format!("The queue {queue}"), "sqs:GetQueueAttributes")],
        Ok(attributes) if role.has_consumer() => waiting_events(role, attributes, queue),
        Ok(attributes) => dead_letters(facts, attributes, queue).into_iter().collect(),
    }
}

/// The findings about a queue that a function reads.
fn waiting_events(role: Role, attributes: &Attributes, queue: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (event, lost) = if role == Role::DeliveryEvents {
        ("delivery event", "and the status of its message stays unknown")
    } else {
        ("order event", "and its message isn't sent")
    };
    if attributes.dead_letters.is_none() {
        findings.push(Finding::fault(
            format!("The queue {queue} has no dead-letter queue."),
            format!("An event that can't be processed is retried for four days and then lost, {lost}."),
            DEPLOY,
        ));
    }
    if attributes.visibility_timeout.is_some_and(|seconds| seconds < LEAST_VISIBILITY_SECONDS) {
        findings.push(Finding::warning(
            format!("The queue {queue} has a visibility timeout below {LEAST_VISIBILITY_SECONDS} s."),
            "An event is delivered again while it is still being processed, and uses up its receives too early.",
            DEPLOY,
        ));
    }
    if attributes.messages > 0 {
        findings.push(Finding::note(
            format!("The queue {queue} holds {}.", count(attributes.messages, event)),
            "They wait for their first attempt or for a retry. If their number grows, something blocks them.",
        ));
    }
    findings
}

fn dead_letters(facts: &Facts, attributes: &Attributes, queue: &str) -> Option<Finding> {
    if attributes.messages == 0 {
        return None;
    }
    let since =
        facts.oldest.map(|oldest| format!(", one of them since {}", time(oldest))).unwrap_or_default();
    let redrive = "Find the cause (other findings here; docs/operations.md), show them with `ops redrive`, and move them \
                   back with `ops redrive --apply`.";
    let (what, why, fix) = match facts.role {
        Role::OrderEvents | Role::DeliveryEvents => return None,
        Role::DeadLetters => (
            format!("{} could not be processed", count(attributes.messages, "order event")),
            "Their messages were not sent. After 14 days the events are lost.",
            redrive,
        ),
        Role::Undelivered => (
            format!("{} could not be queued", count(attributes.messages, "order event")),
            "EventBridge could not deliver them, so their messages were not sent. After 14 days the events are lost.",
            redrive,
        ),
        Role::Unpublished => (
            format!("{} of status events could not be published", count(attributes.messages, "set")),
            "The shop's other systems miss them. The table's stream stores the changes for only 24 hours.",
            "Soon, follow \"Publish statuses again\" in docs/operations.md.",
        ),
        Role::DeliveryDeadLetters => (
            format!("{} could not be stored", count(attributes.messages, "delivery event")),
            "The statuses of their messages are missing, so a fallback may send what has arrived. After 14 days the events are lost.",
            redrive,
        ),
    };
    Some(Finding::warning(format!("{what}: see the queue {queue}{since}."), why, fix))
}

/// Whether the dead letters of the queues that a function reads go to the deployment's dead-letter queues.
fn dead_letter_targets(facts: &[Facts]) -> Vec<Finding> {
    let pairs = [(Role::OrderEvents, Role::DeadLetters), (Role::DeliveryEvents, Role::DeliveryDeadLetters)];
    pairs.into_iter().filter_map(|(queue, letters)| dead_letter_target(facts, queue, letters)).collect()
}

fn dead_letter_target(facts: &[Facts], queue: Role, letters: Role) -> Option<Finding> {
    let find = |role| facts.iter().find(|facts| facts.role == role);
    let target = find(queue)?.attributes.as_ref().ok()?.dead_letters.as_ref()?;
    let url = find(letters)?.url.as_ref()?;
    (!names_the_queue(target, url)).then(|| {
        Finding::warning(
            format!("The dead letters of the {} go to {target}, not to {}.", queue.holds(), name(url)),
            "The alarm and `ops redrive` use the stack's own dead-letter queue.",
            DEPLOY,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Severity;
    use super::*;

    fn url(role: Role) -> String {
        let name = match role {
            Role::OrderEvents => "order-events",
            Role::DeadLetters => "dead",
            Role::Undelivered => "undelivered",
            Role::Unpublished => "unpublished",
            Role::DeliveryEvents => "delivery-events",
            Role::DeliveryDeadLetters => "delivery-dead",
        };
        format!("https://sqs.eu-central-1.amazonaws.com/111122223333/{name}")
    }

    fn sound() -> Vec<Facts> {
        Role::ALL
            .map(|role| Facts {
                role,
                url: Some(url(role)),
                attributes: Ok(Attributes {
                    messages: 0,
                    visibility_timeout: Some(180),
                    dead_letters: match role {
                        Role::OrderEvents => Some("arn:aws:sqs:eu-central-1:111122223333:dead".to_owned()),
                        Role::DeliveryEvents => {
                            Some("arn:aws:sqs:eu-central-1:111122223333:delivery-dead".to_owned())
                        }
                        _ => None,
                    },
                }),
                oldest: None,
            })
            .into()
    }

    #[track_caller]
    fn assert_found(change: impl FnOnce(&mut [Facts]), severity: Severity, said: &str) {
        let mut facts = sound();
        change(&mut facts);
        let mut findings = findings(&facts, DeploymentKind::Stack);
        findings.retain(|finding| finding.severity == severity);
        assert!(findings.len() == 1 && findings[0].what.contains(said), "{said} in {findings:#?}");
    }

    fn change(facts: &mut Facts) -> &mut Attributes {
        facts.attributes.as_mut().unwrap()
    }

    #[test]
    fn empty_queues_are_fine() {
        assert_found(|_| {}, Severity::Fine, "no dead letters");
        assert_eq!(findings(&sound(), DeploymentKind::Stack).len(), 1);
    }

    #[test]
    fn dead_letters_are_a_warning_with_their_count_and_age() {
        let letters = |facts: &mut [Facts]| {
            change(&mut facts[1]).messages = 2;
            facts[1].oldest = Some("2026-11-20T09:00:04Z".parse().unwrap());
        };
        assert_found(
            letters,
            Severity::Warning,
            "2 order events could not be processed: see the queue dead, one of them since 2026-11-20 09:00:04 UTC.",
        );
        assert_found(
            |facts| change(&mut facts[2]).messages = 1,
            Severity::Warning,
            "1 order event could not be queued",
        );
        assert_found(|facts| change(&mut facts[3]).messages = 1, Severity::Warning, "1 set of status events");
        assert_found(
            |facts| change(&mut facts[5]).messages = 2,
            Severity::Warning,
            "2 delivery events could not be stored: see the queue delivery-dead.",
        );
    }

    #[test]
    fn waiting_events_are_a_note() {
        assert_found(|facts| change(&mut facts[0]).messages = 3, Severity::Note, "holds 3 order events");
        assert_found(|facts| change(&mut facts[4]).messages = 1, Severity::Note, "holds 1 delivery event");
    }

    #[test]
    fn a_stack_without_a_channel_of_aws_has_no_queue_of_delivery_events() {
        let without = |facts: &mut [Facts]| {
            for facts in &mut facts[4..] {
                facts.url = None;
            }
        };
        assert_found(without, Severity::Fine, "no dead letters");
        let mut facts = sound();
        without(&mut facts);
        assert_eq!(findings(&facts, DeploymentKind::Stack).len(), 1);
    }

    #[test]
    fn a_queue_that_differs_from_the_template_is_found() {
        assert_found(
            |facts| facts[0].attributes = Err(AwsError::NotFound),
            Severity::Fault,
            "order-events of order events doesn't exist",
        );
        assert_found(|facts| facts[1].url = None, Severity::Fault, "ORDER_EVENTS_DEAD_LETTER_QUEUE_URL");
        assert_found(
            |facts| change(&mut facts[0]).dead_letters = None,
            Severity::Fault,
            "no dead-letter queue",
        );
        assert_found(
            |facts| {
                change(&mut facts[0]).dead_letters =
                    Some("arn:aws:sqs:eu-central-1:111122223333:x".to_owned());
            },
            Severity::Warning,
            "dead letters of the order events go to",
        );
        assert_found(
            |facts| change(&mut facts[4]).dead_letters = None,
            Severity::Fault,
            "delivery-events has no dead-letter queue",
        );
        assert_found(
            |facts| {
                change(&mut facts[4]).dead_letters =
                    Some("arn:aws:sqs:eu-central-1:111122223333:dead".to_owned());
            },
            Severity::Warning,
            "dead letters of the delivery events go to",
        );
        assert_found(
            |facts| change(&mut facts[0]).visibility_timeout = Some(30),
            Severity::Warning,
            "visibility timeout",
        );
    }

    #[test]
    fn a_denied_request_for_one_queue_hides_no_other() {
        let denied = |facts: &mut [Facts]| {
            facts[0].attributes = Err(AwsError::AccessDenied("AccessDenied".to_owned()));
            change(&mut facts[1]).messages = 1;
        };
        let mut facts = sound();
        denied(&mut facts);
        assert_eq!(findings(&facts, DeploymentKind::Stack).len(), 2);
    }

    #[test]
    fn a_local_run_has_no_queue_of_unpublished_statuses() {
        let mut facts = sound();
        facts[3].url = None;
        let severities: Vec<Severity> =
            findings(&facts, DeploymentKind::Local).iter().map(|finding| finding.severity).collect();
        assert_eq!(severities, [Severity::Fine, Severity::Note]);
    }
}
