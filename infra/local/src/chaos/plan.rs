//! What a seed decides: which events, and what happens when. Pure.

use std::time::Duration;

use jiff::{Timestamp, Unit};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use shared::provider::Provider;

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
    /// What authenticates the callbacks of all providers is replaced.
    RotateWebhookSecrets,
}

impl Plan {
    /// The plan of a seed, for events that happen now.
    pub fn new(seed: u64, orders: usize, now: Timestamp) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let now = now.round(Unit::Second).unwrap_or(now);
        let span = PACE.saturating_mul(u32::try_from(orders).unwrap_or(u32::MAX)).max(SHORTEST);
        let kills = kills(&mut rng, orders, span);
        let mut plan = Self { events: Vec::new(), steps: Vec::new() };
        for kill in &kills {
            plan.add(*kill, Action::Kill);
            plan.add(*kill + between(&mut rng, 100, 600), Action::Start);
        }
        for (provider, share) in Provider::ALL.into_iter().zip([0.3, 0.4, 0.5]) {
            plan.add(span.mul_f64(share) + between(&mut rng, 0, 500), Action::RotateCredentials(provider));
        }
        plan.add(span.mul_f64(0.6).max(WEBHOOK_ROTATION), Action::RotateWebhookSecrets);
        for number in 0..orders {
            let at = moment(&mut rng, span, &kills);
            plan.order(&mut rng, number, at, now);
        }
        // Stable: what happens at one time happens in the order in which it was planned.
        plan.steps.sort_by_key(|step| step.at);
        plan
    }

    /// How many of these are planned.
    pub fn count(&self, which: impl Fn(&Action) -> bool) -> usize {
        self.steps.iter().filter(|step| which(&step.action)).count()
    }

    fn order(&mut self, rng: &mut StdRng, number: usize, mut at: Duration, now: Timestamp) {
        for event in order::events(rng, number, now) {
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
            let action = if rng.random_bool(0.5) { Action::Publish(event) } else { Action::Redeliver(event) };
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
        Plan::new(seed, 200, "2026-11-20T09:00:00Z".parse().unwrap())
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
