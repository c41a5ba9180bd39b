//! Runs of the send machine, request by request.

use super::*;
use crate::message::{MessageId, MessageKey, NotificationKey, OrderStatus, ReferenceId};

/// The table stores no events, so the queue brings every event back.
const QUEUE: Owner = Owner::Queue { until: None };

fn message() -> MessageKey {
    MessageKey { provider: OneMsg, id: MessageId::parse("wamid.1").unwrap() }
}

fn accepted() -> Input {
    Input::Answer(Answer::Accepted(Some(message().id)))
}

/// Steps a machine through these inputs and returns a summary of each effect.
fn run(machine: &mut Machine, context: &Context<'_>, inputs: Vec<Input>) -> Vec<String> {
    inputs.into_iter().map(|input| summary(machine.step(input, context))).collect()
}

fn summary(effect: &Effect) -> String {
    let state = |record: &Record| record.state.name();
    match effect {
        Effect::Read => "read".to_owned(),
        Effect::Prepare => "prepare".to_owned(),
        Effect::ReadProgress => "read progress".to_owned(),
        Effect::ReadExpired { key, .. } => format!("read {key}"),
        Effect::ClaimProgress { .. } => "take progress".to_owned(),
        Effect::Move { next, .. } => format!("move to {}", state(next)),
        Effect::Claim { next, .. } => format!("claim {}", next.attempt),
        Effect::Withdraw { next, .. } => format!("withdraw to {}", state(next)),
        Effect::Ask(attempt) => format!("ask {}", attempt.provider),
        Effect::Settle { next, .. } => format!("settle {}", state(next)),
        Effect::StoreMessage(message) => format!("store {}", message.id.as_str()),
        Effect::StoreReference { reference, provider } => {
            format!("remember {} of {provider}", reference.id.as_str())
        }
        Effect::ReleaseProgress { next, .. } => {
            format!("leave progress {}", if next.sent.is_some() { "sent" } else { "not sent" })
        }
        Effect::StoreEvent { due_at } => {
            format!("keep the event {}", due_at.map_or("for the operator", |_| "until its time"))
        }
        Effect::DeleteEvent => "drop the event".to_owned(),
        Effect::Finish(End::Outcome(record)) => format!("finish {}", state(record)),
        Effect::Finish(End::Kept { state, .. }) => format!("kept {state}"),
        Effect::Finish(End::ComeBack { state, .. }) => format!("come back {state}"),
        Effect::Finish(end) => format!("finish {end:?}"),
    }
}

fn status() -> Step {
    Step { key: NotificationKey::parse("k").unwrap(), status: OrderStatus::Shipped, time: at(50) }
}

fn claimed() -> Record {
    Record { token: Some(TOKEN), ..record(State::Sending, 1, Some(135)) }
}

#[test]
fn a_new_notification_costs_one_write_before_the_send_and_two_after_it() {
    let policy = Policy::default();
    let effects = run(
        &mut Machine::new(None, QUEUE),
        &context(&policy),
        vec![Input::Begin, Input::Done, Input::Done, accepted(), Input::Done, Input::Done],
    );
    let expected =
        ["prepare", "claim 1", "ask onemsg", "settle accepted", "store wamid.1", "finish accepted"];
    assert_eq!(effects, expected);
}

#[test]
fn a_status_takes_the_progress_before_the_claim_and_leaves_it_at_the_end() {
    let policy = Policy::default();
    let inputs = vec![
        Input::Begin,
        Input::Record(None),
        Input::Done,
        Input::Progress(Progress::default()),
        Input::Done,
        Input::Done,
        accepted(),
        Input::Done,
        Input::Done,
        Input::Done,
    ];
    let effects = run(&mut Machine::new(Some(status()), QUEUE), &context(&policy), inputs);
    let expected = [
        "read",
        "prepare",
        "read progress",
        "take progress",
        "claim 1",
        "ask onemsg",
        "settle accepted",
        "store wamid.1",
        "leave progress sent",
        "finish accepted",
    ];
    assert_eq!(effects, expected);
}

