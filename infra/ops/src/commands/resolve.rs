//! `ops resolve`: settles a held notification with an operator's finding.

mod report;

use clap::{Args, ValueEnum};
use jiff::{SignedDuration, Timestamp};
use shared::message::{MessageId, MessageKey, Reference};
use shared::protocol::{Finding, Record, Resolution, Step, is_released, resolve};
use shared::table::{NotificationRow, Table, Written};

use crate::catalogue;
use crate::commands::{kept, target};
use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::next::Tool;
use crate::output::Output;
use crate::provider_name::ProviderName;
use crate::told;

use report::Resolved;

/// Settles a held notification by what you have found out.
///
/// `--as sent` makes it accepted: its event is never sent again, and a `Notification Accepted` is published. With
/// `--message-id` the id leads to the order from then on, and what is reported about it counts.
///
/// `--as not-sent` lets it go: it goes out when its event comes again, and not before. An event that the table keeps is put on
/// the queue at once; else bring it, as the command says. Where it doesn't come, the notification is held again after `STUCK_AFTER`. If it was sent after all, the customer is told twice.
///
/// Writes the notification's record, on the condition that it is still held; with an id, the message's item before that, and of
/// an order's status that was sent, the order's progress, so that no older status follows it.
/// A callback that is faster wins, and the command says what is there now.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    ops resolve <KEY> --as not-sent --dry-run --local\n  \
    ops resolve <REFERENCE> --as sent --dry-run --local\n  \
    ops resolve <KEY> --as sent --message-id wamid.HBgLMTIwMjU1NTAxMDAVAgARGBI2AA== --dry-run --local")]
pub struct Arguments {
    /// The notification's key or its reference, as `ops held` and `ops status` show them.
    #[arg(value_name = "KEY|REFERENCE")]
    notification: String,
    /// What you have found out.
    #[arg(long = "as", value_name = "FINDING")]
    finding: Found,
    /// The order's number, where the key alone is given and isn't unique among what is held.
    #[arg(long, value_name = "NUMBER")]
    order: Option<String>,
    /// The message's id at the provider, where you have found it.
    #[arg(long, value_name = "ID")]
    message_id: Option<String>,
    /// The provider whose id it is; else the one that was asked last.
    #[arg(long, requires = "message_id")]
    provider: Option<ProviderName>,
    /// Says what would be done, and does nothing.
    #[arg(long)]
    dry_run: bool,
}

/// What a person can find out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Found {
    /// The provider has the message, or the customer has got it.
    Sent,
    /// Neither has it.
    NotSent,
}

pub(crate) async fn run(
    arguments: Arguments,
    deployment: &Deployment,
    output: Output,
) -> Result<Exit, Failure> {
    let (table, tool) = (deployment.table()?, Tool::called_for(deployment.named()));
    let reference = target::find(&table, &arguments.notification, arguments.order.as_deref(), &tool).await?;
    let Some(view) = table.notification_row(&reference).await? else {
        return Err(target::unknown(&reference, &tool));
    };
    let finding = finding(&arguments, &view.record)?;
    let now = Timestamp::now();
    let next = match resolve(&view.record, &finding, now) {
        Resolution::Move(next) => next,
        Resolution::NotHeld(_) => return Err(not_held(&view, &tool)),
    };
    let message = known_message(&finding);
    if let Some(message) = message {
        is_free(&table, message, &reference).await?;
    }
    let event = table.unfinished_event(&reference).await?;
    if !arguments.dry_run {
        match &finding {
            Finding::Sent(_) => tell_progress(&table, &view, &tool).await?,
            Finding::NotSent => {
                if let Some(event) = &event {
                    kept::take(&table, &reference, event, now).await?;
                }
            }
        }
        write(&table, &view, &next, message, &tool).await?;
        match (&finding, &event) {
            (_, None) => {}
            // The event contains personal data, and is no longer needed.
            (Finding::Sent(_), Some(_)) => table.delete_event(&reference).await?,
            (Finding::NotSent, Some(event)) => {
                kept::put_back(&kept::queue(deployment)?, &reference, event).await?;
            }
        }
    }
    let report = Resolved {
        order: reference.order.to_string(),
        notification: view.notification.clone(),
        key: reference.key.to_string(),
        was: view.record.state,
        is: next.state,
        provider: next.provider,
        message_id: message.map(|message| message.id.clone()),
        dry_run: arguments.dry_run,
        next: report::next(&finding, &view, event.is_some(), max_age(deployment, &view)?, &tool, now),
    };
    output.show(&report);
    Ok(Exit::Fine)
}

