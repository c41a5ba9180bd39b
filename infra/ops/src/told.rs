//! A notification's outcome: in one sentence, and with the operator's next step.

use jiff::{SignedDuration, Timestamp};
use shared::delivery::{DeliveryFacts, DeliveryStatus, FactKind, Failure};
use shared::protocol::{Reason, ReasonClass, State, is_released};
use shared::provider::Provider;
use shared::table::{NotificationRow, ProviderAnswer};

use crate::next::{Next, Tool};
use crate::output::{style, time};
use crate::words;

/// How long after its due time a waiting notification still counts as in progress: the queue's visibility timeout is
/// 180 s.
const PATIENCE: SignedDuration = SignedDuration::from_mins(5);
/// The margin around an event's time in a replay: producers' clocks differ, and an event needs a moment to reach the
/// bus.
const AROUND: SignedDuration = SignedDuration::from_mins(2);

/// The mood of an outcome, for its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// The message arrived.
    Good,
    /// The message is in progress, or deliberately not sent.
    Pending,
    /// The message won't arrive without an operator.
    Bad,
}

impl Mood {
    /// The text in the mood's colour.
    pub fn coloured(self, text: &str) -> String {
        match self {
            Self::Good => style::good(text),
            Self::Pending => style::pending(text),
            Self::Bad => style::bad(text),
        }
    }
}

/// The outcome in one sentence.
pub fn sentence(view: &NotificationRow, now: Timestamp) -> String {
    let record = &view.record;
    let asked = words::whoever(record.provider);
    let reason = || record.reason.as_ref().map_or("no reason is kept".to_owned(), words::reason);
    let until = record.due_at.unwrap_or(view.updated_at);
    match record.state {
        State::Sending if until > now => {
            format!("being sent by {asked}, until {} at the latest", time(until))
        }
        State::Sending => format!("{asked} was asked, and no word came until {}", time(until)),
        State::Waiting if is_released(record) => {
            format!("not sent: a person let it go {}, and it waits for its event to come again", time(until))
        }
        State::Waiting => {
            let why = record.reason.as_ref().map(|reason| words::wait(reason, record.provider));
            let why = why.map(|why| format!(" because {why}")).unwrap_or_default();
            if until > now {
                format!("waiting until {}{why}", time(until))
            } else {
                format!("due since {}, and waiting for its event to come again{why}", time(until))
            }
        }
        State::Unknown => {
            format!(
                "nobody knows yet whether {asked} sent it ({}); a callback may tell until {}",
                reason(),
                time(until)
            )
        }
        State::Accepted => delivery(view),
        State::Rejected => format!("refused for good by {asked}: {}", reason()),
        State::Suppressed => format!("not sent, on purpose: {}", reason()),
        State::Held if record.unclear => {
            format!(
                "held (unclear) since {}: nobody can tell whether {asked} sent it: {}",
                time(since(view)),
                reason()
            )
        }
        State::Held => format!("held (unsent) since {}: it was not sent: {}", time(since(view)), reason()),
    }
}

fn delivery(view: &NotificationRow) -> String {
    let asked = words::whoever(view.record.provider);
    let facts = view.facts();
    let told = facts_told(&facts);
    if !told.is_empty() {
        return told.join(", ");
    }
    let accepted = match view.messages.iter().filter_map(|message| message.accepted_at).min() {
        Some(at) => format!("accepted by {asked} {}", time(at)),
        None => format!("accepted by {asked}"),
    };
    if let Some(reason) = &view.record.reason {
        return format!("{accepted}: {}", words::reason(reason));
    }
    match unconfirmed_at(view) {
        Some(at) => format!("{accepted}; nobody could tell what became of it, as of {}", time(at)),
        None if view.messages.is_empty() => {
            format!("{accepted}, without an id: what becomes of it can't be followed")
        }
        None => format!("{accepted}; nothing is reported yet"),
    }
}

/// The reported facts in order, without `sent` if there is a later one.
fn facts_told(facts: &DeliveryFacts) -> Vec<String> {
    let at = |word: &str, at: Option<Timestamp>| at.map(|at| format!("{word} {}", time(at)));
    match facts.status() {
        DeliveryStatus::Accepted => Vec::new(),
        DeliveryStatus::Sent => {
            at("sent", facts.sent_at).into_iter().map(|sent| sent + ", not delivered yet").collect()
        }
        DeliveryStatus::Delivered => {
            at("delivered", facts.delivered_at).into_iter().map(|it| it + ", not read yet").collect()
        }
        DeliveryStatus::Read => {
            at("delivered", facts.delivered_at).into_iter().chain(at("read", facts.read_at)).collect()
        }
        DeliveryStatus::Failed => {
            let failure = facts.failure.as_ref().map(failure).unwrap_or_default();
            at("failed", facts.failed_at).into_iter().map(|failed| format!("{failed}: {failure}")).collect()
        }
    }
}

/// When a message was accepted, and the time of each fact by its name; a failure with its reason.
pub fn times(accepted_at: Option<Timestamp>, facts: &DeliveryFacts) -> Vec<(&'static str, String)> {
    let accepted = accepted_at.map(|at| ("accepted", time(at)));
    let facts = FactKind::ALL.into_iter().filter_map(|kind| {
        let at = time(facts.at(kind)?);
        let why = facts.failure.as_ref().filter(|_| kind == FactKind::Failed).map(failure);
        Some((kind.name(), why.map_or_else(|| at.clone(), |why| format!("{at}: {why}"))))
    });
    accepted.into_iter().chain(facts).collect()
}

