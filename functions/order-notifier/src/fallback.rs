//! Carries out the effects of the machine of a notification with a fallback.

use shared::catalogue::{Consent, Fallback, Notification};
use shared::message::{AGAIN, Reference};
use shared::protocol::{
    ClaimToken, End, FallbackEffect, FallbackInput, FallbackMachine, FollowUpCase, Guard, Link, Owner,
    Progress, Record, Relevance, Seen, Step, relevance,
};
use shared::provider::Provider;
use shared::secrets::SecretError;
use shared::table::{Awaited, Delivery, TableError, Written};

use crate::deadline::Deadline;
use crate::delivery::{self, Case, Delivered, Ended};
use crate::trace::RecordTrace;
use crate::{Notifier, Pending, log};

/// Delivers a notification with a fallback, and what follows it; `guard` says whether the deployment may write to the
/// recipient of a message. The error says why there is no outcome yet.
pub(crate) async fn deliver(
    notifier: &Notifier,
    case: &Case<'_>,
    fallback: &Fallback,
    is_repeated: bool,
    guard: impl Fn(&Notification) -> Guard,
    deadline: Deadline,
    trace: &mut RecordTrace,
) -> Result<Delivered, Pending> {
    let run = Run { notifier, case, deadline, shown: case.notification.clone(), failure: None };
    let follow_up = run.follow_up_case(fallback).await;
    if let Some(faults) = &case.notification.unusable_recipient {
        if !case.is_same_event && !run.reaches_the_customer(fallback, &follow_up).await? {
            return Ok(Delivered::Unreachable(faults.clone()));
        }
        log::no_usable_number(faults);
    }
    let (ended, shown) = run.carry_out(fallback, follow_up, is_repeated, guard, trace).await;
    ended.result(notifier, &shown)
}

struct Run<'a> {
    notifier: &'a Notifier,
    /// That of the first message.
    case: &'a Case<'a>,
    deadline: Deadline,
    /// The message that the result is about: the one for which the send machine ran last.
    shown: Notification,
    /// The first request that failed.
    failure: Option<Pending>,
}

