//! Which events can be published together, and which only after others.
//!
//! Neither the bus nor the queue keeps an order, so events of one sort about one order are in rounds of their own, in
//! the order of their times. The next round begins when the sender is done with the one before.

use std::collections::BTreeMap;

use anyhow::Context as _;
use shared::catalogue::{Catalogue, OrderEvent};
use shared::secrets::KeySecret;

use crate::expectation::Expectation;
use crate::samples::Sample;

/// An event that is to be published.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Its place among all of them.
    pub place: usize,
    /// The event.
    pub sample: Sample,
    /// What must become of it.
    pub expectation: Expectation,
}

/// The rounds of these events, which come in the order of their times.
pub fn rounds(
    samples: Vec<Sample>,
    catalogue: &Catalogue,
    key_secret: &KeySecret,
) -> anyhow::Result<Vec<Vec<Planned>>> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut rounds: Vec<Vec<Planned>> = Vec::new();
    for (place, sample) in samples.into_iter().enumerate() {
        let event = OrderEvent::parse(sample.event.clone()).with_context(|| sample.name.clone())?;
        let expectation = Expectation::of(&event, catalogue, key_secret);
        let order = expectation.reference().map(|reference| reference.order.as_str());
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
