//! What a seed decides: which events, and what happens when. Pure.

use std::time::Duration;

use jiff::{Timestamp, Unit};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use shared::provider::Provider;

use super::World;
use super::order::{self, PlannedEvent};

/// One order after the other in this time, until the machine can't keep up.
const PACE: Duration = Duration::from_millis(13);
/// No plan is shorter: the webhook reads refused secrets anew only ten seconds after it has read them.
const SHORTEST: Duration = Duration::from_secs(13);
/// When the webhook's secrets rotate at the earliest.
const WEBHOOK_ROTATION: Duration = Duration::from_millis(11_500);
/// The end of the plan is without kills, so that a short run needn't wait for long for the last lease.
const CALM: Duration = Duration::from_secs(8);
/// Events are drawn to the moments before a kill, so that it finds work in hand.
const BEFORE_A_KILL: Duration = Duration::from_millis(250);

/// Everything that happens.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan {
    /// Every event.
    pub events: Vec<PlannedEvent>,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// Something that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    /// When, counted from the start, at the earliest.
    pub at: Duration,
    /// What.
    pub action: Action,
}

/// What can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// The event is put on the bus, which gives it a new id each time.
    Publish(usize),
    /// The queue delivers the event again, with the id that it had first.
    Redeliver(usize),
    /// order-notifier is broken off wherever it stands.
    Kill,
    /// It starts again.
    Start,
    /// What sends by this provider is replaced; the old value stops working at once.
    RotateCredentials(Provider),
    /// What sends by this provider stops working, and nobody puts a new value into the secret.
    ExpireCredentials(Provider),
    /// Somebody does.
    RenewCredentials,
    /// The account with this provider is not paid.
    StopPayment(Provider),
    /// It is again.
    Pay(Provider),
    /// This provider's templates are paused, for what customers say of them.
    PauseTemplates(Provider),
    /// They are approved again.
    ResumeTemplates(Provider),
    /// Every wait is over.
    EndWaits,
    /// From now on the function doesn't hear of some of its claims.
    LoseClaimReplies,
    /// It does again.
    KeepClaimReplies,
    /// The operator deploys another catalogue.
    ChangeCatalogue,
    /// What is on the queue has been received too often.
    Bury,
    /// The operator puts the dead letters back.
    Redrive,
    /// What authenticates the callbacks of all providers is replaced.
    RotateWebhookSecrets,
}

/// What goes wrong for a while, in shares of the plan: an hour of it lasts a twelfth. No two of them mend each other.
const TROUBLES: [(f64, Action); 20] = [
    (0.08, Action::ExpireCredentials(Provider::OneMsg)),
    (0.08, Action::ExpireCredentials(Provider::Kaleyra)),
    (0.08, Action::ExpireCredentials(Provider::Meta)),
    (0.16, Action::RenewCredentials),
    (0.17, Action::EndWaits),
    (0.30, Action::RotateCredentials(Provider::OneMsg)),
    (0.33, Action::StopPayment(Provider::Kaleyra)),
    (0.33, Action::StopPayment(Provider::Meta)),
    (0.33, Action::PauseTemplates(Provider::OneMsg)),
    (0.41, Action::RotateCredentials(Provider::Kaleyra)),
    (0.42, Action::Pay(Provider::Kaleyra)),
    (0.42, Action::Pay(Provider::Meta)),
    (0.42, Action::ResumeTemplates(Provider::OneMsg)),
    (0.43, Action::EndWaits),
    (0.45, Action::LoseClaimReplies),
    (0.52, Action::RotateCredentials(Provider::Meta)),
    (0.57, Action::ChangeCatalogue),
    (0.60, Action::KeepClaimReplies),
    (0.64, Action::Bury),
    (0.70, Action::Redrive),
];

