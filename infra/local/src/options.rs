//! The command line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use shared::provider::Provider;
use simulator::{MAGIC_NUMBERS, Strangeness};

use crate::chaos::{ChaosOptions, World};
use crate::server::Ports;
use crate::{Functions, LocalOptions, account, catalogue, samples};

/// The first default port of servers that other programs call; `ops --local` uses it.
pub(crate) const BASE_PORT: u16 = 4600;

/// AWS, the three WhatsApp providers and the functions on this machine: publishes the sample events and shows their
/// outcomes.
#[derive(Debug, Clone, Parser)]
#[command(name = "local", args_conflicts_with_subcommands = true)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Options {
    /// A command instead of a run.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Continues afterwards with the Studio, pages that show the run in a browser, and prints how to send your own event.
    #[arg(long)]
    keep: bool,

    /// With --keep: opens the Studio in the browser.
    #[arg(long, requires = "keep")]
    pub open: bool,

    /// Runs AWS and the providers without the functions, and prints the settings for `cargo lambda watch`.
    #[arg(long, conflicts_with_all = ["keep", "events", "time_limit"])]
    backends_only: bool,

    /// The first of eight ports; 4600 with --keep and --backends-only, else any that are free.
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..=65528))]
    port: Option<u16>,

    /// With --backends-only: the base URL to which the providers post callbacks, without /webhooks/….
    #[arg(
        long,
        value_name = "URL",
        default_value = "http://127.0.0.1:9000/lambda-url/delivery-webhook",
        requires = "backends_only"
    )]
    webhook_url: String,

    /// With --backends-only: the URL that the queue invokes with order events.
    #[arg(
        long,
        value_name = "URL",
        default_value = "http://127.0.0.1:9000/2015-03-31/functions/order-notifier/invocations",
        requires = "backends_only"
    )]
    notifier_url: String,

    /// With --backends-only: the URL that the queue of AWS's delivery events invokes.
    #[arg(
        long,
        value_name = "URL",
        default_value = "http://127.0.0.1:9000/2015-03-31/functions/delivery-events/invocations",
        requires = "backends_only"
    )]
    events_url: String,

    /// With --backends-only: the URL that the table's stream invokes.
    #[arg(
        long,
        value_name = "URL",
        default_value = "http://127.0.0.1:9000/2015-03-31/functions/status-publisher/invocations",
        requires = "backends_only"
    )]
    publisher_url: String,

    /// Prefers one provider for every notification that it has a template for.
    #[arg(long, value_name = "NAME")]
    pub provider: Option<ProviderName>,

    /// The catalogue [default: the repository's notifications.toml].
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,

    /// The folder with the definitions of the message templates [default: infra/message-templates]. The simulated accounts have
    /// these templates.
    #[arg(long, value_name = "DIR")]
    definitions: Option<PathBuf>,

    /// The events: files, or folders of .json files [default: infra/sample-events].
    #[arg(long, value_name = "PATH", num_args = 1.., global = true)]
    events: Vec<PathBuf>,

    /// How long the run waits for the expected outcomes.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = humantime::parse_duration)]
    pub time_limit: Duration,

    /// How fast the providers report: 10 is ten times faster than usual.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = speed)]
    speed: f64,

    /// Makes the providers answer and report in undocumented formats, chosen by this seed; `local chaos
    /// --open-world` also has undocumented events and refusals.
    #[arg(long, value_name = "SEED", num_args = 0..=1, default_missing_value = "1")]
    open_world: Option<u64>,

    /// The recipients to whom order-notifier may send (setting `RECIPIENTS`): all, none, or phone numbers separated by
    /// commas.
    #[arg(long, value_name = "LIST", default_value = "all")]
    recipients: String,

    /// Makes the functions write their metrics to standard output, as in Lambda.
    #[arg(long)]
    metrics: bool,

    /// With --backends-only: keeps the table in this file.
    #[arg(long, value_name = "FILE", requires = "backends_only")]
    table_file: Option<PathBuf>,
}

