//! The tables of `docs/scale.md`.

use std::time::Duration;

use super::costs::Costs;
use super::limits::Limit;
use super::settings::Settings;
use super::simulation::{HOUR, Hour, Results, simulate};
use crate::table::{Table, number};

/// The simulation's seed. It is constant, so every run produces the same page.
const SEED: u64 = 1;
/// A day's messages divided by those of its busiest hour.
const DAY_TO_BUSIEST_HOUR: u32 = 10;
const DAYS: [u32; 5] = [1000, 10_000, 100_000, 1_000_000, 10_000_000];
const PROVIDER: &str = "meta";

/// The calculated and the simulated table.
pub fn tables() -> anyhow::Result<[Table; 2]> {
    let costs = Costs::read(PROVIDER)?;
    Ok([calculated(&costs), simulated(&costs)])
}

fn calculated(costs: &Costs) -> Table {
    let heading = ["", "messages per second, as shipped", "raised", "raised by"];
    let mut table = Table::new("calculated", heading);
    for limit in Limit::ALL {
        let [shipped, raised] =
            [Settings::SHIPPED, Settings::RAISED].map(|settings| limit.messages_per_second(&settings, costs));
        table.row([limit.name().to_owned(), number(shipped), number(raised), limit.raised_by().to_owned()]);
    }
    let lowest = |settings| {
        let (limit, rate) = Limit::lowest(&settings, costs);
        format!("{}: {}", limit.name(), number(rate))
    };
    table.row([
        "**lowest limit**".to_owned(),
        lowest(Settings::SHIPPED),
        lowest(Settings::RAISED),
        String::new(),
    ]);
    table
}

fn simulated(costs: &Costs) -> Table {
    let heading = [
        "",
        "messages in the hour",
        "accepted in the hour",
        "median wait, s",
        "99th percentile, s",
        "throttled",
        "left in the queue",
        "all accepted after, h",
        "most used limit",
        "second",
    ];
    let mut table = Table::new("simulated", heading);
    let mut add = |name: String, hour: Hour| table.row(row(name, &hour, &simulate(&hour, costs, SEED)));
    for day in DAYS {
        let messages = day / DAY_TO_BUSIEST_HOUR;
        add(
            format!("{} per day", grouped(day)),
            Hour { messages, settings: Settings::SHIPPED, all_throttled: false },
        );
    }
    let messages = 1_000_000;
    let raised = Hour { messages, settings: Settings::RAISED, all_throttled: false };
    add("10,000,000 per day, raised".to_owned(), raised);
    add("the same, all throttled for the hour".to_owned(), Hour { all_throttled: true, ..raised });
    table
}

fn row(name: String, hour: &Hour, results: &Results) -> [String; 10] {
    // `ended` is meaningful only if every message was accepted.
    debug_assert_eq!(results.accepted, hour.messages, "{name}");
    let mut shares = results.shares.clone();
    shares.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let mut by_share = shares
        .into_iter()
        .map(|(limit, share)| format!("{}, {:.0} %", limit.name(), (100.0 * share).min(100.0)));
    let mut next = || by_share.next().unwrap_or_default();
    [
        name,
        grouped(hour.messages),
        grouped(results.accepted_within),
        seconds(results.median_wait),
        seconds(results.long_wait),
        grouped(results.throttled),
        grouped(u32::try_from(results.backlog).unwrap_or(u32::MAX)),
        format!("{:.1}", results.ended.max(HOUR).as_secs_f64() / HOUR.as_secs_f64()),
        next(),
        next(),
    ]
}

fn seconds(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 100.0 {
        format!("{seconds:.1}")
    } else {
        grouped(u32::try_from(time.as_secs()).unwrap_or(u32::MAX))
    }
}

/// Formats a number with a comma before every three digits.
fn grouped(count: u32) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document;

    const PAGE: &str = include_str!("../../../../docs/scale.md");

    #[test]
    fn the_page_contains_the_programs_tables() {
        for table in tables().unwrap() {
            let updated = document::fill_section(PAGE, table.name, &table.markdown()).unwrap();
            let markdown = table.markdown();
            assert!(updated == PAGE, "`cargo run -p bench -- scale --write-docs` writes:\n{markdown}");
        }
    }

    #[test]
    fn large_numbers_are_grouped() {
        assert_eq!([0, 12, 999, 1000, 1_234_567].map(grouped), ["0", "12", "999", "1,000", "1,234,567"]);
    }
}
