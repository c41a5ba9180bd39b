//! The simulated hour: its waits, its seed, and the results of calm and full hours.

use super::*;

const COSTS: Costs = Costs { notifier: 3, webhook: 3, written: 6, indexed: 2 };

fn hour(messages: u32) -> Hour {
    Hour { messages, settings: Settings::SHIPPED, all_throttled: false }
}

#[test]
fn a_wait_is_1_on_average_and_longer_than_3_in_one_of_twenty() {
    let mut random = Rng::with_seed(1);
    let waits: Vec<f64> = (0..100_000).map(|_| exponential(&mut random)).collect();
    let mean = waits.iter().sum::<f64>() / 100_000.0;
    let long = waits.iter().filter(|wait| **wait > 3.0).count();
    assert!((mean - 1.0).abs() < 0.02, "{mean}");
    assert!((4700..5300).contains(&long), "{long}");
}

#[test]
fn a_seed_decides_everything_and_another_one_something_else() {
    let (first, again) = (simulate(&hour(3000), &COSTS, 7), simulate(&hour(3000), &COSTS, 7));
    assert_eq!(first, again);
    assert_ne!(first, simulate(&hour(3000), &COSTS, 8));
}

#[test]
fn every_message_is_accepted_once_whatever_stands_in_its_way() {
    for all_throttled in [false, true] {
        let settings = Settings { provider_rate: 1, ..Settings::SHIPPED };
        let seen = simulate(&Hour { messages: 5000, settings, all_throttled }, &COSTS, 1);
        assert_eq!(seen.accepted, 5000);
        assert!(seen.throttled > 0 && seen.ended > HOUR, "{seen:?}");
        assert_eq!(seen.accepted_within == 0, all_throttled);
    }
}

#[test]
fn an_hour_that_is_not_full_has_no_backlog_and_one_that_is_over_full_has_one() {
    let share = |seen: &Seen, limit| seen.shares.iter().find(|(it, _)| *it == limit).unwrap().1;
    let calm = simulate(&hour(1000), &COSTS, 1);
    assert_eq!((calm.backlog, calm.throttled), (0, 0));
    assert!(calm.long_wait < Duration::from_secs(3), "{calm:?}");
    assert!(share(&calm, Limit::Notifier) < 0.2);
    let full = simulate(&hour(400_000), &COSTS, 1);
    assert!(full.backlog > 100_000 && share(&full, Limit::Notifier) > 0.95, "{full:?}");
    let wide = Hour { settings: Settings { provider_rate: 1000, ..Settings::RAISED }, ..hour(400_000) };
    assert!(simulate(&wide, &COSTS, 1).backlog < 100);
}

#[test]
fn what_a_provider_throttles_for_an_hour_fills_the_queues_flight_and_no_more() {
    let hour = Hour { messages: 400_000, settings: Settings::RAISED, all_throttled: true };
    let seen = simulate(&hour, &COSTS, 1);
    let in_flight = seen.shares.iter().find(|(limit, _)| *limit == Limit::InFlight).unwrap().1;
    assert!((0.999..=1.0).contains(&in_flight), "{seen:?}");
    assert_eq!(seen.accepted, 400_000);
}
