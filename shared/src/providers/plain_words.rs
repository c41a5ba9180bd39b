//! What a reply says in plain words, where no documented code says it. 1MSG often has nothing else, Kaleyra hands on
//! what its own upstream said, and a gateway may stand in front of either.

mod members;
mod phrases;
#[cfg(test)]
mod tests;
mod upstream;

use std::time::Duration;

pub(super) use members::{is_failure, is_success, is_taken, is_yes};
use phrases::{
    ABSENT, ACCOUNT, BOOKS, CHANNELS, CREDENTIALS, ENDED, LENGTHS, LIMIT, LINES, LOST, NEVER_LEFT, NO,
    NO_TROUBLE, NOT_USABLE, PASSES, PERHAPS_LOST, PERHAPS_NO, PERHAPS_YES, PERIODS, QUEUED, QUOTAS,
    TAKEN_BEFORE, TEMPLATE, THROTTLED, TOO_MANY, WINDOW, YES, YES_FIRST,
};
use upstream::{CURL_NEVER_LEFT, curl_error, upstream_in, upstream_in_members};

use super::http::Reply;
use super::lenient::{self, Object};
use super::words::Words;
use super::{codes, http_status};
use crate::protocol::{Answer, Reason, ReasonClass};

/// WhatsApp's code for a message outside of the window that the customer's last message opens.
const WINDOW_IS_CLOSED: u32 = 131_047;

/// A quota ends with its day or month, and may be raised: an hour is no tight loop and loses little.
const QUOTA_WAIT: Duration = Duration::from_hours(1);

/// A reply's words, without the message's own values.
pub(super) struct PlainWords {
    texts: Vec<String>,
    flat: String,
    /// The HTTP status that the provider's upstream gave it.
    upstream: Option<u16>,
}

impl PlainWords {
    /// The words of a reply in JSON, and the HTTP status that it hands on in a member.
    pub(super) fn of(body: &Object, words: &Words<'_>) -> Self {
        let said = lenient::error_texts(body);
        let plain = Self::new(said.iter().map(String::as_str), words);
        Self { upstream: upstream_in_members(body).or(plain.upstream), ..plain }
    }

