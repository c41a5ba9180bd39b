//! `ops status`: the outcomes of an order's notifications, with the reasons.

mod report;

use std::collections::BTreeSet;

use clap::Args;
use jiff::Timestamp;
use shared::message::{OrderId, OrderNumber, Sender};
use shared::table::{NotificationRow, Table};

use crate::accounts::Accounts;
use crate::catalogue;
use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::followers::Followers;
use crate::invalid_events::{self, InvalidEvent};
use crate::labels;
use crate::next::Tool;
use crate::order_id;
use crate::outcome;
use crate::output::Output;

use report::{KnownNotification, KnownOrder, Statuses};

/// Shows the outcomes of an order's notifications, with the reasons.
///
/// Shows each notification's outcome, provider, template, message ids, times and reasons, the messages that followed it,
/// and the operator's next step if there is one; the progress of the order's statuses; and invalid events about the order.
/// Only reads the table, and for an unknown order the names of the senders in the credentials secret.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ops status 10482 --local\n  ops status 10482 --json --local")]
pub struct Arguments {
    /// The order's number, as the shop writes it.
    #[arg(value_name = "ORDER")]
    order: String,
    /// The sender that counts its orders this way [default: the default sender].
    #[arg(long, value_name = "NAME")]
    sender: Option<Sender>,
}

pub(crate) async fn run(
    arguments: &Arguments,
    deployment: &Deployment,
    output: Output,
) -> Result<Exit, Failure> {
    let number = OrderNumber::parse(&arguments.order).map_err(Failure::usage)?;
    let order = OrderId { sender: arguments.sender.clone(), number };
    let (table, tool) = (deployment.table()?, Tool::for_deployment(deployment.named()));
    let views = table.order(&order).await?;
    let invalid = invalid_events::about(&table, &catalogue::for_deployment(deployment)?, &order).await?;
    if views.is_empty() {
        let others = others(deployment, &table, &order).await?;
        return Err(not_found(&order, &invalid, &others, &tool));
    }
    output.show(&report(&table, &order, &views, invalid, &tool).await?);
    Ok(Exit::Fine)
}

async fn report(
    table: &Table,
    order: &OrderId,
    views: &[NotificationRow],
    invalid: Vec<InvalidEvent>,
    tool: &Tool,
) -> Result<KnownOrder, Failure> {
    let now = Timestamp::now();
    let statuses = Statuses::new(&table.settled_progress(order, now).await?);
    let mut notifications = Vec::with_capacity(views.len());
    for view in views {
        // Only the event of a message that is lost is of interest here.
        let event = if outcome::is_lost(view) {
            table.unfinished_event(&view.reference.first()).await?
        } else {
            None
        };
        let due_at = event.map(|event| event.since(now));
        let followers = Followers::new(view, views, due_at, |row| outcome::summary(row, now));
        notifications.push(KnownNotification::new(view, &followers, statuses.as_ref(), tool, now));
    }
    Ok(KnownOrder { order: order.clone(), notifications, progress: statuses, invalid_events: invalid })
}

/// The orders of other senders with this number. The senders are those of the credentials secret, if it can be read, and those
/// of held notifications.
async fn others(deployment: &Deployment, table: &Table, order: &OrderId) -> Result<Vec<OrderId>, Failure> {
    let named = Accounts::default_sender(deployment).senders().await.unwrap_or_default();
    let held = table.held().await?.into_iter().map(|open| open.what.order.sender);
    let senders: BTreeSet<Option<Sender>> = named.into_iter().chain(held).chain([None]).collect();
    let mut found = Vec::new();
    for sender in senders.into_iter().filter(|sender| *sender != order.sender) {
        let other = OrderId { sender, number: order.number.clone() };
        if !table.order(&other).await?.is_empty() {
            found.push(other);
        }
    }
    Ok(found)
}

/// The failure if an order has no notification, with possible reasons.
fn not_found(order: &OrderId, invalid: &[InvalidEvent], others: &[OrderId], tool: &Tool) -> Failure {
    let shown = order_id::plain(order);
    if !others.is_empty() {
        let name = |sender: &Option<Sender>| {
            sender.as_ref().map_or_else(|| "the default sender".to_owned(), |it| format!("the sender {it}"))
        };
        let names: Vec<String> = others.iter().map(|other| name(&other.sender)).collect();
        let commands: Vec<String> = others.iter().map(|other| tool.status(other)).collect();
        let (own, has) = (name(&order.sender), if others.len() == 1 { "has" } else { "have" });
        return Failure::not_found(format!(
            "{own} has no order {order} with a notification, but {} {has}",
            names.join(" and ")
        ))
        .with_remedy(format!("show it: {}", commands.join("; ")));
    }
    let Some(newest) = invalid.last() else {
        let invalid = tool.line(&["invalid", "list"]);
        return Failure::not_found(format!("order {shown} has no notification")).with_remedy(
            format!(
                "check the number; or its event was ignored (no catalogue entry matches it), has not arrived yet, is \
                 older than 90 days, or was invalid without a readable order number: {invalid}"
            ),
        );
    };
    let events = labels::count(invalid.len(), "event");
    let was = if invalid.len() == 1 { "was" } else { "were" };
    Failure::not_found(format!("order {shown} has no notification, because {events} about it {was} invalid"))
        .with_remedy(format!("show the faults: {}", tool.line(&["invalid", "show", &newest.event_id])))
}

#[cfg(test)]
mod tests {
    use shared::fault::Fault;

    use super::*;
    use crate::deployment::Named;

    #[test]
    fn an_order_without_notifications_names_its_invalid_event() {
        let tool = Tool::for_deployment(&Named::Local(4600));
        let order: OrderId = OrderNumber::parse("10491").unwrap().into();
        let unknown = not_found(&order, &[], &[], &tool);
        assert_eq!(unknown.exit(), Exit::NotFound);
        assert!(unknown.remedy().unwrap().ends_with("ops invalid list --local=4600"));

        let event = InvalidEvent {
            event_id: "e-1".to_owned(),
            received_at: Timestamp::UNIX_EPOCH,
            notification: None,
            order: Some(order.clone()),
            faults: vec![Fault::new("detail", "is missing")],
        };
        let invalid = not_found(&order, &[event], &[], &tool);
        assert_eq!(
            invalid.problem(),
            "order 10491 has no notification, because 1 event about it was invalid"
        );
        assert!(invalid.remedy().unwrap().ends_with("ops invalid show e-1 --local=4600"));
    }

    #[test]
    fn an_order_of_another_sender_is_named_with_its_command() {
        let tool = Tool::for_deployment(&Named::Local(4600));
        let order = |sender: Option<&str>| OrderId {
            sender: sender.map(|name| Sender::parse(name).unwrap()),
            number: OrderNumber::parse("10491").unwrap(),
        };
        let of_acme = not_found(&order(None), &[], &[order(Some("acme"))], &tool);
        assert_eq!(
            of_acme.problem(),
            "the default sender has no order 10491 with a notification, but the sender acme has"
        );
        assert_eq!(of_acme.remedy().unwrap(), "show it: ops status 10491 --sender acme --local=4600");
        let unknown = not_found(&order(Some("beta")), &[], &[], &tool);
        assert_eq!(unknown.problem(), "order 10491 of beta has no notification");
    }
}
