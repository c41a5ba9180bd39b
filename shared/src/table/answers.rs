//! What each provider answered that did not take a notification, and how many requests were made for it: attributes of
//! the notification's item that a person reads and no decision is made from.
//!
//! A provider has at most two of them, whatever the number of attempts: `answer:<provider>`, its last certain no, and
//! `unclear:<provider>`, its last answer that was neither a yes nor a no. The second is not replaced by a later no, because
//! it is the one after which a message may have gone out. They are written with the record, by the same request.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::Serialize;

use super::item::{Item, item, n, optional, required, s, time};
use super::name::REQUESTS;
use crate::protocol::{Reason, ReasonClass, Record, State};
use crate::provider::Provider;

/// How many bytes of a provider's words are kept: each write of an item beyond 1 KB costs a second unit.
const MAX_TEXT_BYTES: usize = 80;
/// How many bytes of its code are kept.
const MAX_CODE_BYTES: usize = 24;

const AT: &str = "at";

/// What a provider answered that did not take a notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProviderAnswer {
    /// The provider to ask.
    pub provider: Provider,
    /// When it was written down.
    pub at: Timestamp,
    /// Why the provider did not take it, or may not have; code and words may be cut short.
    #[serde(flatten)]
    pub reason: Reason,
    /// How many requests the attempt made: 0 where the provider was not asked at all. None where the attempt ended without
    /// a word.
    pub requests: Option<u32>,
}

/// The two attributes of a provider, by whether its answer is unclear.
fn name(provider: Provider, is_unclear: bool) -> String {
    let kind = if is_unclear { "unclear" } else { "answer" };
    format!("{kind}:{}", provider.name())
}

/// The attribute to write where `next` replaces `known` because of what a provider answered, or because it never did.
/// `settled`: the number of requests of the attempt that `next` settles.
pub(super) fn attribute(
    known: &Record,
    next: &Record,
    settled: Option<u32>,
    now: Timestamp,
) -> Option<(String, Option<AttributeValue>)> {
    // What is held after it was unknown keeps its reason, and has no new one.
    let is_answer = matches!(known.state, State::Sending | State::Unknown) && next.reason != known.reason;
    let (provider, reason) = known.provider.zip(next.reason.as_ref()).filter(|_| is_answer)?;
    if reason.class == ReasonClass::OurChoice {
        return None;
    }
    let (code, text) = (shortened(&reason.code, MAX_CODE_BYTES), shortened(&reason.text, MAX_TEXT_BYTES));
    let mut answer = reason_item(&Reason { class: reason.class, code, text });
    answer.insert(AT.to_owned(), time(now));
    answer.extend(settled.map(|requests| (REQUESTS.to_owned(), n(requests))));
    Some((name(provider, next.state == State::Unknown), Some(AttributeValue::M(answer))))
}

/// A reason's members.
pub(super) fn reason_item(reason: &Reason) -> Item {
    item([("class", s(reason.class.name())), ("code", s(&reason.code)), ("text", s(&reason.text))])
}

/// By how much the count of requests changes with a write of `next`. A claim counts one request ahead, so that one whose
/// answer never came is counted too; the settlement corrects that to what was made.
pub(super) fn requests_since(next: &Record, settled: Option<u32>) -> i64 {
    match settled {
        Some(requests) => i64::from(requests) - 1,
        None => i64::from(next.state == State::Sending),
    }
}

/// The answers in an item, the earliest first. One that can't be read is left out: it is for a person alone.
pub(super) fn of_item(item: &Item) -> Vec<ProviderAnswer> {
    let places = Provider::ALL
        .into_iter()
        .flat_map(|provider| [false, true].map(|is_unclear| (provider, name(provider, is_unclear))));
    let mut answers: Vec<ProviderAnswer> = places
        .filter_map(|(provider, name)| {
            let answer = item.get(&name)?.as_m().ok()?;
            let reason = serde_dynamo::from_item(answer.clone()).ok()?;
            let requests = optional(answer, REQUESTS).ok()?;
            Some(ProviderAnswer { provider, at: required(answer, AT).ok()?, reason, requests })
        })
        .collect();
    answers.sort_by_key(|answer| answer.at);
    answers
}

