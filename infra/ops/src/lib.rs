//! The operator's tool: shows the outcomes of orders with the reasons, and performs set-up and repairs.
//!
//! A command reads its deployment ([`deployment`]), performs one task, and shows one report as text or JSON
//! ([`output`]). A failure is one error that names the next step ([`failure`]), and sets the exit code ([`exit`]).

mod accounts;
mod bus;
mod catalogue;
pub mod cloudformation;
mod commands;
mod deployment;
mod event_pattern;
pub mod events;
mod exit;
mod failure;
mod followers;
mod invalid_events;
mod labels;
mod message_templates;
mod next;
mod options;
mod order_id;
mod outcome;
mod output;
mod provider_name;
mod providers;
mod queue;
mod senders;
mod webhook_probe;

pub use commands::Studio;
pub use deployment::Deployment;
pub use failure::Failure;
pub use options::Options;

use exit::Exit;
use output::Output;

/// Runs the command and returns its exit code.
pub async fn run(options: Options) -> Exit {
    let output = Output::new(options.format());
    match Box::pin(commands::run(options.command, &options.target, Options::interface, output)).await {
        // A script that gets no report must not see a success.
        Ok(_) if output.is_lost() => Exit::Unavailable,
        Ok(exit) => exit,
        Err(failure) => {
            output.failed(&failure);
            failure.exit()
        }
    }
}
