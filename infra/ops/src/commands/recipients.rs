//! `ops recipients`: prepares the list of the setting `RECIPIENTS`.

use clap::{Args, Subcommand};
use serde::Serialize;
use shared::protocol::Recipients;

use crate::accounts::Accounts;
use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Output, Report};

const EXAMPLES: &str = "\
Examples:
  ops recipients hash +12025550101 --local
  ops recipients hash +43-664-1234567 US.13491208655302741918 --local";

/// Prepares the list of recipients to whom a deployment may send.
///
/// The stack's parameter `Recipients` is `all`, `none`, or a list; other customers get no message. `hash` prints the entry of a
/// list that stands for a phone number, so that neither the template nor the function's configuration shows the number.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Command {
    Hash(HashArguments),
}

/// Prints the entry of `Recipients` for each phone number or WhatsApp user id.
///
/// The hash is made with the deployment's key secret: it is valid only in this deployment, and only with the secret can a
/// number be guessed from it. Reads that secret, and writes nothing.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct HashArguments {
    /// A phone number with its country code, in any readable form, or a WhatsApp user id.
    #[arg(required = true, value_name = "NUMBER")]
    numbers: Vec<String>,
}

pub(crate) async fn run(command: Command, deployment: &Deployment, output: Output) -> Result<Exit, Failure> {
    let Command::Hash(HashArguments { numbers }) = command;
    let mut recipients = Vec::new();
    for (place, number) in (1..).zip(&numbers) {
        recipients.push(Recipients::parse_entry(number).ok_or_else(|| unreadable(place))?);
    }
    let secret = Accounts::default_sender(deployment).key_secret().await?;
    let entries = recipients.iter().map(|recipient| Recipients::hashed_entry(recipient, &secret));
    output.show(&Hashed { entries: entries.collect() });
    Ok(Exit::Fine)
}

/// The failure doesn't repeat the number: it may be a customer's.
fn unreadable(place: usize) -> Failure {
    Failure::usage(format!("argument {place} is neither a phone number nor a WhatsApp user id"))
        .with_remedy("write the number with a leading \"+\" and its country code, such as +12025550101")
}

/// The entries, in the order of the arguments.
#[derive(Debug, Serialize)]
struct Hashed {
    entries: Vec<String>,
}

impl Report for Hashed {
    fn text(&self) -> String {
        self.entries.join("\n")
    }
}
