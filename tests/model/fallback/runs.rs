//! Carries out the requests of order-notifier's two machines, and the sweeper's work.

use std::time::Duration;

use shared::catalogue::{Consent, FallbackTerms};
use shared::message::MessageId;
use shared::protocol::{
    Answer, ClaimToken, Context, Effect, End, FallbackEffect, FallbackInput, FallbackMachine, FollowUpCase,
    Guard, Input, Link, Machine, Owner, Policy, Reason, ReasonClass, Staleness, State,
};
use shared::provider::Provider;

use super::world::{
    AFTER, Copy, Fate, Mutant, Response, Run, START, Scenario, Stored, TICK, TOO_OLD, Worker, World, at,
};

impl Scenario {
    pub(super) fn case(&self) -> FollowUpCase {
        let after = Duration::try_from(TICK * i32::from(AFTER)).unwrap();
        let terms = FallbackTerms { after, on: self.on, retries: false, channels: vec![Provider::AwsSms] };
        FollowUpCase { terms, usable: vec![0], ends_at: at(TOO_OLD) }
    }

    pub(super) fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    pub(super) fn begin(&self, world: &mut World, index: usize) {
        world.runs += 1;
        let worker = &mut world.workers[index];
        worker.token = world.runs;
        let is_repeated = worker.is_from_table || worker.copy == Copy::Waiting(true);
        let owner =
            if worker.is_from_table { Owner::Table } else { Owner::Queue { until: Some(at(world.tick)) } };
        worker.copy = Copy::Postponed;
        let mut fallback = FallbackMachine::new(self.case(), owner, is_repeated, None);
        fallback.step(FallbackInput::Begin, at(world.tick));
        worker.run = Some(Run { fallback, send: None, is_outdated: false, has_seen_left: false, owner });
        self.advance(world, index);
    }

    /// Carries out what needs no request.
    pub(super) fn advance(&self, world: &mut World, index: usize) {
        let (has_arrived, has_moved_on) = (world.has_arrived(), world.has_moved_on);
        let Some(run) = &mut world.workers[index].run else { return };
        if let FallbackEffect::Deliver { link, has_begun } = run.fallback.effect().clone()
            && run.send.is_none()
        {
            let known = world.records.get(&link).map(|(record, _)| record.clone());
            let accepted = known.filter(|record| record.state == State::Accepted);
            if link != Link::First && has_arrived && accepted.is_none() {
                world.broken = Some("a channel followed a message that had arrived");
            }
            if let Some(record) = accepted.filter(|_| self.is(Mutant::ForgottenIds)) {
                run.fallback.step(FallbackInput::Delivered(End::Outcome(record)), at(world.tick));
                self.advance(world, index);
                return;
            }
            run.has_seen_left = has_moved_on;
            run.is_outdated = link != Link::First && has_moved_on && !self.is(Mutant::OutdatedChannel);
            if run.is_outdated && !has_begun {
                run.fallback.step(FallbackInput::Outdated, at(world.tick));
                self.advance(world, index);
                return;
            }
            let machine = Machine::new(None, run.owner).with_fallback(true);
            run.send = Some((link, machine));
            self.send(world, index, Input::Begin);
            return;
        }
        let FallbackEffect::Finish(end) = run.fallback.effect().clone() else { return };
        let worker = &mut world.workers[index];
        worker.run = None;
        let is_done =
            worker.is_from_table || matches!(end, End::Outcome(_) | End::Kept { .. } | End::Conflict);
        worker.copy = if is_done { Copy::Acknowledged } else { Copy::Postponed };
    }

    /// Steps the send machine.
    pub(super) fn send(&self, world: &mut World, index: usize, input: Input) {
        let (now, tick, has_faults) = (world.now(), world.tick, world.has_faults());
        let token = world.workers[index].token;
        let run = world.workers[index].run.as_mut().unwrap();
        let (link, machine) = run.send.as_mut().unwrap();
        let (link, is_outdated) = (*link, run.is_outdated);
        let policy: Policy = "hold".parse().unwrap();
        let providers: &[Provider] = match (link, self.has_number) {
            (Link::First, true) => &[Provider::Meta],
            (Link::First, false) => &[],
            _ => &[Provider::AwsSms],
        };
        let staleness = match (tick >= TOO_OLD, link) {
            (false, _) => Staleness::Fresh,
            (true, Link::First) => Staleness::Stale,
            (true, _) => Staleness::Pointless,
        };
        let context = Context {
            now,
            lease_end: now + TICK,
            token: ClaimToken(token),
            may_send: true,
            fingerprint: "f",
            is_same_event: true,
            providers,
            guard: Guard::Allowed,
            consent: Consent::Given,
            event_time: START,
            is_outdated,
            staleness,
            is_urgent: false,
            policy: &policy,
        };
        let effect = machine.step(input, &context).clone();
        match effect {
            Effect::Prepare => self.send(world, index, Input::Done),
            // A request of its own only if it can fail: no other run depends on it.
            Effect::StoreMessage(_) if !has_faults => {
                world.ids.insert(link);
                self.send(world, index, Input::Done);
            }
            Effect::Finish(end) => {
                run.send = None;
                run.fallback.step(FallbackInput::Delivered(end), now);
                self.advance(world, index);
            }
            _ => {}
        }
    }

