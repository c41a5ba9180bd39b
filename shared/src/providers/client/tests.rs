//! Tests every way in which an attempt can end, over real connections.

use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::Instant;
use url::Url;

use super::super::summary::{summary, text};
use super::super::{AwsUrls, PollResult, samples};
use super::test_server::{Act, Server, cut, reply};
use super::*;
use crate::clock::Clock;

const ACCEPTED: &str = r#"{"messaging_product":"whatsapp","messages":[{"id":"wamid.A="}]}"#;
/// Enough time for three full tries.
const PLENTY: Duration = Duration::from_mins(1);
/// Enough time for one try, but not for another full one.
const ONE_TRY: Duration = Duration::from_millis(1200);

fn credentials() -> Credentials {
    serde_json::from_str(
        r#"{"onemsg": {"channel": "VID1", "token": "t1"},
            "kaleyra": {"sid": "HX1", "api_key": "k1", "sender": "+919999999999"},
            "meta": {"phone_number_id": "106", "token": "t2"}}"#,
    )
    .unwrap()
}

fn providers(url: &Url) -> Providers {
    Providers::new(
        BaseUrls {
            onemsg: url.clone(),
            kaleyra: Some(url.clone()),
            meta: url.clone(),
            aws: AwsUrls { sms: Some(url.clone()), ..AwsUrls::default() },
        },
        &Tls::with_system_roots().unwrap(),
    )
    .unwrap()
}

async fn send_to_meta(url: &Url, within: Duration) -> Answer {
    let message = samples::order_cancelled();
    providers(url).send(&credentials(), Provider::Meta, &message, Instant::now() + within).await.answer
}

/// Sends to a server with this script; returns the answer and the number of requests.
async fn outcome(script: impl Into<Vec<Act>>, within: Duration) -> (String, usize) {
    let server = Server::start(script).await;
    let answer = send_to_meta(&server.url, within).await;
    (summary(&answer), server.requests().len())
}

