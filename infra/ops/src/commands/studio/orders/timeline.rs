//! What happened to a notification, in the order of time.

use jiff::Timestamp;
use maud::{Markup, html};
use shared::delivery::FactKind;
use shared::protocol::State;
use shared::table::NotificationRow;

use crate::commands::studio::page::time;
use crate::commands::studio::source_events::SourceEvent;
use crate::labels;

/// One thing that happened, or is due.
struct Moment {
    at: Timestamp,
    /// The class of its mark.
    class: &'static str,
    what: String,
    detail: Option<String>,
}

/// The time line as a list.
pub(super) fn timeline(row: &NotificationRow, event: Option<&SourceEvent<'_>>, now: Timestamp) -> Markup {
    let mut moments = moments(row, event);
    // Providers' times have whole seconds: within one, what has to come first stays first.
    moments.sort_by_key(|moment| moment.at.as_second());
    html! {
        ol.timeline {
            @for Moment { at, class, what, detail } in &moments {
                li.(class) {
                    (time(*at)) " "
                    span { @if *at > now { "expected: " } (what) }
                    @if let Some(detail) = detail { small { (detail) } }
                }
            }
        }
    }
}

fn moments(row: &NotificationRow, event: Option<&SourceEvent<'_>>) -> Vec<Moment> {
    let moment = |at, class, what: &str, detail| Moment { at, class, what: what.to_owned(), detail };
    let text = |name: &str| event?.event.get(name)?.as_str();
    let described = event.map(|_| {
        let (kind, source) = (text("detail-type").unwrap_or("an event"), text("source").unwrap_or("?"));
        format!("{kind} from {source}")
    });
    let mut moments = vec![moment(row.event_time, "event", "The event happened", described)];
    if let Some(at) = row.created_at {
        let attempts = (row.record.attempt > 1).then(|| format!("{} attempts until now", row.record.attempt));
        moments.push(moment(at, "event", "order-notifier recorded it", attempts));
    }
    for answer in &row.answers {
        moments.push(moment(answer.at, "bad", &labels::answer(answer), None));
    }
    for message in &row.messages {
        let id = Some(message.message.id.as_str().to_owned());
        let provider = message.message.provider.title();
        if let Some(at) = message.accepted_at {
            moments.push(moment(at, "pending", &format!("{provider} accepted it"), id.clone()));
        }
        for kind in FactKind::ALL {
            let Some(at) = message.facts.at(kind) else { continue };
            let failure = message.facts.failure.as_ref().filter(|_| kind == FactKind::Failed);
            let detail = failure.map(|failure| labels::coded(&failure.text, failure.code.as_deref()));
            let class = match kind {
                FactKind::Sent => "pending",
                FactKind::Delivered | FactKind::Read => "good",
                FactKind::Failed => "bad",
            };
            moments.push(moment(at, class, &format!("{provider} reported: {}", kind.name()), detail));
        }
        if let Some(at) = message.unconfirmed_at {
            moments.push(moment(at, "pending", "No report came until now", id));
        }
    }
    for resent in &row.record.resent {
        if let Some((at, who)) = resent.split_once(' ').and_then(|(at, who)| Some((at.parse().ok()?, who))) {
            moments.push(moment(at, "pending", "Sent again on request", Some(who.to_owned())));
        }
    }
    moments.extend(state(row));
    moments
}

/// The moment of the current state, if no other moment says it.
fn state(row: &NotificationRow) -> Option<Moment> {
    let record = &row.record;
    let reason = record.reason.as_ref().map(labels::reason);
    let (at, class, what) = match record.state {
        State::Accepted => return None,
        State::Rejected => (row.updated_at, "bad", "Rejected: every provider refused it"),
        State::Suppressed => (row.updated_at, "pending", "Suppressed: not sent, on purpose"),
        State::Held if record.unclear => (record.due_at?, "bad", "Held: whether it was sent is unknown"),
        State::Held => (record.due_at?, "bad", "Held: it was not sent"),
        State::Sending => (record.due_at?, "pending", "The provider's answer is due"),
        State::Waiting => (record.due_at?, "pending", "Next attempt"),
        State::Unknown => (record.due_at?, "pending", "A callback may settle until now whether it was sent"),
    };
    Some(Moment { at, class, what: what.to_owned(), detail: reason })
}
