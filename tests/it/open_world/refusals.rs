//! A refusal that doesn't concern the customer leads to the next provider, in any wording.

use shared::protocol::State;
use shared::provider::Provider::{self, Kaleyra, Meta, OneMsg};

use super::{Scripted, http, json_reply, utf16};
use crate::support::{Event, simulated};

/// The refusal's description, the order's number, and the reply.
type Refusal = (&'static str, &'static str, Vec<u8>);

/// The next provider sends every order, once.
async fn assert_the_next_provider_sends(provider: Provider, next: Provider, refusals: Vec<Refusal>) {
    let scripted = Scripted::start(provider).await;
    let shop = scripted.opening().open().await;
    for (_, order, reply) in &refusals {
        scripted.answer(order, vec![reply.clone()]);
        shop.publish(&Event::sample("stock-arrived").order(order)).await;
    }
    for (what, order, _) in &refusals {
        let view = shop.until_state(order, State::Accepted).await;
        assert_eq!((view.record.provider, view.record.attempt), (Some(next), 2), "{what}");
        assert_eq!(shop.the_send_about(order).message.provider, simulated(next), "{what}");
        assert!(scripted.asked(order) > 0, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_refusal_by_onemsg_the_next_provider_sends() {
    let ok = |body: &str| json_reply("200 OK", body);
    assert_the_next_provider_sends(
        OneMsg,
        Meta,
        vec![
            ("an unknown template", "T1", ok(r#"{"sent":false,"message":"template is not defined"}"#)),
            ("the same as a text", "T2", ok(r#"{"sent":"false","error":"Template stock_arrived not found"}"#)),
            ("the same in UTF-16", "T3", json_reply("200 OK", utf16("\u{feff}{\"message\":\"template does not exist\"}"))),
            (
                "the same as JSON in a string",
                "T4",
                ok(r#"{"sent":false,"message":"400 - {\"error\":{\"code\":132001,\"message\":\"no template\"}}"}"#),
            ),
            (
                "an unpaid channel",
                "T5",
                ok(r#"{"error":"Your instance has been stopped due to non-payment. Extend your subscription to activate it."}"#),
            ),
            ("the same in other words", "T6", ok(r#"{"sent":false,"message":"Instance not found or not paid"}"#)),
            ("no credit left", "T7", ok(r#"{"success":false,"error":"Insufficient credits"}"#)),
            ("a plain text", "T8", http("403 Forbidden", "content-type: text/plain\r\n", "Trial period is over")),
            ("a web page", "T9", http("403 Forbidden", "content-type: text/html\r\n", "<html><body>Access denied</body></html>")),
            (
                "an order's number that is the code of a customer who isn't on WhatsApp",
                "131026",
                ok(r#"{"message":"body: Param text: 131026 cannot have new-line/tab characters or more than 4 consecutive spaces"}"#),
            ),
            (
                "one that is the code of a throttle",
                "130429",
                ok(r#"{"message":"body: Param text: 130429 cannot have new-line/tab characters or more than 4 consecutive spaces"}"#),
            ),
            (
                "the same with the code's own marks",
                "131047",
                ok(r#"{"sent":false,"message":"parameter 2 (#131047) of the body is not valid","error":{"details":"131047: too odd"}}"#),
            ),
            (
                "the same with a Graph code and status 400",
                "190",
                json_reply("400 Bad Request", r#"{"message":"error 190: wrong parameter 190","code":400}"#),
            ),
            ("a code without an object", "T13", ok(r#"{"sent":false,"error":131042}"#)),
            ("an unknown language", "T14", ok(r#"{"sent":false,"message":"Шаблон не найден"}"#)),
            ("only sent=False", "T15", ok(r#"{"sent":"False"}"#)),
            ("an unknown code", "T16", ok(r#"{"sent":false,"error":{"code":"1013","title":"User is not valid"}}"#)),
            (
                "an address that has moved",
                "T17",
                http("308 Permanent Redirect", "location: https://api2.example/VID/sendTemplate\r\n", ""),
            ),
            ("a refused token", "T18", json_reply("401 Unauthorized", r#"{"error":"Wrong token \"x\". timeout"}"#)),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_refusal_by_kaleyra_the_next_provider_sends() {
    assert_the_next_provider_sends(
        Kaleyra,
        OneMsg,
        vec![
            (
                "a refused key",
                "T1",
                json_reply("401 Unauthorized", r#"{"code":"RBC001","message":"Incorrect SID or API key.","data":[],"error":{"error":"x"}}"#),
            ),
            (
                "another version, with an extra comma",
                "T2",
                json_reply("401 Unauthorized", r#"{"code":"WA-401","message":"API not available","data":{},"error":{"account":"x"},}"#),
            ),
            ("a format with 200", "T3", json_reply("200 OK", r#"{"code":"wa400","error":{"payload":"Incorrect"}}"#)),
            ("an unknown code", "T4", json_reply("400 Bad Request", r#"{"code":"WA477","data":[],"error":[]}"#)),
            ("a web page", "T5", http("403 Forbidden", "", "<html><body>Forbidden</body></html>")),
            (
                "a template error of its upstream",
                "T6",
                json_reply("400 Bad Request", r#"{"code":"X1","message":"m","error":{"error":{"error_data":{"code":"132001"}}}}"#),
            ),
            ("a refusal in a list", "T7", json_reply("422 Unprocessable", r#"[{"code":"WA422","message":"Refusal"}]"#)),
            (
                "an order's number that is a code",
                "131049",
                json_reply("400 Bad Request", r#"{"code":"WA499","message":"131049 is odd (#131049)","error":{"payload":"131049"}}"#),
            ),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_refusal_by_meta_the_next_provider_sends() {
    assert_the_next_provider_sends(
        Meta,
        OneMsg,
        vec![
            (
                "a token that has expired",
                "T1",
                json_reply(
                    "401 Unauthorized",
                    r#"{"error":{"message":"m","type":"OAuthException","code":190}}"#,
                ),
            ),
            (
                "a template error as a string",
                "T2",
                json_reply("404 Not Found", r#"{"error":{"message":"m","code":"132001"}}"#),
            ),
            (
                "a payment, in a list",
                "T3",
                json_reply("400 Bad Request", r#"{"error":[{"message":"m","code":131042}]}"#),
            ),
            (
                "an unknown code",
                "T4",
                json_reply("400 Bad Request", r#"{"error":{"message":"(#139990) m","code":139990}}"#),
            ),
            (
                "the same only in the text",
                "T5",
                json_reply("400 Bad Request", r#"{"error":{"message":"(#132015) Template is paused"}}"#),
            ),
            (
                "an error that is a string",
                "T6",
                json_reply("400 Bad Request", r#"{"error":"unsupported_thing"}"#),
            ),
            (
                "an order's number that is a code",
                "131050",
                json_reply(
                    "400 Bad Request",
                    r#"{"error":{"message":"Parameter value is not valid: (#131050)"}}"#,
                ),
            ),
        ],
    )
    .await;
}