#[test]
fn a_claim_whose_reply_was_lost_recognises_its_own_write() {
    let policy = Policy::default();
    let begin = || vec![Input::Begin, Input::Done];
    let own = Input::Conflict(Some(claimed()));
    let effects = run(&mut Machine::new(None, QUEUE), &context(&policy), [begin(), vec![own]].concat());
    assert_eq!(effects, ["prepare", "claim 1", "ask onemsg"]);
    for (token, attempt) in [(None, 1), (Some(ClaimToken(8)), 1), (Some(TOKEN), 2)] {
        let other = Input::Conflict(Some(Record { attempt, token, ..claimed() }));
        let effects = run(&mut Machine::new(None, QUEUE), &context(&policy), [begin(), vec![other]].concat());
        assert_eq!(effects, ["prepare", "claim 1", "come back sending"], "{token:?} {attempt}");
    }
}

#[test]
fn taken_progress_is_recognised_after_a_lost_reply_and_left_after_a_failed_write() {
    let policy = Policy::default();
    let begin = || {
        let inputs =
            vec![Input::Begin, Input::Record(None), Input::Done, Input::Progress(Progress::default())];
        let mut machine = Machine::new(Some(status()), QUEUE);
        run(&mut machine, &context(&policy), inputs);
        let Effect::ClaimProgress { next, .. } = machine.effect().clone() else {
            panic!("progress is taken")
        };
        (machine, next)
    };
    let (mut machine, own) = begin();
    assert_eq!(own.token, Some(TOKEN));
    let inputs = vec![Input::Conflict(None), Input::Progress(own)];
    assert_eq!(run(&mut machine, &context(&policy), inputs), ["read progress", "claim 1"]);

    // A second copy of the same event, in the same batch.
    let (mut machine, own) = begin();
    let others = Progress { token: Some(ClaimToken(8)), ..own };
    let inputs = vec![Input::Conflict(None), Input::Progress(others)];
    let effects = run(&mut machine, &context(&policy), inputs);
    assert!(effects[1].starts_with("finish OrderBusy"), "{effects:?}");

    let (mut machine, own) = begin();
    let effects = run(&mut machine, &context(&policy), vec![Input::Failed]);
    assert_eq!(effects, ["leave progress not sent"]);
    let Effect::ReleaseProgress { known, next } = machine.effect() else { panic!("progress is left") };
    assert_eq!((known, next.token, &next.sending), (&own, None, &None));
}

#[test]
fn of_a_turn_that_was_never_released_the_record_of_its_status_decides() {
    let policy = Policy::default();
    let newer = Step { key: NotificationKey::parse("n").unwrap(), time: at(60), ..status() };
    let expired = Progress {
        version: 3,
        sending: Some(newer),
        lease_end: Some(at(90)),
        token: Some(ClaimToken(8)),
        ..Progress::default()
    };
    let begin = || vec![Input::Begin, Input::Record(None), Input::Done, Input::Progress(expired.clone())];
    let with = |found: Option<Record>| {
        let mut machine = Machine::new(Some(status()), QUEUE);
        let inputs = [begin(), vec![Input::Record(found)]].concat();
        let effects = run(&mut machine, &context(&policy), inputs);
        assert_eq!(effects[..4], ["read", "prepare", "read progress", "read n"]);
        (effects[4].clone(), machine.effect().clone())
    };
    // Its run ended before the claim, or every provider had refused.
    for unsent in [None, Some(record(State::Waiting, 1, Some(900)))] {
        let (effect, taken) = with(unsent);
        assert_eq!(effect, "take progress");
        let Effect::ClaimProgress { known, next } = taken else { panic!("progress is taken") };
        assert_eq!((&known, next.version, next.sent), (&expired, 4, None));
    }
    assert_eq!(with(Some(record(State::Sending, 1, Some(90)))).0, "move to suppressed");
    // Another run has taken over the turn since.
    assert!(with(Some(record(State::Sending, 2, Some(130)))).0.starts_with("finish OrderBusy"));
    let mut machine = Machine::new(Some(status()), QUEUE);
    let inputs = [begin(), vec![Input::Failed]].concat();
    assert_eq!(run(&mut machine, &context(&policy), inputs)[4], "finish Failed");
}

#[test]
fn after_the_provider_was_asked_the_own_claim_is_never_repeated() {
    let policy = Policy::default();
    let unknown = Input::Answer(Answer::Unknown(reason(ReasonClass::Unclear)));
    let inputs = vec![Input::Begin, Input::Done, Input::Done, unknown, Input::Conflict(Some(claimed()))];
    let effects = run(&mut Machine::new(None, QUEUE), &context(&policy), inputs);
    assert_eq!(effects[3..], ["settle unknown", "settle unknown"]);
}

