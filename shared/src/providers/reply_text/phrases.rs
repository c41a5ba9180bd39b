//! The phrases to search for: those of widely used HTTP clients and servers (axios, undici, Node, cURL,
//! Guzzle, Go, Java, Python, nginx, Envoy), of 1MSG's own n8n node, and of recorded replies. All are written
//! in the form that [`flat`](super::flat) produces.

/// The provider started its own call and got no result. The message may have been accepted.
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
    // The provider's own storage failed, perhaps after it had passed the message on.
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
    // A program failed, perhaps while it read its upstream's reply.
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
/// With one of [`ENDED`], in any order, these mean that the result is unknown.
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
/// The provider's own call was never sent, because it could not connect.
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
/// Used both for a call that was never sent and for one whose result is unknown.
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
/// The provider's own storage. If it cannot be reached, the message may still have been sent.
pub(super) const PROVIDER_STORAGE: &[&str] =
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
/// Meta's titles of the code for a customer who can't be reached on WhatsApp, the newer and the older one.
pub(super) const NOT_ON_WHATSAPP: &[&str] =
    &[" message undeliverable ", " incapable of receiving this message "];
pub(super) const THROTTLED: &[&str] =
    &["rate limit", "ratelimit", "rate exceeded", "throttl", "slow down", "messaging limit", "request limit"];
/// Too many of these is a temporary limit; too many variables or characters is not.
pub(super) const TOO_MANY: &[&str] = &["request", "requests", "messages", "attempts", "calls"];
pub(super) const WINDOW: &[&str] =
    &["dialog window", "outside the allowed window", "re engagement", "reengagement"];
/// A quota applies to the account and not to one message; the length of a message has a limit, too.
pub(super) const PERIODS: &[&str] = &[" daily ", " monthly "];
pub(super) const LIMIT: &[&str] = &[" limit"];
pub(super) const QUOTAS: &[&str] = &[" sending limit", " message limit", " messages limit"];
/// The units in which the limit of a text is given.
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
/// The address of the sending server isn't on the account's list. A recipient who isn't on one is Meta's 131030.
pub(super) const NOT_LISTED: &[&str] = &[" not whitelisted ", " not allowlisted "];
pub(super) const SERVERS: &[&str] = &[" ip ", " ips ", " host ", " domain "];
/// Without one of these the account cannot send. "Account not found" may be about the customer's WhatsApp account.
pub(super) const CHANNELS: &[&str] = &[" instance ", " channel "];
pub(super) const ABSENT: &[&str] = &[" not found ", " not exist "];
pub(super) const TEMPORARY: &[&str] =
    &["try again", "try later", "retry later", "temporarily", "unavailable", "overloaded", "maintenance"];

/// The message was accepted in an earlier try.
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
/// A sentence with one of these says that the message was accepted, unless it also contains one of [`NO`].
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
/// These mean acceptance at the beginning of a sentence.
pub(super) const YES_FIRST: &[&str] = &[" sent ", " accepted ", " submitted ", " delivered "];
/// These may mean acceptance if nothing contradicts them.
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
/// A sentence with one of these may also be a refusal.
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
/// These deny a problem and not the message, or ask for no action.
pub(super) const NO_PROBLEM: &[&str] = &[
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
    " limit not reached ",
    " limit not hit ",
];
/// One of these denies a problem within the next two words.
pub(super) const NEGATIONS: &[&str] = &[" not ", " no ", " never ", "n t ", " without ", " nor "];
/// Problems that may be denied, in addition to the other lists.
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
/// Something not done yet may be done later.
pub(super) const YET: &[&str] = &[" yet "];
