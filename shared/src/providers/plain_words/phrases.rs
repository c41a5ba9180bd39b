//! The words that are looked for: those of HTTP clients and servers that are in wide use (axios, undici, Node, cURL, Guzzle, Go,
//! Java, Python, nginx, Envoy) and of 1MSG's own n8n node and recorded replies. All of them are written here as
//! [`flat`](super::flat) makes them.

/// The provider had begun its own call, and doesn't know what came of it. The message may have been taken.
pub(super) const LOST: &[&str] = &[
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
pub(super) const LINES: &[&str] = &[" connection ", " socket ", " stream "];
pub(super) const ENDED: &[&str] = &[
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
pub(super) const NEVER_LEFT: &[&str] = &[
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
pub(super) const PERHAPS_LOST: &[&str] = &[
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
pub(super) const BOOKS: &[&str] =
    &[" database ", " db ", " cache ", " queue ", " memcached ", " elasticsearch ", " 11211 ", " 9200 "];

pub(super) const TEMPLATE: &[&str] = &["template", "namespace"];
pub(super) const NOT_USABLE: &[&str] = &[
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
pub(super) const THROTTLED: &[&str] =
    &["rate limit", "ratelimit", "rate exceeded", "throttl", "slow down", "messaging limit", "request limit"];
/// Of these there may be too many for the moment; too many variables or characters stay too many.
pub(super) const TOO_MANY: &[&str] = &["request", "requests", "messages", "attempts", "calls"];
pub(super) const WINDOW: &[&str] =
    &["dialog window", "outside the allowed window", "re engagement", "reengagement"];
/// A quota is the account's, and not of one message: its length has a limit, too.
pub(super) const PERIODS: &[&str] = &[" daily ", " monthly "];
pub(super) const LIMIT: &[&str] = &[" limit"];
pub(super) const QUOTAS: &[&str] = &[" sending limit", " message limit", " messages limit"];
/// What a limit of a text is counted in.
pub(super) const LENGTHS: &[&str] = &[" characters ", " character ", " length ", " bytes "];
pub(super) const CREDENTIALS: &[&str] = &[
    "wrong token",
    "invalid token",
    " access token ",
    "unauthorized",
    "unauthorised",
    "unauthenticated",
    " not authorized ",
    " not authorised ",
];
pub(super) const ACCOUNT: &[&str] = &[
    "not active",
    "not connected",
    "inactive",
    "expired",
    "payment",
    "unpaid",
    "subscription",
    "locked",
    "blocked",
    "suspended",
    "stopped",
    " not paid ",
    "insufficient",
    " balance ",
    " credits ",
    " funds ",
    " quota ",
    " disabled ",
    " deactivated ",
    " banned ",
    " restricted ",
    " disconnected ",
    " unregistered ",
    " logged out ",
    " kyc ",
    " forbidden ",
    " access denied ",
];
/// Without one the account can't send. "Account not found" may be the customer's, on WhatsApp.
pub(super) const CHANNELS: &[&str] = &[" instance ", " channel "];
pub(super) const ABSENT: &[&str] = &[" not found ", " not exist "];
pub(super) const PASSES: &[&str] =
    &["try again", "try later", "retry later", "temporarily", "unavailable", "overloaded", "maintenance"];

/// An earlier try of the message was taken, however the reply calls that.
pub(super) const TAKEN_BEFORE: &[&str] = &[
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
pub(super) const QUEUED: &[&str] = &[" queued ", " enqueued ", "placed in queue", "added to queue"];
/// A sentence with one of these says that the message was taken, unless it has one of [`NO`] too.
pub(super) const YES: &[&str] = &[
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
pub(super) const YES_FIRST: &[&str] = &[" sent ", " accepted ", " submitted ", " delivered "];
/// These say yes only where nothing else is said.
pub(super) const PERHAPS_YES: &[&str] = &[
    " sent ",
    " enviado ",
    " enviada ",
    " gesendet ",
    " отправлено ",
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
pub(super) const NO: &[&str] = &[
    " not ",
    " no ",
    " never ",
    " nothing ",
    " cannot ",
    " cant ",
    "n t ",
    " unable ",
    " fail",
    "error",
    "exception",
    " invalid ",
    " reject",
    " refus",
    " denied ",
    " unsuccess",
    " undeliver",
    " unsent ",
];
/// A sentence with one of these may be a refusal, too.
pub(super) const PERHAPS_NO: &[&str] = &[
    " too many ",
    " exceed",
    " insufficient ",
    " forbidden ",
    " disabled ",
    " deactivated ",
    " banned ",
    " restricted ",
    " disconnected ",
    " closed ",
    " wrong ",
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
/// They deny the trouble, and not the message, or ask for nothing.
pub(super) const NO_TROUBLE: &[&str] = &[
    " no error ",
    " no errors ",
    " without error ",
    " without errors ",
    " do not reply ",
    " do not resend ",
    " do not send ",
    " no action ",
    " no further action ",
    " no need ",
];
/// A trouble within two words of one of these is denied.
pub(super) const NEGATIONS: &[&str] = &[" not ", " no ", " never ", "n t ", " without ", " nor "];
/// What may be denied, besides what is in the other lists.
pub(super) const TROUBLES: &[&str] = &[
    " error",
    " fail",
    " invalid ",
    " reject",
    " refus",
    " denied ",
    " problem",
    " issue",
    " delay",
    " throttl",
];
/// What isn't done yet may be done later.
pub(super) const YET: &[&str] = &[" yet "];
