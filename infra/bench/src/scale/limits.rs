//! The limits on the way of a message, and how many messages a second each lets through. The sources are in `docs/scale.md`.

use super::costs::Costs;
use super::settings::Settings;

/// What delivery reports of a message that is read come in: Meta calls once for each.
pub const CALLS: u32 = 3;
/// Events that a message makes the bus take: its own, and four status events.
pub const EVENTS: u32 = 5;
/// Messages that a batch may have.
pub const BATCH: u32 = 10;
/// Messages that the queue hands out before the earlier ones are deleted.
pub const IN_FLIGHT: u32 = 120_000;
/// Functions of an account that run at once in a region, until AWS is asked for more.
pub const CONCURRENCY: u32 = 1000;
/// Write units a second of one partition, of the table or of an index.
pub const PARTITION: u32 = 1000;
/// Partition keys of each kind in the index `due`.
pub const BUCKETS: u32 = 8;
/// Events a second that a region's buses take: us-east-1. Other regions take a quarter and less.
pub const PUT_EVENTS: u32 = 10_000;
/// Batches of a shard at once: the template's `ParallelizationFactor`.
const PARALLELIZATION: u32 = 4;

/// A send, in seconds: what a provider takes at least, and what it takes beyond that on average.
pub const SEND_AT_LEAST: f64 = 0.3;
/// See [`SEND_AT_LEAST`].
pub const SEND_BEYOND: f64 = 0.2;
/// What order-notifier's requests to the table add to a send, in seconds.
pub const REQUESTS: f64 = 0.015;
/// A call of delivery-webhook's, in seconds.
pub const CALL: f64 = 0.03;
/// What status-publisher takes for a record of the stream in a full batch, in seconds.
pub const RECORD: f64 = 0.001;

/// A limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    /// The provider's rate.
    Provider,
    /// Batches and sends at once.
    Notifier,
    /// The stage's throttle.
    Callbacks,
    /// Lambda's concurrency.
    Concurrency,
    /// The table's writes.
    Table,
    /// The index's partitions.
    Index,
    /// The stream's readers.
    Stream,
    /// The bus.
    Bus,
    /// The queue's messages in flight.
    InFlight,
}

impl Limit {
    /// All of them.
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

    /// What a reader sees.
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

    /// What moves it.
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

    /// How many messages a second it lets through, if they come evenly.
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

    /// The limit that comes first.
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

/// A send on average, in seconds.
pub const fn of_a_send() -> f64 {
    SEND_AT_LEAST + SEND_BEYOND + REQUESTS
}

/// A batch of ten, in seconds: it ends with the slowest of those that are sent side by side. Of so many waits that are 1 on
/// average, the longest is 1 + 1/2 + 1/3 and so on.
pub fn of_a_full_batch(settings: &Settings) -> f64 {
    let side_by_side = settings.send_concurrency.min(BATCH);
    let longest: f64 = (1..=side_by_side).map(|number| 1.0 / f64::from(number)).sum();
    let earlier = f64::from(BATCH) / f64::from(side_by_side) - 1.0;
    earlier * of_a_send() + SEND_AT_LEAST + SEND_BEYOND * longest + REQUESTS
}

/// The time that all functions together take for a message.
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
