//! Describes a notification's outcome and the operator's next step.

use jiff::{SignedDuration, Timestamp};
use shared::delivery::{DeliveryFacts, DeliveryStatus, FactKind, Failure};
use shared::protocol::{ReasonClass, State, is_released};
use shared::provider::{Channel, Provider};
use shared::table::{NotificationRow, ProviderAnswer};

use crate::followers::Followers;
use crate::labels;
use crate::next::{Next, Tool};
use crate::output::{style, time};

/// A notification counts as overdue this long after its due time. The queue's visibility timeout is 180 s.
const OVERDUE_AFTER: SignedDuration = SignedDuration::from_mins(5);
/// The margin around an event's time in a replay, for differing clocks and the way to the bus.
const REPLAY_MARGIN: SignedDuration = SignedDuration::from_mins(2);

/// How good an outcome is, for its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rating {
    /// The message arrived.
    Good,
    /// The message is in progress, or deliberately not sent.
    Pending,
    /// The message won't arrive without an operator.
    Bad,
}

impl Rating {
    pub fn coloured(self, text: &str) -> String {
        match self {
            Self::Good => style::good(text),
            Self::Pending => style::pending(text),
            Self::Bad => style::bad(text),
        }
    }
}

/// The outcome, as a clause without a capital and a full stop.
pub fn summary(view: &NotificationRow, now: Timestamp) -> String {
    let record = &view.record;
    let provider = labels::provider(record.provider);
    let reason = || record.reason.as_ref().map_or("no reason is stored".to_owned(), labels::reason);
    let until = record.due_at.unwrap_or(view.updated_at);
    match record.state {
        State::Sending if until > now => {
            format!("being sent by {provider}, until {} at the latest", time(until))
        }
        State::Sending => format!("{provider} was asked and had not answered by {}", time(until)),
        State::Waiting if is_released(record) => {
            format!(
                "not sent: an operator released it {}, and it waits for its event to come again",
                time(until)
            )
        }
        State::Waiting => {
            let why = record.reason.as_ref().map(|reason| labels::wait(reason, record.provider));
            let why = why.map(|why| format!(" because {why}")).unwrap_or_default();
            if until > now {
                format!("waiting until {}{why}", time(until))
            } else {
                format!("due since {}, and waiting for its event to come again{why}", time(until))
            }
        }
        State::Unknown => {
            format!(
                "not known yet whether {provider} sent it ({}); a callback may settle it until {}",
                reason(),
                time(until)
            )
        }
        State::Accepted => delivery(view),
        State::Rejected if record.lacks_number() => format!("not sent on WhatsApp: {}", reason()),
        State::Rejected => format!("permanently refused by {provider}: {}", reason()),
        State::Suppressed => format!("deliberately not sent: {}", reason()),
        State::Held if record.unclear => {
            format!(
                "held (unclear) since {}: it is unknown whether {provider} sent it: {}",
                time(since(view)),
                reason()
            )
        }
        State::Held => format!("held (unsent) since {}: it was not sent: {}", time(since(view)), reason()),
    }
}

fn delivery(view: &NotificationRow) -> String {
    let provider = labels::provider(view.record.provider);
    let facts = view.facts();
    let reported = reported_facts(&facts, view.record.provider.map_or(Channel::WhatsApp, Provider::channel));
    if !reported.is_empty() {
        return reported.join(", ");
    }
    let accepted = match view.messages.iter().filter_map(|message| message.accepted_at).min() {
        Some(at) => format!("accepted by {provider} {}", time(at)),
        None => format!("accepted by {provider}"),
    };
    if let Some(reason) = &view.record.reason {
        return format!("{accepted}: {}", labels::reason(reason));
    }
    match unconfirmed_at(view) {
        Some(at) => format!("{accepted}; its delivery could not be confirmed by {}", time(at)),
        None if view.messages.is_empty() => {
            format!("{accepted} without a message id: its delivery can't be tracked")
        }
        None => format!("{accepted}; no delivery report yet"),
    }
}