fn shortened(text: &str, max_bytes: usize) -> String {
    const MARK: &str = "…";
    if text.len() <= max_bytes {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(max_bytes - MARK.len());
    text.get(..end).unwrap_or_default().to_owned() + MARK
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Provider::{Kaleyra, Meta, OneMsg};

    const NOW: Timestamp = Timestamp::constant(1_795_165_200, 0);

    fn record(state: State, provider: Provider, reason: Option<(ReasonClass, &str, &str)>) -> Record {
        let reason = reason.map(|(class, code, text)| Reason::new(class, code, text));
        Record { state, attempt: 1, provider: Some(provider), reason, ..Record::untried("f") }
    }

    fn sending(provider: Provider) -> Record {
        record(State::Sending, provider, None)
    }

    #[test]
    fn what_each_provider_answered_is_read_back_in_the_order_of_the_answers() {
        let mut item = Item::new();
        let mut second = 0;
        let mut write = |known: &Record, next: &Record, settled| {
            second += 1;
            let written = attribute(known, next, settled, NOW + jiff::SignedDuration::from_secs(second));
            item.extend(written.and_then(|(name, value)| Some((name, value?))));
        };
        // Meta is the next to be asked, and Kaleyra the one that has refused.
        let refused =
            record(State::Waiting, Meta, Some((ReasonClass::Template, "RBC110", "template paused")));
        write(&sending(Kaleyra), &refused, Some(1));
        let timeout =
            record(State::Unknown, Meta, Some((ReasonClass::Unclear, "timeout", "no answer in time")));
        write(&sending(Meta), &timeout, Some(1));
        // A person reads both: the first is why it may have been sent.
        let token = record(State::Waiting, OneMsg, Some((ReasonClass::Credentials, "190", "token expired")));
        write(&sending(Meta), &token, Some(2));
        let unasked =
            record(State::Waiting, Kaleyra, Some((ReasonClass::Credentials, "no_credentials", "none")));
        write(&sending(OneMsg), &unasked, Some(0));

        let told: Vec<_> =
            of_item(&item).into_iter().map(|it| (it.provider, it.reason.code, it.requests)).collect();
        let expected = [
            (Kaleyra, "RBC110", Some(1)),
            (Meta, "timeout", Some(1)),
            (Meta, "190", Some(2)),
            (OneMsg, "no_credentials", Some(0)),
        ];
        assert_eq!(told, expected.map(|(provider, code, requests)| (provider, code.to_owned(), requests)));
    }

    #[test]
    fn only_an_answer_is_kept_and_a_lease_that_ended_without_one() {
        let lease_over = record(State::Unknown, Meta, Some((ReasonClass::Unclear, "lease_over", "no word")));
        assert!(attribute(&sending(Meta), &lease_over, None, NOW).is_some());
        let held = Record { state: State::Held, ..lease_over.clone() };
        assert_eq!(attribute(&lease_over, &held, None, NOW), None, "it says the same as before");
        let late = record(State::Waiting, Meta, Some((ReasonClass::Throttled, "429", "too many")));
        let (late, _) = attribute(&lease_over, &late, Some(1), NOW).unwrap();
        assert_eq!(late, "answer:meta");
        assert_eq!(attribute(&sending(Meta), &record(State::Accepted, Meta, None), Some(1), NOW), None);
        let ours = record(State::Waiting, Meta, Some((ReasonClass::OurChoice, "claim_failed", "text")));
        assert_eq!(attribute(&sending(Meta), &ours, Some(0), NOW), None, "no provider said so");
        let waiting = record(State::Waiting, Meta, None);
        let resent = record(State::Waiting, Meta, Some((ReasonClass::OurChoice, "resolved", "text")));
        assert_eq!(attribute(&waiting, &resent, None, NOW), None);
    }

    #[test]
    fn a_claim_counts_a_request_and_its_settlement_corrects_the_count() {
        let (claimed, waiting) = (sending(Meta), record(State::Waiting, Meta, None));
        for (made, total) in [(0, 0), (1, 1), (3, 3)] {
            assert_eq!(requests_since(&claimed, None) + requests_since(&waiting, Some(made)), total);
        }
        assert_eq!(requests_since(&waiting, None), 0);
    }

    #[test]
    fn long_words_cost_no_more_than_their_share_and_what_cannot_be_read_is_left_out() {
        let long = "é".repeat(200);
        let refused = record(State::Waiting, Meta, Some((ReasonClass::Content, &long, &long)));
        let (name, value) = attribute(&sending(OneMsg), &refused, Some(1), NOW).unwrap();
        let value = value.unwrap();
        let answer = value.as_m().unwrap();
        assert_eq!(
            (name.as_str(), answer["text"].as_s().unwrap().len() <= MAX_TEXT_BYTES),
            ("answer:onemsg", true)
        );
        assert!(answer["code"].as_s().unwrap().len() <= MAX_CODE_BYTES);
        let bytes: usize =
            answer.iter().map(|(name, value)| name.len() + value.as_s().map_or(2, String::len)).sum();
        assert!(bytes < 170, "{bytes} bytes");

        let item = Item::from([(name, value), ("answer:meta".to_owned(), s("another version's"))]);
        assert_eq!(of_item(&item).len(), 1);
        assert!(of_item(&Item::new()).is_empty(), "an earlier version has written it");
    }
}
