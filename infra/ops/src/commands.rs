//! The commands, each in a file of its own.

mod completions;
mod templates;
mod webhook;

use clap::Subcommand;

use crate::Options;
use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Prints the completions of a shell.
    Completions(completions::Arguments),
    /// Compares, creates and shows the message templates.
    Templates(templates::Arguments),
    /// Has the providers report to our webhook.
    Webhook(webhook::Arguments),
}

/// Does it.
pub(crate) async fn run(options: Options, output: Output) -> Result<Exit, Failure> {
    match options.command {
        Command::Completions(arguments) => Ok(completions::run(&arguments)),
        Command::Templates(arguments) => templates::run(arguments, &options.target, output).await,
        Command::Webhook(arguments) => {
            webhook::run(arguments, &Deployment::find(&options.target).await?, output).await
        }
    }
}
