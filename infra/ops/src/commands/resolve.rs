//! `ops resolve`: settles a held notification.

mod report;

use clap::{Args, ValueEnum};
use jiff::{SignedDuration, Timestamp};
use shared::message::{MessageId, MessageKey, Reference, Sender};
use shared::protocol::{Finding, Record, Resolution, Step, is_released, resolve};
use shared::sender_scope::SenderScope;
use shared::table::{NotificationRow, Table, Written};

use crate::catalogue;
use crate::commands::{stored_event, target};
use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::next::Tool;
use crate::order_id;
use crate::outcome;
use crate::output::Output;
use crate::provider_name::ProviderName;

pub(super) use report::Resolved;

/// Settles a held notification with your finding.
///
/// `--as sent` marks it as accepted: it is never sent again, and `Notification Accepted` is published. With `--message-id`,
/// delivery reports about that message are assigned to the notification.
///
/// `--as not-sent` releases it: it is sent when its event comes again. A stored event is put on the queue at once; otherwise
/// the command shows how to bring the event back. If the event doesn't come, the notification is held again after
/// `STUCK_AFTER`. If the message was sent after all, the customer gets it twice.
///
/// Writes the notification's record if it is still held, the message's item if an id is given, and for a sent order status
/// the order's progress, so that no older status follows it. If a callback settles the notification first, nothing is
/// written and the command shows its state.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    ops resolve <KEY> --as not-sent --dry-run --local\n  \
    ops resolve <REFERENCE> --as sent --dry-run --local\n  \
    ops resolve <KEY> --as sent --message-id wamid.HBgLMTIwMjU1NTAxMDAVAgARGBI2AA== --dry-run --local")]
