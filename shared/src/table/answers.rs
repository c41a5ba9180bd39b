//! The answers of providers that did not accept a notification, and the number of requests for it: attributes of the
//! notification's item for the operator. No decision depends on them.
//!
//! A provider has at most two answers: `answer:<provider>`, its last refusal, and `unclear:<provider>`, its last answer
//! with an unknown outcome. A later refusal does not replace the second, because a message may have been sent then.
//! They are written with the record, by the same request.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::Serialize;

use super::item::{Item, item, n, optional, required, s, time};
use super::name::REQUESTS;
use crate::protocol::{Reason, ReasonClass, Record, State};
use crate::provider::Provider;

/// The limit of a stored text: each write of an item beyond 1 KB costs a second unit.
const MAX_TEXT_BYTES: usize = 80;
/// The limit of a stored code.
const MAX_CODE_BYTES: usize = 24;

const AT: &str = "at";

/// An answer of a provider that did not accept a notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProviderAnswer {
    /// The provider that answered.
    pub provider: Provider,
    /// When it was stored.
    pub at: Timestamp,
    /// Why the provider did not accept it, or may not have. Code and text may be truncated.
    #[serde(flatten)]
    pub reason: Reason,
    /// The number of requests of the attempt: 0 if it was refused without one, `None` if the attempt ended without an
    /// answer.
    pub requests: Option<u32>,
}

/// The attribute for a provider's unclear answer or refusal.
fn name(provider: Provider, is_unclear: bool) -> String {
    let kind = if is_unclear { "unclear" } else { "answer" };
    format!("{kind}:{}", provider.name())
}

/// The attribute to write if `next` replaces `known` because of a provider's answer or a missing one. `settled` is the
/// number of requests of the attempt that `next` settles.
pub(super) fn attribute(
    known: &Record,
    next: &Record,
    settled: Option<u32>,
    now: Timestamp,
) -> Option<(String, Option<AttributeValue>)> {
    // A notification that is held after it was unknown keeps its reason: there is no new answer.
    let is_answer = matches!(known.state, State::Sending | State::Unknown) && next.reason != known.reason;
    let (provider, reason) = known.provider.zip(next.reason.as_ref()).filter(|_| is_answer)?;
    if reason.class == ReasonClass::OurChoice {
        return None;
    }
    let (code, text) = (truncate(&reason.code, MAX_CODE_BYTES), truncate(&reason.text, MAX_TEXT_BYTES));
    let mut answer = reason_item(&Reason { class: reason.class, code, text });
    answer.insert(AT.to_owned(), time(now));
    answer.extend(settled.map(|requests| (REQUESTS.to_owned(), n(requests))));
    Some((name(provider, next.state == State::Unknown), Some(AttributeValue::M(answer))))
}

/// The stored form of a reason.
pub(super) fn reason_item(reason: &Reason) -> Item {
    item([("class", s(reason.class.name())), ("code", s(&reason.code)), ("text", s(&reason.text))])
}

/// The change of the request count by a write of `next`. A claim counts one request in advance, so that an attempt
/// without an answer is counted too; the settlement corrects it to the actual number.
pub(super) fn requests_since(next: &Record, settled: Option<u32>) -> i64 {
    match settled {
        Some(requests) => i64::from(requests) - 1,
        None => i64::from(next.state == State::Sending),
    }
}

/// The answers in an item, the earliest first. Unreadable ones are omitted, because no decision depends on them.
pub(super) fn read(item: &Item) -> Vec<ProviderAnswer> {
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

fn truncate(text: &str, max_bytes: usize) -> String {
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
    fn the_answers_are_read_in_the_order_in_which_they_were_stored() {
        let mut item = Item::new();
        let mut second = 0;
        let mut write = |known: &Record, next: &Record, settled| {
            second += 1;
            let written = attribute(known, next, settled, NOW + jiff::SignedDuration::from_secs(second));
            item.extend(written.and_then(|(name, value)| Some((name, value?))));
        };
        // Meta is the next provider; Kaleyra refused.
        let refused =
            record(State::Waiting, Meta, Some((ReasonClass::Template, "RBC110", "template paused")));
        write(&sending(Kaleyra), &refused, Some(1));
        let timeout =
            record(State::Unknown, Meta, Some((ReasonClass::Unclear, "timeout", "no answer in time")));
        write(&sending(Meta), &timeout, Some(1));
        // Both are shown to the operator: after the first, a message may have been sent.
        let token = record(State::Waiting, OneMsg, Some((ReasonClass::Credentials, "190", "token expired")));
        write(&sending(Meta), &token, Some(2));
        let unasked =
            record(State::Waiting, Kaleyra, Some((ReasonClass::Credentials, "no_credentials", "none")));
        write(&sending(OneMsg), &unasked, Some(0));

        let answers: Vec<_> =
            read(&item).into_iter().map(|it| (it.provider, it.reason.code, it.requests)).collect();
        let expected = [
            (Kaleyra, "RBC110", Some(1)),
            (Meta, "timeout", Some(1)),
            (Meta, "190", Some(2)),
            (OneMsg, "no_credentials", Some(0)),
        ];
        assert_eq!(answers, expected.map(|(provider, code, requests)| (provider, code.to_owned(), requests)));
    }

    #[test]
    fn only_an_answer_or_an_expired_lease_is_stored() {
        let lease_over = record(State::Unknown, Meta, Some((ReasonClass::Unclear, "lease_over", "no word")));
        assert!(attribute(&sending(Meta), &lease_over, None, NOW).is_some());
        let held = Record { state: State::Held, ..lease_over.clone() };
        assert_eq!(attribute(&lease_over, &held, None, NOW), None, "no new reason");
        let late = record(State::Waiting, Meta, Some((ReasonClass::Throttled, "429", "too many")));
        let (late, _) = attribute(&lease_over, &late, Some(1), NOW).unwrap();
        assert_eq!(late, "answer:meta");
        assert_eq!(attribute(&sending(Meta), &record(State::Accepted, Meta, None), Some(1), NOW), None);
        let ours = record(State::Waiting, Meta, Some((ReasonClass::OurChoice, "claim_failed", "text")));
        assert_eq!(attribute(&sending(Meta), &ours, Some(0), NOW), None, "not a provider's answer");
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
    fn long_texts_are_truncated_and_unreadable_answers_are_omitted() {
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
        assert_eq!(read(&item).len(), 1);
        assert!(read(&Item::new()).is_empty(), "an item of an earlier version");
    }
}
