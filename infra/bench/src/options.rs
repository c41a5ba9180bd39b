//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

/// How fast the functions start and run, how large they are, and what they ask of AWS, against baselines in the same run.
#[derive(Debug, Clone, Parser)]
#[command(name = "bench", version)]
pub struct Options {
    /// Something else than to measure.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Fewer repetitions, for a look: the spreads are wide then.
    #[arg(long)]
    pub quick: bool,

    /// Only these figures.
    #[arg(long, value_enum, value_name = "FIGURE", value_delimiter = ',')]
    pub only: Vec<Figure>,

    /// To how many orders the figure `growth` goes; its other series end at 10,000.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub orders: usize,

    /// How many orders' items the table holds before the figure `growth` begins: copies of a hundred real ones.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub filled: usize,

    /// Writes everything that was measured as JSON.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,

    /// Writes the tables and charts of what was measured into docs/performance.md and docs/performance/.
    #[arg(long)]
    pub write_docs: bool,

    /// Takes the binaries that are there, as they are.
    #[arg(long)]
    pub skip_build: bool,
}

/// What can be done besides measuring.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Holds the sizes of what `sam build` has made against infra/bench/budget.toml.
    Budget {
        /// The folder that `sam build` has made.
        #[arg(value_name = "FOLDER", default_value = ".aws-sam/build")]
        folder: PathBuf,
    },
    /// Says which limit comes first, from a thousand messages a day to ten million: on paper and by a simulation.
    Scale {
        /// Writes the tables into docs/scale.md.
        #[arg(long)]
        write_docs: bool,
    },
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Figure {
    /// Binary and zip.
    Sizes,
    /// From the process's start to its first question for work, and the first invocation.
    Start,
    /// Warm invocations, memory and processor time.
    Warm,
    /// Instructions of a warm invocation, counted by callgrind.
    Instructions,
    /// A batch of ten with a provider that takes 300 ms.
    Batch,
    /// Calls of Meta's with 1, 100 and 1,000 statuses.
    Statuses,
    /// Processor time of each function's work, and time and price with each size of memory.
    Tuning,
    /// From one order to 10,000, and keys that all the work falls on.
    Growth,
}

impl Options {
    /// The process's arguments; ends the process where they are wrong or help is asked for.
    pub fn of_the_process() -> Self {
        Self::parse()
    }

    /// Whether a figure is to be measured.
    pub fn wants(&self, figure: Figure) -> bool {
        self.only.is_empty() || self.only.contains(&figure)
    }

    /// This many, or with `--quick` that many.
    pub const fn repetitions(&self, usual: usize, quick: usize) -> usize {
        if self.quick { quick } else { usual }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Options::command().debug_assert();
    }

    #[test]
    fn without_a_choice_everything_is_measured() {
        let all = Options::parse_from(["bench"]);
        let one = Options::parse_from(["bench", "--only", "sizes"]);
        assert!(all.wants(Figure::Growth));
        assert!(one.wants(Figure::Sizes) && !one.wants(Figure::Growth));
    }
}
