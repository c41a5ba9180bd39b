//! Carries the send protocol out: claim before sending, settle after, every write conditioned on what it was decided
//! from.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use shared::catalogue::Notification;
use shared::delivery::Polling;
use shared::message::{Content, MessageKey};
use shared::protocol::{
    Answer, Attempt, Decision, Reason, ReasonClass, Record, Settlement, Situation, Staleness, State, decide,
    settle, superseded,
};
use shared::provider::Provider;
use shared::providers::Attempted;
use shared::secrets::{Credentials, Versions};
use shared::table::{TableError, Written};
use tokio::time::{Instant, sleep};

use crate::course::{Course, Made};
use crate::deadline::Deadline;
use crate::outcome::About;
use crate::progress::{Place, Turn};
use crate::{Notifier, Outcome, Undecided, log};

/// Between two tries to write what a provider answered.
const SETTLE_PAUSE: Duration = Duration::from_millis(250);

/// What became of a notification.
#[derive(Debug)]
pub(crate) enum Delivered {
    /// It has its outcome.
    Outcome(Outcome),
    /// Its key was used before, for other content.
    Conflict,
}

/// Brings a notification to its outcome, if that can be done now.
pub(crate) async fn deliver(
    notifier: &Notifier,
    notification: &Notification,
    deadline: Deadline,
    course: &mut Course,
) -> Result<Delivered, Undecided> {
    let mut place = Place::of(notification);
    let delivered = Delivery { notifier, notification, deadline }.run(&mut place, course).await;
    place.leave(&notifier.table).await;
    delivered
}

#[derive(Clone, Copy)]
struct Delivery<'a> {
    notifier: &'a Notifier,
    notification: &'a Notification,
    deadline: Deadline,
}

