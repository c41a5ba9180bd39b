//! Metrics for newly stored delivery facts, from callbacks and from polling.

use std::time::Duration;

use jiff::Timestamp;

use crate::delivery::FactKind;
use crate::metric_names::MetricNames;
use crate::protocol::State;
use crate::providers::failure_class;
use crate::table::{Adopted, FactsStored, MessageFacts};
use crate::telemetry::{Metric, OutcomeKind};

/// The metrics for one message's newly stored facts. `adopted` is the notification's state before the facts proved its
/// acceptance.
pub fn for_facts(facts: &MessageFacts, stored: &FactsStored, adopted: Option<&Adopted>) -> Vec<Metric> {
    let provider = facts.message.provider;
    let names = names(stored, adopted);
    let mut metrics = Vec::new();
    for fact in stored.new.iter().copied() {
        metrics.push(Metric::Fact { provider, fact, names: names.clone() });
        if stored.reference.is_none() {
            metrics.push(Metric::UnmatchedFact { provider });
        }
        if fact == FactKind::Failed {
            let failure = facts.facts.failure.clone().unwrap_or_default();
            metrics.push(Metric::FailedMessage { provider, reason: failure_class(provider, &failure) });
        }
        if fact == FactKind::Delivered {
            let took = accepted_at(stored, adopted)
                .zip(facts.facts.delivered_at)
                .map(|(from, to)| between(from, to));
            metrics.extend(took.map(|took| Metric::DeliveryTime { provider, took }));
        }
    }
    // order-notifier has not recorded the acceptance, so it has not counted it either.
    if adopted.is_some_and(|before| before.state != State::Accepted) {
        metrics.push(Metric::Outcome {
            outcome: OutcomeKind::Accepted,
            provider: Some(provider),
            reason: None,
            names,
        });
    }
    metrics
}

/// The names from the item that has the facts, or from the notification.
fn names(stored: &FactsStored, adopted: Option<&Adopted>) -> MetricNames {
    let from_notification = adopted.filter(|_| stored.names.is_empty()).map(|before| &before.names);
    from_notification.unwrap_or(&stored.names).clone()
}

/// The acceptance time, from the message's own item or from the notification. Kaleyra's callbacks may have another id
/// than its reply; then only the notification has the time.
fn accepted_at(stored: &FactsStored, adopted: Option<&Adopted>) -> Option<Timestamp> {
    let from_notification = || adopted.filter(|before| before.state == State::Accepted);
    stored.accepted_at.or_else(|| from_notification().map(|before| before.updated_at))
}

/// Providers report whole seconds, so the later event may have an earlier time.
fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::SignedDuration;

    use super::*;
    use crate::delivery::DeliveryFacts;
    use crate::message::{MessageId, MessageKey};
    use crate::provider::Provider;

    const NOW: Timestamp = Timestamp::constant(1_795_165_200, 0);

    fn delivered() -> MessageFacts {
        let mut facts = DeliveryFacts::default();
        facts.add(FactKind::Delivered, NOW, None);
        let message = MessageKey { provider: Provider::Kaleyra, id: MessageId::parse("id-1").unwrap() };
        let leads = [FactKind::Delivered].into();
        MessageFacts { message, facts, leads, reference: None, notification: None, aliased: BTreeSet::new() }
    }

    fn stored(new: Vec<FactKind>, accepted_at: Option<Timestamp>) -> FactsStored {
        FactsStored { reference: None, new, names: MetricNames::default(), accepted_at, alias_of: None }
    }

    fn adopted(state: State, updated_at: Timestamp) -> Adopted {
        Adopted { state, updated_at, names: MetricNames::default() }
    }

    fn delivery_time(accepted_at: Option<Timestamp>, adopted: Option<&Adopted>) -> Option<Duration> {
        let stored = stored(vec![FactKind::Delivered], accepted_at);
        for_facts(&delivered(), &stored, adopted).iter().find_map(|metric| match metric {
            Metric::DeliveryTime { took, .. } => Some(*took),
            _ => None,
        })
    }

    #[test]
    fn the_delivery_time_starts_at_the_acceptance_in_either_item() {
        let ago = |seconds| NOW - SignedDuration::from_secs(seconds);
        let adopted = |state, seconds| Some(adopted(state, ago(seconds)));
        let accepted = State::Accepted;
        for (accepted_at, adopted, seconds) in [
            (Some(ago(3)), None, Some(3)),
            (Some(ago(3)), adopted(accepted, 9), Some(3)),
            (None, adopted(accepted, 9), Some(9)),
            (None, adopted(State::Sending, 9), None),
            (None, None, None),
            (Some(ago(-1)), None, Some(0)),
        ] {
            assert_eq!(delivery_time(accepted_at, adopted.as_ref()), seconds.map(Duration::from_secs));
        }
    }

    #[test]
    fn an_acceptance_proved_only_by_facts_is_counted_with_them() {
        let stored = stored(Vec::new(), None);
        let counted = |state| for_facts(&delivered(), &stored, Some(&adopted(state, NOW)));
        assert_eq!(counted(State::Accepted), []);
        for state in [State::Sending, State::Unknown, State::Held] {
            assert!(matches!(
                counted(state)[..],
                [Metric::Outcome {
                    outcome: OutcomeKind::Accepted,
                    provider: Some(Provider::Kaleyra),
                    reason: None,
                    ..
                }]
            ));
        }
    }

    #[test]
    fn the_names_come_from_the_item_with_the_facts_or_from_the_notification() {
        let named = |template: &str| MetricNames { template: Some(template.to_owned()), sender: None };
        let none = MetricNames::default;
        for (of_item, of_notification, expected) in [
            (named("a"), Some(named("b")), named("a")),
            (none(), Some(named("b")), named("b")),
            (named("a"), None, named("a")),
            (none(), None, none()),
        ] {
            let stored = FactsStored { names: of_item, ..stored(vec![FactKind::Delivered], None) };
            let adopted = of_notification.map(|names| Adopted { names, ..adopted(State::Sending, NOW) });
            let metrics = for_facts(&delivered(), &stored, adopted.as_ref());
            let has = |wanted: &Metric| metrics.contains(wanted);
            let (provider, fact) = (Provider::Kaleyra, FactKind::Delivered);
            assert!(has(&Metric::Fact { provider, fact, names: expected.clone() }), "{metrics:?}");
            let (outcome, provider) = (OutcomeKind::Accepted, Some(provider));
            let accepted = Metric::Outcome { outcome, provider, reason: None, names: expected };
            assert_eq!(has(&accepted), adopted.is_some(), "{metrics:?}");
        }
    }
}
