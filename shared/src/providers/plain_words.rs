//! What a reply says in plain words, where no documented code says it. 1MSG often has nothing else, Kaleyra hands on
//! what its own upstream said, and a gateway may stand in front of either.
//!
//! The words are those of HTTP clients and servers that are in wide use (axios, undici, Node, cURL, Guzzle, Go, Java, Python,
//! nginx, Envoy) and of 1MSG's own n8n node and recorded replies. All of them are written here as [`flat`] makes them.

use std::time::Duration;

use serde_json::Value;

use super::http::Reply;
use super::lenient::{self, Object};
use super::words::Words;
use super::{codes, http_status};
use crate::protocol::{Answer, Reason, ReasonClass};

/// WhatsApp's code for a message outside of the window that the customer's last message opens.
const WINDOW_IS_CLOSED: u32 = 131_047;

/// The provider had begun its own call, and doesn't know what came of it. The message may have been taken.
const LOST: &[&str] = &[
    "timeout",
    "timedout",
    "timed out",
    " time out ",
    "deadline exceeded",
    "took too long",
    "hang up",
    "hung up",
    "econnreset",
    "econnaborted",
    "epipe",
    "broken pipe",
    "other side closed",
    "target closed",
    "session closed",
    "premature",
    "unexpected end",
    "unexpected eof",
    "unexpected token",
    "unexpected response",
    " eof ",
    "end of file",
    "incomplete read",
    "incompleteread",
    "incomplete response",
    "empty reply",
    "empty response",
    "invalid response",
    "malformed response",
    "bad response",
    "no response",
    "without response",
    "without a response",
    "failed to respond",
    "not responding",
    "returned nothing",
    "expecting value line",
    "jsondecodeerror",
    " aborted ",
    "context cancel",
    "request cancel",
    "request was cancel",
    "rst stream",
    "goaway",
    "transport error",
    "transport connection",
    "while sending the request",
    "recv failure",
    "send failure",
    "bad gateway",
    "service unavailable",
    "gateway error",
    "server error",
    "internal error",
    "proxy error",
    // What the provider keeps its own books in, perhaps after the message was handed on.
    " redis",
    " mongo ",
    " mongodb",
    " mongoserver",
    " mongoose",
    " mysql",
    "sqlstate",
    " postgres",
    "rabbitmq",
    " kafka",
    "deadlock",
    "database error",
    "duplicate key",
    " 6379 ",
    " 5432 ",
    " 3306 ",
    " 27017 ",
    " 5672 ",
    // A program that stumbled, perhaps over the reply of its upstream.
    "cannot read propert",
    "null pointer",
    "nullpointer",
    "nonetype",
    "undefined index",
    "undefined offset",
    "undefined array key",
    "is not a function",
    "is not iterable",
];
/// What ends with one of [`ENDED`] is lost, in any order of the words.
const LINES: &[&str] = &[" connection ", " socket ", " stream "];
const ENDED: &[&str] = &[
    " reset ",
    " lost ",
    " closed ",
    " aborted ",
    " dropped ",
    " interrupted ",
    " terminated ",
    " broken ",
    " destroyed ",
    " ended ",
];
/// The provider's own call never left: nobody was there to take it.
const NEVER_LEFT: &[&str] = &[
    "connection refused",
    "econnrefused",
    "actively refused",
    "enotfound",
    "eai again",
    "ehostunreach",
    "enetunreach",
    "not resolve",
    "n t resolve",
    "cannot resolve",
    "name resolution",
    "name not resolved",
    "name or service not known",
    "nodename nor servname",
    "no such host",
    "unknownhost",
    "unknown host",
    "getaddrinfo",
    " dns ",
    "no route to host",
    "network is unreachable",
    "no healthy upstream",
    "failed to connect",
    "unable to connect",
    "not connect ",
    "cannot connect",
    "n t connect ",
];
/// The same words are used for a call that never left and for one that was lost.
const PERHAPS_LOST: &[&str] = &[
    "fetch failed",
    "failed to fetch",
    "network error",
    "networkerror",
    "err network",
    "network request failed",
    "connect error or disconnect",
    "socket error",
    "connection error",
    "connectionerror",
    "connection failed",
    "connection failure",
];
/// What a provider keeps its books in: that it could not be reached says nothing of the message.
const BOOKS: &[&str] =
    &[" database ", " db ", " cache ", " queue ", " memcached ", " elasticsearch ", " 11211 ", " 9200 "];
