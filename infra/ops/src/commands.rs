//! The commands, each in a file of its own.

mod completions;

use clap::Subcommand;

use crate::Options;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Prints the completions of a shell.
    Completions(completions::Arguments),
}

/// Does it.
#[expect(clippy::unused_async, reason = "the commands that ask a deployment come next")]
pub(crate) async fn run(options: Options, _output: Output) -> Result<Exit, Failure> {
    match options.command {
        Command::Completions(arguments) => Ok(completions::run(&arguments)),
    }
}
