//! `ops send`: publishes an event, unless it can't become a message.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use shared::catalogue::Notification;
use shared::fault::Faults;
use shared::message::OrderId;
use shared::protocol::{Guard, Policy};

use crate::accounts::Accounts;
use crate::bus::{Bus, Envelope, Place};
use crate::catalogue;
use crate::deployment::Deployment;
use crate::events::{self, Forecast, Judgement, Known, Mood, Near, display, file};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::next::Tool;
use crate::order_id;
use crate::output::{Output, Report, fields, style};

const EXAMPLES: &str = "\
Examples:
  ops send tests/events/order-cancelled.json --now --local
  ops send tests/events/order-status-shipped.json --dry-run --local
  ops send tests/events/order-cancelled-invalid.json --local";

/// Publishes an event on the deployment's bus, as its producer would.
///
/// EventBridge gives the event a new id. A partner's event (a source that begins with `aws.`) is put on the queue of order
/// events instead, because only the partner may publish it. An event that is invalid, or that no catalogue entry matches, is
/// refused with all its faults, and the exit code is 1.
///
/// A notification that was sent already is not sent again, as long as its key is the same; `ops preview --help` explains keys.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A JSON file with an event as EventBridge delivers it, as producers put it or as a queue carries it; - for standard input.
    file: PathBuf,

    /// Sets the event's time to now.
    #[arg(long)]
    now: bool,

    /// Shows the result without publishing the event.
    #[arg(long)]
    dry_run: bool,

    /// Publishes the event even if it is invalid or would be ignored.
    #[arg(long)]
    force: bool,
}

pub(crate) async fn run(
    arguments: Arguments,
    deployment: &Deployment,
    output: Output,
) -> Result<Exit, Failure> {
    let now = Timestamp::now();
    let bus = Bus::new(deployment)?;
    let catalogue = catalogue::for_deployment(deployment)?;
    let read = file::read(&file::open(&arguments.file)?, now);
    let mut event = read
        .map_err(|faults| {
            let path = arguments.file.display();
            Failure::usage(format!("{path} has no event that can be published:\n{faults}"))
        })?
        .event;
    if arguments.now {
        file::set_time(&mut event, now);
    }
    let key_secret = Accounts::default_sender(deployment).key_secret().await?;
    let judged = match events::judge(&catalogue, event.clone(), Some(&key_secret), now) {
        Judgement::Invalid { notification, faults } => {
            Err(Why::Invalid { notification: notification.map(str::to_owned), faults })
        }
        Judgement::Ignored { source, detail_type, nearest } => {
            Err(Why::Ignored { source, detail_type, nearest })
        }
        Judgement::Notification(notification, _) => {
            let guard = deployment.recipients()?.guard(&notification.recipient, &key_secret);
            forecast(deployment, *notification, guard, now).await?
        }
    };
    let judged = match judged {
        Err(why) if !arguments.force => {
            output.show(&Refused { why, can_be_forced: Envelope::parse(&event).is_ok() });
            return Ok(Exit::Attention);
        }
        judged => judged.ok(),
    };
    let envelope = Envelope::parse(&event)
        .map_err(|faults| Failure::usage(format!("EventBridge would refuse the event:\n{faults}")))?;
    let place = bus.place(&envelope);
    let event_id = if arguments.dry_run { None } else { Some(bus.put(&envelope).await?) };
    let follow = follow(judged.as_ref(), event_id.as_deref(), &Tool::for_deployment(deployment.named()));
    output.show(&Sent { place, event_id, about: judged, follow });
    Ok(Exit::Fine)
}

async fn forecast(
    deployment: &Deployment,
    notification: Notification,
    guard: Guard,
    now: Timestamp,
) -> Result<Result<About, Why>, Failure> {
    let known = Known::read(&deployment.table()?, &notification).await?;
    let policy = Policy::default();
    let Notification { name, reference, .. } = &notification;
    let warning = known.warning();
    Ok(match events::forecast(&notification, &known, guard, &policy, now) {
        Ok(forecast) => Ok(About {
            notification: name.clone(),
            order: reference.order.clone(),
            key: reference.key.to_string(),
            warning: warning.filter(|_| forecast.is_sent()),
            forecast,
        }),
        Err(fault) => Err(Why::Invalid { notification: Some(name.clone()), faults: fault.into() }),
    })
}

