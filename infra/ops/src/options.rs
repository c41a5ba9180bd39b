//! The command line.

use std::ffi::OsString;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser};

use crate::commands::Command;
use crate::exit::Exit;
use crate::output::Format;

/// The first port of a local run that goes on.
const LOCAL_PORT: &str = "4600";

/// What became of an order's WhatsApp messages and why; and everything that a person has to set up or settle.
#[derive(Debug, Parser)]
#[command(name = "ops", version, propagate_version = true, arg_required_else_help = true)]
pub struct Options {
    /// What is to be done.
    #[command(subcommand)]
    pub command: Command,

    /// Which deployment it is about.
    #[command(flatten)]
    pub target: Target,

    /// Prints one JSON value in place of text.
    #[arg(long, global = true, help_heading = "Output")]
    json: bool,
}

/// Which deployment a command is about. Without any of these the environment names it, with the functions' own variables.
#[derive(Debug, Clone, Args)]
#[group(multiple = false)]
pub struct Target {
    /// The CloudFormation stack; its outputs and parameters name everything.
    #[arg(long, global = true, env = "OPS_STACK", value_name = "NAME", help_heading = "Deployment")]
    pub stack: Option<String>,

    /// The local run of `cargo run -p local -- --keep` that goes on at this port.
    #[arg(
        long,
        global = true,
        value_name = "PORT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = LOCAL_PORT,
        value_parser = clap::value_parser!(u16).range(1..=65529),
        help_heading = "Deployment"
    )]
    pub local: Option<u16>,
}

impl Options {
    /// The process's arguments; ends the process where they are wrong or help is asked for.
    pub fn of_the_process() -> Self {
        Self::read(std::env::args_os()).unwrap_or_else(|error| error.exit())
    }

    /// Reads these arguments, the program's name first.
    pub fn read(
        arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    ) -> Result<Self, clap::Error> {
        Self::from_arg_matches(&Self::interface().try_get_matches_from(arguments)?)
    }

    /// The whole command line, with what its help says at the end.
    pub fn interface() -> clap::Command {
        Self::command().after_help(exit_codes())
    }

    /// How reports are written.
    pub const fn format(&self) -> Format {
        if self.json { Format::Json } else { Format::Text }
    }
}

fn exit_codes() -> String {
    let lines: Vec<String> =
        Exit::ALL.iter().map(|exit| format!("  {}  {}", exit.code(), exit.meaning())).collect();
    format!("Exit codes:\n{}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Options::interface().debug_assert();
    }
}
