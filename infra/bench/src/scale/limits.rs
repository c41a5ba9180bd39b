//! The throughput limits on a message's path, in messages per second. `docs/scale.md` lists the sources.

use super::costs::Costs;
use super::settings::Settings;

/// The number of callbacks of a message that is read: Meta makes one for each report.
pub const CALLS: u32 = 3;
/// The number of events on the bus per message: the order event and four status events.
pub const EVENTS: u32 = 5;
/// The maximum of messages in a batch.
pub const BATCH: u32 = 10;
/// The maximum number of messages in flight: received and not yet deleted.
pub const IN_FLIGHT: u32 = 120_000;
/// The default quota of concurrent executions per account and region.
pub const CONCURRENCY: u32 = 1000;
/// The maximum write units per second of one partition of a table or an index.
pub const PARTITION: u32 = 1000;
/// The number of partition keys of each kind in the index `due`.
pub const BUCKETS: u32 = 8;
/// The maximum events per second on all buses of us-east-1. Other regions allow a quarter or less.
pub const PUT_EVENTS: u32 = 10_000;
/// The number of concurrent batches per shard: the template's `ParallelizationFactor`.
const PARALLELIZATION: u32 = 4;

/// The provider's minimum response time, in seconds.
pub const SEND_AT_LEAST: f64 = 0.3;
/// The provider's mean response time beyond [`SEND_AT_LEAST`], in seconds.
pub const SEND_BEYOND: f64 = 0.2;
/// The duration of order-notifier's requests to the table for a send, in seconds.
pub const REQUESTS: f64 = 0.015;
/// The duration of a delivery-webhook call, in seconds.
pub const CALL: f64 = 0.03;
/// status-publisher's time for a stream record in a full batch, in seconds.
pub const RECORD: f64 = 0.001;

/// A limit on throughput.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    Provider,
    /// The concurrent batches, and the sends in each.
    Notifier,
    /// The rate limit of the API's stage.
    Callbacks,
    Concurrency,
    /// The write units of the table.
    Table,
    /// The write units of the index's partitions.
    Index,
    /// The concurrent readers of the stream.
    Stream,
    Bus,
    /// The queue's messages in flight.
    InFlight,
}

impl Limit {
    pub const ALL: [Self; 9] = [
        Self::Provider,
        Self::Notifier,
        Self::Callbacks,
        Self::Concurrency,
        Self::Table,
        Self::Index,
        Self::Stream,
        Self::Bus,
        Self::InFlight,
    ];

    /// The name in the tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Provider => "the provider's rate",
            Self::Notifier => "concurrent sends",
            Self::Callbacks => "callbacks per second",
            Self::Concurrency => "Lambda's concurrency",
            Self::Table => "the table's writes",
            Self::Index => "partitions of the index",
            Self::Stream => "the stream's readers",
            Self::Bus => "the bus",
            Self::InFlight => "messages in flight",
        }
    }

    /// How the limit can be raised.
    pub const fn raised_by(self) -> &'static str {
        match self {
            Self::Provider => "the provider: Meta upgrades a number to 1,000",
            Self::Notifier => "`MaximumConcurrency`, `SendConcurrency`",
            Self::Callbacks => "`CallbackRate`",
            Self::Concurrency => "an AWS quota",
            Self::Table => "`update-table --warm-throughput`; automatically after each peak",
            Self::Index => "nothing: the number of buckets is in the code",
            Self::Stream => "`ParallelizationFactor` in the template",
            Self::Bus => "an AWS quota, by region",
            Self::InFlight => "nothing; it is reached while a provider throttles everything",
        }
    }

    /// The messages per second that the limit allows, at a uniform rate.
    pub fn messages_per_second(self, settings: &Settings, costs: &Costs) -> f64 {
        match self {
            Self::Provider => f64::from(settings.provider_rate),
            Self::Notifier => f64::from(settings.maximum_concurrency * BATCH) / full_batch_seconds(settings),
            Self::Callbacks => f64::from(settings.callback_rate) / f64::from(CALLS),
            Self::Concurrency => f64::from(CONCURRENCY) / function_seconds(settings, costs),
            Self::Table => f64::from(settings.table_writes) / f64::from(costs.written),
            Self::Index => f64::from(BUCKETS * PARTITION) / f64::from(costs.indexed),
            Self::Stream => {
                let shards = f64::from(settings.table_writes) / f64::from(PARTITION);
                shards * f64::from(PARALLELIZATION) / RECORD / f64::from(costs.written)
            }
            Self::Bus => f64::from(PUT_EVENTS) / f64::from(EVENTS),
            Self::InFlight => f64::from(IN_FLIGHT) / full_batch_seconds(settings),
        }
    }

    pub fn lowest(settings: &Settings, costs: &Costs) -> (Self, f64) {
        let all = Self::ALL.map(|limit| (limit, limit.messages_per_second(settings, costs)));
        all.into_iter().fold(
            (Self::Provider, f64::INFINITY),
            |least, one| {
                if one.1 < least.1 { one } else { least }
            },
        )
    }
}

