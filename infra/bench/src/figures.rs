//! All measured figures, as tables and charts.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::charts;
use crate::machine::Machine;
use crate::measure::batch::{self, Batch};
use crate::measure::growth::{Growth, Point};
use crate::measure::instructions::Instructions;
use crate::measure::sizes::Size;
use crate::measure::start::Start;
use crate::measure::statuses::Statuses;
use crate::measure::tuning::{SIZES_MB, Work};
use crate::measure::warm::Warm;
use crate::price;
use crate::statistics::{Spread, milliseconds};
use crate::subjects::Subject;
use crate::table::{Table, number, times};

/// Bytes in a megabyte, the unit of file sizes.
const MEGABYTE: f64 = 1e6;
/// Kilobytes in a mebibyte, as Linux counts memory.
const KILOBYTES: f64 = 1024.0;

/// The measured figures. A figure that was not measured is empty.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    /// The machine and the commit of the run.
    pub machine: Machine,
    /// The skipped figures, with the reasons.
    pub left_out: Vec<String>,
    /// The number of root certificates that a start reads.
    pub roots: usize,
    /// The sizes of every Rust program.
    pub sizes: BTreeMap<Subject, Size>,
    /// The starts of every subject, without a quota and with each quota.
    pub starts: Vec<Start>,
    /// The warm invocations of every subject.
    pub warm: Vec<Warm>,
    /// The instructions of every Rust program.
    pub instructions: Vec<Instructions>,
    /// The durations of order-notifier's batches.
    pub batch: Option<Batch>,
    /// The durations of delivery-webhook's calls.
    pub statuses: Vec<Statuses>,
    /// The processor time of each function's tasks, for the choice of its memory.
    pub tuning: Vec<Work>,
    /// The cost per item while the number of items grows.
    pub growth: Vec<Growth>,
}

/// Converts bytes to megabytes.
pub fn megabytes(bytes: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "no program has nine petabytes")]
    let bytes = bytes as f64;
    bytes / MEGABYTE
}

/// Converts kilobytes, as Linux counts memory, to mebibytes.
pub fn mebibytes(kilobytes: u64) -> f64 {
    megabytes(kilobytes) * MEGABYTE / KILOBYTES
}

impl Figures {
    pub const fn new(machine: Machine) -> Self {
        Self {
            machine,
            left_out: Vec::new(),
            roots: 0,
            sizes: BTreeMap::new(),
            starts: Vec::new(),
            warm: Vec::new(),
            instructions: Vec::new(),
            batch: None,
            statuses: Vec::new(),
            tuning: Vec::new(),
            growth: Vec::new(),
        }
    }

    /// A subject's start without a warm-up, with this quota or without one.
    pub fn start(&self, subject: Subject, quota_mb: Option<u32>) -> Option<&Start> {
        let is_wanted =
            |start: &&Start| (start.subject, start.warmed_up, start.quota_mb) == (subject, false, quota_mb);
        self.starts.iter().find(is_wanted)
    }

    /// A subject's start with a warm-up and without a quota.
    pub fn warmed_up(&self, subject: Subject) -> Option<&Start> {
        let is_wanted =
            |start: &&Start| (start.subject, start.warmed_up, start.quota_mb) == (subject, true, None);
        self.starts.iter().find(is_wanted)
    }

    pub fn warm(&self, subject: Subject) -> Option<&Warm> {
        self.warm.iter().find(|warm| warm.subject == subject)
    }

    /// All tables that have rows.
    pub fn tables(&self) -> Vec<Table> {
        let all = [
            self.sizes_table(),
            self.start_table(),
            self.quota_table(),
            self.warm_table(),
            self.instructions_table(),
            self.batch_table(),
            self.statuses_table(),
            self.tuning_table(),
            self.growth_table(),
        ];
        all.into_iter().filter(|table| !table.rows.is_empty()).collect()
    }