/// The command that shows the event's outcome.
fn follow(about: Option<&About>, event_id: Option<&str>, tool: &Tool) -> Option<String> {
    let id = event_id?;
    Some(match about {
        Some(about) => tool.status(&about.order),
        None => tool.line(&["invalid", "show", id]),
    })
}

/// The published event and its destination.
#[derive(Debug, Serialize)]
struct Sent {
    #[serde(flatten)]
    place: Place,
    /// None after a dry run.
    event_id: Option<String>,
    #[serde(flatten)]
    about: Option<About>,
    follow: Option<String>,
}

/// The notification that it becomes.
#[derive(Debug, Serialize)]
struct About {
    notification: String,
    #[serde(flatten)]
    order: OrderId,
    key: String,
    #[serde(flatten)]
    forecast: Forecast,
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<String>,
}

/// The event was not published.
#[derive(Debug, Serialize)]
struct Refused {
    #[serde(flatten)]
    why: Why,
    /// Whether `--force` would publish it: EventBridge refuses an event without a source, for example.
    can_be_forced: bool,
}

/// The reason for the refusal.
#[derive(Debug, Serialize)]
#[serde(tag = "refused", rename_all = "snake_case")]
enum Why {
    Invalid { notification: Option<String>, faults: Faults },
    Ignored { source: String, detail_type: String, nearest: Vec<Near> },
}

impl Report for Sent {
    fn text(&self) -> String {
        let mut text = vec![match &self.event_id {
            Some(id) => format!("{} on {} as event {id}\n", style::good("put"), self.place),
            None => format!("{}: nothing was put on {}\n", style::pending("dry run"), self.place),
        }];
        let mood = if self.event_id.is_some() { Mood::Will } else { Mood::Would };
        if let Some(About { notification, order, key, forecast, warning }) = &self.about {
            text.push(fields(&[
                ("notification", notification.clone()),
                ("order", order_id::plain(order)),
                ("key", key.clone()),
                ("now", forecast.summary(mood)),
            ]));
            text.extend(warning.iter().map(|it| format!("{} {it}\n", style::pending("warning:"))));
        }
        if let Some(follow) = &self.follow {
            text.push(format!("{} {follow}\n", style::strong("follow it:")));
        }
        text.concat()
    }
}

impl Report for Refused {
    fn text(&self) -> String {
        let mut text = vec![format!("{}\n", style::bad("Nothing was put on the bus."))];
        match &self.why {
            Why::Invalid { notification, faults } => {
                let name = notification.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
                text.push(format!("The event can't become a message{name}:\n"));
                text.push(display::faults(faults));
            }
            Why::Ignored { source, detail_type, nearest } => {
                text.push(format!(
                    "No catalogue entry matches source {source:?}, detail type {detail_type:?}. The most similar:\n"
                ));
                text.push(display::nearest(nearest));
            }
        }
        if self.can_be_forced {
            text.push("--force publishes it nevertheless.\n".to_owned());
        }
        text.concat()
    }
}

#[cfg(test)]
mod tests {
    use shared::message::Reference;

    use super::*;
    use crate::deployment::Named;

    #[test]
    fn the_follow_up_command_has_the_order_or_an_invalid_events_id() {
        let about = |order: &str| About {
            notification: "n".to_owned(),
            order: Reference::parse(&format!("notification/k/{order}")).unwrap().order,
            key: "k".to_owned(),
            forecast: Forecast::Sent { provider: None, then: Vec::new() },
            warning: None,
        };
        let tool = Tool::for_deployment(&Named::Stack("prod".to_owned()));
        let command = |order: Option<&str>, id| follow(order.map(about).as_ref(), id, &tool);
        assert_eq!(command(Some("10482"), Some("1")).unwrap(), "ops status 10482 --stack prod");
        assert_eq!(command(None, Some("1")).unwrap(), "ops invalid show 1 --stack prod");
        assert_eq!(command(Some("10482"), None), None);
    }
}
