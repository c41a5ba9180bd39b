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
    ABSENT, ACCOUNT, BOOKS, CHANNELS, CREDENTIALS, ENDED, LENGTHS, LIMIT, LINES, LOST, NEGATIONS, NEVER_LEFT,
    NO, NO_TROUBLE, NOT_USABLE, PASSES, PERHAPS_LOST, PERHAPS_NO, PERHAPS_YES, PERIODS, QUEUED, QUOTAS,
    TAKEN_BEFORE, TEMPLATE, THROTTLED, TOO_MANY, TROUBLES, WINDOW, YES, YES_FIRST, YET,
};
use upstream::{CURL_NEVER_LEFT, curl_error, upstream_in, upstream_in_members};

use super::http::Reply;
use super::lenient::{self, Object};
use super::words::Words;
use super::{codes, http_status};
use crate::protocol::{Answer, Reason, ReasonClass};

/// WhatsApp's code for a message outside of the window that the customer's last message opens.
const WINDOW_IS_CLOSED: u32 = 131_047;

/// The text of a reply, without the message's own values.
pub(super) struct PlainWords {
    texts: Vec<String>,
    flat: String,
    /// The HTTP status that the provider got from its upstream.
    upstream: Option<u16>,
}

impl PlainWords {
    /// The text in a JSON reply, and the HTTP status in one of its members.
    pub(super) fn of(body: &Object, words: &Words<'_>) -> Self {
        let said = lenient::error_texts(body);
        let plain = Self::new(said.iter().map(String::as_str), words);
        Self { upstream: upstream_in_members(body).or(plain.upstream), ..plain }
    }

    /// A plain text.
    pub(super) fn new<'a>(said: impl IntoIterator<Item = &'a str>, words: &Words<'_>) -> Self {
        Self::from_texts(said.into_iter().map(|text| words.providers(text)).collect())
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
            // The provider's database may be written after it has passed the message on.
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
            not_sent(ReasonClass::Account)
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

    /// Whether the text says that the message was accepted earlier or is queued, which contradicts a refusal.
    pub(super) fn say_taken(&self) -> bool {
        self.have(TAKEN_BEFORE) || self.any_sentence(|it| has(it, QUEUED))
    }

    /// Whether the text says that the message was accepted, in a reply that does not refuse it.
    pub(super) fn say_yes(&self) -> bool {
        let begins = |sentence: &str| YES_FIRST.iter().any(|yes| sentence.starts_with(yes));
        self.say_taken() || self.any_sentence(|it| has(it, YES) || begins(it))
    }

    /// Whether they refuse the message in a reply that doesn't: every clause denies or is known here, and one at least denies.
    /// A clause that nobody knows may be a yes in any language, and a rate limit or a login may stand beside one.
    pub(super) fn refuse(&self) -> bool {
        let clauses: Vec<Clause> = self.texts.iter().flat_map(|text| clauses(text)).collect();
        match clauses.as_slice() {
            // A status of the upstream's without any words.
            [] => self.upstream.is_some(),
            clauses => clauses.contains(&Clause::Denies) && !clauses.contains(&Clause::Unknown),
        }
    }

    fn have(&self, any: &[&str]) -> bool {
        has(&self.flat, any)
    }

    fn any_sentence(&self, says: impl Fn(&str) -> bool) -> bool {
        let sentences = self.texts.iter().flat_map(|text| text.split(['.', '!', '?', ';']));
        sentences.map(without_denied_trouble).any(|sentence| says(&sentence) && !has(&sentence, NO))
    }

    fn are_too_many(&self) -> bool {
        self.flat
            .split(" too many ")
            .skip(1)
            .any(|after| after.split_whitespace().take(3).any(|word| TOO_MANY.contains(&word)))
    }
}

/// The answer for a reply without JSON: by its status and, if that is a refusal, by its text.
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

/// What a clause of a reply says of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Clause {
    /// It was not taken, or nobody knows what became of it.
    Denies,
    /// Something that is known here, and neither yes nor no: *try again later*.
    Explains,
    Unknown,
}

/// What each clause of a text says; what has no letters is none.
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
    clauses.iter().filter_map(|clause| read_clause(clause)).collect()
}

const ENDS_ANYWHERE: [char; 9] =
    ['!', '?', ';', '|', '\u{3002}', '\u{ff0c}', '\u{ff1b}', '\u{ff01}', '\u{ff1f}'];
/// These also stand in numbers, times and addresses.
const ENDS_BEFORE_A_BLANK: [char; 6] = ['.', ',', ':', '-', '\u{2013}', '\u{2014}'];

fn read_clause(clause: &str) -> Option<Clause> {
    if codes::find_in(clause).is_some() {
        return Some(Clause::Denies);
    }
    let words = clause.trim_matches(|c: char| c.is_whitespace() || ENDS_BEFORE_A_BLANK.contains(&c));
    // *Rate limit exceeded: no* and *errors: 0* deny what stands before them.
    if ["no", "0"].contains(&words) {
        return Some(Clause::Unknown);
    }
    if !words.contains(char::is_alphabetic) {
        return None;
    }
    let plain = PlainWords::from_texts(vec![clause.to_owned()]);
    let known = plain.answer(None, |class| Reason::new(class, "", ""));
    let said = without_denied_trouble(clause);
    let first = |any: [&[&str]; 2]| any.concat().iter().filter_map(|words| said.find(words)).min();
    let (no, yes) = (first([NO, PERHAPS_NO]), first([YES, PERHAPS_YES]));
    // *Messages sent: too many* may be a yes, and *too many messages sent* isn't one.
    let denies =
        no.is_some_and(|no| yes.is_none_or(|yes| no < yes)) && !denies_trouble(&said) && !has(&said, YET);
    Some(match known {
        _ if denies => Clause::Denies,
        Some(Answer::Unknown(_)) if yes.is_none() => Clause::Denies,
        Some(_) if yes.is_none() => Clause::Explains,
        _ => Clause::Unknown,
    })
}

/// Whether it is a trouble that is denied and not the message: *rate limit not exceeded*.
fn denies_trouble(said: &str) -> bool {
    let troubles = [TROUBLES, PERHAPS_NO, LIMIT, PASSES].concat();
    let behind = NEGATIONS.iter().flat_map(|no| said.split(no).skip(1));
    behind
        .map(|behind| behind.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
        .any(|it| has(&flat(&it), &troubles))
}

/// The words in one line, without those that say that nothing is wrong or to be done.
fn without_denied_trouble(text: &str) -> String {
    NO_TROUBLE.iter().fold(flat(text), |rest, words| rest.replace(words, " "))
}

/// The words on one line, each between two spaces, so that no word matches inside another.
fn flat(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(" ".to_owned(), |line, word| line + word + " ")
}

fn has(flat: &str, any: &[&str]) -> bool {
    any.iter().any(|words| flat.contains(words))
}
