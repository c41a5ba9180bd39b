//! An acceptance is recognised in every format: the customer gets the message once, and its id is stored.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use shared::delivery::DeliveryStatus;
use shared::message::MessageKey;
use shared::protocol::State;
use shared::provider::Provider::{self, Kaleyra, Meta, OneMsg};

use super::{Scripted, http, json_reply, utf16};
use crate::support::{Event, Shop};
use crate::webhook::kaleyra;

/// The reply's description, its bytes, and the message id in it, if there is one.
type Acceptance = (&'static str, Vec<u8>, Option<&'static str>);

/// Every order is accepted at the first request. None is sent again, although its callbacks are missing and the
/// policy is `resend`.
async fn assert_acceptances_are_recognised(provider: Provider, replies: Vec<Acceptance>) {
    let scripted = Scripted::start(provider).await;
    let shop = scripted.opening().unknown_outcome("resend", "1s").open().await;
    let order = |row: usize| format!("Y{row:02}");
    for (row, (_, reply, _)) in replies.iter().enumerate() {
        scripted.answer(&order(row), vec![reply.clone()]);
        shop.publish(&Event::sample("stock-arrived").order(&order(row))).await;
    }
    for (row, (what, _, id)) in replies.iter().enumerate() {
        let view = shop.until_state(&order(row), State::Accepted).await;
        assert_eq!((view.record.provider, view.record.attempt), (Some(provider), 1), "{what}");
        let id = id.map(|id| MessageKey::try_from(format!("{provider}#{id}")).unwrap());
        assert_eq!(view.record.reply_ids, id.into_iter().collect::<BTreeSet<_>>(), "{what}");
    }
    shop.until_quiet().await;
    for (row, (what, ..)) in replies.iter().enumerate() {
        assert_eq!(scripted.asked(&order(row)), 1, "{what}");
        assert!(shop.sends_about(&order(row)).is_empty(), "{what}: another provider was asked");
    }
}

/// Bytes that source text can't show readably.
fn bytes(base64: &str) -> Vec<u8> {
    STANDARD.decode(base64).unwrap()
}

