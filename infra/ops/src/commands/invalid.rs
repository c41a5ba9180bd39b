//! `ops invalid`: lists, shows and replays invalid events.

pub(super) mod list;
pub(super) mod replay;
pub(super) mod show;

use clap::Subcommand;
use shared::table::{InvalidEventKey, Table};

use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::next::{Next, Tool};
use crate::output::Output;

/// Lists, shows and replays events that can't become a message.
///
/// The table stores each invalid event for 14 days, with all its faults. `list` lists them, `show` shows one (with --raw, the
/// event itself), and `replay` publishes one again, unchanged or corrected.
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

/// `named` is the event's id, followed by `#` and the hash of its body if several events have that id.
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
                .with_remedy(format!("choose one:\n  {}", each.join("\n  "))))
        }
    }
}

fn unknown(event_id: &str, tool: &Tool) -> Failure {
    Failure::not_found(format!("there is no invalid event {event_id}")).with_remedy(format!(
        "invalid events are stored for 14 days; list them: {}",
        tool.line(&["invalid", "list"])
    ))
}

/// The next step for an invalid event.
fn fix(event_id: &str, tool: &Tool) -> Next {
    Next::with(
        "have its producer fixed; to send this message, correct the event and publish it again",
        [
            tool.line(&["invalid", "show", event_id, "--raw"]) + " > event.json",
            tool.line(&["invalid", "replay", event_id, "--file", "event.json"]),
        ],
    )
}
