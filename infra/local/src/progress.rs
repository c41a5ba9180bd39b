//! Shows live progress: events on the bus, and the providers' actions.

use std::time::Instant;

use serde_json::Value;
use simulator::{CallbackAnswer, SimulatorEvent};
use status_publisher::event::SOURCE;
use tokio::task::JoinHandle;

use crate::Local;
use crate::aws::put_events::Event;
use crate::backlog::next;
use crate::terminal::Stream;

/// The clock that timestamps the lines of progress.
#[derive(Debug, Clone, Copy)]
pub struct Clock(Option<(Instant, Stream)>);

impl Clock {
    /// Starts the clock now.
    pub fn start(stream: Stream) -> Self {
        Self(Some((Instant::now(), stream)))
    }

    /// A clock that prints no lines.
    pub const fn silent() -> Self {
        Self(None)
    }

    /// Prints a line: time, actor, action.
    pub fn say(self, who: &str, what: &str) {
        if let Some((start, stream)) = self.0 {
            stream.say(format_args!("{:>7.2}s  {who:<8} {what}", start.elapsed().as_secs_f32()));
        }
    }
}

/// Shows progress until it is dropped.
#[derive(Debug)]
pub struct Progress(JoinHandle<()>);

impl Progress {
    /// Shows events from now on.
    pub fn start(local: &Local, clock: Clock) -> Self {
        let (mut events, mut simulator) = (local.bus().subscribe(), local.simulator().events());
        Self(tokio::spawn(async move {
            loop {
                tokio::select! {
                    Some(event) = next(&mut events) => show_event(clock, &event),
                    Some(event) = next(&mut simulator) => show_provider(clock, &event),
                    else => return,
                }
            }
        }))
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn show_event(clock: Clock, event: &Event) {
    clock.say("bus", &described(event));
}

/// Describes an order event by its source, and a status event, which always has our source, by its order and its
/// failure's code.
fn described(event: &Event) -> String {
    let Event { source, detail_type, envelope, .. } = event;
    if source != SOURCE {
        return format!("{detail_type} from {source}");
    }
    let text = |place: &str| envelope.pointer(place).and_then(Value::as_str);
    let order = text("/detail/order/number").map(|order| format!(" of order {order}")).unwrap_or_default();
    let sender = text("/detail/sender").map(|sender| format!(" of {sender}")).unwrap_or_default();
    let code = text("/detail/reason/code").map(|code| format!(" ({code})")).unwrap_or_default();
    format!("{detail_type}{order}{sender}{code}")
}

fn show_provider(clock: Clock, event: &SimulatorEvent) {
    match event {
        SimulatorEvent::RequestSeen { .. } => {}
        SimulatorEvent::Accepted { sender, provider, recipient, template, text } => {
            // One line for each event, even if its text contains line breaks.
            let text = text.to_string().replace('\n', " ");
            let sender = sender.as_ref().map(|sender| format!(" from {sender}")).unwrap_or_default();
            clock.say(provider.name(), &format!("accepted {template}{sender} for …{recipient}: {text}"));
        }
        SimulatorEvent::Refused { provider, recipient, reason } => {
            let recipient = recipient.as_ref().map(|tail| format!(" for …{tail}")).unwrap_or_default();
            clock.say(provider.name(), &format!("did not accept{recipient}: {reason}"));
        }
        SimulatorEvent::CallbackPosted { provider, recipient, status, answer } => {
            clock.say(provider.name(), &format!("reported {status} of …{recipient}: {}", answered(*answer)));
        }
    }
}

fn answered(answer: CallbackAnswer) -> String {
    match answer {
        CallbackAnswer::Status(status) => format!("the webhook answered {status}"),
        CallbackAnswer::TimedOut => "the webhook did not answer in time".to_owned(),
        CallbackAnswer::Unreachable => "there is no webhook".to_owned(),
        CallbackAnswer::NotPosted => "lost".to_owned(),
    }
}
