//! Runs the command line: measures the selected figures and writes the results.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::figures::Figures;
use crate::machine::Machine;
use crate::measure::{batch, growth, instructions, sizes, start, statuses, tuning, warm};
use crate::options::{Command, Figure, Options};
use crate::stack::Stack;
use crate::subjects::Harness;
use crate::table::Table;
use crate::{binaries, budget, document, scale, targets};

/// The number of messages for delivery-webhook's calls, above the number of statuses in the largest call.
const MESSAGES: usize = 1200;

/// The page of docs/ that `--write-docs` updates.
const PERFORMANCE: &str = "performance.md";

/// The figures whose measurement starts processes.
const PROCESS_FIGURES: [Figure; 6] =
    [Figure::Start, Figure::Warm, Figure::Instructions, Figure::Batch, Figure::Statuses, Figure::Tuning];

/// Executes the command line.
pub async fn run(options: Options) -> anyhow::Result<ExitCode> {
    match &options.command {
        Some(Command::Budget { folder }) => {
            print(&budget::check_sizes(folder)?);
            return Ok(ExitCode::SUCCESS);
        }
        Some(Command::Scale { write_docs }) => {
            let tables = scale::tables()?;
            for table in &tables {
                print(&table.text());
            }
            if *write_docs {
                fill("scale.md", &tables)?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        None => {}
    }
    if !options.skip_build {
        binaries::build().await?;
    }
    let figures = measure(&options).await?;
    let mut tables = figures.tables();
    tables.extend(Some(targets::table(&figures)).filter(|table| !table.rows.is_empty()));
    for table in &tables {
        print(&table.text());
    }
    for left_out in &figures.left_out {
        eprintln!("left out: {left_out}");
    }
    if let Some(file) = &options.json {
        let json = serde_json::to_string_pretty(&figures)?;
        std::fs::write(file, json + "\n").with_context(|| format!("{} can't be written", file.display()))?;
    }
    if options.write_docs {
        write_docs(&figures, &tables)?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn measure(options: &Options) -> anyhow::Result<Figures> {
    let mut figures = Figures::new(Machine::describe(options.quick).await);
    if options.wants(Figure::Sizes) {
        figures.sizes = sizes::measure()?.into_iter().collect();
    }
    if PROCESS_FIGURES.into_iter().any(|figure| options.wants(figure)) {
        measure_processes(options, &mut figures).await?;
    }
    if options.wants(Figure::Growth) {
        figures.growth = growth::measure(options, &data_folder()?).await?;
    }
    Ok(figures)
}

async fn measure_processes(options: &Options, figures: &mut Figures) -> anyhow::Result<()> {
    let folder = data_folder()?;
    let stack = Stack::start(&folder).await?;
    figures.roots = stack.authority().roots();
    let node = binaries::node(&folder.join("node")).await?;
    figures.machine.node = node.as_ref().map(|node| node.version.clone());
    if node.is_none() {
        figures.left_out.push("Node.js: node or its dependencies aren't installed".to_owned());
    }
    let harness = Harness::prepare(&stack, node.as_ref(), MESSAGES).await?;
    if options.wants(Figure::Start) {
        let (starts, why_not) = start::measure(&harness, options).await?;
        figures.starts = starts;
        figures.left_out.extend(why_not);
    }
    if options.wants(Figure::Warm) {
        figures.warm = warm::measure(&harness, options).await?;
    }
    if options.wants(Figure::Batch) {
        figures.batch = Some(batch::measure(&harness, &stack, options).await?);
    }
    if options.wants(Figure::Statuses) {
        figures.statuses = statuses::measure(&harness, options).await?;
    }
    if options.wants(Figure::Tuning) {
        figures.tuning = tuning::measure(&harness, options).await?;
    }
    if options.wants(Figure::Instructions) {
        match instructions::measure(&harness, &stack, &folder, options).await? {
            Ok(counted) => figures.instructions = counted,
            Err(why_not) => figures.left_out.push(format!("instructions: {why_not}")),
        }
    }
    Ok(())
}

/// The run's data folder. It is beside the binaries, so the baseline's dependencies are downloaded only once.
fn data_folder() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("this program's path is unknown")?;
    let folder = own.ancestors().nth(2).context("this program is in no target folder")?.join("bench-data");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn write_docs(figures: &Figures, tables: &[Table]) -> anyhow::Result<()> {
    let docs = binaries::repository().join("docs");
    let charts = docs.join("performance");
    std::fs::create_dir_all(&charts)?;
    for (name, chart) in figures.charts() {
        std::fs::write(charts.join(name), chart)?;
    }
    let path = docs.join(PERFORMANCE);
    let text = std::fs::read_to_string(&path).context("docs/performance.md can't be read")?;
    std::fs::write(&path, document::fill_section(&text, "machine", &figures.machine.markdown())?)?;
    fill(PERFORMANCE, tables)
}

/// Writes tables into their sections of a page of docs/.
fn fill(page: &str, tables: &[Table]) -> anyhow::Result<()> {
    let path = binaries::repository().join("docs").join(page);
    let mut text =
        std::fs::read_to_string(&path).with_context(|| format!("{} can't be read", path.display()))?;
    for table in tables {
        text = document::fill_section(&text, table.name, &table.markdown())?;
    }
    std::fs::write(&path, text).with_context(|| format!("{} can't be written", path.display()))
}

#[expect(clippy::print_stdout, reason = "the tables are what this program is for")]
fn print(text: &str) {
    println!("{text}");
}
