//! The judge checks the messages that follow on other channels, and counts the customers whom any channel reaches.

use shared::catalogue::Triggers;
use simulator::aws::AwsTrouble;

use super::*;
use crate::chaos::evidence::{ChannelSeen, FallbackSeen};

const SMS: &str = "notification/k:sms/C1";
const EMAIL: &str = "notification/k:email/C1";
const AFTER: Duration = Duration::from_mins(30);

/// A notification that 1MSG refused for good, and its text message that was delivered; an e-mail would be the next.
fn followed() -> Evidence {
    let mut evidence = sound();
    let channel = |reference: &str| ChannelSeen {
        reference: reference.to_owned(),
        has_recipient: true,
        has_consent: true,
        trouble: None,
    };
    evidence.sends.remove(0);
    evidence.facts.remove(&message(Provider::OneMsg, BODY));
    evidence.records.insert(BODY.to_owned(), record_in(State::Rejected));
    let event = &mut evidence.events[0];
    (event.at_the_providers, event.is_refused_for_good) = (Some(Expected::Rejected), true);
    let channels = [SMS, EMAIL].map(channel).into();
    event.fallback = Some(FallbackSeen { after: AFTER, on: Triggers::default(), channels });
    evidence.advanced_to = START + AFTER * 3;
    accept(&mut evidence, Provider::AwsSms, SMS);
    evidence
}

fn violations(tamper: impl FnOnce(&mut Evidence)) -> Vec<String> {
    let mut evidence = followed();
    tamper(&mut evidence);
    publish_expected(&mut evidence);
    judge(&evidence, Quiet::Reached).violations.iter().map(ToString::to_string).collect()
}

fn found(tamper: impl FnOnce(&mut Evidence), violation: &str) {
    let violations = violations(tamper);
    assert!(violations.iter().any(|it| it.contains(violation)), "{violation} not in {violations:?}");
}

fn fallback(evidence: &mut Evidence) -> &mut FallbackSeen {
    evidence.events[0].fallback.as_mut().unwrap()
}

fn remove(evidence: &mut Evidence, reference: &str) {
    evidence.records.remove(reference);
    evidence.sends.retain(|send| send.notification.as_deref() != Some(reference));
    evidence.facts.retain(|message, _| message.id.as_str() != reference);
}

/// The e-mail was accepted a channel's time after the text message.
fn add_email(evidence: &mut Evidence) {
    accept(evidence, Provider::AwsEmail, EMAIL);
    record(evidence, EMAIL).created_at = START + AFTER;
}

/// The only reports of the text message are these.
fn report(evidence: &mut Evidence, kinds: &[FactKind]) {
    let sms = evidence.sends.iter_mut().find(|send| send.notification.as_deref() == Some(SMS)).unwrap();
    let callback = |kind: &FactKind| CallbackSeen { kind: *kind, end: CallbackEnd::Taken, tries: 1 };
    sms.callbacks = kinds.iter().map(callback).collect();
    sms.reaches_the_customer = kinds.contains(&FactKind::Delivered);
    evidence.facts.insert(message(Provider::AwsSms, SMS), kinds.iter().copied().collect());
}

#[test]
fn a_message_that_follows_is_no_duplicate_and_reaches_its_customer() {
    let mut evidence = followed();
    publish_expected(&mut evidence);
    let verdict = judge(&evidence, Quiet::Reached);
    assert_eq!(verdict.violations, []);
    assert_eq!((verdict.reach.reachable, verdict.reach.reached), (3, 3));
    let any = verdict.reach_on_any_channel;
    assert_eq!((any.reachable, any.reached, any.unclear_count()), (4, 4, 0));
}

#[test]
fn a_second_message_on_a_channel_is_found() {
    found(|it| accept(it, Provider::AwsSms, SMS), "C1: notification/k:sms/C1 was accepted 2 times");
}

