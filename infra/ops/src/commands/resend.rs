//! `ops resend`: sends notifications again.

mod report;

use aws_lc_rs::digest::{Context, SHA256};
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use shared::catalogue::Catalogue;
use shared::message::{OrderId, OrderNumber, Reference, Sender};
use shared::protocol::{AcceptedRisks, Held, Resend, resend};
use shared::returned_event::OrderEventsQueue;
use shared::table::{NotificationRow, Table, Written};

use crate::commands::{stored_event, target};
use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::next::Tool;
use crate::output::Output;
use crate::{catalogue, outcome};

use report::{Done, Why};

pub(super) use report::Resent;

/// Sends notifications again.
///
/// A notification that was certainly not sent is sent at once: the command puts a copy of its stored event on the queue of
/// order events. One that was accepted or may have been sent needs `--although-it-may-be-sent-twice`. One whose event is older
/// than the catalogue's `max_age` needs `--although-late`, and must certainly not have been sent. An order status is sent only if no
/// newer one was sent.
///
/// If no event is stored, the notification is released and is sent when its event comes again; the command shows how to bring
/// the event back. Without `--apply` nothing is written.
///
/// Writes the notification's record if it has not changed meanwhile. The record keeps who requested the resend and when;
/// `ops status` shows it.
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
    pub(in crate::commands) notification: Option<String>,
    /// The order's number: with a key, to identify the notification; alone, to select all held notifications of the order.
    #[arg(long, value_name = "NUMBER", group = "which", conflicts_with = "held_unsent")]
    pub(in crate::commands) order: Option<String>,
    /// The sender of the order; with `--held-unsent`, only this sender's notifications [default: the default sender for an order,
    /// all senders with `--held-unsent`].
    #[arg(long, value_name = "NAME")]
    pub(in crate::commands) sender: Option<Sender>,
    /// All held notifications that were certainly not sent.
    #[arg(long, group = "which")]
    pub(in crate::commands) held_unsent: bool,
    /// Also sends a notification that was accepted or may have been sent: the customer may get it twice.
    #[arg(long)]
    pub(in crate::commands) although_it_may_be_sent_twice: bool,
    /// Also sends a certainly unsent notification whose event is older than the catalogue's `max_age`. Valid until the
    /// notification has an outcome.
    #[arg(long)]
    pub(in crate::commands) although_late: bool,
    /// Sends the notifications; without it, the command only shows what it would do.
    #[arg(long)]
    pub(in crate::commands) apply: bool,
}

/// The command's arguments, clients and settings.
struct Resender<'a> {
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
    let report = send_again(&arguments, None, deployment).await?;
    output.show(&report);
    Ok(if report.is_refused() { Exit::Attention } else { Exit::Fine })
}

/// Sends the selected notifications again, or without `apply` reports which would be sent. `expected` is the fingerprint of an
/// earlier report: if other notifications are selected by now, or one of them has changed, nothing is sent.
pub(super) async fn send_again(
    arguments: &Arguments,
    expected: Option<&str>,
    deployment: &Deployment,
) -> Result<Resent, Failure> {
    let resender = Resender {
        arguments,
        table: deployment.table()?,
        queue: stored_event::queue(deployment)?,
        catalogue: catalogue::for_deployment(deployment)?,
        by: std::env::var("USER").unwrap_or_else(|_| "an operator".to_owned()),
        tool: Tool::for_deployment(deployment.named()),
    };
    let selected = resender.select().await?;
    let fingerprint = fingerprint(&selected);
    let apply = arguments.apply && expected.is_none_or(|expected| expected == fingerprint);
    let mut done = Vec::new();
    for view in &selected {
        done.push(resender.resend_one(view, apply).await?);
    }
    Ok(Resent { applied: apply, notifications: done, fingerprint })
}

/// Changes with the selection, and with each change of one of its notifications.
fn fingerprint(selected: &[NotificationRow]) -> String {
    let mut hash = Context::new(&SHA256);
    for NotificationRow { reference, updated_at, record, .. } in selected {
        hash.update(format!("{reference}\n{updated_at} {} {}\n", record.attempt, record.state).as_bytes());
    }
    hex::encode(hash.finish())
}

impl Resender<'_> {
    /// The notifications that the arguments select.
    async fn select(&self) -> Result<Vec<NotificationRow>, Failure> {
        let Arguments { notification, order, sender, .. } = self.arguments;
        if let Some(text) = notification {
            let order = target::Order { number: order.as_deref(), sender: sender.as_ref() };
            let reference = target::find(&self.table, text, order, &self.tool).await?;
            let Some(view) = self.table.notification_row(&reference).await? else {
                return Err(target::unknown(&reference, &self.tool));
            };
            return Ok(vec![view]);
        }
        let number = order.as_deref().map(OrderNumber::parse).transpose().map_err(Failure::usage)?;
        let order = number.map(|number| OrderId { sender: sender.clone(), number });
        let is_selected = |held: &Reference| match &order {
            Some(order) => held.order == *order,
            None => sender.as_ref().is_none_or(|sender| held.order.sender.as_ref() == Some(sender)),
        };
        let held = self.table.held().await?.into_iter().map(|open| open.what);
        let mut selected = Vec::new();
        for reference in held.filter(is_selected) {
            let view = self.table.notification_row(&reference).await?;
            let only_unsent = self.arguments.held_unsent;
            match view {
                Some(view) if !only_unsent || view.record.held_as() == Some(Held::Unsent) => {
                    selected.push(view);
                }
                None if !only_unsent => return Err(target::unknown(&reference, &self.tool)),
                Some(_) | None => {}
            }
        }
        Ok(selected)
    }

    async fn resend_one(&self, view: &NotificationRow, apply: bool) -> Result<Done, Failure> {
        let reference = &view.reference;
        let now = Timestamp::now();
        let done = |refused, next| Done {
            order: reference.order.clone(),
            notification: view.notification.clone(),
            key: reference.key.to_string(),
            was: view.record.state,
            summary: outcome::summary(view, now),
            refused,
            next,
        };
        let Arguments { although_it_may_be_sent_twice: twice, although_late: late, .. } = *self.arguments;
        let risks = AcceptedRisks { twice, late };
        let next = match resend(&view.record, risks, &self.by, now) {
            Resend::Move(next) => next,
            Resend::MayBeSentTwice => return Ok(done(Some(Why::MayBeSentTwice), None)),
            Resend::InProgress => return Ok(done(Some(Why::UnderWay), None)),
            Resend::Suppressed => return Ok(done(Some(Why::of_suppressed(&view.record)), None)),
        };
        if let Some(why) = self.too_late(view, now) {
            return Ok(done(Some(why), None));
        }
        let event = stored_event::find(&self.table, reference).await?;
        if apply {
            if let Some((stored, event)) = &event {
                stored_event::take(&self.table, stored, event, now).await?;
            }
            if self.table.move_record(reference, &view.record, &next, now).await? != Written::Done {
                return Ok(done(Some(Why::Overtaken), None));
            }
            if let Some((stored, event)) = &event {
                stored_event::put_back(&self.queue, stored, event).await?;
            }
        }
        Ok(done(None, event.is_none().then(|| outcome::after_release(view, &self.tool))))
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