pub struct Arguments {
    /// The notification's key or its reference, as `ops held` and `ops status` show them.
    #[arg(value_name = "KEY|REFERENCE")]
    pub(in crate::commands) notification: String,
    /// Whether the message was sent.
    #[arg(long = "as", value_name = "FINDING")]
    pub(in crate::commands) finding: Found,
    /// The order's number, required if several held notifications have the key.
    #[arg(long, value_name = "NUMBER")]
    pub(in crate::commands) order: Option<String>,
    /// The sender of the order [default: with --order, the default sender].
    #[arg(long, value_name = "NAME")]
    pub(in crate::commands) sender: Option<Sender>,
    /// The message's id at the provider.
    #[arg(long, value_name = "ID")]
    pub(in crate::commands) message_id: Option<String>,
    /// The provider of the message id [default: the provider of the last attempt].
    #[arg(long, requires = "message_id")]
    pub(in crate::commands) provider: Option<ProviderName>,
    /// Shows the result without writing.
    #[arg(long)]
    pub(in crate::commands) dry_run: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Found {
    /// The provider or the customer has the message.
    Sent,
    /// Neither the provider nor the customer has the message.
    NotSent,
}

pub(crate) async fn run(
    arguments: Arguments,
    deployment: &Deployment,
    output: Output,
) -> Result<Exit, Failure> {
    output.show(&settle(&arguments, deployment).await?);
    Ok(Exit::Fine)
}

/// Settles the notification, or with `dry_run` reports what would be written.
pub(super) async fn settle(arguments: &Arguments, deployment: &Deployment) -> Result<Resolved, Failure> {
    let (table, tool) = (deployment.table()?, Tool::for_deployment(deployment.named()));
    let order = target::Order { number: arguments.order.as_deref(), sender: arguments.sender.as_ref() };
    let reference = target::find(&table, &arguments.notification, order, &tool).await?;
    let Some(view) = table.notification_row(&reference).await? else {
        return Err(target::unknown(&reference, &tool));
    };
    let finding = finding(arguments, &view.record)?;
    let now = Timestamp::now();
    let next = match resolve(&view.record, &finding, now) {
        Resolution::Move(next) => next,
        Resolution::NotHeld(_) => return Err(not_held(&view, &tool)),
    };
    let message = known_message(&finding);
    if let Some(message) = message {
        check_unassigned(&table, message, &reference).await?;
    }
    let event = stored_event::find(&table, &reference).await?;
    if !arguments.dry_run {
        match &finding {
            Finding::Sent(_) => {
                record_progress(&table, &view, &tool).await?;
                if let Some((sent, provider)) = next.accepted_reference() {
                    table.remember_reference(&reference.order, sent, provider, now).await?;
                }
            }
            Finding::NotSent => {
                if let Some((stored, event)) = &event {
                    stored_event::take(&table, stored, event, now).await?;
                }
            }
        }
        write(&table, &view, &next, message, &tool).await?;
        match (&finding, &event) {
            (_, None) => {}
            // The event contains personal data, and is no longer needed.
            (Finding::Sent(_), Some((stored, event))) if event.awaited.is_none() => {
                table.delete_event(stored).await?;
            }
            // "Sent" is not "arrived": order-notifier decides what follows.
            (Finding::Sent(_) | Finding::NotSent, Some((stored, event))) => {
                stored_event::put_back(&stored_event::queue(deployment)?, stored, event).await?;
            }
        }
    }
    Ok(Resolved {
        order: reference.order.clone(),
        notification: view.notification.clone(),
        key: reference.key.to_string(),
        was: view.record.state,
        is: next.state,
        provider: next.provider,
        message_id: message.map(|message| message.id.clone()),
        dry_run: arguments.dry_run,
        next: report::next(&finding, &view, event.is_some(), max_age(deployment, &view)?, &tool, now),
    })
}

/// The operator's finding, with the message id if it is given.
fn finding(arguments: &Arguments, record: &Record) -> Result<Finding, Failure> {
    match (arguments.finding, &arguments.message_id) {
        (Found::NotSent, Some(_)) => Err(Failure::usage("--message-id can't be used with --as not-sent")),
        (Found::NotSent, None) => Ok(Finding::NotSent),
        (Found::Sent, None) => Ok(Finding::Sent(None)),
        (Found::Sent, Some(id)) => {
            let id = MessageId::parse(id).map_err(Failure::usage)?;
            let provider = arguments.provider.map(Into::into).or(record.provider).ok_or_else(|| {
                Failure::usage("the provider of the message id is unknown")
                    .with_remedy("add --provider onemsg, kaleyra or meta")
            })?;
            Ok(Finding::Sent(Some(MessageKey { provider, id })))
        }
    }
}

fn known_message(finding: &Finding) -> Option<&MessageKey> {
    match finding {
        Finding::Sent(message) => message.as_ref(),
        Finding::NotSent => None,
    }
}

/// Fails if the message belongs to another notification: the id is probably mistyped.
async fn check_unassigned(table: &Table, message: &MessageKey, reference: &Reference) -> Result<(), Failure> {
    let known = table.message(message).await?.and_then(|image| image.reference);
    match known.filter(|known| known != reference) {
        None => Ok(()),
        Some(other) => Err(Failure::usage(format!(
            "this {} message belongs to order {}, not to order {}; nothing was written",
            message.provider.title(),
            order_id::plain(&other.order),
            order_id::plain(&reference.order)
        ))
        .with_remedy("check the id")),
    }
}

/// Records the order status as sent in the order's progress, before the notification's record is written. If the command
/// stops in between, the status counts as sent and is still held, which does no harm; in the other order, an older status
/// could follow it.
async fn record_progress(table: &Table, view: &NotificationRow, tool: &Tool) -> Result<(), Failure> {
    let reference = &view.reference;
    let Some(status) = view.order_status else { return Ok(()) };
    let step = Step { key: reference.key.clone(), status, time: view.event_time };
    loop {
        let (progress, now) = (table.progress(&reference.order).await?, Timestamp::now());
        // A concurrent sender writes the progress when it has finished; a write here would make that fail.
        if progress.is_busy(now) {
            let order = &reference.order;
            return Err(Failure::usage(format!(
                "nothing was written, because another status of order {} is being sent",
                order_id::plain(order)
            ))
            .with_remedy(format!("try again in a minute; {}", tool.status(order))));
        }
        let Some(next) = progress.with_found_sent(&step) else { return Ok(()) };
        if table.move_progress(&reference.order, &progress, &next, now).await? == Written::Done {
            return Ok(());
        }
    }
}

/// Writes the mapping from the message to its order first, because no other component writes it after the acceptance.
/// Writes the message item last, as order-notifier does: to callbacks it proves that the notification is settled.
async fn write(
    table: &Table,
    view: &NotificationRow,
    next: &Record,
    message: Option<&MessageKey>,
    tool: &Tool,
) -> Result<(), Failure> {
    let (reference, now) = (&view.reference, Timestamp::now());
    if let Some(message) = message {
        let scope = SenderScope::only(reference.order.sender.as_ref());
        table.map_message(message, reference, &view.notification, &view.names, &scope, now).await?;
    }
    if table.move_record(reference, &view.record, next, now).await? != Written::Done {
        return Err(match table.notification_row(reference).await? {
            Some(now_there) => not_held(&now_there, tool),
            None => target::unknown(reference, tool),
        });
    }
    if let Some(message) = message {
        // All earlier reports are stored; the next sweep polls a provider that can be polled.
        let ask_at = message.provider.supports_polling().then_some(now);
        table.store_message(message, reference, &view.notification, &view.names, ask_at, now).await?;
    }
    Ok(())
}

/// The failure for a notification that is not held, or no longer.
fn not_held(view: &NotificationRow, tool: &Tool) -> Failure {
    let summary = outcome::summary(view, Timestamp::now());
    let (order, state) = (&view.reference.order, view.record.state);
    let why = if is_released(&view.record) {
        "an operator has released it already"
    } else if state.is_terminal() {
        "it has an outcome"
    } else {
        "it is still being processed, and will be held if it needs an operator"
    };
    Failure::usage(format!(
        "nothing was written, because {} of order {} is not held. It is {state}: {why}\n{summary}",
        view.notification,
        order_id::plain(order)
    ))
    .with_remedy(tool.status(order))
}

/// None if the catalogue no longer contains the notification.
fn max_age(deployment: &Deployment, view: &NotificationRow) -> Result<Option<SignedDuration>, Failure> {
    let catalogue = catalogue::for_deployment(deployment)?;
    let entry = catalogue.entries().iter().find(|entry| entry.name == view.notification);
    Ok(entry.and_then(|entry| SignedDuration::try_from(entry.max_age).ok()))
}