    /// All charts that have data, by file name.
    pub fn charts(&self) -> Vec<(&'static str, String)> {
        let mut charts = Vec::new();
        let starts: Vec<&Start> = self.starts.iter().filter(|start| start.quota_mb.is_none()).collect();
        if !starts.is_empty() {
            let values = |chosen: fn(&Start) -> Spread| -> Vec<(String, Spread)> {
                starts.iter().map(|start| (start.label(), chosen(start))).collect()
            };
            charts.push((
                "init.svg",
                charts::bars("Init: start to first request for work, ms", &values(|start| start.init_ms)),
            ));
            charts.push(("first.svg", charts::bars("First invocation, ms", &values(|start| start.first_ms))));
        }
        if !self.warm.is_empty() {
            let values = |chosen: fn(&Warm) -> Spread| -> Vec<(String, Spread)> {
                self.warm.iter().map(|warm| (warm.subject.label().to_owned(), chosen(warm))).collect()
            };
            charts.push(("warm.svg", charts::bars("Warm invocation, ms", &values(|warm| warm.took_ms))));
            let memory = values(|warm| Spread::new([mebibytes(warm.resident_kb)]));
            charts.push(("memory.svg", charts::bars("Resident after the warm invocations, MiB", &memory)));
        }
        if !self.growth.is_empty() {
            charts.push(("time.svg", self.growth_chart("Time for one, ms", |point| point.ms_each)));
            charts.push(("units.svg", self.growth_chart("Request units for one", |point| point.units_each)));
        }
        charts
    }

    fn growth_chart(&self, title: &str, value: fn(&Point) -> f64) -> String {
        let series = self.growth.iter().map(|growth| {
            // Without the first points: few orders don't share their waits with others.
            let most = growth.points.last().map_or(0, |point| point.total);
            let points = growth.points.iter().filter(|point| point.total * 10 >= most);
            let points = points.map(|point| (float(point.total), value(point)));
            (growth.what, points.collect())
        });
        charts::lines(title, &series.collect::<Vec<_>>())
    }

    fn sizes_table(&self) -> Table {
        let mut table = Table::new("sizes", ["", "binary, MB", "zip, MB"]);
        for (subject, size) in &self.sizes {
            table.row([
                subject.label().to_owned(),
                number(megabytes(size.binary_bytes)),
                number(megabytes(size.zip_bytes)),
            ]);
        }
        table
    }

    fn start_table(&self) -> Table {
        let heading = [
            "",
            "init, ms",
            "p10–p90",
            "to empty",
            "its processor time, ms",
            "to empty",
            "first, ms",
            "p10–p90",
            "n",
        ];
        let mut table = Table::new("start", heading);
        let empty = self.start(Subject::Empty, None);
        let base = |value: fn(&Start) -> Spread| empty.map_or(0.0, |start| value(start).median);
        for start in self.starts.iter().filter(|start| start.quota_mb.is_none()) {
            table.row([
                start.label(),
                number(start.init_ms.median),
                p10_to_p90(&start.init_ms),
                times(start.init_ms.median, base(|start| start.init_ms)),
                number(start.init_processor_ms.median),
                times(start.init_processor_ms.median, base(|start| start.init_processor_ms)),
                number(start.first_ms.median),
                p10_to_p90(&start.first_ms),
                start.init_ms.n.to_string(),
            ]);
        }
        table
    }

    fn quota_table(&self) -> Table {
        let heading =
            ["", "init, ms", "p10–p90", "to empty", "first, ms", "p10–p90", "warm, ms", "a million, $", "n"];
        let mut table = Table::new("quota", heading);
        for start in &self.starts {
            let Some(memory) = start.quota_mb else { continue };
            let empty = self.start(Subject::Empty, Some(memory));
            table.row([
                format!("{} at {memory} MB", start.label()),
                number(start.init_ms.median),
                p10_to_p90(&start.init_ms),
                times(start.init_ms.median, empty.map_or(0.0, |start| start.init_ms.median)),
                number(start.first_ms.median),
                p10_to_p90(&start.first_ms),
                number(start.warm_ms.median),
                format!("{:.3}", price::dollars_per_million(start.warm_ms.median, memory)),
                start.init_ms.n.to_string(),
            ]);
        }
        table
    }

