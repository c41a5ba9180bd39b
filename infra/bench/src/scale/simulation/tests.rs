//! Tests the waits, the seed, and the results of quiet and overloaded hours.

use super::*;

const COSTS: Costs = Costs { notifier: 3, webhook: 3, written: 6, indexed: 2 };

fn hour(messages: u32) -> Hour {
    Hour { messages, settings: Settings::SHIPPED, all_throttled: false }
}

#[test]
fn exponential_waits_have_a_mean_of_1_and_exceed_3_in_a_twentieth() {
    let mut random = Rng::with_seed(1);
    let waits: Vec<f64> = (0..100_000).map(|_| exponential(&mut random)).collect();
    let mean = waits.iter().sum::<f64>() / 100_000.0;
    let long = waits.iter().filter(|wait| **wait > 3.0).count();
    assert!((mean - 1.0).abs() < 0.02, "{mean}");
    assert!((4700..5300).contains(&long), "{long}");
}

#[test]
fn equal_seeds_give_equal_results_and_others_give_others() {
    let (first, again) = (simulate(&hour(3000), &COSTS, 7), simulate(&hour(3000), &COSTS, 7));
    assert_eq!(first, again);
    assert_ne!(first, simulate(&hour(3000), &COSTS, 8));
}

#[test]
fn every_message_is_accepted_once_despite_throttling() {
    for all_throttled in [false, true] {
        let settings = Settings { provider_rate: 1, ..Settings::SHIPPED };
        let results = simulate(&Hour { messages: 5000, settings, all_throttled }, &COSTS, 1);
        assert_eq!(results.accepted, 5000);
        assert!(results.throttled > 0 && results.ended > HOUR, "{results:?}");
        assert_eq!(results.accepted_within == 0, all_throttled);
    }
}

#[test]
fn only_an_overloaded_hour_has_a_backlog() {
    let share = |results: &Results, limit| results.shares.iter().find(|(it, _)| *it == limit).unwrap().1;
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
fn an_hour_of_throttling_reaches_the_limit_of_messages_in_flight() {
    let hour = Hour { messages: 400_000, settings: Settings::RAISED, all_throttled: true };
    let results = simulate(&hour, &COSTS, 1);
    let in_flight = results.shares.iter().find(|(limit, _)| *limit == Limit::InFlight).unwrap().1;
    assert!((0.999..=1.0).contains(&in_flight), "{results:?}");
    assert_eq!(results.accepted, 400_000);
}
