//! The report of a resolution, with the operator's next step.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use shared::message::{MessageId, OrderId};
use shared::protocol::{Finding, State};
use shared::provider::Provider;
use shared::table::NotificationRow;

use crate::next::{Next, Tool};
use crate::order_id;
use crate::outcome;
use crate::output::{Report, style};

#[derive(Debug, Serialize)]
pub(in crate::commands) struct Resolved {
    #[serde(flatten)]
    pub(super) order: OrderId,
    pub(super) notification: String,
    pub(super) key: String,
    pub(super) was: State,
    pub(super) is: State,
    pub(super) provider: Option<Provider>,
    pub(super) message_id: Option<MessageId>,
    pub(super) dry_run: bool,
    pub(in crate::commands) next: Next,
}

pub(super) fn next(
    finding: &Finding,
    view: &NotificationRow,
    is_stored: bool,
    max_age: Option<SignedDuration>,
    tool: &Tool,
    now: Timestamp,
) -> Next {
    let status = tool.status(&view.reference.order);
    match finding {
        Finding::Sent(Some(_)) => {
            Next::with("delivery reports about the message are recorded from now on", [status])
        }
        Finding::Sent(None) => Next::with("without the message id, the delivery can't be tracked", [status]),
        Finding::NotSent => match max_age {
            None => Next::with("it won't be sent: the catalogue no longer has this notification", [status]),
            Some(max_age) if now.duration_since(view.event_time) > max_age => Next::with(
                "it won't be sent: its event is older than the catalogue's max_age. Contact the customer in another way",
                [status],
            ),
            Some(_) if is_stored => {
                Next::with("it is sent now: its stored event was put on the queue", [status])
            }
            Some(_) => outcome::after_release(view, tool),
        },
    }
}

impl Resolved {
    /// What was written, or would be.
    pub(in crate::commands) fn lines(&self) -> Vec<String> {
        let Self { order, notification, was, is, .. } = self;
        let (held, written) = if self.dry_run { ("is", "would be") } else { ("was", "is now") };
        let by = self.provider.filter(|_| *is == State::Accepted).map(|by| format!(" by {}", by.title()));
        let mut lines = vec![format!(
            "{} of order {}: {held} {was}, {written} {}{}",
            style::strong(notification),
            order_id::shown(order),
            style::good(is),
            by.unwrap_or_default()
        )];
        if let Some(id) = &self.message_id {
            lines.push(format!("  {}  {}", style::weak("message"), id.as_str()));
        }
        lines
    }
}

impl Report for Resolved {
    fn text(&self) -> String {
        let mut lines = self.lines();
        if self.dry_run {
            lines.push(style::pending("Nothing was written: --dry-run."));
        } else {
            lines.extend(self.next.lines());
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use shared::message::Reference;
    use shared::metric_names::MetricNames;
    use shared::protocol::Record;

    use super::*;
    use crate::deployment::Named;

    const NOW: Timestamp = Timestamp::constant(1_795_165_200, 0);

    fn next_step(
        finding: &Finding,
        hours_ago: i64,
        max_age: Option<SignedDuration>,
        is_stored: bool,
    ) -> Next {
        let view = NotificationRow {
            reference: Reference::parse("notification/k/10482").unwrap(),
            notification: "order-cancelled".into(),
            template: None,
            language: None,
            names: MetricNames::default(),
            event_time: NOW - SignedDuration::from_hours(hours_ago),
            order_status: None,
            created_at: None,
            updated_at: NOW,
            record: Record { state: State::Held, attempt: 1, unclear: true, ..Record::untried("") },
            requests: Some(1),
            answers: Vec::new(),
            messages: Vec::new(),
        };
        next(finding, &view, is_stored, max_age, &Tool::for_deployment(&Named::Environment), NOW)
    }

    #[test]
    fn a_release_needs_the_event_back_unless_it_is_stored_too_old_or_not_in_the_catalogue() {
        let day = Some(SignedDuration::from_hours(24));
        let fresh = next_step(&Finding::NotSent, 1, day, false);
        assert_eq!(
            fresh.commands,
            ["ops replay --from 2026-11-20T07:58:00Z --to 2026-11-20T08:02:00Z", "ops send event.json"]
        );
        assert_eq!(
            next_step(&Finding::NotSent, 1, day, true).commands,
            ["ops status 10482"],
            "its event is on the queue"
        );
        assert!(
            next_step(&Finding::NotSent, 25, day, true).what.contains("older than the catalogue's max_age")
        );
        assert!(next_step(&Finding::NotSent, 1, None, false).what.contains("no longer has"));
        assert!(next_step(&Finding::Sent(None), 1, day, true).what.contains("can't be tracked"));
    }
}
