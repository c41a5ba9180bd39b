//! A discrete-event simulation of an hour of messages: they arrive at random, the queue delivers them in batches, the
//! provider accepts a fixed rate and throttles the rest, and accepted messages are reported. A seed makes it
//! deterministic.
//!
//! The simulation includes waits in the queue. For all work after the provider's answer, it only counts how much of each
//! limit a second uses.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use fastrand::Rng;
use shared::protocol::RetryWaits;

use super::costs::Costs;
use super::limits::{
    BATCH, BUCKETS, CALL, CALLS, CONCURRENCY, EVENTS, IN_FLIGHT, Limit, PARTITION, PUT_EVENTS, RECORD,
    REQUESTS, SEND_AT_LEAST, SEND_BEYOND, full_batch_seconds, send_seconds,
};
use super::settings::Settings;

/// The simulated period.
pub const HOUR: Duration = Duration::from_hours(1);
/// The provider's response time for a throttled request, in seconds.
const REFUSAL: f64 = 0.1;
/// The mean times from a message's acceptance to the reports of sent, delivered and read, in seconds.
const REPORTED_AFTER: [f64; CALLS as usize] = [1.0, 3.0, 60.0];
/// Write units of the index per throttled attempt: adding and removing a lease and a due time.
const INDEXED_PER_THROTTLE: u32 = 4;
/// Write units of the table per throttled attempt: claim and settlement.
const WRITTEN_PER_THROTTLE: u32 = 2;

// The simulation counts an order event on arrival, and each status event when it is published.
const _: () = assert!(EVENTS == 2 + CALLS);

/// The parameters of a simulation.
#[derive(Debug, Clone, Copy)]
pub struct Hour {
    /// Messages that arrive in the hour.
    pub messages: u32,
    pub settings: Settings,
    /// Whether the provider throttles every request of the hour.
    pub all_throttled: bool,
}

/// The results of a simulation.
#[derive(Debug, Clone, PartialEq)]
pub struct Results {
    pub accepted: u32,
    /// Messages accepted in the hour.
    pub accepted_within: u32,
    pub throttled: u32,
    /// Messages in the queue at the end of the hour.
    pub backlog: usize,
    pub median_wait: Duration,
    /// The 99th percentile of the wait for acceptance.
    pub long_wait: Duration,
    /// The time of the last acceptance.
    pub ended: Duration,
    /// The share of each limit that the busiest second used. For concurrent sends, the share of the hour's sends in full
    /// batches. 1 is the whole limit.
    pub shares: Vec<(Limit, f64)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Message {
    arrived_at: Duration,
    throttled: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A message arrives in the queue.
    Arrives,
    /// A throttled message becomes visible in the queue again.
    Returns(Message),
    /// A batch ends, and this many of its messages are deleted.
    BatchEnds(u32),
}

/// The usage of one second.
#[derive(Debug, Clone, Copy, Default)]
struct Second {
    requests: u32,
    accepted: u32,
    calls: u32,
    written: u32,
    indexed: [u32; BUCKETS as usize],
    events: u32,
    functions: f64,
}

struct Simulation<'a> {
    hour: &'a Hour,
    costs: &'a Costs,
    random: Rng,
    events: BinaryHeap<Reverse<(Duration, u64, Event)>>,
    number: u64,
    queue: VecDeque<Message>,
    in_flight: u32,
    most_in_flight: u32,
    busy: u32,
    /// The total seconds of sends within the hour.
    sent_for: f64,
    arrived: u32,
    seconds: Vec<Second>,
    waits: Vec<Duration>,
    throttled: u32,
    accepted_within: u32,
    backlog: Option<usize>,
    ended: Duration,
}

/// Simulates an hour, and then continues until every message is accepted.
pub fn simulate(hour: &Hour, costs: &Costs, seed: u64) -> Results {
    let mut simulation = Simulation {
        hour,
        costs,
        random: Rng::with_seed(seed),
        events: BinaryHeap::new(),
        number: 0,
        queue: VecDeque::new(),
        in_flight: 0,
        most_in_flight: 0,
        busy: 0,
        sent_for: 0.0,
        arrived: 0,
        seconds: Vec::new(),
        waits: Vec::new(),
        throttled: 0,
        accepted_within: 0,
        backlog: None,
        ended: Duration::ZERO,
    };
    simulation.schedule_arrival(Duration::ZERO);
    while let Some(Reverse((now, _, event))) = simulation.events.pop() {
        simulation.handle(now, event);
    }
    simulation.results()
}

