//! Findings about a rule.

use serde_json::Value;
use shared::catalogue::Catalogue;

use super::{Facts, Forwards, Passes, Rule, Target};
use crate::commands::doctor::aws_error::AwsError;
use crate::commands::doctor::finding::Finding;
use crate::commands::doctor::queue_url::names_the_queue;
use crate::event_pattern::{ListenedEvent, Match, OWN_SOURCE, matches_own_events, unmatched_events};

/// A rule, by its own name and those of its resources.
#[derive(Debug, Clone, Copy)]
pub(in crate::commands::doctor) struct Names<'a> {
    pub(in crate::commands::doctor) bus: &'a str,
    pub(in crate::commands::doctor) rule: &'a str,
    pub(in crate::commands::doctor) forwards: Forwards,
    /// The queue of its events.
    pub(in crate::commands::doctor) queue_url: Option<&'a str>,
    /// The dead-letter queue for events that can't be put on that queue.
    pub(in crate::commands::doctor) undelivered_url: Option<&'a str>,
}

pub(in crate::commands::doctor) fn findings(
    facts: &Facts,
    catalogue: Option<&Catalogue>,
    names: Names<'_>,
) -> Vec<Finding> {
    let Names { bus, rule, forwards, .. } = names;
    if facts.rule == Err(AwsError::NotFound) {
        return vec![Finding::fault(
            format!("There is no rule {rule} on the bus {bus}."),
            forwards.effect(),
            forwards.remedy_of_missing(),
        )];
    }
    if let Some(error) = AwsError::common_error([facts.rule.as_ref().err(), facts.targets.as_ref().err()]) {
        return vec![error.finding(&format!("The rule {rule}"), "events:DescribeRule")];
    }
    let mut findings = Vec::new();
    match &facts.rule {
        Ok(rule) => findings.extend(rule_findings(rule, catalogue, names)),
        Err(error) => {
            findings.push(error.finding(&format!("The rule {rule}"), "events:DescribeRule"));
        }
    }
    match &facts.targets {
        Ok(targets) => findings.extend(target_findings(targets, names)),
        Err(error) => {
            findings
                .push(error.finding(&format!("The targets of the rule {rule}"), "events:ListTargetsByRule"));
        }
    }
    if findings.is_empty() {
        findings.push(Finding::fine(forwards.fine(rule)));
    }
    findings
}

fn rule_findings(rule: &Rule, catalogue: Option<&Catalogue>, names: Names<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !rule.is_enabled {
        findings.push(Finding::fault(
            format!("The rule {} is disabled.", names.rule),
            names.forwards.effect_of_disabled(),
            names.forwards.remedy_of_disabled(names.bus, names.rule),
        ));
    }
    let Some(pattern) = &rule.pattern else {
        findings.push(Finding::fault(
            format!("The rule {} has no readable event pattern.", names.rule),
            names.forwards.effect(),
            "Deploy the stack again with `sam deploy`; undo manual changes of the rule first.",
        ));
        return findings;
    };
    if names.forwards == Forwards::DeliveryEvents {
        return findings;
    }
    findings.extend(own_events(pattern, names.rule));
    match catalogue {
        Some(catalogue) => findings.extend(unmatched(pattern, catalogue, names.rule)),
        None => findings.push(Finding::note(
            "Whether the rule matches the catalogue's events is unknown.",
            "The catalogue can't be read; see the findings about it.",
        )),
    }
    findings
}

/// The rule must not match the application's own events, which would go round in a loop.
fn own_events(pattern: &Value, rule: &str) -> Option<Finding> {
    matches_own_events(pattern).then(|| {
        Finding::fault(
            format!("The rule {rule} matches the application's own status events ({OWN_SOURCE})."),
            "Each message's three or more status events go through the queue and order-notifier needlessly.",
            format!("Deploy with a parameter EventSources without {OWN_SOURCE}."),
        )
    })
}

fn unmatched(pattern: &Value, catalogue: &Catalogue, rule: &str) -> Vec<Finding> {
    let finding = |(ListenedEvent { entry, source, detail_type }, found): (ListenedEvent<'_>, Match)| {
        match found {
            Match::Yes => None,
            Match::No => Some(Finding::fault(
                format!(
                    "The rule {rule} doesn't match {detail_type:?} of {source}, which {} needs.",
                    entry.name
                ),
                "Such an event never reaches the queue, so no message is sent.",
                format!(
                    "Add {source} to the parameter EventSources and deploy: sam deploy --parameter-overrides EventSources=…"
                ),
            )),
            Match::Unclear => Some(Finding::note(
                format!("Whether the rule {rule} matches {detail_type:?} of {source} is unknown."),
                "Its pattern uses more than the source and the detail type; `aws events test-event-pattern` tests it with an event.",
            )),
        }
    };
    unmatched_events(pattern, catalogue).into_iter().filter_map(finding).collect()
}

