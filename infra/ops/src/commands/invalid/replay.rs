//! `ops invalid replay`: publishes an invalid event again.

mod check;

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;
use shared::catalogue::{read_event, unwrap_event};
use shared::fault::{Fault, Faults};
use shared::message::{OrderId, OrderNumber, Sender};
use shared::table::{InvalidEventKey, InvalidEventRow, Table, TableError};

use crate::accounts::Accounts;
use crate::bus::{Bus, Envelope, Place};
use crate::catalogue;
use crate::deployment::Deployment;
use crate::events::file;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::invalid_events::InvalidEvent;
use crate::next::{Next, Tool};
use crate::order_id;
use crate::output::{Output, Report, style, time};

use check::{Check, Prospect};

/// Publishes an invalid event again, unchanged or corrected.
///
/// The event is checked first, as order-notifier would. It is refused, with exit code 1, if it would be invalid again or was
/// replayed before. A notification that has an outcome is not sent again.
///
/// All matching rules of the bus receive it as a new event with a new id, and the invalid event is removed from the list. A
/// partner's event (a source that begins with `aws.`) goes on the queue of order events instead, because only the partner may
/// publish it on the bus.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    ops invalid replay <EVENT_ID> --file tests/events/order-cancelled.json --dry-run --local\n  \
    ops invalid replay <EVENT_ID> --force --dry-run --local")]
pub struct Arguments {
    /// The event's id, as `ops invalid list` shows it.
    #[arg(value_name = "EVENT_ID")]
    event_id: String,
    /// A JSON file with the corrected event in its envelope [default: the event as it was received].
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Publishes the event even if it would be invalid again or was replayed before.
    #[arg(long)]
    force: bool,
    /// Checks the event without publishing it. Exit code 1 if it would be refused.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Serialize)]
struct Put {
    event_id: String,
    /// The new event id; none if nothing was published.
    replayed_as: Option<String>,
    /// The destination; none if the file or item contains no event.
    #[serde(flatten)]
    place: Option<Place>,
    #[serde(flatten)]
    check: Check,
    dry_run: bool,
    /// Why it is not published.
    refused: Option<Refusal>,
    /// The earlier replay, if there was one.
    replayed_before: Option<Before>,
    /// The order of the invalid event, if the file's event is about another order.
    #[serde(flatten, serialize_with = "serialize_instead")]
    instead_of_order: Option<OrderId>,
    next: Option<Next>,
}

/// Like [`order_id::serialize_known`], with other names.
#[expect(clippy::ref_option, reason = "serde passes a reference to the member")]
fn serialize_instead<S: Serializer>(order: &Option<OrderId>, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Members<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        instead_of_sender: Option<&'a Sender>,
        instead_of_order: Option<&'a OrderNumber>,
    }
    let instead_of_sender = order.as_ref().and_then(|order| order.sender.as_ref());
    Members { instead_of_sender, instead_of_order: order.as_ref().map(|order| &order.number) }
        .serialize(serializer)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Refusal {
    /// It can't become a message.
    Invalid,
    /// It was replayed before.
    ReplayedBefore,
}

impl Refusal {
    /// None if the event may be published without `--force`.
    fn classify(prospect: &Prospect, before: Option<&Before>) -> Option<Self> {
        match (prospect, before) {
            (Prospect::Invalid { .. }, _) => Some(Self::Invalid),
            (_, Some(_)) => Some(Self::ReplayedBefore),
            (_, None) => None,
        }
    }
}

/// An earlier replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Before {
    at: Timestamp,
    event_id: Option<String>,
}

impl Before {
    fn text(&self) -> String {
        let id = self.event_id.as_ref().map(|id| format!(", as {id}"));
        format!("it was already published again {}{}", time(self.at), id.unwrap_or_default())
    }
}

