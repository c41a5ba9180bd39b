//! Tests the classification of texts of HTTP clients, servers and the providers.

use serde_json::json;

use super::*;
use crate::providers::summary::{summary, text};

fn meaning(plain: &ReplyText) -> String {
    let answer = plain.answer(None, |class| Reason::new(class, "x", "said"));
    answer.map_or_else(|| "nothing".to_owned(), |answer| summary(&answer))
}

fn all_mean(expected: &str, said: &[&str]) {
    for said in said {
        let plain = ReplyText::new([*said], &Sanitizer::default());
        assert_eq!(meaning(&plain), expected, "{said}");
    }
}

#[test]
fn a_lost_upstream_call_is_unknown() {
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
fn an_upstream_call_that_never_connected_was_not_sent() {
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
fn texts_that_resemble_a_lost_call_are_not_one() {
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
fn only_metas_own_titles_mean_that_the_customer_is_unreachable() {
    all_mean(
        "rejected recipient 131026",
        &["Message undeliverable", "Receiver is incapable of receiving this message."],
    );
    // Each may be about the shop's own number, or is undocumented.
    all_mean(
        "nothing",
        &[
            "The phone number is not registered on WhatsApp",
            "Phone number is not a WhatsApp user",
            "Undeliverable",
            "Recipient phone number is not whitelisted",
            "The number is not allowlisted",
        ],
    );
    all_mean(
        "refused account x",
        &["IP address is not whitelisted", "the host is not allowlisted", "Domain not whitelisted"],
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
            "Instance not found",
            "The channel does not exist",
            "Instance not found or not paid",
            "NO-CREDITS",
            "Insufficient account credits",
            "KYC-NOT-APPROVED",
            "Insufficient balance",
            "Message quota exceeded",
            "Channel has been disabled",
            "channel is deactivated",
            "This number was banned",
            "Channel is disconnected",
            "Sender is unregistered",
            "Access denied",
            "Forbidden",
        ],
    );
    all_mean("refused credentials x", &["instance not authorized", "Invalid access token"]);
    all_mean(
        "not sent account x",
        &[
            "Daily limit of messages exceeded",
            "Your monthly message limit is reached",
            "Sending limit reached",
        ],
    );
    all_mean(
        "nothing",
        &[
            "max length limit exceeded",
            "account not found on WhatsApp",
            "the load balancer",
            "found no channels",
        ],
    );
}

#[test]
fn a_refusal_of_the_credentials_has_our_text() {
    let plain = ReplyText::new(["Wrong token \"t\" for channel"], &Sanitizer::default());
    let answer = plain.answer(None, |class| Reason::new(class, "x", "Wrong token \"t\""));
    assert_eq!(text(&answer.unwrap()), "the provider refuses the credentials");
}

#[test]
fn only_temporary_limits_are_throttling() {
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
fn an_upstream_status_in_a_member_counts() {
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
        let plain = ReplyText::from_json(body.as_object().unwrap(), &Sanitizer::default());
        assert_eq!(meaning(&plain), expected, "{body}");
    }
}

#[test]
fn an_acceptance_is_a_sentence_that_denies_nothing() {
    let says = |said: &str| {
        let plain = ReplyText::new([said], &Sanitizer::default());
        (plain.says_taken(), plain.says_accepted())
    };
    for said in
        ["Message already sent", "Duplicate message rejected", "Request queued", "Error: already processed"]
    {
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
        assert_eq!(says(said), (false, true), "{said}");
    }
    let refuse = |said: &str| ReplyText::new([said], &Sanitizer::default()).refuses();
    for said in [
        "OK",
        "Order received",
        "Message was sent, no errors",
        "Mensaje enviado",
        "Registered; payment will be charged",
        "Registered. Dialog window is closed",
        "Registered \u{2013} dialog window is closed",
        "已登记。Dialog window is closed",
        "Account is not restricted",
        "No limit reached",
        "",
    ] {
        assert!(!refuse(said), "{said}");
    }
    for said in [
        "It was not sent",
        "Your trial has expired",
        "Dialog window is closed",
        "TypeError: fetch failed",
        "Unable to send: connect ECONNREFUSED 10.0.0.1:443",
    ] {
        assert!(refuse(said), "{said}");
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
        assert_eq!(says(said), (false, false), "{said}");
    }
}
