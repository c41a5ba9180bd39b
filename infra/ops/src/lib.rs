//! The operator's tool: shows the outcome of orders with the reasons, and performs set-up and repairs.
//!
//! A command reads its deployment ([`deployment`]), performs one task, and shows one report: a text for a person, or
//! the same as JSON ([`output`]). A failure is one error that names the next step ([`failure`]); the result is the exit
//! code ([`exit`]).

pub mod accounts;
pub mod bus;
pub mod catalogue;
pub mod cloudformation;
pub mod commands;
pub mod deployment;
pub mod event_pattern;
pub mod events;
pub mod exit;
pub mod failure;
pub mod invalid_events;
pub mod message_templates;
pub mod next;
pub mod options;
pub mod our_webhook;
pub mod output;
pub mod provider_name;
pub mod providers;
pub mod queue;
pub mod told;
pub mod words;

pub use options::Options;

use exit::Exit;
use output::Output;

/// Runs the command and returns its exit code.
pub async fn run(options: Options) -> Exit {
    let output = Output::new(options.format());
    match Box::pin(commands::run(options.command, &options.target, Options::interface, output)).await {
        // A script that gets no report must not take the command for successful.
        Ok(_) if output.is_lost() => Exit::Unavailable,
        Ok(exit) => exit,
        Err(failure) => {
            output.failed(&failure);
            failure.exit()
        }
    }
}
