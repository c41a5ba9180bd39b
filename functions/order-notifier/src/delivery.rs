//! Carries out the effects of the send machine, one request each, until the machine has finished. The order
//! of requests is decided in the crate `domain`.

use std::sync::Arc;
use std::time::Duration;

use shared::catalogue::Notification;
use shared::delivery::Polling;
use shared::fault::Faults;
use shared::message::{MessageKey, Reference};
use shared::protocol::{
    Answer, Attempt, ClaimToken, Context, Effect, End, Guard, Input, Machine, OrderReference, Owner,
    Progress, Reason, ReasonClass, Record, Staleness, Step,
};
use shared::providers::Attempted;
use shared::secrets::{Credentials, SecretError, Senders, Versions};
use shared::table::{TableError, UnfinishedEvent, Written};
use tokio::time::{Instant, sleep};

use crate::deadline::Deadline;
use crate::outcome::About;
use crate::probes::is_about_credentials;
use crate::trace::{AttemptLog, RecordTrace};
use crate::{Notifier, Outcome, Pending, log};

/// The pause between two tries to write a provider's answer. It continues the doubling within a DynamoDB
/// operation: 50, 100, 200 ms.
const SETTLE_PAUSE: Duration = Duration::from_millis(400);

/// How often a secret that lacks a sender or a provider is read again.
const REREAD_AFTER: Duration = Duration::from_secs(1);

/// How the machine finished.
#[derive(Debug)]
pub(crate) enum Delivered {
    /// The notification has its outcome.
    Outcome(Outcome),
    /// The notification's key was already used for other content.
    Conflict,
    /// The event has these faults, and the deployment has no channel without WhatsApp that could reach the customer.
    Unreachable(Faults),
}

/// The input of a delivery.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case<'a> {
    pub(crate) notification: &'a Notification,
    /// Whether the deployment may write to the recipient.
    pub(crate) guard: Guard,
    /// Whether a record of this event was found, even with other content.
    pub(crate) is_same_event: bool,
    /// Whether the queue or the table delivers the event again if it is not finished.
    pub(crate) owner: Owner,
    /// The event, to be stored in the table if it is not finished.
    pub(crate) event: &'a UnfinishedEvent,
    /// Whether the caller stores and deletes the event, because something may follow.
    pub(crate) has_fallback: bool,
    /// Whether it follows the message of a status that the order has left since.
    pub(crate) is_outdated: bool,
}

/// Delivers a notification; the error says why it has no outcome yet.
pub(crate) async fn deliver(
    notifier: &Notifier,
    case: &Case<'_>,
    deadline: Deadline,
    trace: &mut RecordTrace,
) -> Result<Delivered, Pending> {
    run(notifier, case, deadline, trace).await.result(notifier, case.notification)
}

/// Runs the send machine for a notification.
pub(crate) async fn run(
    notifier: &Notifier,
    case: &Case<'_>,
    deadline: Deadline,
    trace: &mut RecordTrace,
) -> Ended {
    let Case { notification, .. } = *case;
    let delivery = Delivery {
        notifier,
        case,
        notification,
        deadline,
        trace,
        credentials: None,
        reference: None,
        progress: Progress::default(),
        failure: None,
    };
    delivery.run().await
}

/// How a machine ended, and the first request that failed.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) end: End,
    pub(crate) failure: Option<Pending>,
}

impl Ended {
    /// The result for the caller.
    pub(crate) fn result(
        self,
        notifier: &Notifier,
        notification: &Notification,
    ) -> Result<Delivered, Pending> {
        let Notification { name, reference, .. } = notification;
        let order = reference.order.to_string();
        let later = |state, until, reason| Pending::Later {
            order: order.clone(),
            notification: name.clone(),
            state,
            until,
            reason,
        };
        match self.end {
            End::Outcome(record) => {
                let about = About::new(name, reference);
                let until = record.due_at.unwrap_or_else(|| notifier.clock.now());
                Outcome::from_record(about, &record)
                    .map(Delivered::Outcome)
                    .ok_or_else(|| later(record.state, until, record.reason))
            }
            End::Conflict => Ok(Delivered::Conflict),
            End::ComeBack { at, state, reason } => Err(later(state, at, reason)),
            End::Kept { at, state, reason } => {
                Err(Pending::Kept { order, notification: name.clone(), state, until: at, reason })
            }
            End::OrderBusy { at } => Err(Pending::OrderBusy { order, until: at }),
            End::NoTime => Err(Pending::NoTime),
            End::Failed => Err(self.failure.unwrap_or(Pending::NoTime)),
        }
    }
}

/// The credentials that a delivery uses.
#[derive(Clone)]
enum Usable {
    Credentials(Arc<Versions<Senders<Credentials>>>),
    /// The secret exists but has the wrong form.
    Malformed(SecretError),
}

