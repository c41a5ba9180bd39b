//! `ops templates`: compares, creates and shows the message templates at the providers.

mod apply;
mod compare;
mod plan;
mod sample;
mod selection;
mod show;

use clap::{Args, Subcommand};

use crate::deployment::{Deployment, Target};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Compares, creates and shows the message templates.
///
/// infra/message-templates defines them for all providers. A provider sends only the templates that it has approved:
/// `show` prints the templates to submit, `apply` submits the missing ones to Meta, `plan` compares an account's templates with
/// the definitions. No command changes or deletes a template at a provider.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ops templates show --provider kaleyra --language es
  ops templates plan --local")]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Plan(plan::Arguments),
    Apply(apply::Arguments),
    Show(show::Arguments),
}

pub(crate) async fn run(arguments: Arguments, target: &Target, output: Output) -> Result<Exit, Failure> {
    match arguments.action {
        Action::Plan(arguments) => plan::run(&arguments, &Deployment::find(target).await?, output).await,
        Action::Apply(arguments) => apply::run(&arguments, &Deployment::find(target).await?, output).await,
        // The definitions don't depend on any deployment.
        Action::Show(arguments) => show::run(&arguments, output),
    }
}