fn target_findings(targets: &[Target], names: Names<'_>) -> Vec<Finding> {
    let forwards = names.forwards;
    let Some(queue_url) = names.queue_url else {
        return vec![Finding::note(
            "Whether the rule's target is the queue is unknown.",
            format!("The queue is unknown: {} is not set.", forwards.queue_setting()),
        )];
    };
    let again = "Deploy the stack again with `sam deploy`; undo manual changes of the rule first.";
    let Some(target) = targets.iter().find(|target| names_the_queue(&target.arn, queue_url)) else {
        return vec![Finding::fault(
            format!("The rule {} doesn't put its events on {}.", names.rule, forwards.queue()),
            forwards.effect(),
            again,
        )];
    };
    let mut findings = Vec::new();
    if target.passes == Passes::Other {
        findings.push(Finding::fault(
            format!("The rule {} transforms the event before it puts it on the queue.", names.rule),
            forwards.effect_of_transformed(),
            again,
        ));
    }
    match (&target.dead_letters, names.undelivered_url) {
        (None, _) => findings.push(Finding::fault(
            "The rule's target has no dead-letter queue.",
            forwards.effect_of_no_dead_letters(),
            again,
        )),
        (Some(arn), Some(url)) if !names_the_queue(arn, url) => findings.push(Finding::warning(
            format!("The rule's target has a dead-letter queue other than the stack's: {arn}."),
            "The alarm and `ops redrive` use the stack's own.",
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
        forwards: Forwards::OrderEvents,
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
        assert_first(&sound(), Severity::Fine, "matches the catalogue's events");
    }

    #[test]
    fn a_missing_rule_and_a_disabled_rule_are_faults() {
        let gone = Facts { rule: Err(AwsError::NotFound), targets: Err(AwsError::NotFound) };
        assert_eq!(found(&gone).len(), 1);
        assert_first(&gone, Severity::Fault, "no rule shop-order-events on the bus default");
        let mut disabled = sound();
        disabled.rule.as_mut().unwrap().is_enabled = false;
        assert_first(&disabled, Severity::Fault, "is disabled");
    }

    #[test]
    fn every_unmatched_event_of_the_catalogue_is_named() {
        let facts = with_pattern(json!({"source": ["oms", "wms"]}));
        let findings = found(&facts);
        let missed: Vec<&str> = findings.iter().map(|finding| finding.what.as_str()).collect();
        assert_eq!(missed.len(), 2, "{missed:?}");
        assert!(missed[0].contains("\"Return Registered\" of returns"), "{missed:?}");
        assert!(missed[1].contains("\"Return Updated\" of returns"), "{missed:?}");
    }

    #[test]
    fn matching_the_applications_own_events_is_a_finding() {
        assert_first(
            &with_pattern(json!({"source": [{"anything-but": "crm"}]})),
            Severity::Fault,
            "own status events",
        );
    }

    #[test]
    fn an_unsupported_operator_is_a_note() {
        let facts = with_pattern(json!({"source": [{"wildcard": "*ms"}, "returns"]}));
        assert_first(&facts, Severity::Note, "is unknown");
    }

    #[test]
    fn a_rule_without_a_pattern_is_a_fault() {
        let facts = Facts { rule: Ok(Rule { is_enabled: true, pattern: None }), ..sound() };
        assert_first(&facts, Severity::Fault, "no readable event pattern");
    }

    #[test]
    fn the_target_is_the_queue_with_the_whole_event_and_a_dead_letter_queue() {
        let elsewhere = with_target(|it| it.arn = "arn:aws:sqs:eu-central-1:111122223333:other".to_owned());
        assert_first(&elsewhere, Severity::Fault, "doesn't put its events on the queue");
        assert_first(&with_target(|it| it.passes = Passes::Other), Severity::Fault, "transforms the event");
        assert_first(&with_target(|it| it.dead_letters = None), Severity::Fault, "no dead-letter queue");
        let another = with_target(|it| it.dead_letters = Some("arn:aws:sqs:eu-central-1:1:x".to_owned()));
        assert_first(&another, Severity::Warning, "dead-letter queue other");
    }

    #[test]
    fn the_rule_of_the_delivery_events_is_enabled_and_has_its_own_queue() {
        let names = Names {
            rule: "shop-delivery-events",
            forwards: Forwards::DeliveryEvents,
            queue_url: Some("https://sqs.eu-central-1.amazonaws.com/111122223333/delivery-events"),
            ..NAMES
        };
        let first = |facts: &Facts| findings(facts, None, names).remove(0);
        let assert_fault = |facts: &Facts, what: &str| {
            let finding = first(facts);
            assert!(finding.severity == Severity::Fault && finding.what.contains(what), "{finding:?}");
            assert!(finding.why.as_ref().unwrap().contains("fallback"), "{finding:?}");
        };
        let own = |mut facts: Facts| {
            facts.rule.as_mut().unwrap().pattern = Some(json!({"source": ["aws.ses"]}));
            facts.targets.as_mut().unwrap()[0].arn =
                "arn:aws:sqs:eu-central-1:111122223333:delivery-events".to_owned();
            facts
        };
        let fine = first(&own(sound()));
        assert!(fine.severity == Severity::Fine && fine.what.contains("AWS's events"), "{fine:?}");
        let mut disabled = own(sound());
        disabled.rule.as_mut().unwrap().is_enabled = false;
        assert_fault(&disabled, "shop-delivery-events is disabled");
        assert_fault(&sound(), "doesn't put its events on the queue of delivery events");
        let gone = Facts { rule: Err(AwsError::NotFound), targets: Err(AwsError::NotFound) };
        assert_fault(&gone, "no rule shop-delivery-events on the bus default");
    }

    #[test]
    fn a_denied_request_hides_no_other_finding() {
        let denied = || AwsError::AccessDenied("AccessDeniedException".to_owned());
        let facts = Facts { rule: Err(denied()), ..with_target(|it| it.dead_letters = None) };
        assert_eq!(found(&facts).len(), 2);
        let facts = Facts { targets: Err(denied()), ..sound() };
        assert_first(&facts, Severity::Warning, "events:ListTargetsByRule");
    }

    #[test]
    fn without_a_catalogue_or_a_queue_the_rest_is_still_checked() {
        let names = Names { queue_url: None, ..NAMES };
        let findings = findings(&sound(), None, names);
        assert!(findings.len() == 2 && findings.iter().all(|finding| finding.severity == Severity::Note));
    }
}