    fn warm_table(&self) -> Table {
        let heading = [
            "",
            "p50, ms",
            "p10–p90",
            "p99, ms",
            "processor, ms",
            "resident, MiB",
            "peak, MiB",
            "printed, bytes",
            "n",
        ];
        let mut table = Table::new("warm", heading);
        for warm in &self.warm {
            table.row([
                warm.subject.label().to_owned(),
                number(warm.took_ms.median),
                p10_to_p90(&warm.took_ms),
                number(warm.took_ms.p99),
                number(warm.processor_ms),
                number(mebibytes(warm.resident_kb)),
                number(mebibytes(warm.peak_kb)),
                format!("{:.0}", warm.printed_bytes),
                warm.took_ms.n.to_string(),
            ]);
        }
        table
    }

    fn instructions_table(&self) -> Table {
        let heading =
            ["", "init, millions", "with one root", "to empty", "first, millions", "warm, millions"];
        let mut table = Table::new("instructions", heading);
        let empty = self.instructions.iter().find(|one| one.subject == Subject::Empty);
        for one in &self.instructions {
            table.row([
                one.subject.label().to_owned(),
                number(one.init / 1e6),
                number(one.init_with_one_root / 1e6),
                times(one.init, empty.map_or(0.0, |empty| empty.init)),
                number(one.first / 1e6),
                number(one.warm / 1e6),
            ]);
        }
        table
    }

    fn batch_table(&self) -> Table {
        let mut table = Table::new("batch", ["", "ms", "p10–p90", "to the provider's 300 ms", "n"]);
        let provider = milliseconds(batch::PROVIDER);
        if let Some(batch) = &self.batch {
            for (name, spread) in [("a batch of one", batch.one_ms), ("a batch of ten", batch.ten_ms)] {
                table.row([
                    name.to_owned(),
                    number(spread.median),
                    p10_to_p90(&spread),
                    times(spread.median, provider),
                    spread.n.to_string(),
                ]);
            }
        }
        table
    }

    fn statuses_table(&self) -> Table {
        let heading = ["", "ms", "p10–p90", "ms each", "the function's processor time for each, ms", "calls"];
        let mut table = Table::new("statuses", heading);
        for one in &self.statuses {
            let quota = one.quota_mb.map_or(String::new(), |memory| format!(" at {memory} MB"));
            table.row([
                match one.subject {
                    Subject::DynamoDb => {
                        format!("{}, the same {} writes{quota}", one.subject.label(), one.in_a_call)
                    }
                    _ => format!("{} a call{quota}", one.in_a_call),
                },
                number(one.took_ms.median),
                p10_to_p90(&one.took_ms),
                number(one.took_ms.median / float(one.in_a_call)),
                format!("{:.3}", one.processor_ms_each),
                one.took_ms.n.to_string(),
            ]);
        }
        table
    }

    fn tuning_table(&self) -> Table {
        let heading = ["", "processor, ms", "waits, ms"].map(str::to_owned).into_iter();
        let sizes = SIZES_MB.map(|size| format!("{size} MB: ms, $"));
        let heading = heading.chain(sizes).chain(["least time × price".to_owned()]);
        let mut table = Table { name: "tuning", heading: heading.collect(), rows: Vec::new() };
        for work in &self.tuning {
            let name = format!("{}, {}", work.subject.label(), work.name);
            let cells = [name, number(work.processor_ms), number(work.waits_ms)].into_iter();
            let sizes = SIZES_MB
                .map(|size| format!("{}, {:.2}", number(work.milliseconds(size)), work.dollars(size)));
            table.rows.push(cells.chain(sizes).chain([format!("{} MB", work.best_mb())]).collect());
        }
        table
    }

    fn growth_table(&self) -> Table {
        let heading = ["", "until", "ms each", "requests each", "request units each"];
        let mut table = Table::new("growth", heading);
        for growth in &self.growth {
            for point in &growth.points {
                table.row([
                    growth.what.to_owned(),
                    point.total.to_string(),
                    number(point.ms_each),
                    number(point.requests_each),
                    number(point.units_each),
                ]);
            }
        }
        table
    }
}

fn p10_to_p90(spread: &Spread) -> String {
    format!("{}–{}", number(spread.p10), number(spread.p90))
}

/// Converts a count. Counts are at most a few millions.
fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
