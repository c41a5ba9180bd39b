//! One module for each command.

mod check;
mod completions;
mod doctor;
mod held;
mod init;
mod invalid;
mod message;
mod preview;
mod recipients;
mod redrive;
mod replay;
mod resend;
mod resolve;
mod send;
mod status;
mod stored_event;
mod studio;
mod target;
mod templates;
mod webhook;

use clap::Subcommand;

pub use studio::Studio;

use crate::deployment::{Deployment, Target};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// The subcommands. The help text of each is the doc comment of its arguments.
#[derive(Debug, Subcommand)]
pub enum Command {
    Status(status::Arguments),
    Message(message::Arguments),
    Held(held::Arguments),
    Resolve(resolve::Arguments),
    Resend(resend::Arguments),
    #[command(subcommand)]
    Invalid(invalid::Command),
    Check(check::Arguments),
    Init(init::Arguments),
    Preview(preview::Arguments),
    Send(send::Arguments),
    Replay(replay::Arguments),
    Redrive(redrive::Arguments),
    Doctor(doctor::Arguments),
    #[command(subcommand)]
    Recipients(recipients::Command),
    Templates(templates::Arguments),
    Webhook(webhook::Arguments),
    Studio(studio::Arguments),
    Completions(completions::Arguments),
}

/// Runs the command and returns its exit code.
pub(crate) async fn run(
    command: Command,
    target: &Target,
    command_line: fn() -> clap::Command,
    output: Output,
) -> Result<Exit, Failure> {
    let deployment = async || Deployment::find(target).await;
    match command {
        Command::Status(arguments) => status::run(&arguments, &deployment().await?, output).await,
        Command::Message(arguments) => message::run(arguments, &deployment().await?, output).await,
        Command::Held(arguments) => held::run(&arguments, &deployment().await?, output).await,
        Command::Resolve(arguments) => resolve::run(arguments, &deployment().await?, output).await,
        Command::Resend(arguments) => resend::run(arguments, &deployment().await?, output).await,
        Command::Invalid(command) => invalid::run(command, &deployment().await?, output).await,
        Command::Check(arguments) => Ok(check::run(&arguments, output)),
        Command::Init(arguments) => init::run(&arguments, output),
        Command::Preview(arguments) => preview::run(arguments, target, output).await,
        Command::Send(arguments) => send::run(arguments, &deployment().await?, output).await,
        Command::Replay(arguments) => replay::run(arguments, &deployment().await?, output).await,
        Command::Redrive(arguments) => redrive::run(arguments, &deployment().await?, output).await,
        Command::Doctor(arguments) => doctor::run(arguments, &deployment().await?, output).await,
        Command::Recipients(command) => recipients::run(command, &deployment().await?, output).await,
        Command::Templates(arguments) => templates::run(arguments, target, output).await,
        Command::Webhook(arguments) => webhook::run(arguments, &deployment().await?, output).await,
        Command::Studio(arguments) => studio::run(&arguments, deployment().await?, output).await,
        Command::Completions(arguments) => Ok(completions::run(&arguments, command_line(), output)),
    }
}