#[test]
fn a_claim_that_failed_is_withdrawn_by_its_token_and_its_progress_left_as_not_sent() {
    let policy = Policy::default();
    for reply in [Input::Done, Input::Conflict(None), Input::Failed] {
        let mut machine = Machine::new(None, QUEUE);
        let effects =
            run(&mut machine, &context(&policy), vec![Input::Begin, Input::Done, Input::Failed, reply]);
        assert_eq!(effects, ["prepare", "claim 1", "withdraw to waiting", "finish Failed"]);
    }
    let mut machine = Machine::new(None, QUEUE);
    run(&mut machine, &context(&policy), vec![Input::Begin, Input::Done, Input::Failed]);
    let Effect::Withdraw { claimed, next } = machine.effect() else { panic!("a withdrawal") };
    assert_eq!((claimed.token, next.token, next.due_at), (Some(TOKEN), None, Some(at(100))));
    let inputs = vec![
        Input::Begin,
        Input::Record(None),
        Input::Done,
        Input::Progress(Progress::default()),
        Input::Done,
        Input::Failed,
        Input::Done,
        Input::Failed,
    ];
    let effects = run(&mut Machine::new(Some(status()), QUEUE), &context(&policy), inputs);
    assert_eq!(effects[4..], ["claim 1", "withdraw to waiting", "leave progress not sent", "finish Failed"]);
}

#[test]
fn an_event_that_finds_its_message_accepted_stores_the_ids_first() {
    let policy = Policy::default();
    let second = MessageKey { id: MessageId::parse("wamid.2").unwrap(), ..message() };
    let alias = MessageKey { id: MessageId::parse("alias").unwrap(), ..message() };
    let found = Record {
        message_ids: [message(), second.clone(), alias].into(),
        reply_ids: [message(), second].into(),
        ..record(State::Accepted, 1, None)
    };
    let inputs = vec![Input::Begin, Input::Done, Input::Conflict(Some(found)), Input::Done, Input::Done];
    let effects = run(&mut Machine::new(None, QUEUE), &context(&policy), inputs);
    assert_eq!(effects[2..], ["store wamid.2", "store wamid.1", "finish accepted"]);
}

#[test]
fn a_message_that_could_not_be_stored_brings_its_event_back() {
    let policy = Policy::default();
    let inputs = vec![Input::Begin, Input::Done, Input::Done, accepted(), Input::Done, Input::Failed];
    let effects = run(&mut Machine::new(None, QUEUE), &context(&policy), inputs);
    assert_eq!(effects[4..], ["store wamid.1", "finish Failed"]);
}

#[test]
fn a_run_does_not_send_the_notification_that_it_holds() {
    let policy = Policy::default();
    let sixth = Record { unrecognised_rounds: 5, ..record(State::Waiting, 5, Some(100)) };
    let only = Context { providers: &[OneMsg], ..context(&policy) };
    let refused = Input::Answer(Answer::Unrecognised(reason(ReasonClass::Content)));
    let inputs = vec![
        Input::Begin,
        Input::Done,
        Input::Conflict(Some(sixth)),
        Input::Done,
        Input::Done,
        refused,
        Input::Done,
    ];
    let effects = run(&mut Machine::new(None, QUEUE), &only, inputs);
    assert_eq!(effects[3..], ["claim 6", "ask onemsg", "settle held", "finish held"]);
}

#[test]
fn a_settlement_that_finds_another_record_is_decided_again() {
    let policy = Policy::default();
    let begin = || vec![Input::Begin, Input::Done, Input::Done, accepted()];
    let adopted = Record { message_ids: [message()].into(), ..record(State::Accepted, 1, None) };
    let replied = Record { reply_ids: [message()].into(), ..adopted.clone() };
    for (found, expected) in [
        (Some(adopted), vec!["settle accepted"]),
        (Some(replied), vec!["store wamid.1"]),
        (Some(record(State::Unknown, 1, Some(900))), vec!["settle accepted"]),
        (None, vec!["settle accepted"]),
    ] {
        let inputs = [begin(), vec![Input::Conflict(found)]].concat();
        assert_eq!(run(&mut Machine::new(None, QUEUE), &context(&policy), inputs)[4..], expected);
    }
}