/// The mean duration of a send, in seconds.
pub const fn send_seconds() -> f64 {
    SEND_AT_LEAST + SEND_BEYOND + REQUESTS
}

/// The mean duration of a batch of ten, in seconds. With ten concurrent sends it is that of the slowest send: the longest
/// of n exponential waits with mean 1 is on average 1 + 1/2 + … + 1/n.
pub fn full_batch_seconds(settings: &Settings) -> f64 {
    let concurrent = settings.send_concurrency.min(BATCH);
    let longest: f64 = (1..=concurrent).map(|number| 1.0 / f64::from(number)).sum();
    let earlier = f64::from(BATCH) / f64::from(concurrent) - 1.0;
    earlier * send_seconds() + SEND_AT_LEAST + SEND_BEYOND * longest + REQUESTS
}

/// The total duration of all functions for a message, in seconds.
fn function_seconds(settings: &Settings, costs: &Costs) -> f64 {
    let batch = full_batch_seconds(settings) / f64::from(BATCH);
    batch + f64::from(CALLS) * CALL + f64::from(costs.written) * RECORD
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raising_the_lowest_limit_makes_another_limit_the_lowest() {
        let costs = Costs { notifier: 3, webhook: 3, written: 6, indexed: 2 };
        let near =
            |(limit, rate): (Limit, f64), expected, at: f64| limit == expected && (rate - at).abs() < 0.5;
        let shipped = Settings::SHIPPED;
        assert!(near(Limit::lowest(&shipped, &costs), Limit::Notifier, 44.4));
        let sends = Settings { maximum_concurrency: 10, ..shipped };
        assert!(near(Limit::lowest(&sends, &costs), Limit::Provider, 80.0));
        assert!(near(Limit::lowest(&Settings::RAISED, &costs), Limit::Notifier, 555.0));
        let sends = Settings { maximum_concurrency: 1000, ..Settings::RAISED };
        assert!(near(Limit::lowest(&sends, &costs), Limit::Callbacks, 2000.0 / 3.0));
        let callbacks = Settings { callback_rate: 10_000, ..sends };
        assert!(near(Limit::lowest(&callbacks, &costs), Limit::Table, 4000.0 / 6.0));
        let writes = Settings { table_writes: 40_000, provider_rate: 10_000, ..callbacks };
        assert!(near(Limit::lowest(&writes, &costs), Limit::Bus, 2000.0));
    }

    #[test]
    fn a_concurrent_batch_lasts_as_long_as_its_slowest_send_and_a_sequential_one_as_all_sends() {
        let seconds =
            |send_concurrency| full_batch_seconds(&Settings { send_concurrency, ..Settings::SHIPPED });
        assert!((seconds(1) - 10.0 * send_seconds()).abs() < 1e-9);
        assert!((seconds(10) - 0.9008).abs() < 1e-3, "{}", seconds(10));
        assert!(seconds(5) > seconds(10) && seconds(2) > seconds(5));
    }

    #[test]
    fn each_setting_raises_only_its_own_limits() {
        let costs = Costs { notifier: 3, webhook: 3, written: 6, indexed: 2 };
        let base = Settings::SHIPPED;
        for (raised, limits) in [
            (Settings { provider_rate: 160, ..base }, vec![Limit::Provider]),
            (Settings { maximum_concurrency: 8, ..base }, vec![Limit::Notifier]),
            (Settings { callback_rate: 1000, ..base }, vec![Limit::Callbacks]),
            (Settings { table_writes: 8000, ..base }, vec![Limit::Table, Limit::Stream]),
        ] {
            let more = Limit::ALL.into_iter().filter(|limit| {
                limit.messages_per_second(&raised, &costs) > limit.messages_per_second(&base, &costs)
            });
            assert_eq!(more.collect::<Vec<_>>(), limits, "{raised:?}");
        }
    }
}