    /// Carries out the next request of a run.
    pub(super) fn step(&self, world: &mut World, index: usize) {
        let run = world.workers[index].run.clone().unwrap();
        if let Some((link, machine)) = &run.send {
            let input = match machine.effect() {
                Effect::Read => Input::Record(world.records.get(link).map(|(record, _)| record.clone())),
                Effect::Claim { known, next } => {
                    let is_unconditional = self.is(Mutant::UnconditionalClaim);
                    let written = world.write(*link, known.as_ref(), next, is_unconditional);
                    let is_late = *link == Link::First && world.records.contains_key(&Link::Channel(0));
                    if run.has_seen_left && *link != Link::First && written == Input::Done {
                        world.broken = Some("a channel was claimed after the order had left the status");
                    }
                    if is_late && written == Input::Done {
                        world.broken = Some("the first message was claimed after a channel");
                    }
                    written
                }
                Effect::Move { known, next } | Effect::Settle { known, next } => {
                    world.write(*link, known.as_ref(), next, false)
                }
                Effect::Withdraw { claimed, next } => world.write(*link, Some(claimed), next, false),
                Effect::StoreMessage(_) => {
                    world.ids.insert(*link);
                    Input::Done
                }
                other => unreachable!("{other:?}"),
            };
            return self.send(world, index, input);
        }
        let now = world.now();
        let input = match run.fallback.effect().clone() {
            FallbackEffect::Read => {
                let mut seen = world.seen(self.is(Mutant::BlindRead));
                if world.has_moved_on && self.is(Mutant::ForgottenChannel) {
                    seen.retain(|message| message.link == Link::First);
                }
                FallbackInput::Seen(seen)
            }
            FallbackEffect::Replace { .. } if self.is(Mutant::NoReplacement) => {
                FallbackInput::Delivered(End::Failed)
            }
            FallbackEffect::Replace { link, known, next } => {
                match world.write(link, Some(&known), &next, false) {
                    Input::Done => FallbackInput::Done,
                    _ => FallbackInput::Conflict,
                }
            }
            FallbackEffect::StoreEvent { due_at, awaits_arrival } => {
                if !self.is(Mutant::LostEvent) {
                    world.event = Some(Stored { due_at, awaits_arrival });
                }
                FallbackInput::Done
            }
            FallbackEffect::DeleteEvent => {
                world.event = None;
                FallbackInput::Done
            }
            other => unreachable!("{other:?}"),
        };
        let run = world.workers[index].run.as_mut().unwrap();
        run.fallback.step(input, now);
        self.advance(world, index);
    }

    pub(super) fn fail(&self, world: &mut World, index: usize, after_write: bool) {
        world.faults -= 1;
        let before = world.clone();
        if after_write {
            self.step(world, index);
            // Only the write stays.
            world.workers.clone_from(&before.workers);
            let sends = before.workers[index].run.as_ref().and_then(|run| run.send.as_ref());
            if !sends.is_some_and(|(_, machine)| matches!(machine.effect(), Effect::StoreMessage(_))) {
                world.ids = before.ids;
            }
        }
        let now = world.now();
        let run = world.workers[index].run.as_mut().unwrap();
        if run.send.is_some() {
            self.send(world, index, Input::Failed);
        } else {
            run.fallback.step(FallbackInput::Failed, now);
            self.advance(world, index);
        }
    }

    pub(super) fn answer(&self, world: &mut World, index: usize, response: Response) {
        let run = world.workers[index].run.as_ref().unwrap();
        let link = run.send.as_ref().unwrap().0;
        if let Response::Accepted(fate) | Response::Lost(fate) = response {
            if world.accepted.iter().any(|(other, ..)| *other == link) {
                world.broken = Some("a message was accepted twice");
            }
            world.accepted.push((link, fate, false));
        }
        let reason = |class| Reason::new(class, "code", "text");
        let answer = match response {
            Response::Accepted(_) => Answer::Accepted(MessageId::parse("id").ok()),
            Response::Lost(_) => Answer::Unknown(reason(ReasonClass::Unclear)),
            Response::Rejected => Answer::Rejected(reason(ReasonClass::Recipient)),
            Response::Throttled => {
                Answer::NotSent { reason: reason(ReasonClass::Throttled), retry_after: None }
            }
        };
        self.send(world, index, Input::Answer(answer));
    }

    /// The sweeper's work on the stored event.
    pub(super) fn sweep(&self, world: &mut World) {
        let Some(event) = &mut world.event else { return };
        let has_arrived = world.facts.get(&Link::First) == Some(&true);
        if event.awaits_arrival && (has_arrived || self.is(Mutant::EagerSweeper)) {
            world.event = None;
            return;
        }
        event.due_at = Some(at(world.tick + 1));
        let copy = Worker { copy: Copy::Waiting(true), is_from_table: true, token: 0, run: None };
        match world.workers.iter_mut().find(|it| it.is_from_table && it.copy == Copy::Acknowledged) {
            Some(free) => *free = copy,
            None => world.workers.push(copy),
        }
    }

    /// Whether the customer must have been reached when everything is over.
    pub(super) fn must_be_reached(&self, world: &World) -> bool {
        let fate = |link| world.accepted.iter().find(|(it, ..)| *it == link).map(|(_, fate, _)| *fate);
        // A channel that was claimed and whose reply is unknown can only be held.
        let is_unclear = world.records.get(&Link::Channel(0)).is_some_and(|(record, _)| record.unclear);
        !is_unclear
            && !self.moves_on
            && self.on.undelivered
            && fate(Link::First) != Some(Fate::Arrives)
            && !world.has_arrived()
    }
}
