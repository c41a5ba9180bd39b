//! Events in envelopes: of SNS, Pipes and other queues on the way to ours.

use serde_json::{Value, json};
use shared::protocol::State;

use crate::support::{Event, Item, Opening, Shop, faults, queue_record};

fn about(order: &str) -> Value {
    Event::sample("order-cancelled").order(order).magic(6).0
}

fn notification(message: &str) -> Value {
    json!({"Type": "Notification", "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324", "Message": message,
        "TopicArn": "arn:aws:sns:eu-central-1:111122223333:orders", "Timestamp": "2026-11-20T09:00:01.000Z",
        "SignatureVersion": "1", "Signature": "EXAMPLE", "SigningCertURL": "https://sns.example/cert.pem",
        "UnsubscribeURL": "https://sns.example/unsubscribe"})
}

fn record(body: &str) -> Value {
    queue_record("059f36b4-87a3-44ab-83d2-661975830a7d", body, 1)
}

fn only_fault(item: &Item) -> String {
    let faults = faults(item);
    let [(place, problem)] = faults.as_slice() else { panic!("{faults:?}") };
    format!("{place}: {problem}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_envelope_does_not_prevent_the_message() {
    let shop = Shop::open().await;
    for (order, body) in [
        ("W1", notification(&about("W1").to_string())),
        ("W2", record(&about("W2").to_string())),
        ("W3", json!([record(&about("W3").to_string())])),
        ("W4", record(&notification(&about("W4").to_string()).to_string())),
        ("W5", json!(about("W5").to_string())),
        ("W6", json!([about("W6")])),
    ] {
        shop.redeliver(&body);
        shop.until_state(order, State::Accepted).await;
    }
    // SNS delivers at least once, each copy in a separate notification and message.
    shop.redeliver(&notification(&about("W1").to_string()));
    shop.until_quiet().await;
    assert_eq!(shop.sends_about("W1").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_envelope_members_are_taken_from_the_queue() {
    let shop = Shop::open().await;
    let whole = about("Q1");
    let mut transformed = whole.clone();
    for name in ["id", "time"] {
        transformed.as_object_mut().unwrap().remove(name).unwrap();
    }
    let detail = about("Q2")["detail"].to_string();
    let entry = json!({"Source": whole["source"], "DetailType": whole["detail-type"], "Detail": detail});
    // Formats of an input template with the queue's attributes, and of a program whose names can't contain a dash.
    let mut numbered = about("Q3");
    numbered["id"] = json!(7);
    numbered["time"] = json!(jiff::Timestamp::now().as_millisecond());
    let of_java = json!({"source": whole["source"], "detailType": whole["detail-type"], "detail": about("Q4")["detail"]});
    for (order, body) in [("Q1", transformed), ("Q2", entry), ("Q3", numbered), ("Q4", of_java)] {
        let before = jiff::Timestamp::now();
        shop.redeliver(&body);
        shop.until_state(order, State::Accepted).await;
        let age = shop.notification(order).await.event_time.duration_since(before).as_secs();
        assert!((-5..=60).contains(&age), "{order}: {age} s");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_without_an_event_is_recorded_with_the_remedy() {
    let shop = Shop::open().await;
    let detail = &about("W7")["detail"];
    for (body, said) in [
        (detail.clone(), "event: has no envelope: no source, detail-type, time or detail."),
        (
            notification(&detail.to_string()),
            "event: has no envelope: no source, detail-type, time or detail.",
        ),
        (notification("Order W7 was cancelled"), "Message: is not JSON"),
        (json!([about("W7"), about("W8")]), "event: is a list of 2: a message holds one event."),
        (
            json!({"eventName": "MODIFY", "eventSource": "aws:dynamodb", "dynamodb": {"NewImage": {}}}),
            "event: is a record of a DynamoDB stream without an event around it: let the Pipe send to the event bus",
        ),
    ] {
        let item = shop.until_invalid(&shop.redeliver(&body)).await;
        let fault = only_fault(&item);
        assert!(fault.starts_with(said), "{fault}");
        assert_eq!(item["raw"].as_s().unwrap(), &body.to_string(), "unchanged, for a repair");
    }
    assert!(shop.ledger().requests.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_for_the_function_itself_is_processed_item_by_item() {
    let shop = Shop::open().await;
    let payload = json!([about("W9"), record(&about("W10").to_string()), {"order": "W11"}]);
    let outcomes = shop.invoke(payload.clone()).await.unwrap();
    let outcome = |place: usize| outcomes[place]["outcome"].as_str().unwrap();
    assert_eq!([outcome(0), outcome(1), outcome(2)], ["accepted", "accepted", "invalid"], "{outcomes}");
    assert_eq!(outcomes[2]["event_id"], "request-1#2");
    assert_eq!(shop.invoke(json!([])).await.unwrap(), json!([]));

    // A throttled event returns all records, and the others find their existing outcomes.
    let mut again = payload;
    again[2] = Event::sample("order-cancelled").order("W12").magic(11).0;
    let error = shop.invoke(again).await.unwrap_err().to_string();
    assert!(error.contains("order W12"), "{error}");
    for order in ["W9", "W10"] {
        assert_eq!(shop.sends_about(order).len(), 1, "{order}");
    }
}

/// The event that a Pipe from a DynamoDB stream to the bus makes of a record.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pipes_record_on_the_bus_becomes_a_message_by_the_catalogue_alone() {
    let shop = Opening::default()
        .catalogue(|catalogue| {
            let entry = catalogue["notifications"]["order-cancelled"].as_table_mut().unwrap();
            let image = "detail.dynamodb.NewImage";
            for (key, value) in [
                ("source", toml::Value::from(vec!["Pipe orders-pipe"])),
                ("detail_type", vec!["Event from aws:dynamodb"].into()),
                ("when", format!("detail.eventName == 'MODIFY' && {image}.status.S == 'CANCELLED'").into()),
                ("order", format!("split({image}.pk.S, '#')[1]").into()),
                ("recipient", format!("{image}.phone.S").into()),
                ("language", "'en'".into()),
                ("consent", format!("{image}.optIn.BOOL").into()),
                (
                    "body",
                    vec![
                        format!("{image}.name.S"),
                        format!("split({image}.pk.S, '#')[1]"),
                        format!("{image}.product.S"),
                        format!("join(' ', ['We refund', {image}.total.N, 'EUR'])"),
                    ]
                    .into(),
                ),
            ] {
                entry.insert(key.to_owned(), value);
            }
        })
        .open()
        .await;
    let event = |status: &str| {
        let image = json!({"pk": {"S": "ORDER#W13"}, "status": {"S": status}, "phone": {"S": "+12025550106"},
            "name": {"S": "Grete"}, "product": {"S": "Skis"}, "optIn": {"BOOL": true}, "total": {"N": "42.50"}});
        let detail = json!({"eventID": "1", "eventName": "MODIFY", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
            "dynamodb": {"Keys": {"pk": {"S": "ORDER#W13"}}, "NewImage": image, "StreamViewType": "NEW_IMAGE"}});
        Event::sample("order-cancelled")
            .with("/source", "Pipe orders-pipe")
            .with("/detail-type", "Event from aws:dynamodb")
            .with("/detail", detail)
    };
    shop.publish(&event("PAID")).await;
    shop.publish(&event("CANCELLED")).await;
    shop.until_state("W13", State::Accepted).await;
    shop.until_quiet().await;
    assert_eq!(shop.sends_about("W13").len(), 1);
}