#[test]
fn without_time_for_a_send_nothing_is_claimed() {
    let policy = Policy::default();
    let late = Context { may_send: false, ..context(&policy) };
    assert_eq!(run(&mut Machine::new(None, QUEUE), &late, vec![Input::Begin]), ["finish NoTime"]);
}

#[test]
fn a_recipient_who_is_not_allowed_costs_one_write_and_no_claim_of_the_progress() {
    let policy = Policy::default();
    let closed = Context { guard: Guard::NotAllowed, ..context(&policy) };
    let body = run(&mut Machine::new(None, QUEUE), &closed, vec![Input::Begin, Input::Done]);
    assert_eq!(body, ["move to suppressed", "finish suppressed"]);
    let inputs = vec![Input::Begin, Input::Record(None), Input::Done];
    let status = run(&mut Machine::new(Some(status()), QUEUE), &closed, inputs);
    assert_eq!(status, ["read", "move to suppressed", "finish suppressed"]);
}

#[test]
fn a_request_that_failed_ends_the_run() {
    let policy = Policy::default();
    for (machine, inputs) in [
        (Machine::new(Some(status()), QUEUE), vec![Input::Begin, Input::Failed]),
        (Machine::new(None, QUEUE), vec![Input::Begin, Input::Failed]),
        (Machine::new(None, QUEUE), vec![Input::Begin, Input::Done, Input::Done, accepted(), Input::Failed]),
    ] {
        let mut machine = machine;
        let effects = run(&mut machine, &context(&policy), inputs);
        assert_eq!(effects.last().unwrap(), "finish Failed");
        assert_eq!(run(&mut machine, &context(&policy), vec![Input::Done]), ["finish Failed"]);
    }
}

#[test]
fn the_table_keeps_events_that_the_queue_cannot_carry_and_ends_its_own() {
    let policy = Policy::default();
    let queue = Owner::Queue { until: Some(at(200)) };
    let ends = |owner, found: Record| {
        let effects = run(
            &mut Machine::new(Some(status()), owner),
            &context(&policy),
            vec![Input::Begin, Input::Record(Some(found)), Input::Done],
        );
        effects[1..].to_vec()
    };
    let kept = |state| vec!["keep the event until its time".to_owned(), format!("kept {state}")];
    for owner in [queue, Owner::Table] {
        assert_eq!(ends(owner, record(State::Unknown, 1, Some(150))), kept("unknown"));
        assert_eq!(ends(owner, record(State::Waiting, 1, Some(300))), kept("waiting"));
        let held = Record { unclear: true, ..record(State::Held, 1, None) };
        assert_eq!(ends(owner, held), ["keep the event for the operator", "finish held"]);
    }
    for state in [State::Waiting, State::Sending] {
        assert_eq!(ends(queue, record(state, 1, Some(150)))[0], format!("come back {state}"));
        assert_eq!(ends(Owner::Table, record(state, 1, Some(150))), kept(state.name()));
        assert_eq!(ends(QUEUE, record(state, 1, Some(300)))[0], format!("come back {state}"));
    }
    for state in [State::Rejected, State::Suppressed] {
        assert_eq!(ends(queue, record(state, 1, None))[0], format!("finish {state}"));
        let dropped = ["drop the event".to_owned(), format!("finish {state}")];
        assert_eq!(ends(Owner::Table, record(state, 1, None)), dropped);
    }
}

#[test]
fn an_event_that_cannot_be_kept_stays_with_the_queue() {
    let policy = Policy::default();
    let mut machine = Machine::new(Some(status()), Owner::Queue { until: Some(at(200)) });
    let found = Input::Record(Some(record(State::Unknown, 1, Some(150))));
    let effects = run(&mut machine, &context(&policy), vec![Input::Begin, found, Input::Failed]);
    assert_eq!(effects[1..], ["keep the event until its time", "finish Failed"]);
}

fn reference(id: &str, time: i64) -> OrderReference {
    OrderReference { id: ReferenceId::parse(id, 35).unwrap(), time: at(time) }
}

fn with_reference() -> Machine {
    Machine::new(None, QUEUE).with_reference(Some(reference("order-1", 50)))
}

