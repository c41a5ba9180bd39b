//! The commands, each in a file of its own.

mod completions;
mod preview;
mod redrive;
mod replay;
mod send;

use clap::Subcommand;

use crate::Options;
use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// What can be done.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "a command's documentation, which is its help, stands at its arguments")]
pub enum Command {
    Preview(preview::Arguments),
    Send(send::Arguments),
    Replay(replay::Arguments),
    Redrive(redrive::Arguments),
    /// Prints the completions of a shell.
    Completions(completions::Arguments),
}

/// Does it.
pub(crate) async fn run(options: Options, output: Output) -> Result<Exit, Failure> {
    let target = options.target;
    match options.command {
        Command::Preview(arguments) => preview::run(arguments, &target, output).await,
        Command::Send(arguments) => send::run(arguments, &Deployment::find(&target).await?, output).await,
        Command::Replay(arguments) => replay::run(arguments, &Deployment::find(&target).await?, output).await,
        Command::Redrive(arguments) => {
            redrive::run(arguments, &Deployment::find(&target).await?, output).await
        }
        Command::Completions(arguments) => Ok(completions::run(&arguments)),
    }
}