#[test]
fn a_message_without_recipient_or_consent_is_found() {
    found(
        |it| fallback(it).channels[0].has_consent = false,
        "notification/k:sms/C1 was sent, but must not be",
    );
    found(|it| fallback(it).channels[0].has_recipient = false, "the customer has no recipient there");
    found(
        |it| {
            it.events[0].fallback = None;
        },
        "notification/k:sms/C1: is recorded without an event",
    );
}

#[test]
fn a_message_that_was_sent_after_a_known_arrival_is_found() {
    let known = |seconds: u64| {
        move |it: &mut Evidence| {
            report(it, &[FactKind::Sent]);
            add_email(it);
            let at = it.sends.last().unwrap().at - Duration::from_secs(seconds);
            it.arrivals.insert(SMS.to_owned(), at);
        }
    };
    found(known(60), "notification/k:email/C1 was sent, although notification/k:sms/C1 was known to arrive");
    // order-notifier may have read the facts before this one came.
    assert_eq!(violations(known(5)), [""; 0]);
    // But not if the fallback's time has passed since: no invocation runs while the clock advances.
    let advanced = |seconds: u64| {
        move |it: &mut Evidence| {
            known(5)(it);
            let at = it.sends.last().unwrap().at - Duration::from_secs(seconds);
            it.advances.push(at);
        }
    };
    found(
        advanced(2),
        "notification/k:email/C1 was sent, although notification/k:sms/C1 was known to arrive",
    );
    assert_eq!(violations(advanced(10)), [""; 0]);
}

#[test]
fn a_first_message_that_was_sent_after_a_known_arrival_is_found() {
    // It was throttled and not replaced. The text message arrived, and then the provider took the first one.
    let late = |seconds: u64| {
        move |it: &mut Evidence| {
            accept(it, Provider::OneMsg, BODY);
            let event = &mut it.events[0];
            (event.at_the_providers, event.is_refused_for_good) = (Some(Expected::Delivered), false);
            record(it, SMS).created_at = START + AFTER;
            let text = it.sends.iter().find(|send| send.notification.as_deref() == Some(SMS)).unwrap().at;
            it.arrivals.insert(SMS.to_owned(), text);
            it.sends.last_mut().unwrap().at = text + Duration::from_secs(seconds);
        }
    };
    found(late(3600), "notification/k/C1 was sent, although notification/k:sms/C1 was known to arrive");
    assert_eq!(violations(late(5)), [""; 0]);
}

#[test]
fn each_missing_channel_is_reported_once() {
    let missing = violations(|it| {
        remove(it, SMS);
        it.records.remove(BODY);
        add_email(it);
    });
    let followed =
        "C1: notification/k:email/C1 followed without a reason: notification/k:sms/C1 isn't recorded";
    assert!(missing.iter().any(|it| it == followed), "{missing:?}");
    assert!(
        missing.iter().any(|it| it.ends_with("has left the queue without a record of notification/k/C1"))
    );
    // Both channels are missing: the first one should have followed, and the second one can't without it.
    let both = violations(|it| remove(it, SMS));
    let of_sequence = both.iter().filter(|it| it.contains("did not follow")).count();
    assert_eq!(of_sequence, 1, "{both:?}");
}

#[test]
fn a_channel_that_does_not_follow_is_found() {
    found(|it| remove(it, SMS), "notification/k:sms/C1 did not follow, but nothing has arrived");
    // The time of the text message is over.
    found(|it| report(it, &[FactKind::Sent]), "notification/k:email/C1 did not follow in time");
    found(|it| report(it, &[FactKind::Failed]), "notification/k:email/C1 did not follow, but nothing");
    let early = violations(|it| {
        report(it, &[FactKind::Sent]);
        it.sends.last_mut().unwrap().reaches_the_customer = true;
        it.advanced_to = START + AFTER / 2;
    });
    assert_eq!(early, [""; 0]);
    // A channel without a recipient is passed over.
    let passed_over = violations(|it| {
        remove(it, SMS);
        fallback(it).channels[0].has_recipient = false;
        add_email(it);
    });
    assert_eq!(passed_over, [""; 0]);
}

