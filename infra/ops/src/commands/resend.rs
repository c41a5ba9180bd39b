//! `ops resend`: sends notifications again whose events are stored.

mod report;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use shared::catalogue::Catalogue;
use shared::message::{OrderNumber, Reference};
use shared::protocol::{AcceptedRisks, Held, Resend, resend};
use shared::returned_event::OrderEventsQueue;
use shared::table::{NotificationRow, Table, Written};

use crate::commands::{kept, target};
use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::next::Tool;
use crate::output::Output;
use crate::{catalogue, told};

use report::{Done, Resent, Why};

/// Has notifications sent again.
///
/// What was certainly not sent goes out at once: its event is kept in the table, and a copy of it is put on the queue of order
/// events. What was accepted, or may have been sent, needs `--although-it-may-be-sent-twice`; what is too old by the catalogue's
/// `max_age` needs `--although-late`, and must be certainly unsent. An order's status goes out only if no newer one was told.
///
/// Where no event is kept, the notification is let go all the same, and goes out when its event comes again: the command says
/// how. Without `--apply` nothing is done.
///
/// Writes the notification's record, on the condition that nothing has happened to it meanwhile. Who had it sent again, and
/// when, stays with it: `ops status` shows it.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[command(after_help = "Examples:\n  \
    ops resend --held-unsent --local\n  \
    ops resend --order 10482 --local\n  \
    ops resend <REFERENCE> --although-it-may-be-sent-twice --local")]
#[group(id = "which", required = true, multiple = true)]
pub struct Arguments {
    /// The notification's key or its reference, as `ops held` and `ops status` show them.
    #[arg(value_name = "KEY|REFERENCE", group = "which", conflicts_with = "held_unsent")]
    notification: Option<String>,
    /// The order's number: of a key that isn't unique among what is held, or of all that are held of one order.
    #[arg(long, value_name = "NUMBER", group = "which", conflicts_with = "held_unsent")]
    order: Option<String>,
    /// Everything that is held and was certainly not sent.
    #[arg(long, group = "which")]
    held_unsent: bool,
    /// Also what was accepted or may have been sent: its customer may be told twice.
    #[arg(long)]
    although_it_may_be_sent_twice: bool,
    /// Also what is older than the catalogue's `max_age`, if it was certainly not sent. It holds until the notification has its
    /// outcome, however long it has to wait before.
    #[arg(long)]
    although_late: bool,
    /// Does it; else it is only said what would be done.
    #[arg(long)]
    apply: bool,
}

/// The state of the command.
struct Desk<'a> {
    arguments: &'a Arguments,
    table: Table,
    queue: OrderEventsQueue,
    catalogue: Catalogue,
    /// The operator's name for the record.
    by: String,
    tool: Tool,
}

pub(crate) async fn run(
    arguments: Arguments,
    deployment: &Deployment,
    output: Output,
) -> Result<Exit, Failure> {
    let desk = Desk {
        arguments: &arguments,
        table: deployment.table()?,
        queue: kept::queue(deployment)?,
        catalogue: catalogue::of(deployment)?,
        by: std::env::var("USER").unwrap_or_else(|_| "a person".to_owned()),
        tool: Tool::called_for(deployment.named()),
    };
    let mut done = Vec::new();
    for reference in desk.meant().await? {
        done.push(desk.one(&reference).await?);
    }
    let report = Resent { applied: arguments.apply, notifications: done };
    output.show(&report);
    let all = report.notifications.iter().all(|done| done.refused.is_none());
    Ok(if all { Exit::Fine } else { Exit::Attention })
}

impl Desk<'_> {
    /// The notifications that the arguments select.
    async fn meant(&self) -> Result<Vec<Reference>, Failure> {
        let Arguments { notification, order, .. } = self.arguments;
        if let Some(text) = notification {
            return Ok(vec![target::find(&self.table, text, order.as_deref(), &self.tool).await?]);
        }
        let order = order.as_deref().map(OrderNumber::parse).transpose().map_err(Failure::usage)?;
        let held = self.table.held().await?.into_iter().map(|open| open.what);
        let mut meant = Vec::new();
        for reference in held.filter(|held| order.as_ref().is_none_or(|order| held.order == *order)) {
            let record = self.table.notification(&reference).await?;
            let is_unsent = record.is_some_and(|record| record.held_as() == Some(Held::Unsent));
            if is_unsent || !self.arguments.held_unsent {
                meant.push(reference);
            }
        }
        Ok(meant)
    }

    async fn one(&self, reference: &Reference) -> Result<Done, Failure> {
        let Some(view) = self.table.notification_row(reference).await? else {
            return Err(target::unknown(reference, &self.tool));
        };
        let now = Timestamp::now();
        let done = |refused, next| Done {
            order: reference.order.to_string(),
            notification: view.notification.clone(),
            key: reference.key.to_string(),
            was: view.record.state,
            told: told::sentence(&view, now),
            refused,
            next,
        };
        let Arguments { although_it_may_be_sent_twice: twice, although_late: late, .. } = *self.arguments;
        let accepting = AcceptedRisks { twice, late };
        let next = match resend(&view.record, accepting, &self.by, now) {
            Resend::Move(next) => next,
            Resend::MayBeSentTwice => return Ok(done(Some(Why::MayBeSentTwice), None)),
            Resend::InProgress => return Ok(done(Some(Why::UnderWay), None)),
            Resend::Suppressed => return Ok(done(Some(Why::of_suppressed(&view.record)), None)),
        };
        if let Some(why) = self.too_late(&view, now) {
            return Ok(done(Some(why), None));
        }
        let event = self.table.unfinished_event(reference).await?;
        if self.arguments.apply {
            if let Some(event) = &event {
                kept::take(&self.table, reference, event, now).await?;
            }
            if self.table.move_record(reference, &view.record, &next, now).await? != Written::Done {
                return Ok(done(Some(Why::Overtaken), None));
            }
            if let Some(event) = &event {
                kept::put_back(&self.queue, reference, event).await?;
            }
        }
        let by_itself = event.is_some();
        Ok(done(None, (!by_itself).then(|| told::of_let_go(&view, &self.tool))))
    }

    fn too_late(&self, view: &NotificationRow, now: Timestamp) -> Option<Why> {
        let entry = self.catalogue.entries().iter().find(|entry| entry.name == view.notification)?;
        let max_age = SignedDuration::try_from(entry.max_age).unwrap_or(SignedDuration::MAX);
        if now.duration_since(view.event_time) <= max_age {
            return None;
        }
        let is_unsure = view.record.unclear || view.record.state == shared::protocol::State::Accepted;
        match (self.arguments.although_late, is_unsure) {
            (true, true) => Some(Why::LateAndUnclear),
            (true, false) => None,
            (false, _) => Some(Why::Late),
        }
    }
}