/// The operator's finding, with the message id if it is given.
fn finding(arguments: &Arguments, record: &Record) -> Result<Finding, Failure> {
    match (arguments.finding, &arguments.message_id) {
        (Found::NotSent, Some(_)) => Err(Failure::usage("what was not sent has no message id")),
        (Found::NotSent, None) => Ok(Finding::NotSent),
        (Found::Sent, None) => Ok(Finding::Sent(None)),
        (Found::Sent, Some(id)) => {
            let id = MessageId::parse(id).map_err(Failure::usage)?;
            let provider = arguments.provider.map(Into::into).or(record.provider).ok_or_else(|| {
                Failure::usage("nobody is known to have been asked: whose id is it?")
                    .with_remedy("name the provider: --provider onemsg, kaleyra or meta")
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

/// An id that belongs to another notification is probably a typing error.
async fn is_free(table: &Table, message: &MessageKey, reference: &Reference) -> Result<(), Failure> {
    let known = table.message(message).await?.and_then(|image| image.reference);
    match known.filter(|known| known != reference) {
        None => Ok(()),
        Some(other) => Err(Failure::usage(format!(
            "this message of {} tells of order {} and not of order {}; nothing was written",
            message.provider.title(),
            other.order,
            reference.order
        ))
        .with_remedy("check the id")),
    }
}

/// Records an order's status as sent in the order's progress, before the notification's record. A status that counts as
/// sent and is still held does no harm; a sent status that doesn't count would let an older one follow it.
async fn tell_progress(table: &Table, view: &NotificationRow, tool: &Tool) -> Result<(), Failure> {
    let reference = &view.reference;
    let Some(status) = view.order_status else { return Ok(()) };
    let step = Step { key: reference.key.clone(), status, time: view.event_time };
    loop {
        let (progress, now) = (table.progress(&reference.order).await?, Timestamp::now());
        // The concurrent sender writes the progress when it has finished, and its write would fail.
        if progress.is_busy(now) {
            let order = &reference.order;
            return Err(Failure::usage(format!(
                "nothing was written: another status of order {order} is being sent"
            ))
            .with_remedy(format!("in a minute, once more; {}", tool.line(&["status", order.as_str()]))));
        }
        let Some(next) = progress.with_found_sent(&step) else { return Ok(()) };
        if table.move_progress(&reference.order, &progress, &next, now).await? == Written::Done {
            return Ok(());
        }
    }
}

/// Writes the mapping from the message to its order first: after the acceptance no other component would write it.
/// Stores the message item last, as the sender does: for callbacks it proves that the notification is settled.
async fn write(
    table: &Table,
    view: &NotificationRow,
    next: &Record,
    message: Option<&MessageKey>,
    tool: &Tool,
) -> Result<(), Failure> {
    let (reference, now) = (&view.reference, Timestamp::now());
    if let Some(message) = message {
        table.map_message(message, reference, &view.notification, now).await?;
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
        table.store_message(message, reference, &view.notification, ask_at, now).await?;
    }
    Ok(())
}

/// The failure if the notification has nothing to settle, or no longer has.
fn not_held(view: &NotificationRow, tool: &Tool) -> Failure {
    let told = told::sentence(view, Timestamp::now());
    let (order, state) = (&view.reference.order, view.record.state);
    let why = if is_released(&view.record) {
        "a person has settled it already"
    } else if state.is_terminal() {
        "it has its outcome"
    } else {
        "a machine is still at it, and leaves to a person what it can't settle: it is held then"
    };
    Failure::usage(format!(
        "nothing was written: {} of order {order} is not held, so that there is nothing to settle. It is {state}: {why}\n{told}",
        view.notification
    ))
    .with_remedy(tool.line(&["status", order.as_str()]))
}

/// The maximum age of its event at the send; none if the catalogue no longer contains the notification.
fn max_age(deployment: &Deployment, view: &NotificationRow) -> Result<Option<SignedDuration>, Failure> {
    let catalogue = catalogue::of(deployment)?;
    let entry = catalogue.entries().iter().find(|entry| entry.name == view.notification);
    Ok(entry.and_then(|entry| SignedDuration::try_from(entry.max_age).ok()))
}
