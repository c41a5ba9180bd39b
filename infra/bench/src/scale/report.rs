//! The tables of `docs/scale.md`.

use std::time::Duration;

use super::costs::Costs;
use super::limits::Limit;
use super::settings::Settings;
use super::simulation::{HOUR, Hour, Seen, simulate};
use crate::table::{Table, number};

/// Constant, so that every run produces the same page.
const SEED: u64 = 1;
/// The busiest hour has one in this many of a day's messages.
const OF_THE_DAY: u32 = 10;
const DAYS: [u32; 5] = [1000, 10_000, 100_000, 1_000_000, 10_000_000];
const PROVIDER: &str = "meta";

/// Both tables.
pub fn tables() -> anyhow::Result<[Table; 2]> {
    let costs = Costs::of(PROVIDER)?;
    Ok([paper(&costs), simulated(&costs)])
}

fn paper(costs: &Costs) -> Table {
    let heading = ["", "messages a second, as shipped", "raised", "moved by"];
    let mut table = Table::new("paper", heading);
    for limit in Limit::ALL {
        let [shipped, raised] =
            [Settings::SHIPPED, Settings::RAISED].map(|settings| limit.messages_a_second(&settings, costs));
        table.row([limit.name().to_owned(), number(shipped), number(raised), limit.moved_by().to_owned()]);
    }
    let first = |settings| {
        let (limit, rate) = Limit::first(&settings, costs);
        format!("{}: {}", limit.name(), number(rate))
    };
    table.row([
        "**comes first**".to_owned(),
        first(Settings::SHIPPED),
        first(Settings::RAISED),
        String::new(),
    ]);
    table
}

fn simulated(costs: &Costs) -> Table {
    let heading = [
        "",
        "in the hour",
        "accepted in it",
        "median wait, s",
        "99th percentile, s",
        "throttled",
        "left in the queue",
        "done after, h",
        "fullest",
        "then",
    ];
    let mut table = Table::new("simulated", heading);
    let mut add = |name: String, hour: Hour| table.row(row(name, &hour, &simulate(&hour, costs, SEED)));
    for day in DAYS {
        let messages = day / OF_THE_DAY;
        add(
            format!("{} a day", grouped(day)),
            Hour { messages, settings: Settings::SHIPPED, all_throttled: false },
        );
    }
    let messages = 1_000_000;
    let raised = Hour { messages, settings: Settings::RAISED, all_throttled: false };
    add("10,000,000 a day, raised".to_owned(), raised);
    add("the same, all throttled for the hour".to_owned(), Hour { all_throttled: true, ..raised });
    table
}

fn row(name: String, hour: &Hour, seen: &Seen) -> [String; 10] {
    // `ended` is meaningful only if every message was accepted.
    debug_assert_eq!(seen.accepted, hour.messages, "{name}");
    let mut shares = seen.shares.clone();
    shares.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let mut fullest = shares
        .into_iter()
        .map(|(limit, share)| format!("{}, {:.0} %", limit.name(), (100.0 * share).min(100.0)));
    let mut next = || fullest.next().unwrap_or_default();
    [
        name,
        grouped(hour.messages),
        grouped(seen.accepted_within),
        seconds(seen.median_wait),
        seconds(seen.long_wait),
        grouped(seen.throttled),
        grouped(u32::try_from(seen.backlog).unwrap_or(u32::MAX)),
        format!("{:.1}", seen.ended.max(HOUR).as_secs_f64() / HOUR.as_secs_f64()),
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

/// The number with a comma before every three digits.
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
    fn the_page_has_what_the_program_says() {
        for table in tables().unwrap() {
            let filled = document::filled(PAGE, table.name, &table.markdown()).unwrap();
            let markdown = table.markdown();
            assert!(filled == PAGE, "`cargo run -p bench -- scale --write-docs` writes:\n{markdown}");
        }
    }

    #[test]
    fn large_numbers_are_grouped() {
        assert_eq!([0, 12, 999, 1000, 1_234_567].map(grouped), ["0", "12", "999", "1,000", "1,234,567"]);
    }
}
