//! `ops webhook`: registers our webhook with the providers, and checks that it accepts their calls.

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
///
/// What becomes of a message its provider tells our webhook. `register` has a provider call it, or says what to enter by
/// hand; `show` tells what is registered and whether our webhook lets the providers in and nobody else.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ops webhook show --local
  ops webhook register onemsg --dry-run --local")]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Registers our webhook with a provider, or says how to do it by hand.
    ///
    /// 1MSG has a call for it: `onemsg` writes there, and has --dry-run. Meta's and Kaleyra's webhooks are entered by hand:
    /// `meta` and `kaleyra` write nothing, so that they need no --dry-run; they say what to enter, and check that our webhook
    /// would let the provider in.
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
