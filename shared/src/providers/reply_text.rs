//! Interprets the text of a reply that has no documented code. 1MSG often sends only text, Kaleyra passes on
//! the text of its upstream, and there may be a gateway in front of either.

mod members;
mod phrases;
#[cfg(test)]
mod tests;
mod upstream;

use std::time::Duration;

pub(super) use members::{is_failure, is_success, is_taken, is_yes};
use phrases::{
    ABSENT, ACCOUNT, CHANNELS, CREDENTIALS, ENDED, LENGTHS, LIMIT, LINES, LOST, NEGATIONS, NEVER_LEFT, NO,
    NO_PROBLEM, NOT_LISTED, NOT_ON_WHATSAPP, NOT_USABLE, PERHAPS_LOST, PERHAPS_NO, PERHAPS_YES, PERIODS,
    PROVIDER_STORAGE, QUEUED, QUOTAS, SERVERS, TAKEN_BEFORE, TEMPLATE, TEMPORARY, THROTTLED, TOO_MANY,
    TROUBLES, WINDOW, YES, YES_FIRST, YET,
};
use upstream::{CURL_NEVER_LEFT, curl_error, upstream_in, upstream_in_members};

use super::http::Reply;
use super::lenient::{self, Object};
use super::sanitizer::Sanitizer;
use super::{codes, http_status};
use crate::protocol::{Answer, Reason, ReasonClass};

/// WhatsApp's code for a message outside the customer service window.
const WINDOW_IS_CLOSED: u32 = 131_047;
/// WhatsApp's code for a customer who can't be reached.
const UNREACHABLE: u32 = 131_026;

/// The text of a reply, without the message's own values.
pub(super) struct ReplyText {
    texts: Vec<String>,
    flat: String,
    /// The HTTP status that the provider got from its upstream.
    upstream: Option<u16>,
}

impl ReplyText {
    /// The text in a JSON reply, and the HTTP status in one of its members.
    pub(super) fn from_json(body: &Object, sanitizer: &Sanitizer<'_>) -> Self {
        let raw_text = lenient::error_texts(body);
        let reply_text = Self::new(raw_text.iter().map(String::as_str), sanitizer);
        Self { upstream: upstream_in_members(body).or(reply_text.upstream), ..reply_text }
    }

