//! The command line.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser};

use crate::commands::Command;
use crate::deployment::Target;
use crate::exit::Exit;
use crate::output::Format;

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

impl Options {
    /// The process's arguments; ends the process where they are wrong or help is asked for.
    pub fn of_the_process() -> Self {
        Self::read(std::env::args_os()).unwrap_or_else(|error| error.exit())
    }

    /// Reads these arguments, the program's name first.
    pub fn read(
        arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    ) -> Result<Self, clap::Error> {
        let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
        let matches = Self::interface()
            .try_get_matches_from(&arguments)
            .map_err(|error| with_a_tip(error, &arguments))?;
        refuse_two_deployments(&matches)?;
        Self::from_arg_matches(&matches)
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

/// clap's own groups and conflicts look at one subcommand's arguments at a time, and global ones may stand before it and
/// behind it.
fn refuse_two_deployments(matches: &ArgMatches) -> Result<(), clap::Error> {
    let is_written = |name| matches.value_source(name) == Some(ValueSource::CommandLine);
    if is_written("stack") && is_written("local") {
        let problem = "--stack and --local name two deployments, and a command is about one";
        return Err(Options::interface().error(ErrorKind::ArgumentConflict, problem));
    }
    Ok(())
}

/// A port behind a space is taken for another argument: `--local` has none then.
fn with_a_tip(mut error: clap::Error, arguments: &[OsString]) -> clap::Error {
    let port = arguments.iter().skip_while(|argument| *argument != "--local").nth(1);
    if let Some(port) = port.and_then(|port| port.to_str()).filter(|port| port.parse::<u16>().is_ok())
        && matches!(error.kind(), ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand)
    {
        let tip = format!("the port stands behind an equals sign: --local={port}");
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
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

    #[test]
    fn two_deployments_are_refused_wherever_they_stand() {
        for line in [
            "ops held --stack prod --local",
            "ops --stack prod held --local=4700",
            "ops --local held --stack prod",
            "ops --stack prod --local held",
            "ops templates --stack prod plan --local",
        ] {
            let error = Options::read(line.split(' ')).unwrap_err();
            assert_eq!((error.kind(), error.exit_code()), (ErrorKind::ArgumentConflict, 2), "{line}");
        }
        for line in ["ops held --stack prod", "ops --local held"] {
            assert!(Options::read(line.split(' ')).is_ok(), "{line}");
        }
    }

    #[test]
    fn a_port_behind_a_space_is_told_how_it_is_written() {
        for line in ["ops held --local 4600", "ops --local 4600 held", "ops status 10482 --local 4600"] {
            let told = Options::read(line.split(' ')).unwrap_err().to_string();
            assert!(told.contains("tip: ") && told.contains("--local=4600"), "{told}");
        }
        let told = Options::read(["ops", "held", "4600"]).unwrap_err().to_string();
        assert!(!told.contains("--local=4600"), "{told}");
    }
}