pub(super) async fn run(
    arguments: Arguments,
    deployment: &Deployment,
    output: Output,
) -> Result<Exit, Failure> {
    let (table, tool) = (deployment.table()?, Tool::for_deployment(deployment.named()));
    let Arguments { event_id, file, force, dry_run } = arguments;
    let key = super::find(&table, &event_id, &tool).await?;
    let Some(kept) = table.invalid_event(&key).await? else {
        return Err(super::unknown(&event_id, &tool));
    };
    let (catalogue, bus) = (catalogue::for_deployment(deployment)?, Bus::new(deployment)?);
    let before = kept.replayed_at.map(|at| Before { at, event_id: kept.replayed_as.clone() });
    let (check, envelope) = match read(&kept, file.as_deref())? {
        Ok((event, envelope)) => {
            let key_secret = Accounts::default_sender(deployment).key_secret().await?;
            (check::predict(&table, &catalogue, &key_secret, event, Timestamp::now()).await?, Some(envelope))
        }
        // Without a valid event, `--force` can't put anything on the bus.
        Err(faults) => (Check::from_faults(&faults), None),
    };
    let refused =
        Refusal::classify(&check.prospect, before.as_ref()).filter(|_| !force || envelope.is_none());
    let place = envelope.as_ref().map(|envelope| bus.place(envelope));
    let envelope = envelope.filter(|_| refused.is_none() && !dry_run);
    let replayed_as = match &envelope {
        Some(envelope) => Some(put(&table, bus, envelope, &key).await?),
        None => None,
    };
    let was_about = InvalidEvent::new(event_id.clone(), &kept, &catalogue).order;
    let is_another = |order: &OrderId| check.order.as_ref().is_some_and(|about| about != order);
    output.show(&Put {
        next: next(refused, &check, before.as_ref(), &event_id, &tool)
            .filter(|_| refused.is_some() || replayed_as.is_some()),
        instead_of_order: was_about.filter(is_another),
        replayed_before: before,
        place,
        event_id,
        replayed_as,
        check,
        dry_run,
        refused,
    });
    Ok(if refused.is_some() { Exit::Attention } else { Exit::Fine })
}

/// Reads the file's event, otherwise the stored one. A file without an event is a usage error; a stored body may
/// contain anything.
fn read(kept: &InvalidEventRow, file: Option<&Path>) -> Result<Result<(Value, Envelope), Faults>, Failure> {
    let Some(path) = file else { return Ok(with_envelope(read_event(kept.raw.as_bytes()))) };
    match with_envelope(unwrap_event(file::open(path)?)) {
        Ok(read) => Ok(Ok(read)),
        Err(faults) => {
            let faults: Vec<String> = faults.iter().map(|fault| format!("  {fault}")).collect();
            let problem = format!("{} is not an event; nothing was published", path.display());
            Err(Failure::usage(format!("{problem}\n{}", faults.join("\n"))).with_remedy(
                "correct the file; `ops invalid show <EVENT_ID> --raw` prints the event as it was received",
            ))
        }
    }
}

fn with_envelope(event: Result<Value, Fault>) -> Result<(Value, Envelope), Faults> {
    let event = event?;
    let envelope = Envelope::parse(&event)?;
    Ok((event, envelope))
}

fn next(
    refused: Option<Refusal>,
    check: &Check,
    before: Option<&Before>,
    event_id: &str,
    tool: &Tool,
) -> Option<Next> {
    let status = |order: &OrderId| tool.status(order);
    match refused {
        Some(Refusal::Invalid) => Some(super::fix(event_id, tool)),
        Some(Refusal::ReplayedBefore) => {
            let what = "show its outcome; --force publishes it once more";
            let id = before.and_then(|before| before.event_id.as_deref()).unwrap_or(event_id);
            let show = || tool.line(&["invalid", "show", id]);
            Some(Next::with(what, [check.order.as_ref().map_or_else(show, status)]))
        }
        None => check.order.as_ref().map(|order| Next::with("show its outcome", [status(order)])),
    }
}

async fn put(table: &Table, bus: Bus, envelope: &Envelope, key: &InvalidEventKey) -> Result<String, Failure> {
    let id = bus.put(envelope).await?;
    match table.mark_replayed(key, &id, Timestamp::now()).await {
        Ok(_) => Ok(id),
        Err(error) => Err(unmarked(&error, &id)),
    }
}

fn unmarked(error: &TableError, id: &str) -> Failure {
    Failure::unavailable(format!(
        "the event was published again as {id}, but is still on the list of invalid events: {error}"
    ))
}