    pub(super) fn new<'a>(raw_text: impl IntoIterator<Item = &'a str>, sanitizer: &Sanitizer<'_>) -> Self {
        Self::from_texts(raw_text.into_iter().map(|text| sanitizer.normalize(text)).collect())
    }

    fn from_texts(texts: Vec<String>) -> Self {
        let flat: String = texts.iter().map(|text| flat(text)).collect();
        Self { upstream: upstream_in(&flat), texts, flat }
    }

    /// The first of WhatsApp's codes in the text.
    pub(super) fn code(&self) -> Option<u32> {
        self.texts.iter().find_map(|text| codes::find_in(text))
    }

    /// The answer that the text indicates, with a reason of that class; `None` for unknown text.
    pub(super) fn answer(
        &self,
        retry_after: Option<Duration>,
        reason: impl Fn(ReasonClass) -> Reason,
    ) -> Option<Answer> {
        let not_sent = |class| Some(Answer::NotSent { reason: reason(class), retry_after });
        let refused = |class| Some(Answer::Refused(reason(class)));
        let curl = curl_error(&self.flat);
        let never_left = curl.is_some_and(|number| CURL_NEVER_LEFT.contains(&number));
        if self.contains(LOST) || curl.is_some() && !never_left {
            return Some(Answer::Unknown(reason(ReasonClass::Unclear)));
        }
        match self.upstream {
            Some(429) => return not_sent(ReasonClass::Throttled),
            Some(425) => return not_sent(ReasonClass::Unavailable),
            Some(_) => return Some(Answer::Unknown(reason(ReasonClass::Unclear))),
            None => {}
        }
        if never_left || self.contains(NEVER_LEFT) {
            // The provider may write its database after it has forwarded the message.
            if self.contains(PROVIDER_STORAGE) {
                return Some(Answer::Unknown(reason(ReasonClass::Unclear)));
            }
            not_sent(ReasonClass::Unavailable)
        } else if self.contains(PERHAPS_LOST) || self.contains(LINES) && self.contains(ENDED) {
            Some(Answer::Unknown(reason(ReasonClass::Unclear)))
        } else if self.contains(TEMPLATE) && self.contains(NOT_USABLE) {
            refused(ReasonClass::Template)
        } else if self.contains(THROTTLED) || self.is_too_many() {
            not_sent(ReasonClass::Throttled)
        } else if self.contains(WINDOW) {
            codes::answer(WINDOW_IS_CLOSED, None, String::new)
        } else if self.contains(NOT_ON_WHATSAPP) {
            codes::answer(UNREACHABLE, None, String::new)
        } else if (self.contains(PERIODS) && self.contains(LIMIT) || self.contains(QUOTAS))
            && !self.contains(LENGTHS)
        {
            not_sent(ReasonClass::Account)
        } else if self.contains(CREDENTIALS) {
            let reason = reason(ReasonClass::Credentials);
            Some(Answer::Refused(Reason { text: http_status::CREDENTIALS_REFUSED.to_owned(), ..reason }))
        } else if self.contains(ACCOUNT)
            || self.contains(CHANNELS) && self.contains(ABSENT)
            || self.contains(SERVERS) && self.contains(NOT_LISTED)
        {
            refused(ReasonClass::Account)
        } else if self.contains(TEMPORARY) {
            not_sent(ReasonClass::Unavailable)
        } else {
            None
        }
    }

    /// Whether the text says that the message was accepted earlier or is queued, which contradicts a refusal.
    pub(super) fn says_taken(&self) -> bool {
        self.contains(TAKEN_BEFORE) || self.any_sentence(|it| has(it, QUEUED))
    }

    /// Whether the text says that the message was accepted, in a reply that does not refuse it.
    pub(super) fn says_accepted(&self) -> bool {
        let begins = |sentence: &str| YES_FIRST.iter().any(|yes| sentence.starts_with(yes));
        self.says_taken() || self.any_sentence(|it| has(it, YES) || begins(it))
    }

    /// Whether the text refuses the message in a reply without an error: at least one clause denies, and no clause is
    /// unknown. An unknown clause may be an acceptance in any language.
    pub(super) fn refuses(&self) -> bool {
        let clauses: Vec<Clause> = self.texts.iter().flat_map(|text| clauses(text)).collect();
        match clauses.as_slice() {
            // Only a status of the upstream, without text.
            [] => self.upstream.is_some(),
            clauses => clauses.contains(&Clause::Denies) && !clauses.contains(&Clause::Unknown),
        }
    }

    fn contains(&self, any: &[&str]) -> bool {
        has(&self.flat, any)
    }

    fn any_sentence(&self, says: impl Fn(&str) -> bool) -> bool {
        let sentences = self.texts.iter().flat_map(|text| text.split(['.', '!', '?', ';']));
        sentences.map(without_denied_problems).any(|sentence| says(&sentence) && !has(&sentence, NO))
    }

    fn is_too_many(&self) -> bool {
        self.flat
            .split(" too many ")
            .skip(1)
            .any(|after| after.split_whitespace().take(3).any(|word| TOO_MANY.contains(&word)))
    }
}

/// The answer for a reply without JSON: by its status and, if that is a refusal, by its text.
pub(super) fn without_json(reply: &Reply, sanitizer: &Sanitizer<'_>) -> Answer {
    let raw_text = lenient::plain_text(&reply.body);
    let by_status = http_status::answer(reply.status, reply.retry_after, Some(sanitizer.clean(&raw_text)));
    if !http_status::defers_to_text(reply.status, &by_status) {
        return by_status;
    }
    let reply_text = ReplyText::new([raw_text.as_str()], sanitizer);
    if reply_text.says_taken() {
        return http_status::contradiction(reply.status);
    }
    let code = reply_text.code();
    if let Some(answer) =
        code.and_then(|code| codes::answer(code, reply.retry_after, || sanitizer.clean(&raw_text)))
    {
        return answer;
    }
    let reason = |class| Reason::new(class, http_status::code(reply.status), sanitizer.clean(&raw_text));
    reply_text.answer(reply.retry_after, reason).unwrap_or(by_status)
}

