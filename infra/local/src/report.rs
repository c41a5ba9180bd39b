//! The table of orders: each order's outcome, and the expected one.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, Color, ContentArrangement, Table};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use shared::delivery::{DeliveryStatus, FactKind};
use shared::message::OrderId;
use shared::provider::Provider;
use shared::status_event::StatusEventType;
use shared::table::NotificationRow;

use crate::aws::put_events::Event;
use crate::expectation::{Expectation, Reached, Verdict};
use crate::terminal::Colours;

/// How many characters of a message id are shown at each end: enough to find it.
const SHOWN_ID_CHARS: usize = 6;

/// An event and its outcome.
#[derive(Debug, Clone)]
pub struct Row {
    /// The event's file.
    pub name: String,
    /// The expected outcome.
    pub expectation: Expectation,
    /// The outcome so far.
    pub reached: Reached,
}

/// The outcomes of a run, as a table.
pub fn rows(rows: &[Row], colours: Colours) -> String {
    let mut table = table(&["event"], colours);
    for row in rows {
        let order = row.expectation.reference().map(|reference| named(&reference.order)).unwrap_or_default();
        let (view, follower) = match &row.reached {
            Reached::Notification(view) => (Some(&**view), None),
            Reached::Followed(view, follower) => (Some(&**view), Some(follower.clone())),
            Reached::Nothing | Reached::Invalid => (None, None),
        };
        let mut line = vec![Cell::new(&row.name)];
        line.extend(cells(&order, verdict(row), view));
        table.add_row(line);
        if let Some(follower) = follower {
            let mut line = vec![Cell::new("  its fallback")];
            let reached = status(&Reached::Notification(follower.clone()));
            line.extend(cells("", Cell::new(reached), Some(&follower)));
            table.add_row(line);
        }
    }
    table.to_string()
}

/// How many of the events have their expected outcome.
pub fn complete(complete: usize, events: usize) -> String {
    match (complete, events) {
        (1, 1) => "1 of 1 event has its expected outcome.".to_owned(),
        (1, _) => format!("1 of {events} events has its expected outcome."),
        (_, 1) => format!("{complete} of 1 event has its expected outcome."),
        _ => format!("{complete} of {events} events have their expected outcome."),
    }
}

