//! The limits on a message's path, each in messages a second. `docs/scale.md` lists the sources.

use super::costs::Costs;
use super::settings::Settings;

/// Delivery reports of a message that is read: Meta makes a separate call for each.
pub const CALLS: u32 = 3;
/// The bus's events for a message: the order event, and four status events.
pub const EVENTS: u32 = 5;
/// The maximum of messages in a batch.
pub const BATCH: u32 = 10;
/// Messages that the queue delivers before earlier ones are deleted.
pub const IN_FLIGHT: u32 = 120_000;
/// The default quota of concurrent executions per account and region.
pub const CONCURRENCY: u32 = 1000;
/// Write units a second of one partition, of the table or of an index.
pub const PARTITION: u32 = 1000;
/// Partition keys of each kind in the index `due`.
pub const BUCKETS: u32 = 8;
/// Events a second for all buses of a region: us-east-1. Other regions allow a quarter and less.
pub const PUT_EVENTS: u32 = 10_000;
/// Concurrent batches of a shard: the template's `ParallelizationFactor`.
const PARALLELIZATION: u32 = 4;

/// The provider's minimum response time, in seconds.
pub const SEND_AT_LEAST: f64 = 0.3;
/// The provider's mean response time beyond [`SEND_AT_LEAST`], in seconds.
pub const SEND_BEYOND: f64 = 0.2;
/// The time of order-notifier's requests to the table for a send, in seconds.
pub const REQUESTS: f64 = 0.015;
/// A call of delivery-webhook, in seconds.
pub const CALL: f64 = 0.03;
/// status-publisher's time for a stream record in a full batch, in seconds.
pub const RECORD: f64 = 0.001;

/// A limit on throughput.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    /// The provider's rate.
    Provider,
    /// Concurrent batches and sends.
    Notifier,
    /// The throttle of the API's stage.
    Callbacks,
    /// Lambda's concurrency.
    Concurrency,
    /// The table's writes.
    Table,
    /// The index's partitions.
    Index,
    /// The stream's readers.
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
            Self::Notifier => "sends at once",
            Self::Callbacks => "callbacks a second",
            Self::Concurrency => "Lambda's concurrency",
            Self::Table => "the table's writes",
            Self::Index => "partitions of the index",
            Self::Stream => "the stream's readers",
            Self::Bus => "the bus",
            Self::InFlight => "messages in flight",
        }
    }

    /// How the limit can be raised.
    pub const fn moved_by(self) -> &'static str {
        match self {
            Self::Provider => "the provider: Meta upgrades a number to 1,000",
            Self::Notifier => "`MaximumConcurrency`, `SendConcurrency`",
            Self::Callbacks => "`CallbackRate`",
            Self::Concurrency => "a quota of AWS's",
            Self::Table => "`update-table --warm-throughput`; by itself after each peak",
            Self::Index => "nothing: the number of buckets is in the code",
            Self::Stream => "`ParallelizationFactor` in the template",
            Self::Bus => "a quota of AWS's, by region",
            Self::InFlight => "nothing; it is reached while a provider refuses everything",
        }
    }

    /// The messages a second that the limit allows, at a uniform rate.
    pub fn messages_a_second(self, settings: &Settings, costs: &Costs) -> f64 {
        let of = f64::from;
        match self {
            Self::Provider => of(settings.provider_rate),
            Self::Notifier => of(settings.maximum_concurrency * BATCH) / of_a_full_batch(settings),
            Self::Callbacks => of(settings.callback_rate) / of(CALLS),
            Self::Concurrency => of(CONCURRENCY) / seconds_of_functions(settings, costs),
            Self::Table => of(settings.table_writes) / of(costs.written),
            Self::Index => of(BUCKETS * PARTITION) / of(costs.indexed),
            Self::Stream => {
                let shards = of(settings.table_writes) / of(PARTITION);
                shards * of(PARALLELIZATION) / RECORD / of(costs.written)
            }
            Self::Bus => of(PUT_EVENTS) / of(EVENTS),
            Self::InFlight => of(IN_FLIGHT) / of_a_full_batch(settings),
        }
    }

    /// The lowest limit.
    pub fn first(settings: &Settings, costs: &Costs) -> (Self, f64) {
        let all = Self::ALL.map(|limit| (limit, limit.messages_a_second(settings, costs)));
        all.into_iter().fold(
            (Self::Provider, f64::INFINITY),
            |least, one| {
                if one.1 < least.1 { one } else { least }
            },
        )
    }
}

