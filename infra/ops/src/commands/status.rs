//! `ops status`: the outcome of an order's notifications, with reasons.

mod report;

use clap::Args;
use jiff::Timestamp;
use shared::message::OrderNumber;
use shared::table::{NotificationRow, Table};

use crate::catalogue;
use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::invalid_events::{self, InvalidEvent};
use crate::next::Tool;
use crate::output::Output;
use crate::words;

use report::{KnownNotification, KnownOrder, Statuses};

/// Tells what became of an order's notifications, and why.
///
/// Reads the table and writes nothing: each notification of the order with its outcome, its provider, template, message ids
/// and every time and reason that is known; how far the order's statuses are; and what a person can do, where there is
/// something. Invalid events about the order are told too.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ops status 10482 --local\n  ops status 10482 --json --local")]
pub struct Arguments {
    /// The order's number, as the shop writes it.
    #[arg(value_name = "ORDER")]
    order: String,
}

pub(crate) async fn run(
    arguments: &Arguments,
    deployment: &Deployment,
    output: Output,
) -> Result<Exit, Failure> {
    let order = OrderNumber::parse(&arguments.order).map_err(Failure::usage)?;
    let (table, tool) = (deployment.table()?, Tool::called_for(deployment.named()));
    let views = table.order(&order).await?;
    let invalid = invalid_events::about(&table, &catalogue::of(deployment)?, &order).await?;
    if views.is_empty() {
        return Err(nothing(&order, &invalid, &tool));
    }
    output.show(&report(&table, &order, &views, invalid, &tool).await?);
    Ok(Exit::Fine)
}

async fn report(
    table: &Table,
    order: &OrderNumber,
    views: &[NotificationRow],
    invalid: Vec<InvalidEvent>,
    tool: &Tool,
) -> Result<KnownOrder, Failure> {
    let statuses = Statuses::of(&table.progress(order).await?);
    let now = Timestamp::now();
    let notifications =
        views.iter().map(|view| KnownNotification::of(view, statuses.as_ref(), tool, now)).collect();
    Ok(KnownOrder { order: order.clone(), notifications, progress: statuses, invalid_events: invalid })
}

/// The failure if an order has no notification, with possible reasons.
fn nothing(order: &OrderNumber, invalid: &[InvalidEvent], tool: &Tool) -> Failure {
    let Some(newest) = invalid.last() else {
        let invalid = tool.line(&["invalid", "list"]);
        return Failure::not_found(format!("nothing is known of order {order}: it has no notification")).with_remedy(
            format!(
                "check the number; else its event was ignored (nothing in the catalogue listens to it), has not come yet, is \
                 older than 90 days, or was invalid without a readable order number: {invalid}"
            ),
        );
    };
    let events = words::count(invalid.len(), "event");
    let was = if invalid.len() == 1 { "was" } else { "were" };
    Failure::not_found(format!("order {order} has no notification, because {events} about it {was} invalid"))
        .with_remedy(format!("see what is wrong: {}", tool.line(&["invalid", "show", &newest.event_id])))
}

#[cfg(test)]
mod tests {
    use shared::fault::Fault;

    use super::*;
    use crate::deployment::Named;

    #[test]
    fn an_order_without_notifications_leads_to_its_invalid_event_where_there_is_one() {
        let tool = Tool::called_for(&Named::Local(4600));
        let order = OrderNumber::parse("10491").unwrap();
        let unknown = nothing(&order, &[], &tool);
        assert_eq!(unknown.exit(), Exit::NotFound);
        assert!(unknown.remedy().unwrap().ends_with("ops invalid list --local=4600"));

        let event = InvalidEvent {
            event_id: "e-1".to_owned(),
            received_at: Timestamp::UNIX_EPOCH,
            notification: None,
            order: Some(order.clone()),
            faults: vec![Fault::new("detail", "is missing")],
        };
        let invalid = nothing(&order, &[event], &tool);
        assert_eq!(
            invalid.problem(),
            "order 10491 has no notification, because 1 event about it was invalid"
        );
        assert!(invalid.remedy().unwrap().ends_with("ops invalid show e-1 --local=4600"));
    }
}