struct Delivery<'a> {
    notifier: &'a Notifier,
    case: &'a Case<'a>,
    notification: &'a Notification,
    deadline: Deadline,
    trace: &'a mut RecordTrace,
    credentials: Option<Usable>,
    /// The reference of the claimed attempt, for a message with `order_details`.
    reference: Option<OrderReference>,
    /// The order's progress, which remembers the reference for a status whose event doesn't name one.
    progress: Progress,
    /// The first request that failed.
    failure: Option<Pending>,
}

impl Delivery<'_> {
    async fn run(mut self) -> Ended {
        let providers = self.notification.providers();
        let token = ClaimToken(fastrand::u64(..));
        let machine = Machine::new(Step::from_notification(self.notification), self.case.owner)
            .with_reference(OrderReference::from_notification(self.notification))
            .needing_reference(self.notification.content.lacks_reference())
            .with_fallback(self.case.has_fallback);
        // On the heap, because it would make every future around it larger.
        let mut machine = Box::new(machine);
        let mut input = Input::Begin;
        loop {
            let now = self.notifier.clock.now();
            let context = Context {
                now,
                lease_end: self.deadline.lease_end(),
                token,
                may_send: self.deadline.allows_send(),
                fingerprint: &self.notification.fingerprint,
                is_same_event: self.case.is_same_event,
                providers: &providers,
                guard: self.case.guard,
                consent: self.notification.consent,
                event_time: self.notification.event_time,
                is_outdated: self.case.is_outdated,
                staleness: Staleness::classify(self.notification, now),
                is_urgent: self.notification.is_urgent(now),
                policy: &self.notifier.policy,
            };
            let effect = machine.step(input, &context).clone();
            if let Effect::Finish(end) = effect {
                return Ended { end, failure: self.failure };
            }
            input = self.carry_out(effect).await;
        }
    }

    /// Carries out one effect and returns its result as the machine's next input.
    async fn carry_out(&mut self, effect: Effect) -> Input {
        let Self { notifier, notification, .. } = self;
        let table = &notifier.table;
        let order = &notification.reference.order;
        let done = |written: Written<()>| match written {
            Written::Done => Input::Done,
            Written::Conflict(_) => Input::Conflict(None),
        };
        let result = match effect {
            Effect::Read => table.notification(&notification.reference).await.map(Input::Record),
            Effect::Prepare => return self.prepare().await,
            Effect::ReadProgress => table.progress(order).await.map(|progress| {
                self.progress.clone_from(&progress);
                Input::Progress(progress)
            }),
            Effect::ReadExpired { key, .. } => {
                let reference = Reference { order: order.clone(), key };
                table.notification(&reference).await.map(Input::Record)
            }
            Effect::ClaimProgress { known, next } => {
                table.move_progress(order, &known, &next, notifier.clock.now()).await.map(done)
            }
            Effect::Move { known, next } => self.write(known.as_ref(), &next, None).await,
            Effect::Claim { known, next } => {
                self.reference.clone_from(&next.reference);
                self.write(known.as_ref(), &next, None).await
            }
            // No request was made under the claim.
            Effect::Withdraw { claimed, next } => self.write(Some(&claimed), &next, Some(0)).await,
            Effect::Ask(attempt) => return Input::Answer(self.attempt(attempt).await),
            Effect::Settle { known, next } => self.settle(known.as_ref(), &next).await,
            Effect::StoreMessage(message) => self.store(&message).await.map(|()| Input::Done),
            Effect::StoreReference { reference, provider } => {
                let now = notifier.clock.now();
                table.remember_reference(order, &reference, provider, now).await.map(|()| Input::Done)
            }
            Effect::ReleaseProgress { known, next } => {
                let released = table.move_progress(order, &known, &next, notifier.clock.now()).await;
                if let Err(error) = &released {
                    tracing::warn!(%error, "an order's progress was not released; its claim will expire");
                    return Input::Failed;
                }
                released.map(done)
            }
            Effect::StoreEvent { due_at } => {
                let now = notifier.clock.now();
                let event = self.case.event.clone().kept_until(due_at, now);
                let (reference, retention) = (&notification.reference, notifier.event_retention);
                table.store_event(reference, &event, retention, now).await.map(|()| Input::Done)
            }
            Effect::DeleteEvent => table.delete_event(&notification.reference).await.map(|()| Input::Done),
            Effect::Finish(_) => return Input::Done,
        };
        result.unwrap_or_else(|error| self.failed(error.into()))
    }

    fn failed(&mut self, error: Pending) -> Input {
        // The first failure caused the ones after it.
        self.failure.get_or_insert(error);
        Input::Failed
    }

    /// Reads the credentials before the claim: without them nothing could be sent under it.
    async fn prepare(&mut self) -> Input {
        self.credentials = Some(match self.notifier.credentials.get().await {
            Ok(credentials) => Usable::Credentials(credentials),
            Err(error) if error.is_malformed() => Usable::Malformed(error),
            Err(error) => return self.failed(error.into()),
        });
        Input::Done
    }

    /// Writes a record; `settled` is the number of requests of the attempt that it settles.
    async fn write(
        &mut self,
        known: Option<&Record>,
        next: &Record,
        settled: Option<u32>,
    ) -> Result<Input, TableError> {
        let now = self.notifier.clock.now();
        let (notification, table) = (self.notification, &self.notifier.table);
        let sender = self.trace.sender_in_metrics.as_ref();
        let names = self.notifier.metric_names(notification, next.provider, sender);
        Ok(match table.move_notification(notification, &names, known, next, settled, now).await? {
            Written::Done => {
                self.trace.moved(known, next, names);
                Input::Done
            }
            Written::Conflict(found) => Input::Conflict(found),
        })
    }

    /// Writes a provider's answer and repeats the write until the record's time is over: an acceptance that
    /// is not written would look like a send whose outcome is unknown.
    async fn settle(&mut self, known: Option<&Record>, next: &Record) -> Result<Input, TableError> {
        let made = self.trace.attempts.last().map(|made| made.attempted.calls.len());
        let requests = made.and_then(|requests| u32::try_from(requests).ok());
        loop {
            let error = match self.write(known, next, requests).await {
                Err(error) if Instant::now() + SETTLE_PAUSE < self.deadline.record_by() => error,
                tried => return tried,
            };
            tracing::warn!(%error, "a provider's answer could not be written; trying again");
            sleep(SETTLE_PAUSE).await;
        }
    }

    async fn store(&mut self, message: &MessageKey) -> Result<(), TableError> {
        let Self { notifier, notification, .. } = self;
        let now = notifier.clock.now();
        let ask_at = message.provider.supports_polling().then(|| Polling::first(notifier.silent_after, now));
        let Notification { reference, name, .. } = notification;
        let sender = self.trace.sender_in_metrics.as_ref();
        let names = notifier.metric_names(notification, Some(message.provider), sender);
        notifier.table.store_message(message, reference, name, &names, ask_at, now).await
    }

    async fn attempt(&mut self, attempt: Attempt) -> Answer {
        let started = Instant::now();
        let attempted = self.send(attempt).await;
        let answer = attempted.answer.clone();
        let log = AttemptLog { attempt, attempted, took: started.elapsed() };
        log::attempt(&log);
        self.trace.attempts.push(log);
        answer
    }

    /// Sends to a provider, unless earlier attempts show that it refuses our credentials. Refused credentials are read
    /// again, and the send is repeated once.
    async fn send(&self, attempt: Attempt) -> Attempted {
        let Some(route) = self.notification.route(attempt.provider) else {
            return refusal(
                ReasonClass::Template,
                "no_template",
                "the catalogue has no template for this provider",
            );
        };
        let credentials = match &self.credentials {
            Some(Usable::Credentials(credentials)) => Arc::clone(credentials),
            Some(Usable::Malformed(error)) => {
                return refusal(ReasonClass::Credentials, "malformed_secret", error.to_string());
            }
            None => {
                return refusal(ReasonClass::Credentials, "no_credentials", "the credentials were not read");
            }
        };
        let probes = &self.notifier.probes;
        let sender = self.notification.reference.order.sender.as_ref();
        if let Some(reason) = probes.refusal(sender, attempt.provider, self.notifier.clock.now()) {
            return Attempted { answer: Answer::Refused(reason), calls: Vec::new() };
        }
        let mut message = self.notification.message(route);
        message.content.fill_reference(self.progress.reference_for(attempt.provider));
        if let Some(reference) = &self.reference {
            message.content.set_details_reference(&reference.id);
        }
        let send = |credentials: Arc<Versions<Senders<Credentials>>>| {
            let (message, deadline) = (&message, self.deadline.send_by());
            let providers = &self.notifier.providers;
            async move {
                match credentials.current.get(sender) {
                    Ok(own) => providers.send(own, attempt.provider, message, deadline).await,
                    Err(no_sender) => {
                        Attempted { answer: Answer::Refused(no_sender.into()), calls: Vec::new() }
                    }
                }
            }
        };
        let mut attempted = send(Arc::clone(&credentials)).await;
        if is_about_credentials(&attempted.answer) {
            // Without a request the secret itself lacks something, and is not read again for each event.
            let min_age = if attempted.calls.is_empty() { REREAD_AFTER } else { Duration::ZERO };
            match self.notifier.credentials.newer_than(&credentials, min_age).await {
                Some(newer) if self.deadline.allows_send() => {
                    let Attempted { answer, calls } = send(newer).await;
                    attempted = Attempted { answer, calls: [attempted.calls, calls].concat() };
                }
                _ => {}
            }
        }
        probes.update(sender, attempt.provider, &attempted, self.notifier.clock.now());
        attempted
    }
}

/// A refusal without a request to a provider.
fn refusal(class: ReasonClass, code: &str, text: impl Into<String>) -> Attempted {
    Attempted { answer: Answer::Refused(Reason::new(class, code, text)), calls: Vec::new() }
}