impl Run<'_> {
    async fn carry_out(
        mut self,
        fallback: &Fallback,
        case: FollowUpCase,
        is_repeated: bool,
        guard: impl Fn(&Notification) -> Guard,
        trace: &mut RecordTrace,
    ) -> (Ended, Notification) {
        if case.usable.is_empty() && !case.terms.retries {
            // Nothing can follow, so that no event is kept for it.
            let alone = Case { has_fallback: false, ..*self.case };
            let ended = Box::pin(delivery::run(self.notifier, &alone, self.deadline, trace)).await;
            return (ended, self.shown);
        }
        let fingerprint = (!self.case.is_same_event).then(|| self.case.notification.fingerprint.clone());
        let mut machine = Box::new(FallbackMachine::new(case, self.case.owner, is_repeated, fingerprint));
        let mut input = FallbackInput::Begin;
        loop {
            input = match machine.step(input, self.notifier.clock.now()).clone() {
                FallbackEffect::Deliver { link, has_begun } => self.run(link, has_begun, &guard, trace).await,
                FallbackEffect::Read => self.read(fallback).await.unwrap_or_else(|error| self.failed(error)),
                FallbackEffect::Replace { link, known, next } => {
                    let replaced = self.replace(link, &known, &next, trace).await;
                    replaced.unwrap_or_else(|error| self.failed(error))
                }
                FallbackEffect::StoreEvent { due_at, awaits_arrival } => {
                    let awaited = if awaits_arrival { Awaited::First } else { Awaited::Other };
                    let now = self.notifier.clock.now();
                    let event = self.case.event.clone().kept_until(due_at, now).awaiting(awaited);
                    let (reference, retention) =
                        (&self.case.notification.reference, self.notifier.event_retention);
                    let stored = self.notifier.table.store_event(reference, &event, retention, now).await;
                    stored.map_or_else(|error| self.failed(error), |()| FallbackInput::Done)
                }
                FallbackEffect::DeleteEvent => {
                    let deleted = self.notifier.table.delete_event(&self.case.notification.reference).await;
                    deleted.map_or_else(|error| self.failed(error), |()| FallbackInput::Done)
                }
                FallbackEffect::Finish(end) => return (Ended { end, failure: self.failure }, self.shown),
            };
        }
    }

    /// The channels that can be used, and until when. A channel whose message can't be rendered is left out, because the next one
    /// may reach the customer. In a deployment without any credentials for AWS's channels there is no fallback, and no alarm.
    async fn follow_up_case(&self, fallback: &Fallback) -> FollowUpCase {
        let notification = self.case.notification;
        let has_aws = match self.notifier.credentials.get().await {
            Ok(credentials) => {
                let own = credentials.current.get(notification.reference.order.sender.as_ref());
                own.is_ok_and(|own| Provider::ALL.into_iter().any(|it| it.is_aws() && own.has(it)))
            }
            Err(_) => true,
        };
        let usable = fallback.messages.iter().enumerate().filter(|_| has_aws);
        let usable = usable.filter_map(|(index, message)| match message {
            Ok(_) => Some(index),
            Err(faults) => {
                log::channel_left_out(fallback.terms.channels.get(index).copied(), faults);
                None
            }
        });
        FollowUpCase {
            usable: usable.collect(),
            ends_at: notification.ends_at(),
            terms: fallback.terms.clone(),
        }
    }

    /// Whether a channel can reach the customer of an event without a usable number. The error says that the credentials can't be
    /// read, which decide this: the event comes back.
    async fn reaches_the_customer(
        &self,
        fallback: &Fallback,
        case: &FollowUpCase,
    ) -> Result<bool, SecretError> {
        let credentials = self.notifier.credentials.get().await?;
        let own = credentials.current.get(self.case.notification.reference.order.sender.as_ref());
        let can_send = |index: &usize| {
            let message = fallback.messages.get(*index).and_then(|message| message.as_ref().ok());
            let provider = fallback.terms.channels.get(*index);
            let has_consent = message.is_some_and(|message| message.consent == Consent::Given);
            has_consent && own.as_ref().is_ok_and(|own| provider.is_some_and(|provider| own.has(*provider)))
        };
        // Without the table nothing keeps the event until the channel's time.
        let is_kept = fallback.terms.on.rejected || self.case.owner != Owner::Queue { until: None };
        Ok(is_kept && case.usable.iter().any(can_send))
    }

    /// Runs the send machine for one of the messages. One about a status that the order has left is not begun.
    async fn run(
        &mut self,
        link: Link,
        has_begun: bool,
        guard: impl Fn(&Notification) -> Guard,
        trace: &mut RecordTrace,
    ) -> FallbackInput {
        let notification = self.message(link);
        let Some(notification) = notification else { return FallbackInput::Failed };
        let mut is_outdated = false;
        // The same message once more is a status itself, whose run checks this.
        if matches!(link, Link::Channel(_)) {
            match self.relevance().await {
                Ok(Relevance::Superseded) if !has_begun => return FallbackInput::Outdated,
                Ok(Relevance::Superseded) => is_outdated = true,
                Ok(Relevance::Wait { until }) => {
                    return FallbackInput::Delivered(End::OrderBusy { at: until });
                }
                Ok(Relevance::Relevant(_) | Relevance::Expired { .. }) => {}
                Err(error) => return self.failed(error),
            }
        }
        trace.key = Some(notification.reference.key.clone());
        self.shown = notification.clone();
        let case = Case {
            guard: guard(&notification),
            notification: &notification,
            // A follower has no content of its own that another event could use its key for.
            is_same_event: self.case.is_same_event || link != Link::First,
            has_fallback: true,
            is_outdated,
            ..*self.case
        };
        // On the heap, because the future of a delivery is large.
        let ended = Box::pin(delivery::run(self.notifier, &case, self.deadline, trace)).await;
        if let Some(failure) = ended.failure {
            self.failure.get_or_insert(failure);
        }
        FallbackInput::Delivered(ended.end)
    }

    /// Whether the order still has the status that the first message reports: a text about another one would mislead. A message
    /// that reports no status is always relevant.
    async fn relevance(&self) -> Result<Relevance, TableError> {
        let Some(step) = Step::from_notification(self.case.notification) else {
            return Ok(Relevance::Relevant(Progress::default()));
        };
        let now = self.notifier.clock.now();
        let order = &self.case.notification.reference.order;
        let progress = self.notifier.table.settled_progress(order, now).await?;
        // No claim is written.
        Ok(relevance(&progress, &step, now, now, ClaimToken(0)))
    }

    /// One of the messages; `None` if it can't be rendered, which the machine doesn't ask for.
    fn message(&self, link: Link) -> Option<Notification> {
        let first = self.case.notification;
        match link {
            Link::First => Some(first.clone()),
            Link::Again => Some(first.again()),
            Link::Channel(index) => first.in_channel(index)?.ok(),
            Link::Former => None,
        }
    }

    /// Reads what is known about every message.
    async fn read(&self, fallback: &Fallback) -> Result<FallbackInput, TableError> {
        let first = &self.case.notification.reference;
        let again = fallback.terms.retries.then_some((AGAIN, Link::Again));
        let channels = fallback.terms.channels.iter().enumerate();
        let channels = channels.map(|(index, provider)| (provider.channel().name(), Link::Channel(index)));
        let links: Vec<(Reference, Link)> = again
            .into_iter()
            .chain(channels)
            .filter(|(_, link)| self.message(*link).is_some())
            .map(|(suffix, link)| (first.derived(suffix), link))
            .chain([(first.clone(), Link::First)])
            .collect();
        let found = self.notifier.table.deliveries_of(first).await?;
        let mut seen: Vec<Seen> = found
            .into_iter()
            .map(|(reference, Delivery { record, created_at, facts })| {
                let link = links.iter().find(|(known, _)| *known == reference);
                let link = link.map_or(Link::Former, |(_, link)| *link);
                Seen { link, record, created_at, facts }
            })
            .collect();
        seen.sort_by_key(|seen| seen.link);
        Ok(FallbackInput::Seen(seen))
    }

    async fn replace(
        &self,
        link: Link,
        known: &Record,
        next: &Record,
        trace: &mut RecordTrace,
    ) -> Result<FallbackInput, TableError> {
        let Some(message) = self.message(link) else { return Ok(FallbackInput::Conflict) };
        let now = self.notifier.clock.now();
        let written = self.notifier.table.move_record(&message.reference, known, next, now).await?;
        Ok(match written {
            Written::Done => {
                let sender = trace.sender_in_metrics.as_ref();
                let names = self.notifier.metric_names(&message, next.provider, sender);
                trace.moved(Some(known), next, names);
                FallbackInput::Done
            }
            Written::Conflict(_) => FallbackInput::Conflict,
        })
    }

    fn failed(&mut self, error: TableError) -> FallbackInput {
        self.failure.get_or_insert(error.into());
        FallbackInput::Failed
    }
}
