//! The events of a seed, and the steps with their times. Pure.

use std::time::Duration;

use jiff::{Timestamp, Unit};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use shared::provider::{Channel, Provider};

use super::World;
use super::order;
use super::planned_event::PlannedEvent;

/// The interval between orders, as long as the machine keeps up.
const PACE: Duration = Duration::from_millis(13);
/// The minimum length of a plan: the webhook reads refused secrets again at the earliest ten seconds after it has read
/// them.
const SHORTEST: Duration = Duration::from_secs(13);
/// The earliest rotation of the webhook's secrets.
const WEBHOOK_ROTATION: Duration = Duration::from_millis(11_500);
/// The end of the plan is without kills, so that a short run needn't wait for the last lease.
const CALM: Duration = Duration::from_secs(8);
/// Events are moved to the moments before a kill, so that it interrupts work.
const BEFORE_A_KILL: Duration = Duration::from_millis(250);

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan {
    pub events: Vec<PlannedEvent>,
    /// The steps, by time.
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    /// The earliest time, counted from the start.
    pub at: Duration,
    pub action: Action,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// A producer puts the event on the bus, which assigns a new id each time.
    Publish(usize),
    /// The queue delivers the event again, with its first id.
    Redeliver(usize),
    /// order-notifier is killed in the middle of its work.
    Kill,
    /// order-notifier starts again.
    Start,
    /// The credentials for sends through this provider are replaced; the old ones stop working at once.
    RotateCredentials(Provider),
    /// The credentials for sends through this provider stop working, and the secret still contains them.
    ExpireCredentials(Provider),
    /// An operator puts the current credentials into the secret.
    RenewCredentials,
    /// The account with this provider has no valid payment.
    StopPayment(Provider),
    /// The account is paid again.
    Pay(Provider),
    /// This provider's templates are paused because of customer feedback.
    PauseTemplates(Provider),
    /// The templates are approved again.
    ResumeTemplates(Provider),
    /// AWS's service for this channel refuses every message.
    StopChannel(Channel),
    /// The service accepts messages again.
    ResumeChannel(Channel),
    /// Every wait ends.
    EndWaits,
    /// From now on some replies to order-notifier's claims are lost.
    LoseClaimReplies,
    /// No more replies are lost.
    KeepClaimReplies,
    /// The operator deploys another catalogue.
    ChangeCatalogue,
    /// The messages on the queue have been received too often.
    Bury,
    /// The operator redrives the dead letters.
    Redrive,
    /// The secrets that authenticate all providers' callbacks are replaced.
    RotateWebhookSecrets,
}

/// Temporary faults, at shares of the plan's length: an hour-long fault lasts a twelfth of the plan. No two of them
/// cancel each other out.
const TROUBLES: [(f64, Action); 24] = [
    (0.08, Action::ExpireCredentials(Provider::OneMsg)),
    (0.08, Action::ExpireCredentials(Provider::Kaleyra)),
    (0.08, Action::ExpireCredentials(Provider::Meta)),
    (0.16, Action::RenewCredentials),
    (0.17, Action::EndWaits),
    (0.20, Action::StopChannel(Channel::Sms)),
    (0.20, Action::StopChannel(Channel::Email)),
    (0.29, Action::ResumeChannel(Channel::Sms)),
    (0.29, Action::ResumeChannel(Channel::Email)),
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
    /// The plan of a seed, for events at the current time. In an open world nothing fails; only the input of providers
    /// and producers is unusual.
    pub fn new(seed: u64, orders: usize, now: Timestamp, world: World) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        // A generator of its own: what follows doesn't change what happens on WhatsApp.
        let mut channels = StdRng::seed_from_u64(!seed);
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
        // After all temporary faults, so that none of them changes these outcomes.
        for events in order::with_fixed_outcomes(&mut rng, orders, now) {
            plan.order(&mut rng, span.saturating_sub(CALM / 2), events);
        }
        for (number, event) in plan.events.iter_mut().enumerate() {
            order::add_channels(&mut channels, event, number, world);
        }
        // Stable, so that steps with the same time stay in the order in which they were planned.
        plan.steps.sort_by_key(|step| step.at);
        plan
    }

    /// The number of steps that meet this condition.
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
            // A producer's second put has another id: it can't be recognised across a change of the catalogue.
            let is_again = rng.random_bool(0.5) || self.events.get(event).is_some_and(order::changes_midway);
            let action = if is_again { Action::Redeliver(event) } else { Action::Publish(event) };
            // At once, or when the first is long finished.
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
    fn a_seed_determines_the_plan() {
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