/// The reported facts in order, without `sent` if there is a later one. Carriers never report that a text message was read, and
/// SES that an e-mail was opened only with tracking: there a missing `read` says nothing.
fn reported_facts(facts: &DeliveryFacts, channel: Channel) -> Vec<String> {
    let at = |word: &str, at: Option<Timestamp>| at.map(|at| format!("{word} {}", time(at)));
    match facts.status() {
        DeliveryStatus::Accepted => Vec::new(),
        DeliveryStatus::Sent => {
            at("sent", facts.sent_at).into_iter().map(|sent| sent + ", not delivered yet").collect()
        }
        DeliveryStatus::Delivered => {
            let unread = if channel == Channel::WhatsApp { ", not read yet" } else { "" };
            at("delivered", facts.delivered_at).into_iter().map(|it| it + unread).collect()
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

fn failure(failure: &Failure) -> String {
    labels::coded(&failure.text, failure.code.as_deref())
}

/// Since when a held notification is held.
pub fn since(view: &NotificationRow) -> Timestamp {
    view.record.due_at.unwrap_or(view.updated_at)
}

fn unconfirmed_at(view: &NotificationRow) -> Option<Timestamp> {
    view.messages.iter().filter_map(|message| message.unconfirmed_at).max()
}

pub fn rating(view: &NotificationRow) -> Rating {
    match (view.record.state, view.delivery_status()) {
        (_, Some(DeliveryStatus::Delivered | DeliveryStatus::Read)) => Rating::Good,
        (_, Some(DeliveryStatus::Failed)) | (State::Rejected | State::Held, _) => Rating::Bad,
        _ if is_released(&view.record) => Rating::Bad,
        _ => Rating::Pending,
    }
}

/// The operator's next step; none if nothing can be done, or not yet.
pub fn next_step(view: &NotificationRow, followers: &Followers, tool: &Tool, now: Timestamp) -> Option<Next> {
    let record = &view.record;
    match record.state {
        _ if is_lost(view) && is_about_the_customer(view) => contact(view, followers, now),
        State::Held => Some(settle(view, tool)),
        State::Rejected => Some(after_refusal(view, tool)),
        State::Waiting if is_released(record) => Some(after_release(view, tool)),
        State::Waiting | State::Sending | State::Unknown
            if record.due_at.is_some_and(|due_at| due_at + OVERDUE_AFTER < now) =>
        {
            let what = "its event has not come again: check the dead-letter queues, or put the event on the bus again";
            Some(Next::with(what, [tool.line(&["redrive"]), replay(view, tool)]))
        }
        _ => None,
    }
}

/// Whether the message has failed, or was refused for good.
pub fn is_lost(view: &NotificationRow) -> bool {
    view.record.state == State::Rejected || view.delivery_status() == Some(DeliveryStatus::Failed)
}

/// Whether the reason lies with the customer: the message failed, or WhatsApp refused this recipient. No setting or template of the
/// shop is to be mended then.
fn is_about_the_customer(view: &NotificationRow) -> bool {
    let class = view.record.reason.as_ref().map(|reason| reason.class);
    view.record.state != State::Rejected || class == Some(ReasonClass::Recipient)
}

/// The next step for a message that doesn't reach the customer. The step for a message that followed another one stands at the
/// first.
fn contact(view: &NotificationRow, followers: &Followers, now: Timestamp) -> Option<Next> {
    if view.reference.first() != view.reference {
        return None;
    }
    if let Some(due_at) = followers.first_due_at() {
        return Some(Next::words(if due_at > now {
            format!(
                "nothing yet: the next message of its fallback follows {} at the earliest, unless no channel can be used",
                time(due_at)
            )
        } else {
            "nothing yet: within five minutes delivery-sweeper requeues its event, and order-notifier decides what follows"
                .to_owned()
        }));
    }
    if followers.may_arrive() {
        return None;
    }
    Some(Next::words(match (followers.messages(), view.record.state) {
        ([], State::Rejected) => "the customer can't be reached on WhatsApp: contact them in another way",
        ([], _) => "it won't arrive: contact the customer in another way if necessary",
        _ => "no message about it has arrived, and nothing else follows: contact the customer in another way",
    }))
}

/// The next step for a held notification.
fn settle(view: &NotificationRow, tool: &Tool) -> Next {
    let reference = view.reference.to_string();
    let resolve = |finding: &str| tool.line(&["resolve", &reference, "--as", finding]);
    if !view.record.unclear {
        let what = "fix the cause, then send it again; it is not sent if its event is older than the catalogue's max_age by then";
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
            "ask the customer (WhatsApp Manager doesn't list single messages), or wait for a callback"
        }
        Some(Provider::AwsWhatsApp | Provider::AwsSms | Provider::AwsEmail) => {
            "look for it in the event log of AWS End User Messaging or SES, or ask the customer"
        }
        None => "find out whether it was sent",
    };
    Next::with(format!("{place}; then record your finding"), [resolve("sent"), resolve("not-sent")])
}

/// The next step for a released notification.
pub fn after_release(view: &NotificationRow, tool: &Tool) -> Next {
    Next::with(
        "it is sent when its event comes again, unless the event is older than the catalogue's max_age by then. A stored event \
         comes again by itself; otherwise replay the archive around the event's time, or put the event on the bus again \
         (notifications with an outcome are not sent twice). If the event has not come after STUCK_AFTER (3h by default), \
         the notification is held again",
        [replay(view, tool), tool.line(&["send", "event.json"])],
    )
}

/// The number of requests to providers; none if an earlier version didn't count them.
pub fn requests(view: &NotificationRow) -> Option<String> {
    view.requests.map(|requests| match requests {
        0 => "no request".to_owned(),
        requests => labels::count(requests as usize, "request"),
    })
}

/// The answers of the providers that did not accept it, the earliest first.
pub fn answers(answers: &[ProviderAnswer]) -> Vec<String> {
    answers.iter().map(|answer| format!("{} {}", time(answer.at), labels::answer(answer))).collect()
}

/// When the outcome was written, if it has no time from a provider.
pub fn decided_at(view: &NotificationRow) -> Option<Timestamp> {
    let has_no_other_time = match view.record.state {
        State::Rejected | State::Suppressed => true,
        State::Accepted => view.messages.is_empty(),
        State::Sending | State::Waiting | State::Unknown | State::Held => false,
    };
    has_no_other_time.then_some(view.updated_at)
}

fn replay(view: &NotificationRow, tool: &Tool) -> String {
    let at = |time: Timestamp| format!("{time:.0}");
    let (from, to) = (at(view.event_time - REPLAY_MARGIN), at(view.event_time + REPLAY_MARGIN));
    tool.line(&["replay", "--from", &from, "--to", &to])
}

fn after_refusal(view: &NotificationRow, tool: &Tool) -> Next {
    let sender = view.reference.order.sender.as_ref();
    let line = |words: &[&str]| {
        let sender = sender.iter().flat_map(|sender| ["--sender", sender.as_str()]);
        tool.line(&words.iter().copied().chain(sender).collect::<Vec<_>>())
    };
    match view.record.reason.as_ref().map(|reason| reason.class) {
        Some(ReasonClass::Template) => Next::with(
            "compare the templates with the provider's, fix them, then send it again with `ops resend`",
            [line(&["templates", "plan"])],
        ),
        _ => Next::with(
            format!(
                "clear it up with {}, then send it again with `ops resend`",
                labels::provider(view.record.provider)
            ),
            [line(&["doctor"])],
        ),
    }
}

#[cfg(test)]
mod tests;