    /// These words alone.
    pub(super) fn new<'a>(said: impl IntoIterator<Item = &'a str>, words: &Words<'_>) -> Self {
        let texts: Vec<String> = said.into_iter().map(|text| words.providers(text)).collect();
        let flat: String = texts.iter().map(|text| flat(text)).collect();
        Self { upstream: upstream_in(&flat), texts, flat }
    }

    /// The first of WhatsApp's codes that stands in them.
    pub(super) fn code(&self) -> Option<u32> {
        self.texts.iter().find_map(|text| codes::find_in(text))
    }

    /// What the words mean, with a reason of that class; none where no table here knows them.
    pub(super) fn answer(
        &self,
        retry_after: Option<Duration>,
        reason: impl Fn(ReasonClass) -> Reason,
    ) -> Option<Answer> {
        let not_sent = |class| Some(Answer::NotSent { reason: reason(class), retry_after });
        let refused = |class| Some(Answer::Refused(reason(class)));
        let curl = curl_error(&self.flat);
        let never_left = curl.is_some_and(|number| CURL_NEVER_LEFT.contains(&number));
        if self.have(LOST) || curl.is_some() && !never_left {
            return Some(Answer::Unknown(reason(ReasonClass::Unclear)));
        }
        match self.upstream {
            Some(429) => return not_sent(ReasonClass::Throttled),
            Some(425) => return not_sent(ReasonClass::Unavailable),
            Some(_) => return Some(Answer::Unknown(reason(ReasonClass::Unclear))),
            None => {}
        }
        if never_left || self.have(NEVER_LEFT) {
            // Its own books may be written after the message was handed on.
            if self.have(BOOKS) {
                return Some(Answer::Unknown(reason(ReasonClass::Unclear)));
            }
            not_sent(ReasonClass::Unavailable)
        } else if self.have(PERHAPS_LOST) || self.have(LINES) && self.have(ENDED) {
            Some(Answer::Unknown(reason(ReasonClass::Unclear)))
        } else if self.have(TEMPLATE) && self.have(NOT_USABLE) {
            refused(ReasonClass::Template)
        } else if self.have(THROTTLED) || self.are_too_many() {
            not_sent(ReasonClass::Throttled)
        } else if self.have(WINDOW) {
            codes::answer(WINDOW_IS_CLOSED, None, String::new)
        } else if (self.have(PERIODS) && self.have(LIMIT) || self.have(QUOTAS)) && !self.have(LENGTHS) {
            let retry_after = Some(QUOTA_WAIT).max(retry_after);
            Some(Answer::NotSent { reason: reason(ReasonClass::Account), retry_after })
        } else if self.have(CREDENTIALS) {
            let reason = reason(ReasonClass::Credentials);
            Some(Answer::Refused(Reason { text: http_status::CREDENTIALS_REFUSED.to_owned(), ..reason }))
        } else if self.have(ACCOUNT) || self.have(CHANNELS) && self.have(ABSENT) {
            refused(ReasonClass::Account)
        } else if self.have(PASSES) {
            not_sent(ReasonClass::Unavailable)
        } else {
            None
        }
    }

    /// Whether they say that the message was taken before or waits to be sent, which contradicts a refusal.
    pub(super) fn say_taken(&self) -> bool {
        self.have(TAKEN_BEFORE) || self.any_sentence(|it| has(it, QUEUED))
    }

    /// Whether they say that the message was taken, in a reply that doesn't refuse it.
    pub(super) fn say_yes(&self) -> bool {
        let begins = |sentence: &str| YES_FIRST.iter().any(|yes| sentence.starts_with(yes));
        self.say_taken() || self.any_sentence(|it| has(it, YES) || begins(it))
    }

    /// Whether they could mean that the message was taken.
    pub(super) fn may_say_yes(&self) -> bool {
        self.any_sentence(|it| has(it, PERHAPS_YES) && !has(it, PERHAPS_NO) && !has(it, LIMIT))
    }

    /// Whether a clause alone could mean it, whatever another one asks for: *Message sent, do not reply*.
    pub(super) fn a_clause_may_say_yes(&self) -> bool {
        let clauses = self.texts.iter().flat_map(|text| text.split(['.', '!', '?', ';', ',', '\n']));
        clauses.map(flat).any(|it| {
            (has(&it, YES) || has(&it, PERHAPS_YES))
                && !has(&it, NO)
                && !has(&it, PERHAPS_NO)
                && !has(&it, LIMIT)
        })
    }

    /// Whether a sentence denies or complains.
    pub(super) fn say_no(&self) -> bool {
        self.sentences().any(|it| has(&it, NO) || has(&it, PERHAPS_NO))
    }

    fn have(&self, any: &[&str]) -> bool {
        has(&self.flat, any)
    }

    fn any_sentence(&self, says: impl Fn(&str) -> bool) -> bool {
        self.sentences().any(|sentence| says(&sentence) && !has(&sentence, NO))
    }

    fn sentences(&self) -> impl Iterator<Item = String> {
        let sentences = self.texts.iter().flat_map(|text| text.split(['.', '!', '?', ';']));
        sentences
            .map(|sentence| NO_TROUBLE.iter().fold(flat(sentence), |rest, words| rest.replace(words, " ")))
    }

    fn are_too_many(&self) -> bool {
        self.flat
            .split(" too many ")
            .skip(1)
            .any(|after| after.split_whitespace().take(3).any(|word| TOO_MANY.contains(&word)))
    }
}

/// A reply that is no JSON: its status, and where that refuses, its words.
pub(super) fn without_json(reply: &Reply, words: &Words<'_>) -> Answer {
    let said = lenient::plain_text(&reply.body);
    let by_status = http_status::answer(reply.status, reply.retry_after, Some(words.fit(&said)));
    if !http_status::leaves_it_to_words(reply.status, &by_status) {
        return by_status;
    }
    let plain = PlainWords::new([said.as_str()], words);
    if plain.say_taken() {
        return http_status::yes_and_no(reply.status);
    }
    let code = plain.code();
    if let Some(answer) = code.and_then(|code| codes::answer(code, reply.retry_after, || words.fit(&said))) {
        return answer;
    }
    let reason = |class| Reason::new(class, http_status::code(reply.status), words.fit(&said));
    plain.answer(reply.retry_after, reason).unwrap_or(by_status)
}

/// The words in one line, each between two blanks, so that one inside of another isn't taken for it.
fn flat(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(" ".to_owned(), |line, word| line + word + " ")
}

fn has(flat: &str, any: &[&str]) -> bool {
    any.iter().any(|words| flat.contains(words))
}