/// Why a message failed.
fn failure(failure: &Failure) -> String {
    words::coded(&failure.text, failure.code.as_deref())
}

/// Since when a held notification is held.
pub fn since(view: &NotificationRow) -> Timestamp {
    view.record.due_at.unwrap_or(view.updated_at)
}

fn unconfirmed_at(view: &NotificationRow) -> Option<Timestamp> {
    view.messages.iter().filter_map(|message| message.unconfirmed_at).max()
}

/// The mood of a notification's outcome.
pub fn mood(view: &NotificationRow) -> Mood {
    match (view.record.state, view.delivery_status()) {
        (_, Some(DeliveryStatus::Delivered | DeliveryStatus::Read)) => Mood::Good,
        (_, Some(DeliveryStatus::Failed)) | (State::Rejected | State::Held, _) => Mood::Bad,
        _ if is_released(&view.record) => Mood::Bad,
        _ => Mood::Pending,
    }
}

/// The operator's next step; none if nothing can be done, or not yet.
pub fn next(view: &NotificationRow, tool: &Tool, now: Timestamp) -> Option<Next> {
    let record = &view.record;
    match record.state {
        State::Held => Some(settle(view, tool)),
        State::Rejected => Some(of_refusal(record.reason.as_ref(), record.provider, tool)),
        State::Waiting if is_released(record) => Some(of_let_go(view, tool)),
        State::Waiting | State::Sending | State::Unknown
            if record.due_at.is_some_and(|due_at| due_at + PATIENCE < now) =>
        {
            let what =
                "its event has not come again: see whether it is a dead letter, or put it on the bus again";
            Some(Next::with(what, [tool.line(&["redrive"]), replay(view, tool)]))
        }
        State::Accepted if view.delivery_status() == Some(DeliveryStatus::Failed) => {
            Some(Next::words("it won't arrive: tell the customer in another way, if it matters"))
        }
        _ => None,
    }
}

/// How to settle a held notification.
fn settle(view: &NotificationRow, tool: &Tool) -> Next {
    let reference = view.reference.to_string();
    let resolve = |finding: &str| tool.line(&["resolve", &reference, "--as", finding]);
    if !view.record.unclear {
        let what = "mend what kept it; then have it sent again, unless its event is older than the catalogue's max_age by then";
        return Next::with(what, [tool.line(&["resend", &reference, "--apply"]), replay(view, tool)]);
    }
    let place = match view.record.provider {
        Some(Provider::OneMsg) => {
            "look for it in the message list of the 1MSG channel's cabinet, by recipient and time"
        }
        Some(Provider::Kaleyra) => {
            "look for it in the WhatsApp message log of Kaleyra's console, by recipient and time"
        }
        Some(Provider::Meta) => {
            "ask the customer (WhatsApp Manager counts messages without naming them), or wait for a callback"
        }
        None => "find out whether it was sent",
    };
    Next::with(format!("{place}; then say what you found"), [resolve("sent"), resolve("not-sent")])
}

/// How a released notification is sent.
pub fn of_let_go(view: &NotificationRow, tool: &Tool) -> Next {
    Next::with(
        "it goes out when its event comes again, if that is not older than the catalogue's max_age by then. The table brings \
         back what it has kept; else replay the archive around the event's time, or put the event on the bus again; what \
         has its outcome is not sent twice. Where the event has not come STUCK_AFTER later (3h, unless the deployment \
         says otherwise), it is held again",
        [replay(view, tool), tool.line(&["send", "event.json"])],
    )
}

/// How many requests for it were made to providers; none where an earlier version has not counted them.
pub fn requests(view: &NotificationRow) -> Option<String> {
    view.requests.map(|requests| match requests {
        0 => "no request".to_owned(),
        requests => words::count(requests as usize, "request"),
    })
}

/// What each provider answered that did not take it, the earliest first.
pub fn answers(answers: &[ProviderAnswer]) -> Vec<String> {
    answers.iter().map(|answer| format!("{} {}", time(answer.at), words::answer(answer))).collect()
}

/// When an outcome without a provider's time was written.
pub fn decided_at(view: &NotificationRow) -> Option<Timestamp> {
    let is_told = match view.record.state {
        State::Rejected | State::Suppressed => true,
        State::Accepted => view.messages.is_empty(),
        State::Sending | State::Waiting | State::Unknown | State::Held => false,
    };
    is_told.then_some(view.updated_at)
}

/// The command that replays the event.
fn replay(view: &NotificationRow, tool: &Tool) -> String {
    let at = |time: Timestamp| format!("{time:.0}");
    let (from, to) = (at(view.event_time - AROUND), at(view.event_time + AROUND));
    tool.line(&["replay", "--from", &from, "--to", &to])
}

fn of_refusal(reason: Option<&Reason>, asked: Option<Provider>, tool: &Tool) -> Next {
    match reason.map(|reason| reason.class) {
        Some(ReasonClass::Recipient) => {
            Next::words("the customer can't be reached on WhatsApp: tell them in another way")
        }
        Some(ReasonClass::Template) => Next::with(
            "compare the templates with the provider's; what was refused goes out again by `ops resend`, and its event",
            [tool.line(&["templates", "plan"])],
        ),
        _ => Next::with(
            format!(
                "have it settled with {}; what was refused goes out again by `ops resend`, and its event",
                words::whoever(asked)
            ),
            [tool.line(&["doctor"])],
        ),
    }
}

#[cfg(test)]
mod tests;