#[test]
fn without_consent_to_whatsapp_the_text_message_follows_at_once() {
    let no_consent = |it: &mut Evidence| {
        let reason = Some("no_consent".to_owned());
        it.records.insert(BODY.to_owned(), RecordSeen { reason, ..record_in(State::Suppressed) });
        let event = &mut it.events[0];
        (event.due, event.at_the_providers) = (Due::Unsendable(BODY.to_owned()), None);
    };
    assert_eq!(violations(no_consent), [""; 0]);
    found(
        |it| {
            no_consent(it);
            remove(it, SMS);
        },
        "notification/k:sms/C1 did not follow",
    );
}

#[test]
fn a_channel_that_follows_without_a_reason_or_too_early_is_found() {
    found(
        |it| fallback(it).on = Triggers { failed: true, rejected: false, undelivered: false },
        "notification/k:sms/C1 followed without a reason: notification/k/C1 is rejected",
    );
    found(|it| fallback(it).on.rejected = false, "notification/k:sms/C1 followed before its time");
    found(
        |it| {
            report(it, &[FactKind::Sent]);
            accept(it, Provider::AwsEmail, EMAIL);
        },
        "notification/k:email/C1 followed before its time",
    );
    // The text message is left out although the customer has a phone number.
    found(
        |it| {
            remove(it, SMS);
            add_email(it);
        },
        "notification/k:email/C1 followed without a reason: notification/k:sms/C1 isn't recorded",
    );
    let on_time = violations(|it| {
        report(it, &[FactKind::Sent]);
        add_email(it);
    });
    assert_eq!(on_time, [""; 0]);
}

#[test]
fn an_avoidable_end_of_a_follower_is_found() {
    let ended = |record: RecordSeen, trouble: Option<AwsTrouble>| {
        move |it: &mut Evidence| {
            remove(it, SMS);
            it.records.insert(SMS.to_owned(), record);
            fallback(it).channels[0].trouble = trouble;
            add_email(it);
        }
    };
    let held = |code: &str| RecordSeen { reason: Some(code.to_owned()), ..record_in(State::Held) };
    let replaced = || RecordSeen { reason: Some("replaced".to_owned()), ..record_in(State::Suppressed) };
    for (record, trouble) in [
        (record_in(State::Rejected), None),
        (record_in(State::Waiting), Some(AwsTrouble::ThrottledOnce)),
        (replaced(), None),
        (held("lease_over"), None),
        (RecordSeen { unclear: false, ..held("http_500") }, Some(AwsTrouble::ServerError)),
    ] {
        found(ended(record, trouble), "which was avoidable");
    }
    for (record, trouble) in [
        (record_in(State::Rejected), AwsTrouble::OptedOut),
        (replaced(), AwsTrouble::Throttled),
        (held("http_500"), AwsTrouble::ServerError),
    ] {
        assert_eq!(violations(ended(record, Some(trouble))), [""; 0]);
    }
}

#[test]
fn a_follower_whose_record_or_facts_contradict_its_service_is_found() {
    found(
        |it| record(it, SMS).state = State::Held,
        "notification/k:sms/C1 was accepted by AwsSms and is held",
    );
    found(|it| it.sends.retain(|send| send.provider != Provider::AwsSms), "no provider accepted it");
    found(
        |it| _ = it.facts.remove(&message(Provider::AwsSms, SMS)),
        "notification/k:sms/C1: under the message's id there are {}",
    );
}

#[test]
fn a_message_is_replaced_only_if_no_provider_takes_it() {
    let replaced = |expected| {
        move |it: &mut Evidence| {
            let reason = Some("replaced".to_owned());
            it.records.insert(BODY.to_owned(), RecordSeen { reason, ..record_in(State::Suppressed) });
            it.events[0].at_the_providers = Some(expected);
            record(it, SMS).created_at = START + AFTER;
        }
    };
    assert_eq!(violations(replaced(Expected::Waiting)), [""; 0]);
    found(replaced(Expected::Read), "C1: its notification is suppressed (replaced), which was avoidable");
    found(
        |it| {
            replaced(Expected::Waiting)(it);
            fallback(it).on.undelivered = false;
        },
        "C1: its notification is suppressed (replaced), which was avoidable",
    );
}

