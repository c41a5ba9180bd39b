//! `ops webhook`: has the providers call our webhook, and checks that it would let them in.

mod checks;
mod kaleyra;
mod list;
mod meta;
mod one_msg;
mod recipe;
mod show;

use clap::{Args, Subcommand};

use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Has the providers report to our webhook.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Registers our webhook with a provider, or says how to do it by hand.
    #[command(subcommand)]
    Register(Register),
    Show(show::Arguments),
}

#[derive(Debug, Subcommand)]
enum Register {
    #[command(alias = "1msg")]
    Onemsg(one_msg::Arguments),
    Meta(meta::Arguments),
    Kaleyra(kaleyra::Arguments),
}

pub(crate) async fn run(
    arguments: Arguments,
    deployment: &Deployment,
    output: Output,
) -> Result<Exit, Failure> {
    match arguments.action {
        Action::Register(Register::Onemsg(arguments)) => one_msg::run(arguments, deployment, output).await,
        Action::Register(Register::Meta(arguments)) => meta::run(&arguments, deployment, output).await,
        Action::Register(Register::Kaleyra(arguments)) => kaleyra::run(&arguments, deployment, output).await,
        Action::Show(arguments) => show::run(&arguments, deployment, output).await,
    }
}
