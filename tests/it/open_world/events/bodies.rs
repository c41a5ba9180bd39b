//! The raw bytes: texts with invalid code points, events nested in texts, and records of streams and queues.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use shared::provider::Provider;

use super::{NEXT_STEP, Request, accepted, cancellations, set};
use crate::support::{Event, Opening, Shop, faults, simulated};

/// The JSON in the event in place of the product's name, quotes included, and the name as sent.
const BROKEN: [(&str, &str); 8] = [
    (r#""Mug with Santa and \ud83c""#, "Mug with Santa and \u{fffd}"),
    (r#""\udf85 mug""#, "\u{fffd} mug"),
    (r#""\ud83c\ud83c\udf85 mug""#, "\u{fffd}\u{1f385} mug"),
    (r#""\udf85\ud83c mug""#, "\u{fffd}\u{fffd} mug"),
    ("\"Mug\nwith\ta line\"", "Mug with a line"),
    ("\"Mug \u{1}\"", "Mug \u{fffd}"),
    (r#""Mug \x""#, r"Mug \x"),
    ("12345678901234567890123", "12345678901234567890123"),
];

/// The start of a body with additional members, none of which is read.
const BESIDE: [&str; 5] = [
    r#"{"note_attributes":[{"name":"gift message","value":"love \ud83c"}],"#,
    r#"{"points":1e999,"ratio":NaN,"limit":-Infinity,"#,
    "\u{feff}{",
    r#"{"comment":"a\u0000b","\ud83d":1,"#,
    r#"{"sku":007,"weight":+1.5,"#,
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_character_does_not_prevent_the_message() {
    let shop = Opening::default().preferring(Provider::Meta).open().await;
    let body = |order: &str| Event::sample("order-cancelled").order(order).0.to_string();
    for (number, (written, _)) in BROKEN.into_iter().enumerate() {
        let body = body(&format!("B{number}"));
        shop.redeliver(&body.replace("\"Wireless headphones\"", written));
    }
    for (number, start) in BESIDE.into_iter().enumerate() {
        let body = body(&format!("O{number}"));
        shop.redeliver(&format!("{start}{}", body.strip_prefix('{').unwrap()));
    }
    let request = |order: &str, product: &str| {
        let said = ["Alexey", order, product, NEXT_STEP];
        Request::cancelled(simulated(Provider::Meta), "12025550100", "en_US", said)
    };
    for (number, (written, sent)) in BROKEN.into_iter().enumerate() {
        let order = format!("B{number}");
        assert_eq!(accepted(&shop, &order).await, request(&order, sent), "{written}");
    }
    for (number, start) in BESIDE.into_iter().enumerate() {
        let order = format!("O{number}");
        assert_eq!(accepted(&shop, &order).await, request(&order, "Wireless headphones"), "{start}");
    }
}

/// Producers that encode JSON twice, and transformers that quote the detail.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_detail_that_is_written_as_a_text_is_read() {
    let shop = Shop::open().await;
    let twice = |order: &str| {
        let event = Event::sample("order-cancelled").order(order);
        let detail = event.0["detail"].to_string();
        event.with("/detail", detail).0
    };
    shop.redeliver(&twice("T1"));
    shop.redeliver(&json!(twice("T2").to_string()));
    shop.redeliver(&twice("T3").to_string().replace("Wireless headphones", "Mug \\\\ud83c"));
    for (order, product) in
        [("T1", "Wireless headphones"), ("T2", "Wireless headphones"), ("T3", "Mug \u{fffd}")]
    {
        let said = ["Alexey", order, product, NEXT_STEP];
        let expected = Request::cancelled(simulated(Provider::OneMsg), "12025550100", "en", said);
        assert_eq!(accepted(&shop, order).await, expected);
    }
    // A string that is no JSON object contains no order.
    let body = Event::sample("order-cancelled").with("/detail", "order 10482 was cancelled").0;
    shop.redeliver(&body);
    let found = faults(&shop.until_invalid(body["id"].as_str().unwrap()).await);
    assert_eq!(found, [("detail".to_owned(), "is missing or not an object".to_owned())]);
}

/// The event that a Pipe with only a source and the bus makes of a record: the record is the detail, and contains the
/// shop's own message as a string.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pipes_record_of_a_queue_or_a_stream_becomes_a_message_by_the_catalogue_alone() {
    let shop = Opening::default()
        .preferring(Provider::Meta)
        .catalogue(|catalogue| {
            let entry = cancellations(catalogue);
            let record = "parse_json(detail.body || decode_base64(detail.data || detail.value))";
            let in_record = |path: &str| format!("{record}.{path}");
            set(entry, "source", vec!["Pipe orders-pipe"]);
            let types = ["aws:sqs", "aws:kinesis", "aws:kafka"].map(|it| format!("Event from {it}"));
            set(entry, "detail_type", types.to_vec());
            set(entry, "when", in_record("status == 'CANCELLED'"));
            set(entry, "order", in_record("number"));
            set(entry, "recipient", in_record("customer.phone"));
            set(entry, "language", in_record("customer.locale"));
            set(entry, "consent", in_record("customer.opt_in"));
            let total = format!("join(' ', ['We refund', decimal_money({record}.total, 'EUR')])");
            set(
                entry,
                "body",
                vec![in_record("customer.name"), in_record("number"), in_record("items[0]"), total],
            );
        })
        .open()
        .await;
    let order = |number: &str, status: &str| {
        json!({"number": number, "status": status, "total": 42.5, "items": ["Skis"],
            "customer": {"name": "Grete", "phone": "+436641234567", "locale": "es-MX", "opt_in": true}})
    };
    let queue = |body: Value| {
        json!({"messageId": "059f36b4-87a3-44ab-83d2-661975830a7d", "receiptHandle": "AQEB", "body": body,
            "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1795767000000"}, "messageAttributes": {},
            "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-central-1:111122223333:orders"})
    };
    let stream = |data: Value| {
        json!({"kinesisSchemaVersion": "1.0", "partitionKey": "1", "sequenceNumber": "495", "approximateArrivalTimestamp": 1_795_767_000.145,
            "data": STANDARD.encode(data.to_string()), "eventSource": "aws:kinesis", "eventName": "aws:kinesis:record"})
    };
    let topic = |value: Value| {
        json!({"topic": "orders", "partition": 0, "offset": 15, "timestamp": 1_795_767_000_000_u64, "timestampType": "CREATE_TIME",
            "key": STANDARD.encode("1"), "value": STANDARD.encode(value.to_string()), "headers": [], "eventSource": "aws:kafka"})
    };
    for (kind, detail) in [
        ("sqs", queue(json!(order("Q1", "CANCELLED").to_string()))),
        // With an input template the Pipe has parsed the body.
        ("sqs", queue(order("Q2", "CANCELLED"))),
        ("kinesis", stream(order("Q3", "CANCELLED"))),
        ("kafka", topic(order("Q4", "CANCELLED"))),
        ("sqs", queue(json!(order("Q5", "PAID").to_string()))),
    ] {
        let event = Event::sample("order-cancelled").with("/source", "Pipe orders-pipe");
        let event = event.with("/detail-type", format!("Event from aws:{kind}"));
        shop.publish(&event.with("/detail", detail)).await;
    }
    for order in ["Q1", "Q2", "Q3", "Q4"] {
        let said = ["Grete", order, "Skis", "We refund 42.50 EUR"];
        let expected = Request::cancelled(simulated(Provider::Meta), "436641234567", "es", said);
        assert_eq!(accepted(&shop, order).await, expected);
    }
    // Paid, not cancelled: the catalogue has no message for it.
    shop.until_quiet().await;
    assert!(shop.order("Q5").await.is_empty());
}