#[test]
fn a_customer_whom_another_channel_could_reach_is_found() {
    let unreached = |trouble, is_unclear: bool| {
        let mut evidence = followed();
        remove(&mut evidence, SMS);
        let state = if is_unclear { State::Held } else { State::Rejected };
        let reason = Some("timeout".to_owned());
        evidence.records.insert(SMS.to_owned(), RecordSeen { reason, ..record_in(state) });
        fallback(&mut evidence).channels.truncate(1);
        fallback(&mut evidence).channels[0].trouble = trouble;
        publish_expected(&mut evidence);
        let verdict = judge(&evidence, Quiet::Reached);
        let violations: Vec<String> = verdict.violations.iter().map(ToString::to_string).collect();
        (verdict.reach_on_any_channel, violations.join("; "))
    };
    let (any, violations) = unreached(None, false);
    assert_eq!((any.reachable, any.reached), (4, 3));
    assert!(violations.contains("could have reached its customer on another channel, but is rejected"));
    let (any, violations) = unreached(None, true);
    assert_eq!((any.reachable, any.reached, any.unclear_count(), violations.as_str()), (4, 3, 1, ""));
    // A customer who has opted out can't be reached.
    let (any, violations) = unreached(Some(AwsTrouble::OptedOut), false);
    assert_eq!((any.reachable, any.reached, violations.as_str()), (3, 3, ""));
}

#[test]
fn nothing_follows_an_order_status_once_the_order_has_a_newer_one() {
    let sms = "notification/s1:sms/C2";
    // The second of three statuses has failed, and the final one was sent.
    let status = |it: &mut Evidence| {
        let event = &mut it.events[2];
        let channel =
            ChannelSeen { reference: sms.to_owned(), has_recipient: true, has_consent: true, trouble: None };
        event.fallback =
            Some(FallbackSeen { after: AFTER, on: Triggers::default(), channels: vec![channel] });
        event.at_the_providers = Some(Expected::Failed);
        let send = it.sends.iter_mut().find(|it| it.notification.as_deref() == Some(STATUSES[1])).unwrap();
        send.reaches_the_customer = false;
        send.callbacks.truncate(1);
        send.callbacks[0].kind = FactKind::Failed;
        let facts = taken(send);
        it.facts.insert(message(Provider::Kaleyra, STATUSES[1]), facts);
    };
    let mut evidence = followed();
    status(&mut evidence);
    publish_expected(&mut evidence);
    let verdict = judge(&evidence, Quiet::Reached);
    assert_eq!(verdict.violations, []);
    assert_eq!((verdict.reach_on_any_channel.reachable, verdict.reach_on_any_channel.reached), (3, 3));

    let sent = |seconds| {
        move |it: &mut Evidence| {
            status(it);
            accept(it, Provider::AwsSms, sms);
            it.sends.last_mut().unwrap().at += Duration::from_secs(seconds);
        }
    };
    assert_eq!(violations(sent(5)), [""; 0]);
    found(sent(60), "notification/s1:sms/C2 was sent, although a newer status had been");
    // If the final status was refused, or there is none, it must follow.
    found(
        |it| {
            status(it);
            remove(it, STATUSES[2]);
            it.records.insert(STATUSES[2].to_owned(), record_in(State::Rejected));
            let event = &mut it.events[3];
            (event.at_the_providers, event.is_refused_for_good) = (Some(Expected::Rejected), true);
        },
        "notification/s1:sms/C2 did not follow",
    );
    found(
        |it| {
            status(it);
            let event = &mut it.events[3];
            event.status = Some(PlannedStatus { place: 0, is_final: false });
        },
        "notification/s1:sms/C2 did not follow",
    );
}