/// The mean duration of a send, in seconds.
pub const fn of_a_send() -> f64 {
    SEND_AT_LEAST + SEND_BEYOND + REQUESTS
}

/// The duration of a batch of ten, in seconds: that of the slowest of its concurrent sends. The longest of n
/// exponential waits with mean 1 is on average 1 + 1/2 + … + 1/n.
pub fn of_a_full_batch(settings: &Settings) -> f64 {
    let side_by_side = settings.send_concurrency.min(BATCH);
    let longest: f64 = (1..=side_by_side).map(|number| 1.0 / f64::from(number)).sum();
    let earlier = f64::from(BATCH) / f64::from(side_by_side) - 1.0;
    earlier * of_a_send() + SEND_AT_LEAST + SEND_BEYOND * longest + REQUESTS
}

/// The total time of all functions for a message, in seconds.
fn seconds_of_functions(settings: &Settings, costs: &Costs) -> f64 {
    let batch = of_a_full_batch(settings) / f64::from(BATCH);
    batch + f64::from(CALLS) * CALL + f64::from(costs.written) * RECORD
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_that_is_moved_lets_another_one_come_first() {
        let costs = Costs { notifier: 3, webhook: 3, written: 6, indexed: 2 };
        let near =
            |(limit, rate): (Limit, f64), expected, at: f64| limit == expected && (rate - at).abs() < 0.5;
        let shipped = Settings::SHIPPED;
        assert!(near(Limit::first(&shipped, &costs), Limit::Notifier, 44.4));
        let sends = Settings { maximum_concurrency: 10, ..shipped };
        assert!(near(Limit::first(&sends, &costs), Limit::Provider, 80.0));
        assert!(near(Limit::first(&Settings::RAISED, &costs), Limit::Notifier, 555.0));
        let sends = Settings { maximum_concurrency: 1000, ..Settings::RAISED };
        assert!(near(Limit::first(&sends, &costs), Limit::Callbacks, 2000.0 / 3.0));
        let callbacks = Settings { callback_rate: 10_000, ..sends };
        assert!(near(Limit::first(&callbacks, &costs), Limit::Table, 4000.0 / 6.0));
        let writes = Settings { table_writes: 40_000, provider_rate: 10_000, ..callbacks };
        assert!(near(Limit::first(&writes, &costs), Limit::Bus, 2000.0));
    }

    #[test]
    fn a_batch_takes_as_long_as_its_slowest_send_and_one_after_the_other_as_all_of_them() {
        let seconds = |send_concurrency| of_a_full_batch(&Settings { send_concurrency, ..Settings::SHIPPED });
        assert!((seconds(1) - 10.0 * of_a_send()).abs() < 1e-9);
        assert!((seconds(10) - 0.9008).abs() < 1e-3, "{}", seconds(10));
        assert!(seconds(5) > seconds(10) && seconds(2) > seconds(5));
    }

    #[test]
    fn each_setting_moves_its_own_limit_and_no_other() {
        let costs = Costs { notifier: 3, webhook: 3, written: 6, indexed: 2 };
        let base = Settings::SHIPPED;
        for (moved, limits) in [
            (Settings { provider_rate: 160, ..base }, vec![Limit::Provider]),
            (Settings { maximum_concurrency: 8, ..base }, vec![Limit::Notifier]),
            (Settings { callback_rate: 1000, ..base }, vec![Limit::Callbacks]),
            (Settings { table_writes: 8000, ..base }, vec![Limit::Table, Limit::Stream]),
        ] {
            let more = Limit::ALL.into_iter().filter(|limit| {
                limit.messages_a_second(&moved, &costs) > limit.messages_a_second(&base, &costs)
            });
            assert_eq!(more.collect::<Vec<_>>(), limits, "{moved:?}");
        }
    }
}
