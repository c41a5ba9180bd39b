//! Executes the local run's command line.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use shared::message::Sender;
use tokio::time::Instant;

use crate::catalogue::{self, DerivedCatalogue};
use crate::catalogue_changes::CatalogueChanges;
use crate::chaos::World;
use crate::demo::Demo;
use crate::environment::key_secret;
use crate::expectation::Verdict;
use crate::options::{Chaos, Command, Mode, Options};
use crate::progress::{Clock, Progress};
use crate::report::{self, Row};
use crate::studio::Studio;
use crate::terminal::{Colours, Stream, say};
use crate::{Local, LocalOptions, account, chaos, hints, samples};

/// The stream is read many times a second; a longer delay means that status events are stuck.
const PUBLISHED_WITHIN: Duration = Duration::from_secs(10);

/// Runs with these options. Success means that every event has its expected outcome.
pub async fn run(options: Options) -> anyhow::Result<ExitCode> {
    tokio::select! {
        code = run_to_the_end(&options) => code,
        interrupted = tokio::signal::ctrl_c() => {
            interrupted.context("the handler for Ctrl-C can't be installed")?;
            say("");
            Ok(match options.mode() {
                Mode::Demo => ExitCode::FAILURE,
                Mode::Keep | Mode::BackendsOnly => ExitCode::SUCCESS,
            })
        }
    }
}

async fn run_to_the_end(options: &Options) -> anyhow::Result<ExitCode> {
    if let Some(Command::Event { name }) = &options.command {
        say(current_event(options, name)?);
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(Command::Chaos(chaos)) = options.command {
        return run_chaos(chaos).await;
    }
    match options.provider {
        None => run_with(options, &options.catalogue()).await,
        Some(provider) => {
            let derived = DerivedCatalogue::preferring(provider.into(), &options.catalogue())?;
            run_with(options, derived.path()).await
        }
    }
}

/// Runs the plain world and, on request, the open world too.
async fn run_chaos(options: Chaos) -> anyhow::Result<ExitCode> {
    let show = |report: &chaos::Report| {
        if options.json { say(report.to_json()) } else { say(report) }
    };
    let plain = chaos::run(&options.in_world(World::Plain), chaos::Progress::on_stderr()).await?;
    show(&plain);
    let mut is_sound = plain.violations.is_empty();
    if options.open_world {
        let open = chaos::run(&options.in_world(World::Open), chaos::Progress::on_stderr()).await?;
        show(&open);
        if !options.json {
            for (world, report) in [("plain:", &plain), ("open: ", &open)] {
                say(format_args!("\nreach rate, {world} {}", report.reach));
                say(format_args!("any channel, {world} {}", report.reach_on_any_channel));
            }
        }
        is_sound &= open.violations.is_empty();
    }
    Ok(if is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn run_with(options: &Options, catalogue: &Path) -> anyhow::Result<ExitCode> {
    let mut local =
        Local::start(LocalOptions { senders: senders(options, catalogue)?, ..options.local(catalogue) })
            .await?;
    warn_of_refusals(options, catalogue)?;
    let mode = options.mode();
    if mode == Mode::BackendsOnly {
        // Standard output contains nothing else: the user redirects it to a file for a shell.
        say(hints::backends(&local));
        let _progress = Progress::start(&local, Clock::start(Stream::Errors));
        return std::future::pending().await;
    }
    let studio = match mode {
        Mode::Keep => {
            let studio = Studio::start(&local, options.local(catalogue).ports, options.open).await?;
            say(format_args!("The Studio shows this run in a browser: {}", studio.address()));
            Some(studio)
        }
        Mode::Demo | Mode::BackendsOnly => None,
    };
    let changes = CatalogueChanges::since_start(catalogue, &local);
    let clock = Clock::start(Stream::Output);
    let _progress = Progress::start(&local, clock);
    let rows = demo(options, catalogue, &local, clock).await?;
    say(format_args!("\n{}", report::rows(&rows, Colours::of_stdout())));
    let complete =
        rows.iter().filter(|row| row.expectation.verdict(&row.reached) == Verdict::Complete).count();
    say(report::complete(complete, rows.len()));
    for remark in report::remarks(&rows, &options.catalogue().display().to_string()) {
        say(remark);
    }
    // The latest changes may not yet be published.
    let _within = tokio::time::timeout(PUBLISHED_WITHIN, local.published()).await;
    say(report::status_events(&local.status_events()));
    if let Some(studio) = studio {
        let (mut samples, read) = (samples::read(&options.events())?, catalogue::read(catalogue)?);
        samples::refresh(&mut samples, &read, Timestamp::now())?;
        let example = hints::Example::among(&samples, &read, &key_secret()?);
        let port = options.local(catalogue).ports.number(0)?;
        say(format_args!("\n{}", hints::next_steps(&local, port, studio.address(), example.as_ref())));
        changes.follow(&mut local).await?;
    }
    Ok(if complete == rows.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The senders of the events, if the catalogue has senders: the simulator gets accounts of each.
fn senders(options: &Options, catalogue: &Path) -> anyhow::Result<BTreeSet<Sender>> {
    let catalogue = catalogue::read(catalogue)?;
    if catalogue.entries().iter().all(|entry| entry.sender.is_none()) {
        return Ok(BTreeSet::new());
    }
    Ok(samples::senders(&samples::read(&options.events())?, &catalogue))
}

/// Warns of messages that the providers will refuse, with their places in the catalogue.
fn warn_of_refusals(options: &Options, catalogue: &Path) -> anyhow::Result<()> {
    let (definitions, read) =
        (account::read_definitions(&options.definitions())?, catalogue::read(catalogue)?);
    for refusal in account::refusals(&definitions, &read) {
        let (catalogue, definitions) = (options.catalogue(), options.definitions());
        Stream::Errors.say(format_args!(
            "warning: {}: {refusal}. The simulated accounts have the templates that {} defines.",
            catalogue.display(),
            definitions.display()
        ));
    }
    Ok(())
}

async fn demo(options: &Options, catalogue: &Path, local: &Local, clock: Clock) -> anyhow::Result<Vec<Row>> {
    let demo = Demo {
        catalogue: catalogue::read(catalogue)?,
        publisher: local.publisher()?,
        records: local.records(),
        clock,
        deadline: Instant::now() + options.time_limit,
    };
    demo.run(samples::read(&options.events())?).await
}

/// A sample with the current time, for `cargo lambda invoke`: a catalogue suppresses old events.
fn current_event(options: &Options, name: &str) -> anyhow::Result<String> {
    let mut samples = samples::read(&options.events())?;
    let names: Vec<String> = samples.iter().map(|sample| sample.name.clone()).collect();
    match samples.iter_mut().find(|sample| sample.name == name) {
        Some(sample) => {
            sample.set_time(Timestamp::now());
            Ok(serde_json::to_string_pretty(&sample.event)?)
        }
        None => bail!("no event has the name {name:?}; choose one of: {}", names.join(", ")),
    }
}
