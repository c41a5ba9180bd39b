//! A temporary or repairable fault at the only provider: the message waits for the end of the fault, however long it
//! takes, and then reaches the customer.

use std::time::Duration;

use shared::protocol::State;
use shared::provider::Provider::{self, Kaleyra, Meta, OneMsg};

use super::{Scripted, http, json_reply};
use crate::support::{Event, Shop};

/// The fault's description, and the reply.
type Trouble = (&'static str, Vec<u8>);

/// More than the quick retries of one attempt, so that the second attempt fails too.
const TROUBLED: usize = 4;
/// Attempts during an outage of hours.
const ROUNDS: usize = 12;

fn acceptance(provider: Provider, id: &str) -> Vec<u8> {
    let body = match provider {
        OneMsg => format!(r#"{{"sent":true,"id":"{id}"}}"#),
        Kaleyra => format!(r#"{{"code":"WA202","data":{{"message_id":"{id}"}},"error":{{}}}}"#),
        Meta => format!(r#"{{"messages":[{{"id":"{id}"}}]}}"#),
        _ => unreachable!("only providers with a webhook"),
    };
    json_reply("200 OK", body)
}

/// Ends waits until an order is accepted, and returns their total length.
async fn until_accepted(shop: &Shop, order: &str, what: &str) -> Duration {
    let mut waited = Duration::ZERO;
    for _round in 0..100 {
        let settled =
            |state| matches!(state, State::Waiting | State::Accepted | State::Held | State::Rejected);
        let view = shop.until(order, "an end or a wait", |view| settled(view.record.state)).await.remove(0);
        match view.record.state {
            State::Accepted => return waited,
            State::Waiting => waited += shop.end_the_wait(order).await,
            state => panic!("{what}: {state}, {:?}", view.record.reason),
        }
        let attempt = view.record.attempt;
        shop.until(order, "the next attempt", |view| view.record.attempt > attempt).await;
    }
    panic!("{what}: it waits for ever");
}

async fn assert_each_fault_ends(provider: Provider, troubles: Vec<Trouble>) {
    let scripted = Scripted::start(provider).await;
    let shop = scripted.opening_alone().open().await;
    let order = |row: usize| format!("W{row:02}");
    for (row, (_, reply)) in troubles.iter().enumerate() {
        let mut replies = vec![reply.clone(); TROUBLED];
        replies.push(acceptance(provider, &format!("id-{row}")));
        scripted.answer(&order(row), replies);
        shop.publish(&Event::sample("stock-arrived").order(&order(row))).await;
    }
    for (row, (what, _)) in troubles.iter().enumerate() {
        until_accepted(&shop, &order(row), what).await;
        assert_eq!(scripted.asked(&order(row)), TROUBLED + 1, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn meta_throttles_and_outages_end() {
    let error = |status: &str, members: &str| json_reply(status, format!(r#"{{"error":{{{members}}}}}"#));
    assert_each_fault_ends(
        Meta,
        vec![
            (
                "the user's limit",
                error(
                    "400 Bad Request",
                    r#""message":"(#17) User request limit reached","type":"OAuthException","code":17"#,
                ),
            ),
            (
                "the call's limit",
                error(
                    "400 Bad Request",
                    r#""message":"(#613) Calls to this api have exceeded the rate limit.","code":613"#,
                ),
            ),
            (
                "the business account's limit",
                error(
                    "400 Bad Request",
                    r#""message":"(#80008) There have been too many calls","code":80008"#,
                ),
            ),
            ("the page's limit, as a text", error("403 Forbidden", r#""message":"m","code":"32""#)),
            (
                "the app's limit, with 200",
                error("200 OK", r#""message":"m","code":4,"error_subcode":2494055"#),
            ),
            (
                "a limit of another business use case",
                error("403 Forbidden", r#""message":"m","code":80014.0"#),
            ),
            (
                "a limit only in the text",
                error("400 Bad Request", r#""message":"(#341) Application limit reached""#),
            ),
            (
                "an outage",
                error(
                    "500 Internal Server Error",
                    r#""message":"An unknown error has occurred.","code":1,"is_transient":true"#,
                ),
            ),
            ("an outage that is called a bad request", error("400 Bad Request", r#""message":"m","code":2"#)),
            (
                "an unknown code with is_transient",
                error("400 Bad Request", r#""message":"m","code":139991,"is_transient":true"#),
            ),
            ("the same as a text", error("500 Oops", r#""message":"m","code":139992,"is_transient":"True""#)),
            (
                "an error in a list",
                json_reply("400 Bad Request", r#"[{"error":[{"message":"m","code":131016}]}]"#),
            ),
            (
                "a gateway's throttle",
                http("429 Too Many Requests", "content-type: text/html\r\n", "<html>Slow down</html>"),
            ),
            (
                "a gateway's throttle in words",
                json_reply("400 Bad Request", r#"{"message":"Too many requests"}"#),
            ),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn onemsg_throttles_end_and_its_account_is_repaired() {
    let ok = |body: &str| json_reply("200 OK", body);
    assert_each_fault_ends(
        OneMsg,
        vec![
            ("a throttle in words", ok(r#"{"sent":false,"message":"Too many request, slow down"}"#)),
            ("a rate limit", ok(r#"{"error":"Rate limit exceeded"}"#)),
            ("Meta's throttle as a text", ok(r#"{"sent":false,"error":{"code":"130429","message":"m"}}"#)),
            ("Meta's throttle without an object", ok(r#"{"sent":false,"error":"130429"}"#)),
            (
                "a template that isn't defined yet",
                ok(r#"{"sent":false,"message":"template is not defined"}"#),
            ),
            (
                "a channel that was stopped",
                ok(r#"{"error":"Your instance has been stopped due to non-payment."}"#),
            ),
            ("no credit left", ok(r#"{"sent":false,"message":"Insufficient balance, please top up"}"#)),
            (
                "a channel that has to be connected",
                ok(r#"{"sent":false,"message":"Channel is disconnected"}"#),
            ),
            (
                "an account that was closed",
                json_reply("403 Forbidden", r#"{"message":"Account is disabled"}"#),
            ),
            (
                "an unreachable upstream",
                ok(r#"{"sent":false,"message":"getaddrinfo ENOTFOUND graph.facebook.com"}"#),
            ),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kaleyra_throttles_end_and_its_account_is_repaired() {
    assert_each_fault_ends(
        Kaleyra,
        vec![
            (
                "a throttle",
                json_reply("429 Too Many Requests", r#"{"code":"WA429","message":"m","data":[],"error":{}}"#),
            ),
            (
                "a failure with its envelope",
                json_reply("500 Oops", r#"{"code":"WA500","message":"m","error":{"error":"x"}}"#),
            ),
            (
                "a low balance",
                json_reply("400 Bad Request", r#"{"code":"E110","message":"low balance","error":[]}"#),
            ),
            (
                "the account's daily limit",
                json_reply("200 OK", r#"{"code":"WAV2101","error":{"account":"limit"}}"#),
            ),
            (
                "a throttle of its upstream",
                json_reply("400 Bad Request", r#"{"code":"X1","error":{"code":80007}}"#),
            ),
            (
                "a template that is paused",
                json_reply("400 Bad Request", r#"{"code":132015,"message":"paused"}"#),
            ),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_of_hours_loses_no_order() {
    let scripted = Scripted::start(Meta).await;
    let shop = scripted.opening_alone().open().await;
    let out = json_reply(
        "500 Internal Server Error",
        r#"{"error":{"message":"An unknown error has occurred.","type":"OAuthException","code":1,"is_transient":true,"fbtrace_id":"A"}}"#,
    );
    // Each attempt makes three quick tries.
    let mut replies = vec![out; 3 * ROUNDS];
    replies.push(acceptance(Meta, "wamid.after"));
    scripted.answer("H1", replies);
    shop.publish(&Event::sample("stock-arrived").order("H1")).await;
    let waited = until_accepted(&shop, "H1", "an outage").await;
    assert!(waited > Duration::from_hours(1), "{waited:?}");
    assert_eq!(scripted.asked("H1"), 3 * ROUNDS + 1);
}
