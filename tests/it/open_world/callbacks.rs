//! Reports in undocumented formats: each fact is stored, with its own time, for its own order.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use shared::delivery::{DeliveryStatus, FactKind};
use shared::protocol::State;
use shared::provider::Provider::{self, Kaleyra, Meta, OneMsg};

use super::utf16;
use crate::support::{Event, Opening, Shop};
use crate::webhook::call::Call;
use crate::webhook::{AT, authentic_bytes, kaleyra, message, meta_value, report, text};

/// An order that a provider has accepted.
struct Order {
    number: String,
    id: String,
    /// The reference that the provider returns; 1MSG returns none.
    reference: String,
}

/// Orders that a provider has accepted. The provider's own callbacks are lost: the test makes them.
async fn accepted_orders(provider: Provider, count: usize) -> (Shop, Vec<Order>) {
    let shop = Opening::default().preferring(provider).open().await;
    let numbers: Vec<String> = (0..count).map(|row| format!("C{row:02}")).collect();
    for number in &numbers {
        shop.publish(&Event::sample("stock-arrived").order(number).magic(6)).await;
    }
    let mut orders = Vec::new();
    for number in numbers {
        shop.until_state(&number, State::Accepted).await;
        let send = shop.the_send_about(&number);
        let reference = send.message.echo.key().unwrap_or_default().to_owned();
        orders.push(Order { number, id: send.ids.reply, reference });
    }
    shop.until_quiet().await;
    (shop, orders)
}

/// The expected time of a fact.
#[derive(Debug, Clone, Copy)]
enum When {
    /// The time in the report.
    At,
    /// The time of receipt, because the report contains no valid time.
    Receipt,
}