/// cURL's numbers for a call that never left: no proxy, no address, no connection, no TLS.
const CURL_NEVER_LEFT: &[u16] = &[5, 6, 7, 35, 51, 58, 60, 77];

const TEMPLATE: &[&str] = &["template", "namespace"];
const NOT_USABLE: &[&str] = &[
    "not defined",
    "not exist",
    "n t exist",
    "not approved",
    "n t approved",
    "not found",
    "n t found",
    "rejected",
    "paused",
    "disabled",
];
const THROTTLED: &[&str] =
    &["rate limit", "ratelimit", "rate exceeded", "throttl", "slow down", "messaging limit", "request limit"];
/// Of these there may be too many for the moment; too many variables or characters stay too many.
const TOO_MANY: &[&str] = &["request", "requests", "messages", "attempts", "calls"];
const WINDOW: &[&str] = &["dialog window", "outside the allowed window", "re engagement", "reengagement"];
const CREDENTIALS: &[&str] =
    &["wrong token", "invalid token", "unauthorized", "unauthorised", "unauthenticated"];
const ACCOUNT: &[&str] = &[
    "not active",
    "not connected",
    "inactive",
    "expired",
    "payment",
    "unpaid",
    "not paid",
    "insufficient",
    "low balance",
    "subscription",
    "locked",
    "blocked",
    "suspended",
    "stopped",
    "disabled",
    "deactivated",
    "disconnected",
    "logged out",
    "banned",
];
const PASSES: &[&str] =
    &["try again", "try later", "retry later", "temporarily", "unavailable", "overloaded", "maintenance"];

