//! The command line.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser};

use crate::commands::Command;
use crate::deployment::Target;
use crate::exit::Exit;
use crate::output::Format;

/// Shows the outcomes of orders' WhatsApp messages, and sets up, checks and repairs a deployment.
#[derive(Debug, Parser)]
#[command(name = "ops", version, propagate_version = true, arg_required_else_help = true)]
pub struct Options {
    /// The subcommand.
    #[command(subcommand)]
    pub command: Command,

    /// The deployment.
    #[command(flatten)]
    pub target: Target,

    /// Prints the report as JSON.
    #[arg(long, global = true, help_heading = "Output")]
    json: bool,
}

impl Options {
    /// Parses the process's arguments. Ends the process after a usage error or `--help`.
    pub fn from_process() -> Self {
        Self::parse_from(std::env::args_os()).unwrap_or_else(|error| error.exit())
    }

    /// Parses arguments, of which the first is the program's name.
    pub fn parse_from(
        arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    ) -> Result<Self, clap::Error> {
        let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
        let matches = Self::interface()
            .try_get_matches_from(&arguments)
            .map_err(|error| with_tip(error, &arguments))?;
        refuse_two_deployments(&matches)?;
        Self::from_arg_matches(&matches)
    }

    /// The command line's definition, with the exit codes at the end of its help.
    pub fn interface() -> clap::Command {
        Self::command().after_help(exit_codes())
    }

    /// JSON with `--json`, otherwise text.
    pub const fn format(&self) -> Format {
        if self.json { Format::Json } else { Format::Text }
    }
}

/// clap checks conflicts within one subcommand's arguments only, and global options may stand before and after it.
fn refuse_two_deployments(matches: &ArgMatches) -> Result<(), clap::Error> {
    let is_written = |name| matches.value_source(name) == Some(ValueSource::CommandLine);
    if is_written("stack") && is_written("local") {
        let problem = "--stack and --local can't be used together";
        return Err(Options::interface().error(ErrorKind::ArgumentConflict, problem));
    }
    Ok(())
}

/// `--local 4600` parses as `--local` and a separate argument.
fn with_tip(mut error: clap::Error, arguments: &[OsString]) -> clap::Error {
    let port = arguments.iter().skip_while(|argument| *argument != "--local").nth(1);
    if let Some(port) = port.and_then(|port| port.to_str()).filter(|port| port.parse::<u16>().is_ok())
        && matches!(error.kind(), ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand)
    {
        let tip = format!("write the port after an equals sign: --local={port}");
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
    fn the_command_line_is_valid() {
        Options::interface().debug_assert();
    }

    #[test]
    fn two_deployments_are_refused_before_and_after_the_subcommand() {
        for line in [
            "ops held --stack prod --local",
            "ops --stack prod held --local=4700",
            "ops --local held --stack prod",
            "ops --stack prod --local held",
            "ops templates --stack prod plan --local",
        ] {
            let error = Options::parse_from(line.split(' ')).unwrap_err();
            assert_eq!((error.kind(), error.exit_code()), (ErrorKind::ArgumentConflict, 2), "{line}");
        }
        for line in ["ops held --stack prod", "ops --local held"] {
            assert!(Options::parse_from(line.split(' ')).is_ok(), "{line}");
        }
    }

    #[test]
    fn a_port_after_a_space_gets_a_tip() {
        for line in ["ops held --local 4600", "ops --local 4600 held", "ops status 10482 --local 4600"] {
            let text = Options::parse_from(line.split(' ')).unwrap_err().to_string();
            assert!(text.contains("tip: ") && text.contains("--local=4600"), "{text}");
        }
        let text = Options::parse_from(["ops", "held", "4600"]).unwrap_err().to_string();
        assert!(!text.contains("--local=4600"), "{text}");
    }
}
