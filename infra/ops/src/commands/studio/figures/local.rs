//! The figures of a local run, from its table.

use std::collections::BTreeSet;

use jiff::Timestamp;
use shared::delivery::FactKind;
use shared::message::Sender;
use shared::protocol::State;
use shared::table::NotificationRow;

use super::model::{Figures, Group, Stage, Window};
use crate::commands::studio::app::App;
use crate::commands::studio::local_run::LocalRun;
use crate::events::{Judgement, judge};
use crate::failure::Failure;
use crate::labels;

const NOTE: &str = "From the table's notifications of all order events that this run has received.";

pub(super) async fn figures(
    app: &App,
    local_run: &LocalRun,
    window: Window,
    now: Timestamp,
) -> Result<Figures, Failure> {
    let (catalogue, key_secret) = (app.catalogue()?, app.key_secret().await?);
    let mut orders = BTreeSet::new();
    for event in local_run.order_events().await? {
        if let Judgement::Notification(notification, _) = judge(&catalogue, event, Some(key_secret), now) {
            orders.insert(notification.reference.order);
        }
    }
    let mut figures = Figures::until(now, window, &[NOTE]);
    let mut groups = ["provider", "sender", "template"].map(|by| Group::by(by, None));
    for order in orders {
        for row in app.table.order(&order).await? {
            count(&mut figures, &mut groups, &row);
        }
    }
    figures.groups.extend(groups);
    Ok(figures)
}

fn count(figures: &mut Figures, groups: &mut [Group; 3], row: &NotificationRow) {
    let provider = labels::provider(row.record.provider);
    let sender = row.reference.order.sender.as_ref().map_or("the default one", Sender::as_str);
    let template = row.template.as_deref().unwrap_or("not known");
    let facts = row.facts();
    let stored = row.messages.iter().filter_map(|message| message.accepted_at).min();
    // A callback can prove the acceptance before a message is stored.
    let accepted = (row.record.state == State::Accepted).then(|| stored.unwrap_or(row.updated_at));
    let reported = FactKind::ALL.map(|kind| {
        let stage = match kind {
            FactKind::Sent => Stage::Sent,
            FactKind::Delivered => Stage::Delivered,
            FactKind::Read => Stage::Read,
            FactKind::Failed => Stage::Failed,
        };
        (stage, facts.at(kind))
    });
    for (stage, at) in std::iter::once((Stage::Accepted, accepted)).chain(reported) {
        let Some(at) = at.filter(|at| figures.covers(*at)) else { continue };
        figures.add(stage, at, 1);
        for (group, name) in groups.iter_mut().zip([provider, sender, template]) {
            group.add(name, stage, 1);
        }
    }
    if let (Some(failure), Some(at)) = (&facts.failure, facts.at(FactKind::Failed))
        && figures.covers(at)
    {
        let reason = labels::coded(&failure.text, failure.code.as_deref());
        *figures.reasons.entry(format!("failed: {reason}")).or_default() += 1;
    }
    let ended = match row.record.state {
        State::Rejected => "rejected",
        State::Suppressed => "suppressed",
        State::Held => "held",
        State::Waiting => "waiting",
        State::Accepted | State::Sending | State::Unknown => return,
    };
    if let Some(reason) = row.record.reason.as_ref().filter(|_| figures.covers(row.updated_at)) {
        *figures.reasons.entry(format!("{ended}: {}", labels::reason(reason))).or_default() += 1;
    }
}