/// One line with the reason for each event without its expected outcome, and for those that become no message.
pub fn remarks(rows: &[Row], catalogue: &str) -> Vec<String> {
    let missing = rows.iter().filter(|row| row.expectation.verdict(&row.reached) == Verdict::Incomplete);
    let mut remarks: Vec<String> = missing
        .map(|row| {
            let why = match &row.reached {
                Reached::Notification(view) | Reached::Followed(_, view) => {
                    view.record.reason.as_ref().map(|reason| reason.text.as_str())
                }
                Reached::Nothing | Reached::Invalid => None,
            };
            let why = why.map(|why| format!(": {why}")).unwrap_or_default();
            format!("{} is {}, not {}{why}", row.name, status(&row.reached), row.expectation)
        })
        .collect();
    for row in rows {
        if let (Expectation::Suppressed(_), Reached::Notification(view)) = (&row.expectation, &row.reached)
            && let Some(reason) = &view.record.reason
        {
            remarks.push(format!("{} is not sent, on purpose: {}.", row.name, reason.text));
        }
    }
    let named = |expectation: &Expectation| {
        let rows = rows.iter().filter(|row| row.expectation == *expectation);
        rows.map(|row| row.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let (ignored, invalid) = (named(&Expectation::Ignored), named(&Expectation::Invalid));
    if !ignored.is_empty() {
        remarks.push(format!("No notification of {catalogue} is for {ignored}: ignored."));
    }
    if !invalid.is_empty() {
        remarks.push(format!(
            "Events that can't become a message: {invalid}. `ops preview FILE --catalogue {catalogue}` names every fault."
        ));
    }
    remarks
}

/// The number of published status events of each type.
pub fn status_events(events: &[Event]) -> String {
    let count = |status: StatusEventType| {
        let count = events.iter().filter(|event| event.detail_type == status.detail_type()).count();
        let name = status.detail_type().trim_start_matches("Notification ");
        (count > 0).then(|| format!("{count} {name}"))
    };
    if events.is_empty() {
        return "No status event was published.".to_owned();
    }
    let counts: Vec<String> = StatusEventType::ALL.into_iter().filter_map(count).collect();
    let events = match events.len() {
        1 => "1 status event was".to_owned(),
        more => format!("{more} status events were"),
    };
    format!("{events} published: {}.", counts.join(", "))
}

/// An order's notifications, as a table.
pub fn order(order: &OrderId, views: &[NotificationRow]) -> String {
    let mut table = table(&[], Colours::Off);
    for view in views {
        let status = status(&Reached::Notification(Box::new(view.clone())));
        table.add_row(cells(&named(order), Cell::new(status), Some(view)));
    }
    table.to_string()
}

/// An order's number, with its sender if that has a name.
fn named(order: &OrderId) -> String {
    match &order.sender {
        Some(sender) => format!("{order} of {sender}"),
        None => order.to_string(),
    }
}

fn cells(order: &str, status: Cell, view: Option<&NotificationRow>) -> Vec<Cell> {
    let notification = view.map_or("", |view| view.notification.as_str());
    let provider = view.and_then(|view| view.record.provider).map_or("", Provider::name);
    let accepted_at = view.and_then(|view| view.messages.iter().filter_map(|it| it.accepted_at).min());
    let facts = view.map(NotificationRow::facts).unwrap_or_default();
    let mut cells = [order, notification, provider].map(Cell::new).to_vec();
    cells.extend([Cell::new(view.map(ids).unwrap_or_default()), status]);
    cells.push(time(accepted_at));
    cells.extend(FactKind::ALL.map(|kind| time(facts.at(kind))));
    cells
}

fn table(first: &[&'static str], colours: Colours) -> Table {
    let mut table = Table::new();
    let facts = FactKind::ALL.map(FactKind::name);
    let columns = ["order", "notification", "provider", "message", "status", "accepted"];
    table.set_header(first.iter().copied().chain(columns).chain(facts));
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    match colours {
        Colours::On => table.enforce_styling(),
        Colours::Off => table.force_no_tty(),
    };
    table
}

/// The id in the provider's reply, and the number of other ids in its callbacks.
fn ids(view: &NotificationRow) -> String {
    let replied = view.messages.iter().find(|message| message.accepted_at.is_some());
    let Some(shown) = replied.or(view.messages.first()) else { return String::new() };
    let id = shortened(shown.message.id.as_str());
    match view.messages.len() - 1 {
        0 => id,
        others => format!("{id} +{others}"),
    }
}

fn shortened(id: &str) -> String {
    let count = id.chars().count();
    // A wamid's first characters are the same for all.
    let (head, tail) = (SHOWN_ID_CHARS, SHOWN_ID_CHARS);
    if count <= head + tail + 1 {
        return id.to_owned();
    }
    let start: String = id.chars().take(head).collect();
    let end: String = id.chars().skip(count - tail).collect();
    format!("{start}…{end}")
}

/// The outcome so far, and the code of its failure.
fn status(reached: &Reached) -> String {
    let code = match reached {
        Reached::Notification(view) => code(view),
        Reached::Followed(..) | Reached::Nothing | Reached::Invalid => None,
    };
    code.map_or_else(|| reached.to_string(), |code| format!("{reached} ({code})"))
}

fn code(view: &NotificationRow) -> Option<String> {
    match view.delivery_status() {
        None => view.record.reason.as_ref().map(|reason| reason.code.clone()),
        Some(DeliveryStatus::Failed) => view.facts().failure?.code,
        Some(_) => None,
    }
}

fn verdict(row: &Row) -> Cell {
    let status = status(&row.reached);
    match row.expectation.verdict(&row.reached) {
        Verdict::Complete => Cell::new(format!("✓ {status}")).fg(Color::Green),
        Verdict::Incomplete => Cell::new(format!("✗ {status}, not {}", row.expectation)).fg(Color::Red),
    }
}

fn time(at: Option<Timestamp>) -> Cell {
    Cell::new(
        at.map(|at| at.to_zoned_datetime(TimeZone::UTC).strftime("%H:%M:%S").to_string()).unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use shared::delivery::{DeliveryFacts, Failure};
    use shared::message::{MessageId, MessageKey, Reference, Sender};
    use shared::metric_names::MetricNames;
    use shared::protocol::{Record, State};
    use shared::table::MessageRow;

    use super::*;

    #[test]
    fn a_message_id_is_shortened_in_the_middle() {
        assert_eq!(shortened("wamid.HBgLMTIwMjU1NTAxMDAVAgARGBI2AA=="), "wamid.…I2AA==");
        assert_eq!(shortened("A123456789"), "A123456789");
    }

    #[test]
    fn status_events_are_counted_by_type() {
        let event = |detail_type: &str| Event {
            id: String::new(),
            source: String::new(),
            detail_type: detail_type.to_owned(),
            envelope: serde_json::Value::Null,
        };
        let events = ["Order Event Invalid", "Notification Read", "Notification Sent", "Notification Read"];
        let described = "4 status events were published: 1 Sent, 2 Read, 1 Order Event Invalid.";
        assert_eq!(status_events(&events.map(event)), described);
        assert_eq!(status_events(&[]), "No status event was published.");
    }

    #[test]
    fn an_order_shows_its_status_its_times_and_why_it_failed() {
        let at = |second: i64| Some(Timestamp::from_second(1_763_629_200 + second).unwrap());
        let message = MessageKey {
            provider: Provider::Meta,
            id: MessageId::parse("wamid.HBgLMTIwMjU1NTAxMDAVAgARGBI2AA==").unwrap(),
        };
        let facts = DeliveryFacts {
            sent_at: at(1),
            failed_at: at(2),
            failure: Some(Failure { code: Some("131049".into()), text: "not delivered".into() }),
            ..DeliveryFacts::default()
        };
        let view = NotificationRow {
            reference: Reference::parse("notification/key/10488").unwrap(),
            notification: "stock-arrived".into(),
            template: None,
            language: None,
            names: MetricNames::default(),
            event_time: at(0).unwrap(),
            order_status: None,
            created_at: None,
            updated_at: at(0).unwrap(),
            record: Record {
                state: State::Accepted,
                attempt: 1,
                provider: Some(Provider::Meta),
                message_ids: BTreeSet::from([message.clone()]),
                ..Record::untried("")
            },
            requests: Some(1),
            answers: Vec::new(),
            messages: vec![MessageRow { accepted_at: at(0), facts, ..MessageRow::new(message) }],
        };
        let of_acme = OrderId { sender: Sender::parse("acme").ok(), ..view.reference.order.clone() };
        assert!(order(&of_acme, std::slice::from_ref(&view)).contains("10488 of acme"));
        let table = order(&view.reference.order.clone(), &[view]);
        for text in
            ["stock-arrived", "meta", "wamid.…I2AA==", "10488", "failed (131049)", "09:00:01", "09:00:02"]
        {
            assert!(table.contains(text), "{text} in\n{table}");
        }
        assert!(!table.contains('\u{1b}'), "no colours");
    }
}