/// The commands instead of a run.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Prints a sample event with the current time, for `cargo lambda invoke order-notifier --data-file`.
    Event {
        /// The name of its file, such as order-cancelled.
        name: String,
    },
    /// Publishes thousands of events under every kind of fault, then compares the table, the queue and the providers.
    ///
    /// Events are duplicated, out of order and from wrong clocks; providers throttle, hang, reset connections and cut
    /// off replies; callbacks are lost, early, late, reversed and repeated; secrets rotate, credentials expire,
    /// accounts are unpaid and templates paused for a while; order-notifier is killed, loses replies to its claims,
    /// and gets another catalogue; dead letters are redriven. Every event must have one outcome, be queued or be
    /// stored; no notification may be accepted twice; the table must contain what the providers reported; every
    /// reachable customer must get the message, except if the outcome can't be known. Text messages and e-mails follow
    /// messages that don't arrive: each at most once, for a reason, and never after a known delivery. The run prints the
    /// reach rates, on WhatsApp and on any channel, the reasons of the missed ones and every violation; with a
    /// violation the exit code is 1. A seed determines the
    /// plan, but not how threads interleave and where exactly a kill falls.
    Chaos(Chaos),
}

/// The options of a chaos run.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Chaos {
    /// Determines the plan.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// The number of orders; an order has one event or several.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=999_999))]
    orders: usize,

    /// Adds a second run of the same size without faults but with undocumented input.
    ///
    /// Providers answer, report and refuse in formats of public bug reports and recordings: missing and extra commas,
    /// byte-order marks, compressed replies, half characters, ids in other places, unknown codes and texts, temporary
    /// throttles, reports with only our reference, payments and calls. Producers use pasted and national phone
    /// numbers, locales of phones and of Java, Unix times, long numbers, and user ids instead of numbers. Every
    /// reachable customer must get the message.
    #[arg(long)]
    pub(crate) open_world: bool,

    /// Prints the figures as one JSON object for each run.
    #[arg(long)]
    pub(crate) json: bool,

    /// The time limit from the first event until all activity has ended.
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = humantime::parse_duration)]
    time_limit: Duration,
}

impl Chaos {
    /// The run in this world.
    pub(crate) const fn in_world(self, world: World) -> ChaosOptions {
        let Self { seed, orders, time_limit, open_world: _, json: _ } = self;
        ChaosOptions { world, seed, orders, time_limit }
    }
}

/// What a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Publishes the events, shows the result and ends.
    Demo,
    /// Like `Demo`, but continues to run.
    Keep,
    /// Only AWS and the providers.
    BackendsOnly,
}

/// A provider, on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProviderName {
    /// 1MSG.
    Onemsg,
    /// Kaleyra.
    Kaleyra,
    /// Meta.
    Meta,
}

impl From<ProviderName> for Provider {
    fn from(name: ProviderName) -> Self {
        match name {
            ProviderName::Onemsg => Self::OneMsg,
            ProviderName::Kaleyra => Self::Kaleyra,
            ProviderName::Meta => Self::Meta,
        }
    }
}

impl Options {
    /// The process's arguments; ends the process if they are invalid or help is requested.
    pub fn from_process_arguments() -> Self {
        let matches = Self::command().after_help(magic_numbers()).get_matches();
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }

    /// What the run does.
    pub const fn mode(&self) -> Mode {
        match (self.backends_only, self.keep) {
            (true, _) => Mode::BackendsOnly,
            (false, true) => Mode::Keep,
            (false, false) => Mode::Demo,
        }
    }

    /// The catalogue before a provider is preferred.
    pub fn catalogue(&self) -> PathBuf {
        self.catalogue.clone().unwrap_or_else(catalogue::of_the_shop)
    }

    /// The definitions of the message templates.
    pub fn definitions(&self) -> PathBuf {
        self.definitions.clone().unwrap_or_else(account::definitions_of_the_shop)
    }

    /// The paths of the events.
    pub fn events(&self) -> Vec<PathBuf> {
        if self.events.is_empty() { vec![samples::of_the_shop()] } else { self.events.clone() }
    }

