//! `ops webhook`: registers delivery-webhook with the providers, and checks that it accepts their calls.

mod checks;
mod instructions;
mod kaleyra;
mod list;
mod meta;
mod one_msg;
mod show;

use clap::{Args, Subcommand};

use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Registers the deployment's webhook with the providers.
///
/// Providers report deliveries to the webhook. `register` registers it with a provider or prints the settings to enter by
/// hand, and checks that the webhook accepts the provider's calls. `show` shows the registrations.
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
    /// Registers the webhook with a provider, or prints the settings to enter by hand.
    ///
    /// `onemsg` writes the registration at 1MSG, and has --dry-run. `meta` and `kaleyra` write nothing: they print the
    /// settings to enter in the provider's dashboard. All check that the webhook accepts the provider's calls.
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