impl Report for Put {
    fn text(&self) -> String {
        let place = self.place.as_ref().map_or_else(|| "the bus".to_owned(), Place::to_string);
        let mut lines = vec![match &self.replayed_as {
            Some(id) => format!("{} on {place} as {}", style::good("The event is"), style::strong(id)),
            None if self.refused.is_some() && self.dry_run => {
                style::bad(format!("The event would not be put on {place}."))
            }
            None if self.refused.is_some() => style::bad(format!("The event was not put on {place}.")),
            None => format!("The event would be put on {place}."),
        }];
        let Check { order, notification, prospect } = &self.check;
        if let Some((notification, order)) = notification.as_ref().zip(order.as_ref()) {
            lines.push(format!("  {} of order {}", style::strong(notification), order_id::shown(order)));
        }
        if let Some(other) = &self.instead_of_order {
            let remark = format!("the invalid event was about another order, {}", order_id::plain(other));
            lines.push(format!("  {}", style::pending(remark)));
        }
        lines
            .extend(self.replayed_before.iter().map(|before| format!("  {}", style::pending(before.text()))));
        lines.push(format!("  {}", prospect.text()));
        if let Prospect::Invalid { faults } = prospect {
            lines.extend(faults.iter().map(|fault| format!("    {}", style::bad(fault))));
        }
        if self.dry_run {
            lines.push(style::pending("Nothing was published: --dry-run."));
        }
        lines.extend(self.next.iter().flat_map(Next::lines));
        lines.join("\n")
    }
}

impl Prospect {
    /// The expected outcome in words.
    fn text(&self) -> String {
        match self {
            Self::Sent { provider } => style::good(format!("{} would be tried first", provider.title())),
            Self::Suppressed { why } => style::pending(format!("it won't be sent: {why}")),
            Self::Known { state } if state.is_terminal() => {
                style::pending(format!("its notification is already {state}; nothing more is sent"))
            }
            Self::Known { state } => {
                style::pending(format!("its notification is {state}, and continues from there"))
            }
            Self::Ignored => style::bad("no catalogue entry matches it: it will be ignored"),
            Self::Invalid { .. } => style::bad("it will be invalid again:"),
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::protocol::State;

    use super::*;
    use crate::deployment::Named;

    fn before() -> Before {
        Before { at: Timestamp::constant(1_795_165_200, 0), event_id: Some("e-2".to_owned()) }
    }

    #[test]
    fn an_event_that_is_still_invalid_or_was_replayed_is_refused() {
        let invalid = Prospect::Invalid { faults: Vec::new() };
        let known = Prospect::Known { state: State::Accepted };
        assert_eq!(Refusal::classify(&invalid, None), Some(Refusal::Invalid));
        assert_eq!(Refusal::classify(&invalid, Some(&before())), Some(Refusal::Invalid));
        assert_eq!(Refusal::classify(&known, Some(&before())), Some(Refusal::ReplayedBefore));
        assert_eq!(Refusal::classify(&known, None), None);
        assert_eq!(before().text(), "it was already published again 2026-11-20 09:00:00 UTC, as e-2");
    }

    #[test]
    fn a_refusal_names_the_correction_or_the_earlier_outcome() {
        let tool = Tool::for_deployment(&Named::Environment);
        let check = |order: Option<&str>| Check {
            order: order.map(|number| OrderNumber::parse(number).unwrap().into()),
            notification: None,
            prospect: Prospect::Ignored,
        };
        let commands = |refused, order| {
            next(refused, &check(order), Some(&before()), "e-1", &tool).map(|next| next.commands)
        };
        let fix = commands(Some(Refusal::Invalid), Some("10482")).unwrap();
        assert!(fix[0].contains("ops invalid show e-1 --raw"), "{fix:?}");
        let again = Some(Refusal::ReplayedBefore);
        assert_eq!(commands(again, Some("10482")).unwrap(), ["ops status 10482"]);
        assert_eq!(commands(again, None).unwrap(), ["ops invalid show e-2"]);
        assert_eq!(commands(None, None), None);
    }

    #[test]
    fn an_existing_outcome_means_that_nothing_is_sent() {
        let text = |state| Prospect::Known { state }.text();
        assert!(text(State::Accepted).contains("already accepted; nothing more is sent"));
        assert!(text(State::Waiting).contains("continues from there"));
    }
}