/// Kaleyra's documented acceptance.
fn plain(id: &str) -> String {
    format!(r#"{{"code":"WA202","message":"Request Accepted","data":{{"message_id":"{id}"}},"error":{{}}}}"#)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kaleyra_acceptances_are_recognised() {
    // As its page prints it: two commas are missing.
    let printed = "{\n\"code\":\"WA202\"\n\"message\":\"Request Accepted\",\n\"data\":{\n\"message_id\":\"A7300000000000000001\"\n}\n\"error\":{}\n}\n";
    let said = |body: &str| json_reply("202 Accepted", body);
    assert_acceptances_are_recognised(
        Kaleyra,
        vec![
            ("the page's own sample", said(printed), Some("A7300000000000000001")),
            (
                "the same with Windows' line ends and a byte-order mark",
                said(&format!("\u{feff}{}", printed.replace('\n', "\r\n"))),
                Some("A7300000000000000001"),
            ),
            (
                "an error of empty members",
                said(r#"{"code":"WA202","message":"m","data":{"message_id":"A73-2"},"error":{"error":""}}"#),
                Some("A73-2"),
            ),
            (
                "a nested empty error",
                said(r#"{"code":"WA202","data":{"message_id":"A73-3"},"error":{"error":{"payload":[],"code":0},"x":null}}"#),
                Some("A73-3"),
            ),
            (
                "an error that says there is none",
                said(r#"{"code":"WA202","data":{"message_id":"A73-4"},"error":{"code":"0","error":"No error"}}"#),
                Some("A73-4"),
            ),
            (
                "an error that is the word null",
                said(r#"{"code":"WA202","data":{"message_id":"A73-5"},"error":"null"}"#),
                Some("A73-5"),
            ),
            ("an id in a list", said(r#"{"code":"WA202","data":[{"message_id":"A73-6"}]}"#), Some("A73-6")),
            (
                "an id as JSON in a string",
                said(r#"{"code":"WA202","data":"{\"message_id\":\"A73-7\"}","error":[]}"#),
                Some("A73-7"),
            ),
            ("an id where Meta has it", said(r#"{"code":"WA200","messages":[{"id":"wamid.K8"}]}"#), Some("wamid.K8")),
            ("an id beside the code", said(r#"{"id":"A73-9","code":"wa202","data":[],"error":[]}"#), Some("A73-9")),
            (
                "an id with too many digits for a number",
                said(r#"{"code":202,"data":{"message_id":73000000000000000000010},"error":{}}"#),
                Some("73000000000000000000010"),
            ),
            (
                "a compressed reply without its header",
                json_reply("202 Accepted", bytes("H4sIAAAAAAACA6tWSs5PSVWyUgp3NDIwUtJRyk0tLk5MB4kEpRaWphaXKDgmJ6cWlKSmACVTEksSlayqYYriM1OA6hzNjQ1QgaGhUq2OUmpRUX4RUHVtLQCC0DTcZQAAAA==")),
                Some("A7300000000000000011"),
            ),
            (
                "half a surrogate pair, a raw line break and an invalid number",
                said("{\"code\":\"WA202\",\"message\":\"Ana \\ud83d\nsent\",\"cost\":NaN,\"data\":{\"message_id\":\"A73-12\"}}"),
                Some("A73-12"),
            ),
            ("UTF-16", json_reply("202 Accepted", utf16(&format!("\u{feff}{}", plain("A73-13")))), Some("A73-13")),
            ("UTF-16 without a mark", json_reply("202 Accepted", utf16(&plain("A73-14"))), Some("A73-14")),
            (
                "comments",
                said("// v2\n{\"code\":\"WA202\", /* the id */ \"data\":{\"message_id\":\"A73-15\"}}"),
                Some("A73-15"),
            ),
            (
                "what Python prints",
                said("{'code': 'WA202', 'message': 'Request \"Accepted\"', 'data': {'message_id': 'A73-16'}, 'error': None}"),
                Some("A73-16"),
            ),
            ("no id at all", said(r#"{"code":"WA202","message":"Request Accepted","data":{}}"#), None),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acceptance_is_recognised_in_every_http_framing() {
    let raw = |head: &str, body: &str| [head.as_bytes(), b"\r\n\r\n", body.as_bytes()].concat();
    assert_acceptances_are_recognised(
        Kaleyra,
        vec![
            (
                "pieces of unknown length",
                raw(
                    "HTTP/1.1 202 Accepted\r\nconnection: close\r\ntransfer-encoding: chunked",
                    "10\r\n{\"code\":\"WA202\",\r\n21;x=y\r\n\"data\":{\"message_id\":\"A73-17-x\"}}\r\n0\r\nx-after: 1\r\n\r\n",
                ),
                Some("A73-17-x"),
            ),
            (
                "no length, until the connection ends",
                raw("HTTP/1.0 202 Accepted", &plain("A73-18")),
                Some("A73-18"),
            ),
            (
                "hints before the reply",
                raw(
                    "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 202 Accepted\r\nconnection: close\r\ncontent-length: 87",
                    &plain("A73-19"),
                ),
                Some("A73-19"),
            ),
            (
                "invalid headers",
                raw(
                    "HTTP/1.1 202 Accepted\r\nconnection: close\r\nX-Frame Options: DENY\r\nX-Powered-By : PHP\r\nX-Policy: a;\r\n b\r\nno colon",
                    &plain("A73-20"),
                ),
                Some("A73-20"),
            ),
            (
                "a length that is too long, around a whole body",
                raw("HTTP/1.1 202 Accepted\r\ncontent-length: 5000", &plain("A73-21")),
                Some("A73-21"),
            ),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn onemsg_acceptances_are_recognised() {
    let said = |body: &str| json_reply("200 OK", body);
    assert_acceptances_are_recognised(
        OneMsg,
        vec![
            ("a byte-order mark", said("\u{feff}{\"sent\":true,\"id\":\"wamid.O0==\"}"), Some("wamid.O0==")),
            ("a list of one", said(r#"[{"sent":true,"id":"wamid.O1"}]"#), Some("wamid.O1")),
            (
                "an extra comma and a broken character",
                said("{\"sent\":true,\"id\":\"wamid.O2\",\"message\":\"Sent to Ana \\ud83d\",}"),
                Some("wamid.O2"),
            ),
            ("an empty error", said(r#"{"sent":true,"id":"wamid.O3","error":{"code":0,"message":""}}"#), Some("wamid.O3")),
            ("an error that says there is none", said(r#"{"sent":true,"id":"wamid.O4","error":"none"}"#), Some("wamid.O4")),
            ("an id where Meta has it", said(r#"{"sent":true,"messages":[{"id":"wamid.O5"}]}"#), Some("wamid.O5")),
            (
                "an id in its upstream's reply",
                said(r#"{"sent":true,"response":{"contacts":[{"wa_id":"1"}],"messages":[{"id":"wamid.O6"}]}}"#),
                Some("wamid.O6"),
            ),
            ("an id in the message", said(r#"{"sent":true,"message":{"id":"wamid.O7","body":"b"}}"#), Some("wamid.O7")),
            ("sent=true as a string", said(r#"{"sent":"true","id":"wamid.O8","message":"Sent"}"#), Some("wamid.O8")),
            (
                "a PHP notice before it",
                said("<br />\n<b>Deprecated</b>: strlen(): Passing null in <b>/app/send.php</b> on line <b>7</b><br />\n{\"sent\":true,\"id\":\"wamid.O9\"}"),
                Some("wamid.O9"),
            ),
            (
                "JSON in a string",
                said(r#""{\"sent\":true,\"id\":\"wamid.O12\"}""#),
                Some("wamid.O12"),
            ),
            ("a duplicate name", said(r#"{"id":"wamid.old","sent":true,"id":"wamid.O10"}"#), Some("wamid.O10")),
            ("201 and no type", http("201 Created", "", r#"{"id":"gBGGO11","sent":true}"#), Some("gBGGO11")),
            ("no id at all", said(r#"{"sent":true,"message":"Sent to 1"}"#), None),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn meta_acceptances_are_recognised() {
    let said = |body: &str| json_reply("200 OK", body);
    assert_acceptances_are_recognised(
        Meta,
        vec![
            (
                "a name with half an emoji",
                said(r#"{"messaging_product":"whatsapp","contacts":[{"input":"+1","profile":{"name":"Ana \ud83d"}}],"messages":[{"id":"wamid.M0="}]}"#),
                Some("wamid.M0="),
            ),
            ("an empty error", said(r#"{"messages":[{"id":"wamid.M1="}],"error":{"code":0,"message":""}}"#), Some("wamid.M1=")),
            (
                "an undocumented status",
                said(r#"{"messages":[{"id":"wamid.M2=","message_status":"held_for_something"}],"errors":[]}"#),
                Some("wamid.M2="),
            ),
            ("one message without its list", said(r#"{"messages":{"id":"wamid.M3="}}"#), Some("wamid.M3=")),
            (
                "a deflated reply",
                http("200 OK", "content-encoding: deflate\r\n", bytes("eJyrVspNLS5OTE8tVrKKrlbKTFGyUipPzM1M0Yvy8XSytVWqja0FAOQvC/k=")),
                Some("wamid.ZLIB=="),
            ),
            (
                "a prefix against scripts, and trailing text",
                said(")]}',\n{\"messages\":[{\"id\":\"wamid.M5=\"}]}\n<!-- 12 ms -->"),
                Some("wamid.M5="),
            ),
        ],
    )
    .await;
}

fn unclear(row: usize) -> String {
    format!("N{row:02}")
}

/// Each order is held after the window, although `resend` would repeat an unknown send, and no other provider is
/// asked.
async fn assert_each_is_held(scripted: &Scripted, shop: &Shop, replies: &[(&str, Vec<u8>)]) {
    for (row, (_, reply)) in replies.iter().enumerate() {
        scripted.answer(&unclear(row), vec![reply.clone()]);
        shop.publish(&Event::sample("stock-arrived").order(&unclear(row))).await;
    }
    for (row, (what, _)) in replies.iter().enumerate() {
        shop.until_state(&unclear(row), State::Held).await;
        assert_eq!((scripted.asked(&unclear(row)), shop.sends_about(&unclear(row)).len()), (1, 0), "{what}");
    }
}

/// A problem mentioned beside an unclear acceptance is no refusal.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_2xx_of_1msg_that_mentions_a_problem_goes_to_no_other_provider() {
    let scripted = Scripted::start(OneMsg).await;
    let shop = scripted.opening().unknown_outcome("resend", "1s").open().await;
    let said = |text: &str| json_reply("200 OK", format!(r#"{{"message":"{text}"}}"#));
    let replies = [
        ("a limit", said("Registered. Rate limit remaining: 79")),
        ("a maintenance", said("Registrado, maintenance is planned")),
        ("a login", said("Registered. Renew your access token")),
        ("a negated limit", said("Daily limit not reached")),
        ("a negated action", said("Registered, no action needed")),
        ("another message's code", said("Registered. An earlier one failed (#130429)")),
    ];
    assert_each_is_held(&scripted, &shop, &replies).await;
}

/// A customer who may have received the message must not receive it twice. So after an unclear 2xx the message is
/// never sent again: an operator checks it, unless a callback proves the acceptance.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unclear_2xx_is_not_sent_again_and_a_callback_settles_it() {
    let scripted = Scripted::start(Kaleyra).await;
    let shop = scripted.opening().unknown_outcome("resend", "1s").open().await;
    let replies = [
        ("a truncated acceptance", json_reply("202 Accepted", r#"{"code":"WA202","data":{"message_"#)),
        ("a web page", http("200 OK", "content-type: text/html\r\n", "<html><body>Welcome</body></html>")),
        ("nothing", http("202 Accepted", "", "")),
        ("yes and no", json_reply("202 Accepted", r#"{"code":"WA202","error":{"payload":"Incorrect"}}"#)),
        ("words that may mean yes", json_reply("200 OK", r#"{"message":"Thank you"}"#)),
        (
            "words that only mention a limit",
            json_reply("200 OK", r#"{"code":"X1","message":"Registered. Rate limit remaining: 79"}"#),
        ),
        (
            "a bare id beside an unknown error",
            json_reply("200 OK", r#"{"id":"d0b238ef-7","code":"X1","error":{"error":"x"}}"#),
        ),
    ];
    let order = unclear;
    assert_each_is_held(&scripted, &shop, &replies).await;
    for (row, (what, _)) in replies.iter().enumerate() {
        let query = format!("status=delivered&ref={}", scripted.reference(&order(row)));
        let callback = kaleyra(&shop, "").method(Method::GET).query(query);
        assert_eq!(callback.over_http(&shop).await.status, 200, "{what}");
        shop.until_status(&order(row), DeliveryStatus::Delivered).await;
    }
    // The events are delivered again.
    let receives = shop.local.queue().receives();
    for row in 0..replies.len() {
        shop.redeliver(&Event::sample("stock-arrived").order(&order(row)).0);
    }
    shop.until_received(receives + replies.len()).await;
    shop.until_quiet().await;
    for (row, (what, _)) in replies.iter().enumerate() {
        assert_eq!(scripted.asked(&order(row)), 1, "{what}");
        let view = shop.notification(&order(row)).await;
        assert_eq!((view.record.state, view.record.provider), (State::Accepted, Some(Kaleyra)), "{what}");
    }
    shop.until_published(&order(0)).await;
}
