//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

/// Measures the functions' starts, invocations, sizes and AWS requests against baselines in the same run.
#[derive(Debug, Clone, Parser)]
#[command(name = "bench", version)]
pub struct Options {
    /// The command to run instead of measuring.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Makes fewer repetitions, which gives wide spreads.
    #[arg(long)]
    pub quick: bool,

    /// Measures only these figures.
    #[arg(long, value_enum, value_name = "FIGURE", value_delimiter = ',')]
    pub only: Vec<Figure>,

    /// The number of orders in the figure `growth`. Its other series end at 10,000.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub orders: usize,

    /// The number of orders in the table before the figure `growth` begins: copies of a hundred real ones.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub filled: usize,

    /// Writes the measured figures into this file, as JSON.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,

    /// Writes the tables and charts of the measured figures into docs/performance.md and docs/performance/.
    #[arg(long)]
    pub write_docs: bool,

    /// Measures the existing binaries without building them.
    #[arg(long)]
    pub skip_build: bool,
}

/// A command other than measuring.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Compares the sizes of the output of `sam build` with infra/bench/budget.toml.
    Budget {
        /// The output folder of `sam build`.
        #[arg(value_name = "FOLDER", default_value = ".aws-sam/build")]
        folder: PathBuf,
    },
    /// Calculates and simulates which limit is reached first, from a thousand messages a day to ten million.
    Scale {
        /// Writes the tables into docs/scale.md.
        #[arg(long)]
        write_docs: bool,
    },
}

/// A figure to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Figure {
    /// Sizes of binary and zip.
    Sizes,
    /// Time from the process's start to its first request for work, and the first invocation.
    Start,
    /// Latency, memory and processor time of warm invocations.
    Warm,
    /// Instructions of init and of invocations, counted by callgrind.
    Instructions,
    /// Duration of a batch of ten with a provider that takes 300 ms.
    Batch,
    /// Duration of Meta's calls with 1, 100 and 1,000 statuses.
    Statuses,
    /// Processor time of each function's tasks, with duration and price for each memory size.
    Tuning,
    /// Cost per order up to 10,000 orders, per event of one order, and per callback of one message.
    Growth,
}

impl Options {
    /// Parses the process's arguments. Ends the process if they are invalid or ask for help.
    pub fn from_arguments() -> Self {
        Self::parse()
    }

    /// Whether a figure is to be measured.
    pub fn wants(&self, figure: Figure) -> bool {
        self.only.is_empty() || self.only.contains(&figure)
    }

    /// The number of repetitions: `usual`, or `quick` with `--quick`.
    pub const fn repetitions(&self, usual: usize, quick: usize) -> usize {
        if self.quick { quick } else { usual }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Options::command().debug_assert();
    }

    #[test]
    fn all_figures_are_measured_by_default() {
        let all = Options::parse_from(["bench"]);
        let one = Options::parse_from(["bench", "--only", "sizes"]);
        assert!(all.wants(Figure::Growth));
        assert!(one.wants(Figure::Sizes) && !one.wants(Figure::Growth));
    }
}