impl Plan {
    /// The plan of a seed, for events that happen now. In an open world nothing goes wrong but what providers and producers
    /// write.
    pub fn new(seed: u64, orders: usize, now: Timestamp, world: World) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let now = now.round(Unit::Second).unwrap_or(now);
        let mut span = PACE.saturating_mul(u32::try_from(orders).unwrap_or(u32::MAX));
        let mut plan = Self { events: Vec::new(), steps: Vec::new() };
        let mut kills = Vec::new();
        if world == World::Plain {
            span = span.max(SHORTEST);
            kills = self::kills(&mut rng, orders, span);
            for kill in &kills {
                plan.add(*kill, Action::Kill);
                plan.add(*kill + between(&mut rng, 100, 600), Action::Start);
            }
            for (share, action) in TROUBLES {
                plan.add(span.mul_f64(share), action);
            }
            plan.add(span.mul_f64(0.6).max(WEBHOOK_ROTATION), Action::RotateWebhookSecrets);
        }
        plan.add(span.mul_f64(0.85), Action::EndWaits);
        for number in 0..orders {
            let at = moment(&mut rng, span, &kills);
            let events = order::events(&mut rng, number, now, world);
            plan.order(&mut rng, at, events);
        }
        // When all troubles are over: nothing makes another end of theirs.
        for events in order::of_certain_ends(&mut rng, orders, now) {
            plan.order(&mut rng, span.saturating_sub(CALM / 2), events);
        }
        // Stable: what happens at one time happens in the order in which it was planned.
        plan.steps.sort_by_key(|step| step.at);
        plan
    }

    /// How many of these are planned.
    pub fn count(&self, which: impl Fn(&Action) -> bool) -> usize {
        self.steps.iter().filter(|step| which(&step.action)).count()
    }

    fn order(&mut self, rng: &mut StdRng, mut at: Duration, events: Vec<PlannedEvent>) {
        for event in events {
            let index = self.events.len();
            self.events.push(event);
            self.add(at, Action::Publish(index));
            self.duplicates(rng, index, at);
            at += between(rng, 0, 600);
        }
    }

    fn duplicates(&mut self, rng: &mut StdRng, event: usize, published: Duration) {
        let copies = if rng.random_bool(0.3) { rng.random_range(1..=3) } else { 0 };
        for _ in 0..copies {
            // A producer's second put has another id: across a change of the catalogue nobody can recognise it.
            let is_again = rng.random_bool(0.5) || self.events.get(event).is_some_and(order::changes_midway);
            let action = if is_again { Action::Redeliver(event) } else { Action::Publish(event) };
            // At once, or when the first is long done.
            let longest = if rng.random_bool(0.6) { 50 } else { 4000 };
            self.add(published + between(rng, 0, longest), action);
        }
    }

    fn add(&mut self, at: Duration, action: Action) {
        self.steps.push(Step { at, action });
    }
}

fn kills(rng: &mut StdRng, orders: usize, span: Duration) -> Vec<Duration> {
    let count = (3 + orders / 500).min(12);
    let latest = span.saturating_sub(CALM).as_millis().try_into().unwrap_or(u64::MAX);
    (0..count).map(|_| between(rng, 700, latest)).collect()
}

fn moment(rng: &mut StdRng, span: Duration, kills: &[Duration]) -> Duration {
    let place = rng.random_range(0..kills.len().max(1));
    match kills.get(place) {
        Some(kill) if rng.random_bool(0.4) => kill.saturating_sub(BEFORE_A_KILL.mul_f64(rng.random())),
        _ => span.mul_f64(rng.random()),
    }
}

fn between(rng: &mut StdRng, from: u64, to: u64) -> Duration {
    Duration::from_millis(rng.random_range(from..=to))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn plan(seed: u64) -> Plan {
        Plan::new(seed, 200, "2026-11-20T09:00:00Z".parse().unwrap(), World::Plain)
    }

    #[test]
    fn a_seed_is_one_plan_and_another_is_another() {
        assert_eq!(plan(7), plan(7));
        assert_ne!(plan(7), plan(8));
    }

    #[test]
    fn everything_that_can_happen_is_planned() {
        let plan = plan(1);
        assert_eq!(plan.count(|action| *action == Action::Kill), 3);
        assert_eq!(plan.count(|action| *action == Action::Start), 3);
        assert_eq!(plan.count(|action| matches!(action, Action::RotateCredentials(_))), 3);
        for (share, action) in TROUBLES {
            assert!(plan.count(|planned| *planned == action) >= 1, "{share} {action:?}");
        }
        assert_eq!(plan.count(|action| *action == Action::RotateWebhookSecrets), 1);
        assert!(plan.count(|action| matches!(action, Action::Redeliver(_))) > 10);
        let published = plan.count(|action| matches!(action, Action::Publish(_)));
        assert!(published > plan.events.len() + 10, "some are put twice");
        assert!(plan.steps.is_sorted_by_key(|step| step.at));
    }

    #[test]
    fn an_event_is_published_before_it_is_delivered_again() {
        let mut published = BTreeSet::new();
        for step in plan(3).steps {
            match step.action {
                Action::Publish(event) => {
                    published.insert(event);
                }
                Action::Redeliver(event) => assert!(published.contains(&event)),
                _ => {}
            }
        }
    }
}
