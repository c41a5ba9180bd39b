//! `ops invalid`: lists, shows and replays events that can't become a message.

mod list;
mod replay;
mod show;

use clap::Subcommand;
use shared::table::{InvalidEventKey, Table};

use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::next::{Next, Tool};
use crate::output::Output;

/// Events that can't become a message: which there are, what is wrong with them, and how they go out mended.
///
/// The table keeps each for 14 days as it came, with everything that is wrong with it. `list` tells which there are, `show`
/// one of them (with --raw the event itself, to mend it), `replay` puts one on the bus again, as it came or mended.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  ops invalid list --local
  ops invalid show <EVENT_ID> --local")]
pub enum Command {
    List(list::Arguments),
    Show(show::Arguments),
    Replay(replay::Arguments),
}

pub(crate) async fn run(command: Command, deployment: &Deployment, output: Output) -> Result<Exit, Failure> {
    match command {
        Command::List(arguments) => list::run(&arguments, deployment, output).await,
        Command::Show(arguments) => show::run(&arguments, deployment, output).await,
        Command::Replay(arguments) => replay::run(arguments, deployment, output).await,
    }
}

/// The event with this name: its id, followed by `#` and the hash of its body if several have that id.
async fn find(table: &Table, named: &str, tool: &Tool) -> Result<InvalidEventKey, Failure> {
    let mut found = table.invalid_events_with_id(named).await?;
    if let Some((event_id, _)) = named.rsplit_once('#') {
        let with_id = table.invalid_events_with_id(event_id).await?;
        found.extend(with_id.into_iter().filter(|key| key.to_string() == named));
    }
    match found.len() {
        0 => Err(unknown(named, tool)),
        1 => Ok(found.remove(0)),
        count => {
            let each: Vec<String> =
                found.iter().map(|key| tool.line(&["invalid", "show", &key.to_string()])).collect();
            Err(Failure::usage(format!("{count} invalid events have the id {named}"))
                .with_remedy(format!("name one of them:\n  {}", each.join("\n  "))))
        }
    }
}

/// The failure for an unknown event.
fn unknown(event_id: &str, tool: &Tool) -> Failure {
    Failure::not_found(format!("no invalid event {event_id} is kept")).with_remedy(format!(
        "they are kept for 14 days; see which there are: {}",
        tool.line(&["invalid", "list"])
    ))
}

/// How to repair an event.
fn mend(event_id: &str, tool: &Tool) -> Next {
    Next::with(
        "have its producer mended; to tell this customer, mend the event and put it on the bus again",
        [
            tool.line(&["invalid", "show", event_id, "--raw"]) + " > event.json",
            tool.line(&["invalid", "replay", event_id, "--file", "event.json"]),
        ],
    )
}
