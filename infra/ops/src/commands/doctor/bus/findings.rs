//! The findings about the rule.

use serde_json::Value;
use shared::catalogue::Catalogue;

use super::{Facts, Passes, Rule, Target};
use crate::commands::doctor::finding::Finding;
use crate::commands::doctor::queue_url::names_the_queue;
use crate::commands::doctor::unanswered::Unanswered;
use crate::event_pattern::{Listened, Match, OWN_SOURCE, lets_in_own_events, not_let_in};

/// The deployment's names of the parts.
#[derive(Debug, Clone, Copy)]
pub(in crate::commands::doctor) struct Names<'a> {
    /// The bus.
    pub(in crate::commands::doctor) bus: &'a str,
    /// The rule of the order events.
    pub(in crate::commands::doctor) rule: &'a str,
    /// The queue of order events.
    pub(in crate::commands::doctor) queue_url: Option<&'a str>,
    /// The dead-letter queue for events that can't be put on that queue.
    pub(in crate::commands::doctor) undelivered_url: Option<&'a str>,
}

/// Judges the facts about the rule.
pub(in crate::commands::doctor) fn findings(
    facts: &Facts,
    catalogue: Option<&Catalogue>,
    names: Names<'_>,
) -> Vec<Finding> {
    let Names { bus, rule, .. } = names;
    if facts.rule == Err(Unanswered::NotThere) {
        return vec![Finding::fault(
            format!("There is no rule {rule} on the bus {bus}."),
            "No order event reaches the queue: nobody is told anything.",
            "Deploy the stack with `sam deploy`, with the parameter EventBusName naming the bus that your systems use, or \
             OrderEventBusName a partner's.",
        )];
    }
    if let Some(silence) = Unanswered::silence([facts.rule.as_ref().err(), facts.targets.as_ref().err()]) {
        return vec![silence.finding(&format!("The rule {rule}"), "events:DescribeRule")];
    }
    let mut findings = Vec::new();
    match &facts.rule {
        Ok(rule) => findings.extend(of_rule(rule, catalogue, names)),
        Err(unanswered) => {
            findings.push(unanswered.finding(&format!("The rule {rule}"), "events:DescribeRule"));
        }
    }
    match &facts.targets {
        Ok(targets) => findings.extend(of_targets(targets, names)),
        Err(unanswered) => {
            findings
                .push(unanswered.finding(&format!("What the rule {rule} does"), "events:ListTargetsByRule"));
        }
    }
    if findings.is_empty() {
        findings.push(Finding::fine(format!(
            "The rule {rule} lets in what the catalogue listens to, and puts it into the queue."
        )));
    }
    findings
}

fn of_rule(rule: &Rule, catalogue: Option<&Catalogue>, names: Names<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !rule.is_enabled {
        findings.push(Finding::fault(
            format!("The rule {} is disabled.", names.rule),
            "No order event reaches the queue, and those of meanwhile are lost unless the bus has an archive.",
            format!(
                "aws events enable-rule --event-bus-name {} --name {}, then `ops replay --from …` the time in between.",
                names.bus, names.rule
            ),
        ));
    }
    let Some(pattern) = &rule.pattern else {
        findings.push(Finding::fault(
            format!("The rule {} has no event pattern that can be read.", names.rule),
            "It lets no order event in.",
            "Deploy the stack again with `sam deploy`; where somebody changed the rule by hand, undo that first.",
        ));
        return findings;
    };
    findings.extend(own_events(pattern, names.rule));
    match catalogue {
        Some(catalogue) => findings.extend(unmatched(pattern, catalogue, names.rule)),
        None => findings.push(Finding::note(
            "Whether the rule lets in what the catalogue listens to can't be told.",
            "The catalogue can't be read: see its own findings.",
        )),
    }
    findings
}

/// An event of the application's own that the rule matches would loop for ever.
fn own_events(pattern: &Value, rule: &str) -> Option<Finding> {
    lets_in_own_events(pattern).then(|| {
        Finding::fault(
            format!("The rule {rule} lets in the application's own status events ({OWN_SOURCE})."),
            "Each of them goes through the queue and order-notifier for nothing, at three or more a message.",
            format!("Deploy with a parameter EventSources that doesn't name {OWN_SOURCE}."),
        )
    })
}

