//! Splits events into rounds: events of one round can be published together.
//!
//! Neither the bus nor the queue guarantees an order, so events of one kind about one order are in successive rounds,
//! in the order of their times. The next round begins when the sender has finished the one before.

use std::collections::BTreeMap;

use anyhow::Context as _;
use shared::catalogue::{Catalogue, OrderEvent};
use shared::secrets::KeySecret;

use crate::expectation::Expectation;
use crate::samples::Sample;

/// An event that is to be published.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Its index among all events.
    pub place: usize,
    /// The event to publish.
    pub sample: Sample,
    /// The outcome that the event must have.
    pub expectation: Expectation,
}

/// Splits these events, which are sorted by time, into rounds.
pub fn rounds(
    samples: Vec<Sample>,
    catalogue: &Catalogue,
    key_secret: &KeySecret,
) -> anyhow::Result<Vec<Vec<Planned>>> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut rounds: Vec<Vec<Planned>> = Vec::new();
    for (place, sample) in samples.into_iter().enumerate() {
        let event = OrderEvent::parse(sample.event.clone()).with_context(|| sample.name.clone())?;
        let expectation = Expectation::of_event(&event, catalogue, key_secret);
        let order = expectation.reference().map(|reference| &reference.order);
        let count = seen.entry(format!("{} {order:?}", event.detail_type)).or_default();
        if rounds.len() <= *count {
            rounds.push(Vec::new());
        }
        if let Some(round) = rounds.get_mut(*count) {
            round.push(Planned { place, sample, expectation });
        }
        *count += 1;
    }
    Ok(rounds)
}