impl Simulation<'_> {
    fn handle(&mut self, now: Duration, event: Event) {
        if now >= HOUR && self.backlog.is_none() {
            self.backlog = Some(self.queue.len());
        }
        match event {
            Event::Arrives => {
                self.queue.push_back(Message { arrived_at: now, throttled: 0 });
                self.second(now).events += 1;
                self.schedule_arrival(now);
            }
            Event::Returns(message) => {
                self.in_flight -= 1;
                self.queue.push_back(message);
            }
            Event::BatchEnds(deleted) => {
                self.busy -= 1;
                self.in_flight -= deleted;
            }
        }
        while self.busy < self.hour.settings.maximum_concurrency
            && !self.queue.is_empty()
            && self.in_flight + BATCH <= IN_FLIGHT
        {
            self.start_batch(now);
        }
    }

    fn schedule(&mut self, at: Duration, event: Event) {
        self.number += 1;
        self.events.push(Reverse((at, self.number, event)));
    }

    fn schedule_arrival(&mut self, now: Duration) {
        if self.arrived < self.hour.messages {
            self.arrived += 1;
            let pause = HOUR.div_f64(f64::from(self.hour.messages)).mul_f64(exponential(&mut self.random));
            self.schedule(now + pause, Event::Arrives);
        }
    }

    /// Sends a batch with limited concurrency. The batch ends with its last send.
    fn start_batch(&mut self, now: Duration) {
        let mut lanes = vec![now; self.hour.settings.send_concurrency.min(BATCH) as usize];
        let mut deleted = 0;
        for _ in 0..BATCH {
            let Some(message) = self.queue.pop_front() else { break };
            self.in_flight += 1;
            lanes.sort_unstable();
            let Some(lane) = lanes.first_mut() else { break };
            let sent = *lane;
            if self.is_throttled(sent) {
                *lane = sent + Duration::from_secs_f64(REFUSAL + REQUESTS);
                self.postpone(message, *lane);
            } else {
                let beyond = SEND_BEYOND * exponential(&mut self.random);
                *lane = sent + Duration::from_secs_f64(SEND_AT_LEAST + beyond + REQUESTS);
                self.accept(message, *lane);
                deleted += 1;
            }
            if sent < HOUR {
                self.sent_for += lane.saturating_sub(sent).as_secs_f64();
            }
        }
        let end = lanes.into_iter().max().unwrap_or(now);
        let took = end.saturating_sub(now).as_secs_f64();
        self.busy += 1;
        self.most_in_flight = self.most_in_flight.max(self.in_flight);
        self.second(now).functions += took;
        self.schedule(end, Event::BatchEnds(deleted));
    }

    /// Whether the provider throttles a request at this time.
    fn is_throttled(&mut self, at: Duration) -> bool {
        let (rate, all_throttled) = (self.hour.settings.provider_rate, self.hour.all_throttled && at < HOUR);
        let second = self.second(at);
        second.requests += 1;
        if all_throttled || second.accepted >= rate {
            return true;
        }
        second.accepted += 1;
        false
    }

    fn postpone(&mut self, message: Message, at: Duration) {
        self.throttled += 1;
        let wait = RetryWaits::default().unsent.wait(message.throttled + 1);
        let bucket = self.bucket();
        let second = self.second(at);
        second.written += WRITTEN_PER_THROTTLE;
        add(&mut second.indexed, bucket, INDEXED_PER_THROTTLE);
        second.functions += f64::from(WRITTEN_PER_THROTTLE) * RECORD;
        let message = Message { throttled: message.throttled + 1, ..message };
        self.schedule(at + wait, Event::Returns(message));
    }

    fn accept(&mut self, message: Message, at: Duration) {
        self.waits.push(at.saturating_sub(message.arrived_at));
        self.ended = self.ended.max(at);
        self.accepted_within += u32::from(at < HOUR);
        let Costs { notifier, webhook, indexed, .. } = *self.costs;
        let bucket = self.bucket();
        let second = self.second(at);
        second.written += notifier;
        second.events += 1;
        second.functions += f64::from(notifier) * RECORD;
        add(&mut second.indexed, bucket, indexed);
        let mut written = 0;
        for (number, after) in (1..).zip(REPORTED_AFTER) {
            let reported = at + Duration::from_secs_f64(after * exponential(&mut self.random));
            // The requests are distributed over the reports; Kaleyra needs more requests than it has reports.
            let until_now = webhook * number / CALLS;
            let second = self.second(reported);
            second.calls += 1;
            second.written += until_now - written;
            second.events += 1;
            second.functions += CALL + f64::from(until_now - written) * RECORD;
            written = until_now;
        }
    }

    fn bucket(&mut self) -> usize {
        self.random.usize(..BUCKETS as usize)
    }

    /// The counters of the second that contains this moment.
    fn second(&mut self, at: Duration) -> &mut Second {
        let index = usize::try_from(at.as_secs()).unwrap_or(usize::MAX);
        if index >= self.seconds.len() {
            self.seconds.resize(index.saturating_add(1), Second::default());
        }
        // The vector was extended above.
        #[expect(clippy::indexing_slicing, reason = "resized just above")]
        &mut self.seconds[index]
    }

    fn results(mut self) -> Results {
        self.waits.sort_unstable();
        let wait = |hundredths: usize| {
            let rank = (self.waits.len() * hundredths).div_ceil(100).saturating_sub(1);
            self.waits.get(rank).copied().unwrap_or_default()
        };
        let Settings { maximum_concurrency, callback_rate, provider_rate, table_writes, .. } =
            self.hour.settings;
        // In a full batch, the other lanes wait for the slowest one.
        let busy_lanes = f64::from(BATCH) * send_seconds() / full_batch_seconds(&self.hour.settings);
        let at_once = f64::from(maximum_concurrency) * busy_lanes;
        let most = |value: fn(&Second) -> f64| self.seconds.iter().map(value).fold(0.0, f64::max);
        let partition = |second: &Second| second.indexed.iter().copied().max().map_or(0.0, f64::from);
        let shares = vec![
            (Limit::Provider, most(|second| f64::from(second.requests)) / f64::from(provider_rate)),
            (Limit::Notifier, self.sent_for / HOUR.as_secs_f64() / at_once),
            (Limit::Callbacks, most(|second| f64::from(second.calls)) / f64::from(callback_rate)),
            (Limit::Concurrency, most(|second| second.functions) / f64::from(CONCURRENCY)),
            (Limit::Table, most(|second| f64::from(second.written)) / f64::from(table_writes)),
            (Limit::Index, most(partition) / f64::from(PARTITION)),
            (Limit::Bus, most(|second| f64::from(second.events)) / f64::from(PUT_EVENTS)),
            (Limit::InFlight, f64::from(self.most_in_flight) / f64::from(IN_FLIGHT)),
        ];
        Results {
            accepted: u32::try_from(self.waits.len()).unwrap_or(u32::MAX),
            accepted_within: self.accepted_within,
            throttled: self.throttled,
            backlog: self.backlog.unwrap_or_default(),
            median_wait: wait(50),
            long_wait: wait(99),
            ended: self.ended,
            shares,
        }
    }
}

fn add(counts: &mut [u32], index: usize, more: u32) {
    if let Some(count) = counts.get_mut(index) {
        *count += more;
    }
}

/// An exponential random number with mean 1, by von Neumann's method. It needs no logarithm, whose rounding differs
/// between machines.
fn exponential(random: &mut Rng) -> f64 {
    let mut whole = 0.0;
    loop {
        let first = random.f64();
        let (mut last, mut descending) = (first, 1u32);
        loop {
            let next = random.f64();
            if next > last {
                break;
            }
            last = next;
            descending += 1;
        }
        if descending % 2 == 1 {
            return whole + first;
        }
        whole += 1.0;
    }
}

#[cfg(test)]
mod tests;