#[test]
fn the_reference_of_an_accepted_order_is_remembered_after_everything_else() {
    let policy = Policy::default();
    let inputs =
        vec![Input::Begin, Input::Done, Input::Done, accepted(), Input::Done, Input::Done, Input::Done];
    let expected = [
        "prepare",
        "claim 1",
        "ask onemsg",
        "settle accepted",
        "store wamid.1",
        "remember order-1 of onemsg",
        "finish accepted",
    ];
    assert_eq!(run(&mut with_reference(), &context(&policy), inputs), expected);

    // A run that stopped before it did so is made up for by the next one; a failure brings the event back.
    let found = Record { state: State::Accepted, reference: Some(reference("order-1", 50)), ..claimed() };
    let inputs = vec![Input::Begin, Input::Done, Input::Conflict(Some(found)), Input::Failed];
    let effects = run(&mut with_reference(), &context(&policy), inputs);
    assert_eq!(effects, ["prepare", "claim 1", "remember order-1 of onemsg", "finish Failed"]);
}

#[test]
fn the_reference_of_a_refused_order_is_not_remembered() {
    let policy = Policy::default();
    let rejected = Input::Answer(Answer::Rejected(Reason::new(ReasonClass::Recipient, "131026", "no")));
    let inputs = vec![Input::Begin, Input::Done, Input::Done, rejected, Input::Done];
    let effects = run(&mut with_reference(), &context(&policy), inputs);
    assert_eq!(effects, ["prepare", "claim 1", "ask onemsg", "settle rejected", "finish rejected"]);
}

#[test]
fn only_a_reference_that_was_sent_is_remembered() {
    let policy = Policy::default();
    let other = || Machine::new(None, QUEUE).with_reference(Some(reference("order-1-2", 60)));
    // A later event with the same content and another reference sends nothing.
    let found = Record {
        state: State::Accepted,
        reference: Some(reference("order-1", 50)),
        provider: Some(Kaleyra),
        ..claimed()
    };
    let inputs = vec![Input::Begin, Input::Done, Input::Conflict(Some(found.clone())), Input::Done];
    let effects = run(&mut other(), &context(&policy), inputs);
    assert_eq!(effects, ["prepare", "claim 1", "remember order-1 of kaleyra", "finish accepted"]);
    let unknown = Record { reference: None, ..found };
    let inputs = vec![Input::Begin, Input::Done, Input::Conflict(Some(unknown))];
    assert_eq!(run(&mut other(), &context(&policy), inputs), ["prepare", "claim 1", "finish accepted"]);

    // An attempt after a certain refusal sends its own event's reference, one after an unclear attempt repeats the first.
    let claimed_reference = |found: Record| {
        let (mut machine, context) = (other(), context(&policy));
        let inputs = vec![Input::Begin, Input::Done, Input::Conflict(Some(found)), Input::Done];
        run(&mut machine, &context, inputs);
        match machine.effect() {
            Effect::Claim { next, .. } => next.reference.clone().unwrap(),
            other => panic!("{other:?}"),
        }
    };
    let earlier = Some(reference("order-1", 50));
    let waiting = Record { reference: earlier.clone(), ..record(State::Waiting, 1, None) };
    assert_eq!(claimed_reference(waiting.clone()), reference("order-1-2", 60));
    assert_eq!(claimed_reference(Record { unclear: true, ..waiting }), reference("order-1", 50));
}

#[test]
fn a_status_without_its_reference_waits_without_a_turn_or_a_request() {
    let policy = Policy::default();
    let needing = || Machine::new(Some(status()), QUEUE).needing_reference(true);
    let (none, providers) = (Progress::default(), [Kaleyra, Meta]);
    let context = Context { providers: &providers, ..context(&policy) };
    let round = [Input::Done, Input::Progress(none.clone()), Input::Done];
    let begin = vec![Input::Begin, Input::Record(None)];
    let inputs = [begin.clone(), round.to_vec(), round.to_vec()].concat();
    let expected = [
        "read",
        "prepare",
        "read progress",
        "move to waiting",
        "prepare",
        "read progress",
        "move to waiting",
        "come back waiting",
    ];
    assert_eq!(run(&mut needing(), &context, inputs), expected);

    // The next provider knows it.
    let known =
        Progress { reference_id: Some(reference("order-1", 50).id), reference_provider: Some(Meta), ..none };
    let next = vec![Input::Done, Input::Progress(known), Input::Done, Input::Done];
    let effects = run(&mut needing(), &context, [begin, round.to_vec(), next].concat());
    assert_eq!(effects[4..], ["prepare", "read progress", "take progress", "claim 2", "ask meta"]);
}