/// An earlier try of the message was taken, however the reply calls that.
const TAKEN_BEFORE: &[&str] = &[
    "already sent",
    "already been sent",
    "already accepted",
    "already been accepted",
    "already queued",
    "already been queued",
    "already processed",
    "already been processed",
    "already submitted",
    "already been submitted",
    "already delivered",
    "already been delivered",
    "duplicate message",
    "duplicate request",
    "duplicated message",
    "duplicated request",
];
const QUEUED: &[&str] = &[" queued ", " enqueued ", "placed in queue", "added to queue"];
/// A sentence with one of these says that the message was taken, unless it has one of [`NO`] too.
const YES: &[&str] = &[
    " been sent ",
    " was sent ",
    " is sent ",
    " message sent ",
    " template sent ",
    " been accepted ",
    " was accepted ",
    " is accepted ",
    " request accepted ",
    " message accepted ",
    " accepted for ",
    " been submitted ",
    " message submitted ",
    " been scheduled ",
    " message scheduled ",
    " been delivered ",
    " was delivered ",
    " message delivered ",
    " success",
];
/// At the beginning of a sentence they say yes.
const YES_FIRST: &[&str] = &[" sent ", " accepted ", " submitted ", " delivered "];
/// These say yes only where nothing else is said.
const PERHAPS_YES: &[&str] = &[
    " sent ",
    " accepted ",
    " ok ",
    " okay ",
    " received ",
    " created ",
    " dispatched ",
    " pending ",
    " in progress ",
    " being sent ",
    " submitted ",
    " scheduled ",
    " delivered ",
    " processed ",
    " processing ",
    " done ",
    " completed ",
    " thank you ",
];
const NO: &[&str] = &[
    " not ",
    " no ",
    " never ",
    " nothing ",
    " cannot ",
    " cant ",
    "n t ",
    " unable ",
    " fail",
    " error",
    " invalid ",
    " reject",
    " refus",
    " denied ",
    " unsuccess",
    " undeliver",
    " unsent ",
];
/// A sentence with one of these may be a refusal, too.
const PERHAPS_NO: &[&str] = &[
    " too many ",
    " limit",
    " exceed",
    " throttl",
    " expired ",
    " blocked ",
    " locked ",
    " suspended ",
    " stopped ",
    " unpaid ",
    " inactive ",
    " unauthori",
];
/// They deny the trouble, and not the message.
const NO_TROUBLE: &[&str] = &[" no error ", " no errors ", " without error ", " without errors "];

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
        } else if self.have(CREDENTIALS) {
            refused(ReasonClass::Credentials)
        } else if self.have(ACCOUNT) {
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
        self.any_sentence(|it| has(it, PERHAPS_YES) && !has(it, PERHAPS_NO))
    }

    fn have(&self, any: &[&str]) -> bool {
        has(&self.flat, any)
    }

    fn any_sentence(&self, says: impl Fn(&str) -> bool) -> bool {
        self.texts.iter().flat_map(|text| text.split(['.', '!', '?', ';'])).any(|sentence| {
            let sentence = NO_TROUBLE.iter().fold(flat(sentence), |rest, words| rest.replace(words, " "));
            says(&sentence) && !has(&sentence, NO)
        })
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

/// Whether a member of the body says that the call succeeded.
pub(super) fn is_success(body: &Object) -> bool {
    const WORDS: &[&str] = &["success", "successful", "succeeded", "ok", "okay", "done", "completed"];
    ["success", "succeeded", "ok"].iter().any(|name| is_yes(body.get(*name)))
        || ["status", "result"].iter().any(|name| is_yes(body.get(*name)) || is_word(body.get(*name), WORDS))
}

/// Whether a member of the body says that the message was taken.
pub(super) fn is_taken(body: &Object) -> bool {
    const WORDS: &[&str] = &[
        "sent",
        "accepted",
        "queued",
        "enqueued",
        "submitted",
        "scheduled",
        "delivered",
        "sending",
        "dispatched",
    ];
    ["accepted", "queued", "enqueued"].iter().any(|name| is_yes(body.get(*name)))
        || ["status", "state", "result", "message_status"].iter().any(|name| is_word(body.get(*name), WORDS))
}

/// Whether a member of the body says that the call failed.
pub(super) fn is_failure(body: &Object) -> bool {
    const WORDS: &[&str] = &["error", "fail", "failed", "failure", "rejected", "refused", "false"];
    ["success", "succeeded", "ok", "accepted"]
        .iter()
        .any(|name| body.get(*name) == Some(&Value::Bool(false)) || is_word(body.get(*name), WORDS))
        || ["status", "state", "result"]
            .iter()
            .any(|name| body.get(*name) == Some(&Value::Bool(false)) || is_word(body.get(*name), WORDS))
}

/// Whether a value says yes, as a boolean, a number or a word.
pub(super) fn is_yes(value: Option<&Value>) -> bool {
    value == Some(&Value::Bool(true)) || is_word(value, &["true", "yes", "1"])
}

fn is_word(value: Option<&Value>, words: &[&str]) -> bool {
    lenient::word(value).is_some_and(|word| words.iter().any(|it| word.eq_ignore_ascii_case(it)))
}

/// The words in one line, each between two blanks, so that one inside of another isn't taken for it.
fn flat(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(" ".to_owned(), |line, word| line + word + " ")
}

fn has(flat: &str, any: &[&str]) -> bool {
    any.iter().any(|words| flat.contains(words))
}

/// cURL's number, which has two digits at most, as in `curl error 52` and `curl 52`.
fn curl_error(flat: &str) -> Option<u16> {
    let mut after = flat.split(" curl ").skip(1).flat_map(|after| after.split_whitespace().take(2));
    after.find_map(|word| word.parse().ok().filter(|number| *number < 100))
}

/// A status of the upstream's that says more than that it refuses.
fn is_telling(status: u16) -> bool {
    matches!(status, 408 | 409 | 425 | 429 | 499 | 500..=599)
}

/// The HTTP status that stands in the words, as in `request failed with status code 502`, `http 1 1 503` or `520 web server
/// is down`. Behind *error* or *code* alone only a 5xx counts: lower numbers may be WhatsApp's.
fn upstream_in(flat: &str) -> Option<u16> {
    const HTTP: &[&str] =
        &["http", "https", "status", "statuscode", "responded", "returned", "answered", "upstream"];
    const PERHAPS: &[&str] = &["error", "code", "response"];
    let words: Vec<&str> = flat.split_whitespace().collect();
    words.iter().enumerate().find_map(|(index, word)| {
        let status = (word.len() == 3).then(|| word.parse().ok()).flatten().filter(|it| is_telling(*it))?;
        let before = words.get(index.saturating_sub(3)..index).unwrap_or_default();
        let is_http = before.iter().any(|word| HTTP.contains(word));
        let may_be = status >= 500 && before.last().is_none_or(|word| PERHAPS.contains(word));
        (is_http || may_be).then_some(status)
    })
}

/// The HTTP status that a provider hands on in a member of its body or of an error.
fn upstream_in_members(body: &Object) -> Option<u16> {
    const NAMES: &[&str] = &[
        "status",
        "statusCode",
        "status_code",
        "httpStatus",
        "http_status",
        "httpCode",
        "http_code",
        "code",
    ];
    let errors = lenient::error_objects(body);
    std::iter::once(body).chain(errors).find_map(|object| {
        let codes = NAMES.iter().filter_map(|name| lenient::code(object.get(*name)));
        codes.filter_map(|code| u16::try_from(code).ok()).find(|status| is_telling(*status))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::summary::summary;

    fn meaning(plain: &PlainWords) -> String {
        let answer = plain.answer(None, |class| Reason::new(class, "x", "said"));
        answer.map_or_else(|| "nothing".to_owned(), |answer| summary(&answer))
    }

    fn all_mean(expected: &str, said: &[&str]) {
        for said in said {
            let plain = PlainWords::new([*said], &Words::default());
            assert_eq!(meaning(&plain), expected, "{said}");
        }
    }

    #[test]
    fn a_call_of_the_providers_own_that_was_lost_is_unknown() {
        all_mean(
            "unknown unclear x",
            &[
                "Request failed with status code 502",
                "AxiosError: Request failed with status code 500",
                "timeout of 30000ms exceeded",
                "TypeError: fetch failed",
                "SocketError: other side closed",
                "UND_ERR_HEADERS_TIMEOUT",
                "socket hang up",
                "read ECONNRESET",
                "connect ETIMEDOUT 10.0.0.1:443",
                "Error: ESOCKETTIMEDOUT",
                "write EPIPE",
                "Premature close",
                "Invalid response body while trying to fetch https://x: Premature close",
                "aborted",
                "The operation was aborted.",
                "Network Error",
                "Unexpected token < in JSON at position 0",
                "Unexpected token '<', \"<html>\"... is not valid JSON",
                "Unexpected end of JSON input",
                "Cannot read properties of undefined (reading 'id')",
                "cURL error 28: Operation timed out after 10001 milliseconds with 0 bytes received",
                "cURL error 52: Empty reply from server",
                "cURL error 56: Recv failure: Connection reset by peer",
                "cURL error 18: transfer closed with 40 bytes remaining to read",
                "[curl] 52: [url] https://x",
                "Curl exception [curl] 92: stream 1",
                "Bad Gateway",
                "502 Bad Gateway",
                "Gateway Time-out",
                "504 Gateway Timeout",
                "HTTP/1.1 503",
                "http 500",
                "Server responded with 524",
                "Error 520",
                "520: Web server is returning an unknown error",
                "Upstream returned 503",
                "503 Service Unavailable",
                "request failed with status code 408",
                "Broken pipe",
                "unexpected EOF",
                "Post \"https://x/messages\": EOF",
                "context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
                "context canceled",
                "java.net.SocketTimeoutException: Read timed out",
                "NoHttpResponseException: x:443 failed to respond",
                "Remote end closed connection without response",
                "('Connection aborted.', RemoteDisconnected('Remote end closed connection'))",
                "HTTPSConnectionPool(host='x', port=443): Read timed out. (read timeout=10)",
                "Expecting value: line 1 column 1 (char 0)",
                "The underlying connection was closed: The connection was closed unexpectedly.",
                "An error occurred while sending the request.",
                "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
                "Lost connection to MySQL server during query",
                "stream was reset: REFUSED_STREAM",
                "Invalid Response From WhatsApp",
                "connect ECONNREFUSED 127.0.0.1:6379",
                "SQLSTATE[HY000] [2002] Connection refused",
                "MongoServerError: E11000 duplicate key error collection",
                "Internal Server Error",
                "An internal error has occurred",
            ],
        );
    }

    #[test]
    fn a_call_of_the_providers_own_that_never_left_was_not_sent() {
        all_mean(
            "not sent unavailable x",
            &[
                "connect ECONNREFUSED 127.0.0.1:8080",
                "fetch failed: connect ECONNREFUSED ::1:8080",
                "getaddrinfo ENOTFOUND graph.facebook.com",
                "getaddrinfo EAI_AGAIN graph.facebook.com",
                "cURL error 6: Could not resolve host: graph.facebook.com",
                "cURL error 7: Failed to connect to x port 443: Connection refused",
                "dial tcp: lookup x on 10.0.0.2:53: no such host",
                "dial tcp 10.0.0.1:443: connect: connection refused",
                "java.net.UnknownHostException: x",
                "[Errno -2] Name or service not known",
                "[Errno 113] No route to host",
                "No connection could be made because the target machine actively refused it.",
                "upstream connect error or disconnect/reset before headers. reset reason: connection refused",
                "cURL error 35: OpenSSL SSL_connect: Connection reset by peer in connection to x:443",
                "no healthy upstream",
                "php_network_getaddresses: getaddrinfo failed",
            ],
        );
    }

    #[test]
    fn words_that_only_look_like_a_lost_call_are_none() {
        all_mean(
            "nothing",
            &[
                "Request failed with status code 400",
                "Request failed with status code 404",
                "error 470",
                "at most 512 characters",
                "the next time outside",
                "Incomplete parameters",
                "premium 500 plan",
                "something new",
                "",
            ],
        );
        all_mean(
            "rejected content 131047",
            &["The last time outside the allowed window", "Dialog window is closed", "Re-engagement message"],
        );
    }

    #[test]
    fn an_account_that_is_not_ready_is_refused() {
        all_mean(
            "refused account x",
            &[
                "Instance is not connected",
                "Your trial has expired",
                "instance is not active",
                "Payment required",
                "Instance not found or not paid",
                "Insufficient balance",
                "Channel is disconnected",
                "Account is disabled",
            ],
        );
    }

    #[test]
    fn only_what_passes_is_throttling() {
        all_mean(
            "not sent throttled x",
            &[
                "Too many requests",
                "Too many request",
                "too many API calls",
                "There were too many messages sent from this phone number",
                "Too many login attempts",
                "(Business Account, Consumer Account) pair rate limit hit",
                "RateLimitExceeded",
                "Request failed with status code 429",
                "ThrottlingException",
            ],
        );
        all_mean(
            "nothing",
            &[
                "Too many parameters",
                "too many variables in the body",
                "Too many characters",
                "too many buttons",
                "too many components: 3",
            ],
        );
    }

    #[test]
    fn a_status_that_is_handed_on_in_a_member_counts() {
        for (body, expected) in [
            (json!({"statusCode": 502}), "unknown unclear x"),
            (json!({"status": 503, "message": "m"}), "unknown unclear x"),
            (json!({"code": "500"}), "unknown unclear x"),
            (json!({"error": {"code": 504}}), "unknown unclear x"),
            (json!({"response": {"error": {"status": 500}}}), "unknown unclear x"),
            (json!({"error": {"cause": {"statusCode": 599}}}), "unknown unclear x"),
            (json!({"error": {"status": 429}}), "not sent throttled x"),
            (json!({"status": 400, "message": "m"}), "nothing"),
            (json!({"code": 200}), "nothing"),
            (json!({"status": "failed", "size": 512}), "nothing"),
        ] {
            let plain = PlainWords::of(body.as_object().unwrap(), &Words::default());
            assert_eq!(meaning(&plain), expected, "{body}");
        }
    }

    #[test]
    fn a_yes_is_a_sentence_that_denies_nothing() {
        let says = |said: &str| {
            let plain = PlainWords::new([said], &Words::default());
            (plain.say_taken(), plain.say_yes(), plain.may_say_yes())
        };
        for said in [
            "Message already sent",
            "Duplicate message rejected",
            "Request queued",
            "Error: already processed",
        ] {
            assert!(says(said).0 && says(said).1, "{said}");
        }
        for said in [
            "Template message has been sent",
            "Message was sent, no errors",
            "Sent to 1",
            "Request accepted",
            "Message sent successfully. If it does not arrive, call us.",
            "Success",
            "Accepted for delivery",
        ] {
            let (taken, yes, _) = says(said);
            assert!(!taken && yes, "{said}");
        }
        for said in ["OK", "sent", "Order received", "Processing", "Thank you"] {
            assert!(says(said).2, "{said}");
        }
        for said in [
            "Message has not been sent",
            "Message couldn't be queued",
            "The message was not accepted",
            "failed: message sent",
            "Unable to confirm that it was sent",
            "Unsuccessful",
            "No message sent",
            "template is not defined",
            "Cannot be accepted for delivery",
            "Too many messages sent",
            "Limit of messages sent is exceeded",
        ] {
            assert_eq!(says(said), (false, false, false), "{said}");
        }
    }
}