impl Delivery<'_> {
    async fn run(self, place: &mut Place, course: &mut Course) -> Result<Delivered, Undecided> {
        let Self { notifier, notification, deadline } = self;
        let providers = notification.providers();
        // A body notification is claimed unseen: nearly always it is new, and the claim's condition tells if not. An
        // order's status is looked up first, because its claim has two writes.
        let mut known = if place.is_ordered() {
            notifier.table.notification(&notification.reference).await?
        } else {
            None
        };
        loop {
            let now = Timestamp::now();
            let situation = Situation {
                now,
                lease_end: deadline.lease_end(),
                fingerprint: &notification.fingerprint,
                providers: &providers,
                consent: notification.consent,
                staleness: staleness(notification, now),
                policy: &notifier.policy,
            };
            known = match decide(known.as_ref(), &situation) {
                Decision::Done(record) => return self.outcome(&record).map(Delivered::Outcome),
                Decision::Conflict => return Ok(Delivered::Conflict),
                Decision::Wait { until, state, reason } => return Err(self.not_yet(state, until, reason)),
                Decision::Move(next) => self.write(known, next, course).await?,
                Decision::Claim(next) => {
                    if !deadline.allows_a_send() {
                        return Err(Undecided::NoTime);
                    }
                    // Read before the claim: without them nothing would be sent under it.
                    let credentials = notifier.credentials.get().await?;
                    match place.take(&notifier.table, now, deadline.lease_end()).await? {
                        Turn::Ours => self.send(place, known, next, &credentials, course).await?,
                        Turn::Superseded => {
                            let suppressed = superseded(known.as_ref(), &notification.fingerprint);
                            self.write(known, suppressed, course).await?
                        }
                        Turn::Wait { until } => {
                            let order = notification.reference.order.to_string();
                            return Err(Undecided::OrderBusy { order, until });
                        }
                    }
                }
            };
        }
    }

    /// Claims, sends and settles. The record is the one that is there afterwards.
    async fn send(
        self,
        place: &mut Place,
        known: Option<Record>,
        claimed: Record,
        credentials: &Arc<Versions<Credentials>>,
        course: &mut Course,
    ) -> Result<Option<Record>, Undecided> {
        let now = Timestamp::now();
        let table = &self.notifier.table;
        match table.move_notification(self.notification, known.as_ref(), &claimed, now).await? {
            Written::Done => place.claimed(),
            Written::Overtaken(found) => {
                place.overtaken(found.as_ref());
                return Ok(found);
            }
        }
        let Some(provider) = claimed.provider else { return Ok(Some(claimed)) };
        let attempt = Attempt { number: claimed.attempt, provider };
        let started = Instant::now();
        let attempted = self.ask(provider, credentials).await;
        let answer = attempted.answer.clone();
        let made = Made { attempt, attempted, took: started.elapsed() };
        log::attempt(&made);
        course.attempts.push(made);
        let settled = self.settle(claimed, attempt, &answer, course).await?;
        place.settled(&settled);
        Ok(Some(settled))
    }

    /// Asks a provider; refused credentials are read anew, once.
    async fn ask(self, provider: Provider, credentials: &Arc<Versions<Credentials>>) -> Attempted {
        let Some(route) = self.notification.route(provider) else {
            let text = "the catalogue has no template for this provider";
            let answer = Answer::Rejected(Reason::new(ReasonClass::Template, "no_template", text));
            return Attempted { answer, calls: Vec::new() };
        };
        let message = self.notification.message(route);
        let send = |credentials: Arc<Versions<Credentials>>| {
            let (message, deadline) = (&message, self.deadline.send_by());
            async move { self.notifier.providers.send(&credentials.current, provider, message, deadline).await }
        };
        let refused = send(Arc::clone(credentials)).await;
        if !matches!(&refused.answer, Answer::Rejected(reason) if reason.class == ReasonClass::Credentials) {
            return refused;
        }
        match self.notifier.credentials.newer_than(credentials, Duration::ZERO).await {
            Some(newer) if self.deadline.allows_a_send() => {
                let Attempted { answer, calls } = send(newer).await;
                Attempted { answer, calls: [refused.calls, calls].concat() }
            }
            _ => refused,
        }
    }

    /// Writes what the provider answered, and keeps trying until the invocation's time is over: an acceptance that
    /// isn't written would look like a send whose outcome nobody knows.
    async fn settle(
        self,
        claimed: Record,
        attempt: Attempt,
        answer: &Answer,
        course: &mut Course,
    ) -> Result<Record, TableError> {
        let mut current = claimed;
        loop {
            let tried = self.try_to_settle(&mut current, attempt, answer, course).await;
            match tried {
                Ok(()) => return Ok(current),
                Err(error) if Instant::now() + SETTLE_PAUSE >= self.deadline.settle_by() => {
                    return Err(error);
                }
                Err(error) => tracing::warn!(%error, "an answer could not be written; trying again"),
            }
            sleep(SETTLE_PAUSE).await;
        }
    }

    async fn try_to_settle(
        self,
        current: &mut Record,
        attempt: Attempt,
        answer: &Answer,
        course: &mut Course,
    ) -> Result<(), TableError> {
        let Self { notifier, notification, .. } = self;
        let providers = notification.providers();
        // The mapping first: once the notification is accepted, nobody comes back to write it.
        if let Answer::Accepted(Some(id)) = answer {
            let message = MessageKey { provider: attempt.provider, id: id.clone() };
            let now = Timestamp::now();
            let ask_at = message.provider.can_be_asked().then(|| Polling::first(notifier.silent_after, now));
            let Notification { reference, name, .. } = notification;
            notifier.table.store_message(&message, reference, name, ask_at, now).await?;
        }
        loop {
            let now = Timestamp::now();
            let next = match settle(current, attempt, answer, &providers, &notifier.policy, now) {
                Settlement::Leave => return Ok(()),
                Settlement::Move(next) => next,
            };
            match notifier.table.move_notification(notification, Some(current), &next, now).await? {
                Written::Done => {
                    course.moved(Some(current), &next);
                    *current = next;
                    return Ok(());
                }
                Written::Overtaken(Some(found)) => *current = found,
                // Deleted by hand while it was being sent: what is known now is written anew.
                Written::Overtaken(None) => {
                    if notifier.table.move_notification(notification, None, &next, now).await?
                        == Written::Done
                    {
                        course.moved(None, &next);
                    }
                    *current = next;
                    return Ok(());
                }
            }
        }
    }

    async fn write(
        self,
        known: Option<Record>,
        next: Record,
        course: &mut Course,
    ) -> Result<Option<Record>, TableError> {
        let table = &self.notifier.table;
        match table.move_notification(self.notification, known.as_ref(), &next, Timestamp::now()).await? {
            Written::Done => {
                course.moved(known.as_ref(), &next);
                Ok(Some(next))
            }
            Written::Overtaken(found) => Ok(found),
        }
    }

    fn outcome(self, record: &Record) -> Result<Outcome, Undecided> {
        let about = About::new(&self.notification.name, &self.notification.reference);
        let until = record.due_at.unwrap_or_else(Timestamp::now);
        Outcome::of(about, record).ok_or_else(|| self.not_yet(record.state, until, record.reason.clone()))
    }

    fn not_yet(self, state: State, until: Timestamp, reason: Option<Reason>) -> Undecided {
        let order = self.notification.reference.order.to_string();
        Undecided::NotYet { order, notification: self.notification.name.clone(), state, until, reason }
    }
}

fn staleness(notification: &Notification, now: Timestamp) -> Staleness {
    match (notification.is_stale(now), &notification.content) {
        (false, _) => Staleness::Fresh,
        (true, Content::Body(_)) => Staleness::Stale,
        (true, Content::OrderStatus(_)) => Staleness::Pointless,
    }
}