/// The callback's description, its body with `<ID>` and `<REF>` as placeholders for the order's own values, the fact in
/// it, and the fact's expected time.
type Reported = (&'static str, Vec<u8>, FactKind, When);

/// The body with an order's id and reference, in any encoding.
fn filled(body: &[u8], order: &Order) -> Vec<u8> {
    [("<ID>", &order.id), ("<REF>", &order.reference)].into_iter().fold(
        body.to_vec(),
        |body, (name, value)| {
            let body = replaced(&body, name.as_bytes(), value.as_bytes());
            replaced(&body, &utf16(name), &utf16(value))
        },
    )
}

fn replaced(body: &[u8], name: &[u8], value: &[u8]) -> Vec<u8> {
    let mut filled = Vec::new();
    let mut rest = body;
    while let Some(at) = rest.windows(name.len()).position(|bytes| bytes == name) {
        filled.extend_from_slice(&rest[..at]);
        filled.extend_from_slice(value);
        rest = &rest[at + name.len()..];
    }
    [&filled, rest].concat()
}

/// Each callback is answered 200, and its fact is stored for its order only.
async fn assert_each_fact_is_stored(provider: Provider, callbacks: Vec<Reported>) {
    let (shop, orders) = accepted_orders(provider, callbacks.len()).await;
    for (order, (what, body, kind, when)) in orders.iter().zip(&callbacks) {
        let before = Timestamp::now();
        let call = authentic_bytes(&shop, provider, &filled(body, order));
        let reply = call.over_http(&shop).await;
        assert_eq!((reply.status, reply.body.as_str()), (200, ""), "{what}");
        assert_only_fact(&shop, order, *kind, *when, before, what).await;
    }
}

async fn assert_only_fact(
    shop: &Shop,
    order: &Order,
    kind: FactKind,
    when: When,
    before: Timestamp,
    what: &str,
) {
    let facts = shop.notification(&order.number).await.facts();
    for other in FactKind::ALL {
        assert_eq!(facts.at(other).is_some(), other == kind, "{what}: {other:?}");
    }
    let at = facts.at(kind).unwrap();
    match when {
        When::At => assert_eq!(at.as_second(), i64::try_from(AT).unwrap(), "{what}"),
        // The table stores milliseconds.
        When::Receipt => assert!(at.as_millisecond() >= before.as_millisecond(), "{what}: {at}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_msgs_reports_are_read() {
    let ack = |members: &str| format!(r#"{{"ack":[{{"id":"<ID>",{members}}}]}}"#).into_bytes();
    let timed = |time: Value| ack(&format!(r#""status":"delivered","timestamp":{time}"#));
    let read = r#"{"ack":[{"id":"<ID>","status":"read"}]}"#;
    let second = i64::try_from(AT).unwrap();
    assert_each_fact_is_stored(
        OneMsg,
        vec![
            ("a byte-order mark", format!("\u{feff}{read}").into_bytes(), FactKind::Read, When::Receipt),
            ("UTF-16", utf16(&format!("\u{feff}{read}")), FactKind::Read, When::Receipt),
            ("UTF-16 without a mark", utf16(read), FactKind::Read, When::Receipt),
            ("milliseconds in a text", timed(json!((second * 1000).to_string())), FactKind::Delivered, When::At),
            ("milliseconds and decimal places", timed(json!(1_795_165_200_000.0)), FactKind::Delivered, When::At),
            ("microseconds", timed(json!(second * 1_000_000)), FactKind::Delivered, When::At),
            ("nanoseconds in a text", timed(json!((second * 1_000_000_000).to_string())), FactKind::Delivered, When::At),
            ("ISO 8601", timed(json!("2026-11-20T09:00:00Z")), FactKind::Delivered, When::At),
            ("another zone", timed(json!("2026-11-20T14:30:00.000+05:30")), FactKind::Delivered, When::At),
            ("a mail's date", timed(json!("Fri, 20 Nov 2026 09:00:00 GMT")), FactKind::Delivered, When::At),
            ("a zone by its name", timed(json!("2026-11-20 09:00:00 UTC")), FactKind::Delivered, When::At),
            ("a zone twice", timed(json!("2026-11-20 14:30:00 +0530 IST")), FactKind::Delivered, When::At),
            // Without an offset the time zone is unknown.
            ("no zone", timed(json!("2026-11-20 09:00:00")), FactKind::Delivered, When::Receipt),
            ("a time that is none", timed(json!("yesterday")), FactKind::Delivered, When::Receipt),
            (
                "comments, and extra and missing commas",
                b"/* acks */{\"ack\":[{\"id\":\"<ID>\" \"status\":\"read\",},], // end\n}".to_vec(),
                FactKind::Read,
                When::Receipt,
            ),
            ("a list in a list", br#"{"ack":[[{"id":"<ID>","status":"viewed"}]]}"#.to_vec(), FactKind::Read, When::Receipt),
            ("envelopes in lists", br#"[[{"ack":{"id":"<ID>","status":"played"}}],[]]"#.to_vec(), FactKind::Read, When::Receipt),
            (
                "a list in a string",
                br#"{"ack":"[{\"id\":\"<ID>\",\"status\":\"sent\"}]"}"#.to_vec(),
                FactKind::Sent,
                When::Receipt,
            ),
            (
                "unreadable reports beside it",
                b"{\"ack\":[null,\"x\",[],{\"id\":{},\"status\":\"read\"},{\"id\":\"a b\",\"status\":\"read\"},{\"id\":\"<ID>\",\"status\":\"failed\",\
                  \"error\":\"Ana \\ud83d \xff\"},{\"status\":7},{\"id\":\"<ID>\",\"status\":\"exploded\"}]}"
                    .to_vec(),
                FactKind::Failed,
                When::Receipt,
            ),
            (
                "JSON lines, some of them unusable",
                b"{\"ack\":[{\"id\":7.5}]}\n{\"ack\":[{\"id\":\"<ID>\",\"status\":\"sent\"}]}\r\nnull\n".to_vec(),
                FactKind::Sent,
                When::Receipt,
            ),
            (
                "a duplicate name",
                br#"{"ack":[{"id":"wamid.old","id":"<ID>","status":"failed","status":"read"}]}"#.to_vec(),
                FactKind::Read,
                When::Receipt,
            ),
            (
                "raw hooks beside an empty list",
                br#"{"instanceId":"channel-73","ack":[],"entry":[{"changes":[[{"field":"messages","value":{"statuses":[[{"id":"<ID>","status":"read"}]]}}]]}]}"#
                    .to_vec(),
                FactKind::Read,
                When::Receipt,
            ),
            ("what Python prints", b"{'ack': [{'id': '<ID>', 'status': 'read', 'userName': None, 'self': True}]}".to_vec(), FactKind::Read, When::Receipt),
            ("another word for read", ack(r#""status":"seen""#), FactKind::Read, When::Receipt),
            (
                "a relay's own status beside it",
                br#"{"status":"ok","code":200,"event":"message.ack","data":{"ack":[{"id":"<ID>","status":"failed"}]}}"#.to_vec(),
                FactKind::Failed,
                When::Receipt,
            ),
            (
                "a relay's payment beside it",
                br#"[{"type":"payment.failed","data":{"id":"<ID>","status":"failed"}},{"type":"ack","data":{"id":"<ID>","status":"read"}}]"#.to_vec(),
                FactKind::Read,
                When::Receipt,
            ),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metas_reports_are_read() {
    let status = json!({"id": "<ID>", "status": "delivered", "timestamp": AT.to_string(), "recipient_id": "12025550106"});
    let broken = |name: &str| {
        let body = meta_value(&json!({"contacts": [{"profile": {"name": "NAME"}, "wa_id": "1"}],
            "messages": [{"id": "wamid.IN", "text": {"body": "NAME"}}], "statuses": [status]}));
        let body = body.to_string();
        replaced(body.as_bytes(), b"NAME", name.as_bytes())
    };
    let message = r#"{"from":"12025550173","id":"wamid.H","timestamp":"1795769100","type":"text","text":{"body":"ok"},"history_context":{"status":"READ"}},"#;
    let history = |beside: &str| {
        format!(
            r#"{{"object":"whatsapp_business_account","entry":[{{"id":"1","changes":[{{"field":"history","value":{{"messaging_product":"whatsapp","history":[{{"metadata":{{"progress":55}},"threads":[{{"id":"1","messages":[{}0]}}]}}]}}}},{beside}]}}]}}"#,
            message.repeat(20_000)
        )
        .into_bytes()
    };
    let change = json!({"field": "messages", "value": {"statuses": [status]}}).to_string();
    assert!(history(&change).len() > 2_600_000);
    let delivered = |what, body| (what, body, FactKind::Delivered, When::At);
    assert_each_fact_is_stored(
        Meta,
        vec![
            delivered("half an emoji in a name", broken("Ana \\ud83d")),
            delivered("the other half, and a letter", broken("\\udc4d\\u0041")),
            delivered("a line break in a text", broken("one\ntwo\u{1}")),
            delivered("a byte-order mark", [b"\xef\xbb\xbf", &broken("Ana")[..]].concat()),
            delivered("a history of megabytes", history(&change)),
            delivered(
                "an invalid entry beside it",
                json!({"entry": [null, [], "x", {"changes": [7, {"value": {"statuses": [status]}}]}]}).to_string().into_bytes(),
            ),
            delivered("lists in lists", json!([[{"entry": [[{"changes": [[{"value": {"statuses": [[status]]}}]]}]]}]]).to_string().into_bytes()),
            delivered(
                "our reference and no usable id",
                meta_value(&json!({"statuses": [{"id": null, "status": "delivered", "timestamp": AT, "biz_opaque_callback_data": "<REF>"}]}))
                    .to_string()
                    .into_bytes(),
            ),
        ],
    )
    .await;
    // Alone it contains nothing to store. Meta would repeat a call answered with 400 for seven days.
    let shop = Shop::open().await;
    let call = authentic_bytes(&shop, Meta, &history("{}"));
    assert_eq!(call.over_http(&shop).await.status, 200);
    assert_eq!(shop.scan().await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kaleyras_reports_are_read() {
    let form = |text: &str| text.as_bytes().to_vec();
    let parts = |boundary: &str, end: &str| {
        let part = |name: &str, value: &str| {
            format!("--{boundary}{end}Content-Disposition: form-data; name=\"{name}\"{end}{end}{value}{end}")
        };
        let at = AT.to_string();
        let all = [
            ("message_id", "<ID>+/"),
            ("status", "DELIVERED"),
            ("timestamp", &at),
            ("ref", "<REF>"),
            ("error", "a=b&c\n--d"),
        ];
        let all: String = all.into_iter().map(|(name, value)| part(name, value)).collect();
        format!("{all}--{boundary}--{end}").into_bytes()
    };
    let delivered = |what, body| (what, body, FactKind::Delivered, When::At);
    let time = format!("\"timestamp\":\"{AT}\"");
    let now = |what, body| (what, body, FactKind::Delivered, When::Receipt);
    assert_each_fact_is_stored(
        Kaleyra,
        vec![
            delivered("a form in several parts", parts("----73a", "\r\n")),
            delivered("the same with other line ends", parts("x", "\n")),
            now("a form with capitalised names", form("Status=DELIVERED&Ref=<REF>")),
            now("a form that was escaped for a web page", form("status=delivered&amp;ref=<REF>&amp;id=")),
            now("a list in a list", form(r#"[[{"status":"delivered","extra_info":[["x",{"ref":"<REF>"}]]}]]"#)),
            delivered(
                "an extra comma, and no id",
                form(&format!(r#"{{"meta_object":{{"value":{{"statuses":[[{{"status":"delivered",{time},}}]]}}}},"extra_info":{{"ref":"<REF>",}},}}"#)),
            ),
            now("what Python prints", form("{'status': 'delivered', 'error': None, 'extra_info': {'ref': '<REF>'}}")),
            now("unreadable reports beside it", form(r#"[7,{"status":"exploded"},{"status":"delivered","ref":"<REF>"},{"id":[]},"{\"a\""]"#)),
        ],
    )
    .await;
}

/// A relay or a proxy may compress a report. A signature covers the received bytes, so only Meta could sign
/// compressed ones.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_compressed_authentic_report_is_read() {
    for provider in Provider::WITH_WEBHOOK {
        let (shop, orders) = accepted_orders(provider, 3).await;
        let [first, second, third] = orders.as_slice() else { panic!("three orders") };
        let delivered =
            |order: &Order| report(provider, &order.id).to_string().replace("\"sent\"", "\"delivered\"");
        for (order, zipped) in [(first, gzip(&delivered(first))), (second, deflate(&delivered(second)))] {
            let call = authentic_bytes(&shop, provider, &zipped).header("Content-Encoding", "gzip");
            assert_eq!(call.over_http(&shop).await.status, 200, "{provider}");
            let what = format!("{provider}: {}", order.number);
            assert_only_fact(&shop, order, FactKind::Delivered, When::At, Timestamp::now(), &what).await;
        }
        // One cut off, one larger than any call, and for Meta one that was compressed after signing.
        let plain = delivered(third);
        let whole = gzip(&plain);
        let huge = gzip(&format!("{}{plain}", " ".repeat(7 * 1024 * 1024)));
        for bytes in [&whole[..whole.len() / 2], &huge[..]] {
            let status = authentic_bytes(&shop, provider, bytes).over_http(&shop).await.status;
            assert_eq!(status, 400, "{provider}");
        }
        let resigned = authentic_bytes(&shop, provider, plain.as_bytes()).body(whole);
        let status = resigned.over_http(&shop).await.status;
        assert_eq!(status, if provider == Meta { 401 } else { 200 }, "{provider}");
        let known = shop.notification(&third.number).await.facts().at(FactKind::Delivered).is_some();
        assert_eq!(known, provider != Meta, "{provider}");
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn deflate(text: &str) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// The vendor's page prints its sample with a trailing comma.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_vendors_sample_is_matched_by_our_reference_and_its_ids_become_aliases() {
    let (shop, orders) = accepted_orders(Kaleyra, 2).await;
    for (order, comma) in orders.iter().zip(["", ","]) {
        let ids = ["0", "1", "2"].map(|id| format!("wamid.{}{id}==", order.number));
        let body = format!(
            r#"{{"meta_object":{{"value":{{"messaging_product":"whatsapp","statuses":[{{"id":"{}","status":"sent","timestamp":"{AT}","recipient_id":"12025550106"}}]}},"field":"messages"}},"extra_info":{{"trace_id":"7300f45f-e000-4c1a-9e77-1a5000000073","message_id":"{}","waba_id":"73","ref":"{}"}},"status":"sent","message_id":"{}"{comma}}}"#,
            ids[0], ids[1], order.reference, ids[2]
        );
        let before = Timestamp::now();
        assert_eq!(kaleyra(&shop, &body).over_http(&shop).await.status, 200, "{comma}");
        assert_only_fact(&shop, order, FactKind::Sent, When::At, before, comma).await;
        for id in &ids {
            let item = message(&shop, Kaleyra, id).await.unwrap();
            assert_eq!(text(&item, "order_number"), Some(order.number.as_str()), "{id}");
        }
        // From here on each id is sufficient without our reference.
        let read = format!(r#"{{"status":"READ","message_id":"{}"}}"#, ids[0]);
        assert_eq!(kaleyra(&shop, &read).over_http(&shop).await.status, 200, "{comma}");
        shop.until_status(&order.number, DeliveryStatus::Read).await;
        shop.until_published(&order.number).await;
    }
}

/// A callback profile's operator chooses the variables of the query, and Kaleyra doesn't encode them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_of_a_status_and_our_reference_is_enough() {
    let queries = [
        "status=delivered&ref=<REF>",
        "status=\"delivered\"&ref=\"<REF>\"",
        "status='DELIVERED'&ref='<REF>'&message_id=''",
        "status=delivered&ref1=<REF>&id=\"\"&timestamp=\"\"",
        "STATUS=Delivered&Ref=<REF>",
        "status=delivered&amp;ref2=<REF>",
        "status=%22delivered%22&extra_info=%7B%22ref%22%3A%22<REF>%22%7D",
        "status=delivered&ref=%7Bref%7D&ref1=<REF>",
    ];
    let (shop, orders) = accepted_orders(Kaleyra, queries.len()).await;
    for (order, query) in orders.iter().zip(queries) {
        let query = query.replace("<REF>", &order.reference);
        let call: Call = kaleyra(&shop, "").method(Method::GET).query(query.clone());
        // An HTTP client would encode the quotes.
        let before = Timestamp::now();
        assert_eq!(call.as_event(&shop).await.status, 200, "{query}");
        assert_only_fact(&shop, order, FactKind::Delivered, When::Receipt, before, &query).await;
        assert_eq!(shop.notification(&order.number).await.delivery_status(), Some(DeliveryStatus::Delivered));
        shop.until_published(&order.number).await;
    }
}