/// The meaning of a clause of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Clause {
    /// The message was not accepted, or its outcome is unknown.
    Denies,
    /// A known text that is neither acceptance nor refusal: *try again later*.
    Explains,
    Unknown,
}

/// Classifies each clause of a text. Text without letters is not a clause.
fn clauses(text: &str) -> Vec<Clause> {
    let mut clauses = vec![String::new()];
    for word in text.split_inclusive(|c: char| c.is_whitespace() || ENDS_ANYWHERE.contains(&c)) {
        if let Some(clause) = clauses.last_mut() {
            clause.push_str(word);
        }
        if word.trim_end().ends_with(ENDS_BEFORE_A_BLANK) || word.ends_with(ENDS_ANYWHERE) {
            clauses.push(String::new());
        }
    }
    clauses.iter().filter_map(|clause| classify_clause(clause)).collect()
}

const ENDS_ANYWHERE: [char; 9] =
    ['!', '?', ';', '|', '\u{3002}', '\u{ff0c}', '\u{ff1b}', '\u{ff01}', '\u{ff1f}'];
/// These also occur in numbers, times and addresses, so they end a clause only before a blank.
const ENDS_BEFORE_A_BLANK: [char; 6] = ['.', ',', ':', '-', '\u{2013}', '\u{2014}'];

fn classify_clause(clause: &str) -> Option<Clause> {
    if codes::find_in(clause).is_some() {
        return Some(Clause::Denies);
    }
    let bare = clause.trim_matches(|c: char| c.is_whitespace() || ENDS_BEFORE_A_BLANK.contains(&c));
    // *Rate limit exceeded: no* and *errors: 0* negate the text before them.
    if ["no", "0"].contains(&bare) {
        return Some(Clause::Unknown);
    }
    if !bare.contains(char::is_alphabetic) {
        return None;
    }
    let reply_text = ReplyText::from_texts(vec![clause.to_owned()]);
    let known = reply_text.answer(None, |class| Reason::new(class, "", ""));
    let raw_text = without_denied_problems(clause);
    let first = |any: [&[&str]; 2]| any.concat().iter().filter_map(|phrase| raw_text.find(phrase)).min();
    let (no, yes) = (first([NO, PERHAPS_NO]), first([YES, PERHAPS_YES]));
    // *Messages sent: too many* may be an acceptance; *too many messages sent* is not.
    let denies = no.is_some_and(|no| yes.is_none_or(|yes| no < yes))
        && !denies_problem(&raw_text)
        && !has(&raw_text, YET);
    Some(match known {
        _ if denies => Clause::Denies,
        Some(Answer::Unknown(_)) if yes.is_none() => Clause::Denies,
        Some(_) if yes.is_none() => Clause::Explains,
        _ => Clause::Unknown,
    })
}

/// Whether the clause denies a problem and not the message: *rate limit not exceeded*.
fn denies_problem(raw_text: &str) -> bool {
    let troubles = [TROUBLES, PERHAPS_NO, LIMIT, TEMPORARY].concat();
    let behind = NEGATIONS.iter().flat_map(|no| raw_text.split(no).skip(1));
    behind
        .map(|behind| behind.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
        .any(|it| has(&flat(&it), &troubles))
}

/// The text in flat form, without the phrases that deny a problem or ask for no action.
fn without_denied_problems(text: &str) -> String {
    NO_PROBLEM.iter().fold(flat(text), |rest, phrase| rest.replace(phrase, " "))
}

/// The words on one line, each between two spaces, so that no word matches inside another.
fn flat(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(" ".to_owned(), |line, word| line + word + " ")
}

fn has(flat: &str, any: &[&str]) -> bool {
    any.iter().any(|phrase| flat.contains(phrase))
}