fn unmatched(pattern: &Value, catalogue: &Catalogue, rule: &str) -> Vec<Finding> {
    let finding = |(Listened { entry, source, detail_type }, found): (Listened<'_>, Match)| match found {
        Match::Yes => None,
        Match::No => Some(Finding::fault(
            format!(
                "The rule {rule} doesn't let in {detail_type:?} of {source}, which {} listens to.",
                entry.name
            ),
            "Such an event never reaches the queue, so that the customer isn't told.",
            format!(
                "Deploy with {source} in the parameter EventSources: sam deploy --parameter-overrides EventSources=…"
            ),
        )),
        Match::Unclear => Some(Finding::note(
            format!("Whether the rule {rule} lets in {detail_type:?} of {source} can't be told."),
            "Its pattern asks for more than the source and the detail type: `aws events test-event-pattern` tells with an event of yours.",
        )),
    };
    not_let_in(pattern, catalogue).into_iter().filter_map(finding).collect()
}

fn of_targets(targets: &[Target], names: Names<'_>) -> Vec<Finding> {
    let Some(queue_url) = names.queue_url else {
        return vec![Finding::note(
            "Whether the rule's target is the queue can't be told.",
            "Nothing names the queue: ORDER_EVENTS_QUEUE_URL is not set.",
        )];
    };
    let again =
        "Deploy the stack again with `sam deploy`; where somebody changed the rule by hand, undo that first.";
    let Some(target) = targets.iter().find(|target| names_the_queue(&target.arn, queue_url)) else {
        return vec![Finding::fault(
            format!("The rule {} doesn't put its events into the queue of order events.", names.rule),
            "order-notifier never sees them: nobody is told anything.",
            again,
        )];
    };
    let mut findings = Vec::new();
    if target.passes == Passes::Other {
        findings.push(Finding::fault(
            format!("The rule {} doesn't hand on the event as it is, but something made of it.", names.rule),
            "order-notifier reads whole events: every one that isn't is recorded as invalid.",
            again,
        ));
    }
    match (&target.dead_letters, names.undelivered_url) {
        (None, _) => findings.push(Finding::fault(
            "The rule's target has no dead-letter queue.",
            "An event that can't be put into the queue for 24 hours is gone, and nobody is told.",
            again,
        )),
        (Some(arn), Some(url)) if !names_the_queue(arn, url) => findings.push(Finding::warning(
            format!("The rule's target has another dead-letter queue than the stack's: {arn}."),
            "The alarm and `ops redrive` look at the stack's own.",
            again,
        )),
        (Some(_), _) => {}
    }
    findings
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::finding::Severity;
    use super::*;

    const QUEUE_URL: &str = "https://sqs.eu-central-1.amazonaws.com/111122223333/order-events";
    const UNDELIVERED_URL: &str = "https://sqs.eu-central-1.amazonaws.com/111122223333/undelivered";
    const NAMES: Names<'static> = Names {
        bus: "default",
        rule: "shop-order-events",
        queue_url: Some(QUEUE_URL),
        undelivered_url: Some(UNDELIVERED_URL),
    };

    fn sound() -> Facts {
        Facts {
            rule: Ok(Rule { is_enabled: true, pattern: Some(json!({"source": ["oms", "returns", "wms"]})) }),
            targets: Ok(vec![Target {
                arn: "arn:aws:sqs:eu-central-1:111122223333:order-events".to_owned(),
                dead_letters: Some("arn:aws:sqs:eu-central-1:111122223333:undelivered".to_owned()),
                passes: Passes::Event,
            }]),
        }
    }

    fn found(facts: &Facts) -> Vec<Finding> {
        let catalogue =
            Catalogue::parse("c", include_str!("../../../../../../tests/shop/notifications.toml")).unwrap();
        findings(facts, Some(&catalogue), NAMES)
    }

    #[track_caller]
    fn assert_first(facts: &Facts, severity: Severity, said: &str) {
        let findings = found(facts);
        assert!(
            findings[0].severity == severity && findings[0].what.contains(said),
            "{said} in {findings:#?}"
        );
    }

    fn with_pattern(pattern: Value) -> Facts {
        Facts { rule: Ok(Rule { is_enabled: true, pattern: Some(pattern) }), ..sound() }
    }

    fn with_target(change: impl FnOnce(&mut Target)) -> Facts {
        let mut facts = sound();
        change(&mut facts.targets.as_mut().unwrap()[0]);
        facts
    }

    #[test]
    fn the_rule_of_the_template_is_fine() {
        assert_eq!(found(&sound()).len(), 1);
        assert_first(&sound(), Severity::Fine, "lets in what the catalogue listens to");
    }

    #[test]
    fn a_rule_that_is_not_there_is_one_finding_and_a_disabled_one_another() {
        let gone = Facts { rule: Err(Unanswered::NotThere), targets: Err(Unanswered::NotThere) };
        assert_eq!(found(&gone).len(), 1);
        assert_first(&gone, Severity::Fault, "no rule shop-order-events on the bus default");
        let mut disabled = sound();
        disabled.rule.as_mut().unwrap().is_enabled = false;
        assert_first(&disabled, Severity::Fault, "is disabled");
    }

    #[test]
    fn every_event_of_the_catalogue_that_is_not_let_in_is_named() {
        let facts = with_pattern(json!({"source": ["oms", "wms"]}));
        let findings = found(&facts);
        let missed: Vec<&str> = findings.iter().map(|finding| finding.what.as_str()).collect();
        assert_eq!(missed.len(), 2, "{missed:?}");
        assert!(missed[0].contains("\"Return Registered\" of returns"), "{missed:?}");
        assert!(missed[1].contains("\"Return Updated\" of returns"), "{missed:?}");
    }

    #[test]
    fn the_applications_own_events_must_stay_out() {
        assert_first(
            &with_pattern(json!({"source": [{"anything-but": "crm"}]})),
            Severity::Fault,
            "own status events",
        );
    }

    #[test]
    fn an_operator_that_is_not_known_here_is_a_note() {
        let facts = with_pattern(json!({"source": [{"wildcard": "*ms"}, "returns"]}));
        assert_first(&facts, Severity::Note, "can't be told");
    }

    #[test]
    fn a_rule_without_a_pattern_lets_nothing_in() {
        let facts = Facts { rule: Ok(Rule { is_enabled: true, pattern: None }), ..sound() };
        assert_first(&facts, Severity::Fault, "no event pattern");
    }

    #[test]
    fn the_target_is_the_queue_with_the_whole_event_and_a_dead_letter_queue() {
        let elsewhere = with_target(|it| it.arn = "arn:aws:sqs:eu-central-1:111122223333:other".to_owned());
        assert_first(&elsewhere, Severity::Fault, "doesn't put its events into the queue");
        assert_first(&with_target(|it| it.passes = Passes::Other), Severity::Fault, "something made of it");
        assert_first(&with_target(|it| it.dead_letters = None), Severity::Fault, "no dead-letter queue");
        let another = with_target(|it| it.dead_letters = Some("arn:aws:sqs:eu-central-1:1:x".to_owned()));
        assert_first(&another, Severity::Warning, "another dead-letter queue");
    }

    #[test]
    fn what_cannot_be_asked_hides_nothing_of_the_rest() {
        let denied = || Unanswered::NotAllowed("AccessDeniedException".to_owned());
        let facts = Facts { rule: Err(denied()), ..with_target(|it| it.dead_letters = None) };
        assert_eq!(found(&facts).len(), 2);
        let facts = Facts { targets: Err(denied()), ..sound() };
        assert_first(&facts, Severity::Warning, "events:ListTargetsByRule");
    }

    #[test]
    fn without_a_catalogue_or_a_queue_the_rest_is_still_looked_at() {
        let names = Names { queue_url: None, ..NAMES };
        let findings = findings(&sound(), None, names);
        assert!(findings.len() == 2 && findings.iter().all(|finding| finding.severity == Severity::Note));
    }
}