#[test]
fn a_conflict_or_a_timeout_is_unknown_with_any_body() {
    for status in [408, 409, 499] {
        for body in
            [r#"{"error":{"code":131026}}"#, r#"{"code":"WA400"}"#, r#"{"sent":false,"error":{"code":190}}"#]
        {
            for provider in Provider::WITH_WEBHOOK {
                let reply = Reply { status, retry_after: None, error_type: None, body: body.into() };
                let answer = classify(provider, &reply, &Sanitizer::default());
                assert_eq!(summary(&answer), format!("unknown unclear http_{status}"), "{provider} {body}");
            }
        }
    }
}

#[test]
fn an_acceptance_inside_other_text_counts_and_a_refusal_does_not() {
    for (status, body, meaning) in [
        (200, "<br />Notice: x\n{\"sent\":true,\"id\":\"wamid.A\"}", "accepted wamid.A"),
        (200, "callback({\"sent\":true,\"id\":\"wamid.A\"});", "accepted wamid.A"),
        (200, "timeout {\"sent\":false,\"message\":\"m\"}", "unreadable unclear unreadable"),
        (200, "{\"sent\":true}{\"sent\":false}", "unreadable unclear unreadable"),
        (200, "<html>{\"sent\":true,\"id\":\"wamid.A\"}</html>", "unreadable unclear web_page"),
    ] {
        let reply = Reply { status, retry_after: None, error_type: None, body: body.into() };
        assert_eq!(summary(&classify(Provider::OneMsg, &reply, &Sanitizer::default())), meaning, "{body}");
    }
}

#[tokio::test]
async fn a_compressed_reply_is_read_with_and_without_its_header() {
    use std::io::Write as _;

    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(ACCEPTED.as_bytes()).unwrap();
    let body = encoder.finish().unwrap();
    for header in ["", "content-encoding: gzip\r\n"] {
        let length = body.len();
        let head =
            format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n{header}\r\n");
        let reply = Act::Reply([head.as_bytes(), &body].concat());
        assert_eq!(outcome([reply], PLENTY).await, ("accepted wamid.A=".to_owned(), 1));
    }
}

#[tokio::test]
async fn a_request_is_sent_as_built_and_its_reply_is_read() {
    let server = Server::start([reply("200 OK", "", ACCEPTED)]).await;
    assert_eq!(summary(&send_to_meta(&server.url, PLENTY).await), "accepted wamid.A=");
    let request = server.requests().remove(0);
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut lines = head.split("\r\n");
    assert_eq!(lines.next(), Some("POST /v25.0/106/messages HTTP/1.1"));
    let mut headers: Vec<&str> = lines.filter(|line| !line.starts_with("host: ")).collect();
    headers.sort_unstable();
    assert_eq!(
        headers,
        [
            "accept: */*",
            "authorization: Bearer t2",
            &format!("content-length: {}", body.len()),
            "content-type: application/json",
            &format!("user-agent: order-notifications/{}", env!("CARGO_PKG_VERSION")),
        ]
    );
    assert!(body.starts_with(r#"{"messaging_product":"whatsapp""#), "{body}");
    assert!(body.ends_with(r#""biz_opaque_callback_data":"notification/k-1/10482"}"#), "{body}");
}

#[tokio::test]
async fn each_provider_has_its_own_address_and_reply_format() {
    for (provider, message, body, path) in [
        (
            Provider::OneMsg,
            samples::for_one_msg(samples::order_cancelled()),
            r#"{"sent":true,"id":"wamid.A="}"#,
            "/VID1/sendTemplate",
        ),
        (
            Provider::Kaleyra,
            samples::order_status(None),
            r#"{"code":"WA202","data":{"message_id":"wamid.A="},"error":{}}"#,
            "/v2/HX1/whatsapp/+919999999999/messages",
        ),
        (Provider::Meta, samples::order_status(None), ACCEPTED, "/v25.0/106/messages"),
    ] {
        let server = Server::start([reply("200 OK", "", body)]).await;
        let deadline = Instant::now() + PLENTY;
        let answer = providers(&server.url).send(&credentials(), provider, &message, deadline).await.answer;
        assert_eq!(summary(&answer), "accepted wamid.A=", "{provider}");
        assert!(server.requests()[0].starts_with(&format!("POST {path} HTTP/1.1\r\n")), "{provider}");
    }
}

#[tokio::test]
async fn without_credentials_no_request_is_sent() {
    for provider in Provider::WITH_WEBHOOK {
        let providers = Providers::new(BaseUrls::default(), &Tls::with_system_roots().unwrap()).unwrap();
        let message = samples::for_one_msg(samples::order_cancelled());
        let answer = providers.send(&Credentials::default(), provider, &message, Instant::now()).await.answer;
        assert_eq!(summary(&answer), "refused credentials no_credentials");
        assert!(text(&answer).contains(&format!("\"{provider}\"")), "{}", text(&answer));
    }
}

#[tokio::test]
async fn a_refused_connection_was_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    drop(listener);
    assert_eq!(summary(&send_to_meta(&url, ONE_TRY).await), "not sent unavailable connect");
}

#[tokio::test]
async fn a_handshake_that_hangs_was_not_sent() {
    let mut url = Server::start([Act::Close]).await.url;
    url.set_scheme("https").unwrap();
    let started = Instant::now();
    assert_eq!(summary(&send_to_meta(&url, ONE_TRY).await), "not sent unavailable connect");
    assert!(started.elapsed() < 2 * ONE_TRY);
}

#[tokio::test]
async fn silence_after_the_request_is_unknown_and_ends_by_the_deadline() {
    let started = Instant::now();
    let hang = [Act::ReplyThenHang(vec![])];
    assert_eq!(outcome(hang, ONE_TRY).await, ("unknown unclear timeout".to_owned(), 1));
    assert!((ONE_TRY..2 * ONE_TRY).contains(&started.elapsed()));
}

#[tokio::test]
async fn a_connection_that_ends_after_the_request_is_unknown_and_nothing_is_sent_again() {
    for act in
        [Act::Reset, Act::Close, Act::Reply(b"HTTP/1.1 2".to_vec()), Act::Reply(b"no HTTP\r\n\r\n".to_vec())]
    {
        assert_eq!(outcome([act], PLENTY).await, ("unknown unclear reset".to_owned(), 1));
    }
}

#[tokio::test]
async fn a_truncated_body_is_classified_by_its_status() {
    let hang =
        |head: &str| Act::ReplyThenHang(format!("HTTP/1.1 {head}\r\ncontent-length: 99\r\n\r\n{{").into());
    for (act, answer) in [
        (cut("200 OK", "", &ACCEPTED[..40], 99), "unreadable unclear unreadable"),
        (cut("400 Bad Request", "", "{\"error\":", 99), "unrecognised content http_400"),
        (cut("403 Forbidden", "", "", 99), "refused account http_403"),
        (cut("500 Internal Server Error", "", "{", 99), "unknown unclear http_500"),
        (hang("200 OK"), "unreadable unclear unreadable"),
        (hang("401 Unauthorized"), "refused credentials http_401"),
        // The whole JSON had arrived.
        (cut("200 OK", "", ACCEPTED, 999), "accepted wamid.A="),
    ] {
        assert_eq!(outcome([act], ONE_TRY).await, (answer.to_owned(), 1));
    }
}

#[tokio::test]
async fn a_huge_body_is_cut() {
    let huge = format!(r#"{{"pad":"{}","messages":[{{"id":"wamid.A="}}]}}"#, "x".repeat(64 * 1024));
    assert_eq!(outcome([reply("200 OK", "", &huge)], PLENTY).await.0, "unreadable unclear unreadable");
    let large = format!(r#"{{"pad":"{}","messages":[{{"id":"wamid.A="}}]}}"#, "x".repeat(65_000));
    assert_eq!(outcome([reply("200 OK", "", &large)], PLENTY).await.0, "accepted wamid.A=");
    let endless = [Act::ReplyThenHang(
        format!("HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n{}", "x".repeat(1_000_000)).into(),
    )];
    let started = Instant::now();
    assert_eq!(outcome(endless, Duration::from_secs(9)).await.0, "unreadable unclear unreadable");
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Server::start([reply("200 OK", "", ACCEPTED)]).await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("location: {}\r\n", elsewhere.url);
        let (answer, requests) =
            outcome([reply(&format!("{status} Elsewhere"), &location, "")], PLENTY).await;
        assert!(!answer.starts_with("accepted") && answer.ends_with(&format!("http_{status}")), "{answer}");
        assert_eq!(requests, 1);
    }
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn a_redirect_to_the_same_resource_is_a_refusal_and_is_not_followed() {
    let elsewhere = Server::start([reply("200 OK", "", ACCEPTED)]).await;
    for status in [302, 303, 307] {
        let location = format!("location: {}v25.0/106/messages\r\n", elsewhere.url);
        let moved = reply(&format!("{status} Elsewhere"), &location, "");
        assert_eq!(outcome([moved], PLENTY).await, (format!("refused account http_{status}"), 1));
    }
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn a_web_page_is_not_a_providers_reply() {
    let page = "<!DOCTYPE html><html><body>Sign in to the network</body></html>";
    for (status, answer) in [
        ("200 OK", "unreadable unclear web_page"),
        ("302 Found", "unknown unclear http_302"),
        ("403 Forbidden", "refused account http_403"),
        ("407 Proxy Authentication Required", "refused account http_407"),
        ("511 Network Authentication Required", "refused account http_511"),
        ("503 Service Unavailable", "unknown unclear http_503"),
    ] {
        let (found, requests) = outcome([reply(status, "content-type: text/html\r\n", page)], PLENTY).await;
        assert_eq!((found.as_str(), requests), (answer, 1));
        for provider in Provider::WITH_WEBHOOK {
            let status = status.split(' ').next().unwrap().parse().unwrap();
            let reply = Reply { status, retry_after: None, error_type: None, body: page.into() };
            assert_eq!(summary(&classify(provider, &reply, &Sanitizer::default())), answer, "{provider}");
        }
    }
}

#[tokio::test]
async fn a_throttled_request_is_retried_after_the_requested_wait() {
    let throttled = reply("429 Too Many Requests", "retry-after: 1\r\n", "");
    let started = Instant::now();
    let script = [throttled, reply("200 OK", "", ACCEPTED)];
    assert_eq!(outcome(script, PLENTY).await, ("accepted wamid.A=".to_owned(), 2));
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn after_three_tries_the_last_answer_counts() {
    let throttled = reply("403 Forbidden", "", r#"{"error":{"code":130429}}"#);
    let busy = reply("503 Busy", "retry-after: 0\r\n", r#"{"error":{"code":131016}}"#);
    let script = [throttled.clone(), throttled, busy, reply("200 OK", "", ACCEPTED)];
    assert_eq!(outcome(script, PLENTY).await, ("not sent unavailable 131016 0s".to_owned(), 3));
}

#[tokio::test]
async fn an_unknown_or_refused_request_is_not_retried() {
    for (act, answer) in [
        (reply("500 Internal Server Error", "", ""), "unknown unclear http_500"),
        (reply("400 Bad Request", "", r#"{"error":{"code":131026}}"#), "rejected recipient 131026"),
        (reply("429 Too Many Requests", "retry-after: 60\r\n", ""), "not sent throttled http_429 60s"),
    ] {
        assert_eq!(outcome([act, reply("200 OK", "", ACCEPTED)], PLENTY).await, (answer.to_owned(), 1));
    }
}

#[tokio::test]
async fn no_try_starts_that_the_deadline_would_cut_short() {
    let throttled = reply("429 Too Many Requests", "", "");
    let seconds = Duration::from_secs;
    assert_eq!(outcome([throttled.clone()], seconds(5)).await, ("not sent throttled http_429".to_owned(), 1));
    for within in [seconds(0), Duration::from_millis(900)] {
        assert_eq!(outcome([throttled.clone()], within).await, ("not sent our_choice no_time".to_owned(), 0));
    }
}

/// The number of connections that two sends use, `pause` apart.
async fn connections_of_two_sends(act: fn(Vec<u8>) -> Act, pause: Duration) -> usize {
    let length = ACCEPTED.len();
    let reply = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{ACCEPTED}");
    let server = Server::start([act(reply.into())]).await;
    let providers = providers(&server.url);
    for requests in 1..=2 {
        let message = samples::order_cancelled();
        let deadline = Instant::now() + Duration::from_secs(3);
        let answer = providers.send(&credentials(), Provider::Meta, &message, deadline).await.answer;
        assert_eq!(summary(&answer), "accepted wamid.A=");
        assert_eq!(server.requests().len(), requests);
        sleep(pause).await;
    }
    server.connections()
}

#[tokio::test]
async fn a_connection_is_reused_for_one_second_only() {
    assert_eq!(connections_of_two_sends(Act::Keep, Duration::ZERO).await, 1);
    assert_eq!(connections_of_two_sends(Act::Keep, Duration::from_millis(1100)).await, 2);
}

#[tokio::test]
async fn a_connection_closed_while_idle_is_not_reused() {
    assert_eq!(connections_of_two_sends(Act::ReplyThenClose, Duration::from_millis(200)).await, 2);
}

#[tokio::test]
async fn a_non_http_address_is_a_configuration_error() {
    let answer = send_to_meta(&Url::parse("ftp://127.0.0.1").unwrap(), PLENTY).await;
    assert_eq!(summary(&answer), "refused account request");
}

#[tokio::test]
async fn a_reason_does_not_repeat_the_messages_values() {
    let quoted =
        r#"{"error":{"code":999999,"message":"Alexey at +12025550100 can't buy Wireless headphones"}}"#;
    let server = Server::start([reply("400 Bad Request", "", quoted)]).await;
    let answer = send_to_meta(&server.url, PLENTY).await;
    assert_eq!(text(&answer), "[…] at +[…] can't buy […]");
}

#[tokio::test]
async fn a_poll_is_sent_once_and_its_reply_is_read() {
    let body = r#"{"hooks":[{"id":"wamid.A=","status":"read","timestamp":"1795165200"}]}"#;
    let server = Server::start([reply("200 OK", "", body), Act::Reset]).await;
    let message = crate::message::MessageKey::try_from("onemsg#wamid.A=".to_owned()).unwrap();
    let ask = async || {
        let deadline = Instant::now() + PLENTY;
        providers(&server.url).poll(&credentials(), &message, &Clock::default(), deadline).await
    };
    let PollResult::Reported(known) = ask().await else { panic!("known") };
    assert_eq!(known.facts.len(), 1);
    assert!(matches!(ask().await, PollResult::Nothing(reason) if reason.code == "no_reply"));
    let requests = server.requests();
    assert!(
        requests[0].starts_with("GET /VID1/hookInfo?messageId=wamid.A%3D HTTP/1.1\r\n"),
        "{}",
        requests[0]
    );
    assert_eq!(requests.len(), 2);
}

#[tokio::test]
async fn a_poll_without_a_reply_ends_by_its_deadline() {
    let server = Server::start([Act::ReplyThenHang(Vec::new())]).await;
    let message = crate::message::MessageKey::try_from("onemsg#wamid.A=".to_owned()).unwrap();
    let started = Instant::now();
    let result =
        providers(&server.url).poll(&credentials(), &message, &Clock::default(), started + ONE_TRY).await;
    assert!(matches!(result, PollResult::Nothing(_)));
    assert!(started.elapsed() < ONE_TRY * 2);
}
