//! The commands, each in a file of its own.

mod completions;
mod preview;

use clap::Subcommand;

use crate::Options;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// What can be done.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "a command's documentation, which is its help, stands at its arguments")]
pub enum Command {
    Preview(preview::Arguments),
    /// Prints the completions of a shell.
    Completions(completions::Arguments),
}

/// Does it.
pub(crate) async fn run(options: Options, output: Output) -> Result<Exit, Failure> {
    match options.command {
        Command::Preview(arguments) => preview::run(arguments, &options.target, output).await,
        Command::Completions(arguments) => Ok(completions::run(&arguments)),
    }
}