    /// The functions' settings that differ from the local run's own.
    fn settings(&self) -> BTreeMap<String, String> {
        let namespace = ("METRICS_NAMESPACE".to_owned(), "OrderNotifications".to_owned());
        let recipients = ("RECIPIENTS".to_owned(), self.recipients.clone());
        self.metrics.then_some(namespace).into_iter().chain([recipients]).collect()
    }

    /// The options of the instance.
    pub fn local(&self, catalogue: &Path) -> LocalOptions {
        let mode = self.mode();
        LocalOptions {
            ports: match (self.port, mode) {
                (Some(port), _) => Ports::From(port),
                (None, Mode::Demo) => Ports::Any,
                (None, Mode::Keep | Mode::BackendsOnly) => Ports::From(BASE_PORT),
            },
            catalogue: catalogue.to_owned(),
            catalogue_is_copy: catalogue != self.catalogue(),
            definitions: self.definitions(),
            samples: self.events(),
            table_file: self.table_file.clone(),
            functions: match mode {
                Mode::Demo | Mode::Keep => Functions::Here,
                Mode::BackendsOnly => Functions::Elsewhere {
                    webhook_url: self.webhook_url.clone(),
                    notifier_url: self.notifier_url.clone(),
                    events_url: self.events_url.clone(),
                    publisher_url: self.publisher_url.clone(),
                },
            },
            timing: 1.0 / self.speed,
            settings: self.settings(),
            open_world: self.open_world.map(|seed| Strangeness { seed, refuses: false }),
            ..LocalOptions::default()
        }
    }
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(factor) if (0.01..=1000.0).contains(&factor) => Ok(factor),
        _ => Err("must be a number from 0.01 to 1000".to_owned()),
    }
}

fn magic_numbers() -> String {
    let lines: Vec<String> =
        MAGIC_NUMBERS.iter().map(|magic| format!("  {}  {}", magic.phone(), magic.summary)).collect();
    format!("Magic phone numbers (any other number behaves like the first):\n{}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Options::command().debug_assert();
    }

    #[test]
    fn only_a_run_that_other_programs_use_has_fixed_ports() {
        for (arguments, ports) in [
            (&["local"][..], Ports::Any),
            (&["local", "--keep"], Ports::From(4600)),
            (&["local", "--backends-only"], Ports::From(4600)),
            (&["local", "--keep", "--port", "5000"], Ports::From(5000)),
        ] {
            let options = Options::try_parse_from(arguments).unwrap();
            assert_eq!(options.local(Path::new("x")).ports, ports, "{arguments:?}");
        }
    }

    #[test]
    fn every_recipient_is_allowed_unless_an_option_restricts_them() {
        let recipients = |arguments: &[&str]| {
            let options = Options::try_parse_from(arguments).unwrap();
            options.local(Path::new("x")).settings["RECIPIENTS"].clone()
        };
        assert_eq!(recipients(&["local"]), "all");
        assert_eq!(recipients(&["local", "--recipients", "none"]), "none");
    }

    #[test]
    fn a_run_without_options_uses_the_shops_files() {
        let options = Options::try_parse_from(["local"]).unwrap();
        let root = catalogue::repository();
        assert_eq!(options.catalogue(), root.join("notifications.toml"));
        assert_eq!(options.definitions(), root.join("infra/message-templates"));
        assert_eq!(options.events(), [root.join("infra/sample-events")]);
    }

    #[test]
    fn a_higher_speed_shortens_the_delays() {
        let options = Options::try_parse_from(["local", "--speed", "10"]).unwrap();
        assert!((options.local(Path::new("x")).timing - 0.1).abs() < f64::EPSILON);
        assert!(Options::try_parse_from(["local", "--speed", "0"]).is_err());
    }

    #[test]
    fn the_help_lists_the_magic_numbers() {
        assert!(magic_numbers().contains("+12025550112  refused: not on WhatsApp"));
    }
}
