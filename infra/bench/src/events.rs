//! The events with which the functions are invoked, in AWS's formats.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context as _;
use aws_lc_rs::hmac;
use bytes::Bytes;
use http::{Method, Request};
use jiff::Timestamp;
use local::gateway::event::payload;
use local::gateway::routes::Route;
use local::samples;
use local::simulator::{AcceptedSend, Account};
use serde_json::{Value, json};

/// A message's statuses, in the order in which they are reported.
const STATUSES: [&str; 3] = ["sent", "delivered", "read"];

/// A source of order events, each about another order.
#[derive(Debug)]
pub struct OrderEvents {
    sample: Value,
    next: AtomicUsize,
}

impl OrderEvents {
    /// Reads the sample of a cancelled order.
    pub fn new() -> anyhow::Result<Self> {
        let sample = samples::read(&[samples::shipped().join("order-cancelled.json")])?;
        let sample = sample.into_iter().next().context("the sample file has no event")?.event;
        Ok(Self { sample, next: AtomicUsize::new(0) })
    }

    /// An event about a new order, with the current time.
    pub fn next(&self) -> Value {
        let number = self.number();
        self.event(&format!("B{number}"), number)
    }

    /// Another event about this order, with the current time.
    pub fn about(&self, order: &str) -> Value {
        self.event(order, self.number())
    }

    fn number(&self) -> usize {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    fn event(&self, order: &str, number: usize) -> Value {
        // Unique ids: the function would treat two events with the same id as copies.
        let (id, next_step) = (format!("bench-{number}"), format!("Step {number} follows."));
        let mut event = self.sample.clone();
        let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        for (pointer, value) in [
            ("/time", now.as_str()),
            ("/id", id.as_str()),
            ("/detail/order/number", order),
            ("/detail/next_step", next_step.as_str()),
        ] {
            if let Some(field) = event.pointer_mut(pointer) {
                *field = json!(value);
            }
        }
        event
    }

    /// A batch of the next events, in the format of the queue's event source mapping.
    pub fn batch(&self, size: usize) -> Value {
        let records: Vec<Value> = (0..size).map(|_| sqs_record(&self.next())).collect();
        json!({ "Records": records })
    }

    /// A batch with one delivery event of AWS, about another text message each time: its fact is written to an item of its own.
    pub fn delivery_event(&self) -> Value {
        let (id, now) = (format!("bench-{}", self.number()), Timestamp::now());
        let event = json!({
            "id": id,
            "source": "aws.sms-voice",
            "detail-type": "Text Message Delivery Status Updated",
            "time": now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "detail": {
                "eventType": "TEXT_DELIVERED",
                "eventTimestamp": now.as_millisecond(),
                "isFinal": true,
                "messageId": id,
                "messageStatus": "DELIVERED",
            },
        });
        json!({ "Records": [sqs_record(&event)] })
    }
}

fn sqs_record(event: &Value) -> Value {
    let id = event.get("id").and_then(Value::as_str).unwrap_or_default();
    let now = Timestamp::now().as_millisecond().to_string();
    json!({
        "messageId": id,
        "receiptHandle": format!("receipt-{id}"),
        "body": event.to_string(),
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": now,
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": now,
        },
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:111122223333:order-events",
        "awsRegion": "eu-central-1",
    })
}

/// A source of Meta's callbacks about accepted messages: each message is reported as sent, then delivered, then read.
pub struct MetaCalls {
    messages: Vec<AcceptedSend>,
    account: Account,
    next: AtomicUsize,
}

impl MetaCalls {
    pub const fn new(account: Account, messages: Vec<AcceptedSend>) -> Self {
        Self { messages, account, next: AtomicUsize::new(0) }
    }

    /// The next call, with this number of statuses, each of another message.
    pub fn next(&self, statuses: usize) -> anyhow::Result<Value> {
        let statuses: Option<Vec<Value>> = (0..statuses).map(|_| self.status()).collect();
        self.call(&statuses.context("no message was accepted")?)
    }

    /// Advances every message by one status per round; after three rounds the statuses repeat.
    fn status(&self) -> Option<Value> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let send = self.messages.get(number.checked_rem(self.messages.len())?)?;
        let round = number.checked_div(self.messages.len())?;
        let word = STATUSES.get(round % STATUSES.len())?;
        Some(json!({
            "id": send.ids.status,
            "status": word,
            "timestamp": Timestamp::now().as_second().to_string(),
            "recipient_id": send.message.recipient.digits(),
            "biz_opaque_callback_data": send.message.echo.key(),
            "conversation": {"id": "0d9c1e2f3a4b5c6d7e8f", "origin": {"type": "utility"}},
            "pricing": {"billable": true, "pricing_model": "PMP", "category": "utility", "type": "regular"},
        }))
    }

    fn call(&self, statuses: &[Value]) -> anyhow::Result<Value> {
        let meta = &self.account.meta;
        let body = json!({"object": "whatsapp_business_account", "entry": [{"id": meta.waba_id, "changes": [{
            "field": "messages",
            "value": {
                "messaging_product": "whatsapp",
                "metadata": {
                    "display_phone_number": meta.display_phone_number,
                    "phone_number_id": meta.phone_number_id,
                },
                "statuses": statuses,
            },
        }]}]})
        .to_string();
        let key = hmac::Key::new(hmac::HMAC_SHA256, meta.app_secret.as_bytes());
        let signature = format!("sha256={}", hex::encode(hmac::sign(&key, body.as_bytes())));
        let (parts, ()) = Request::builder()
            .method(Method::POST)
            .uri("/webhooks/meta")
            .header("host", "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com")
            .header("content-type", "application/json")
            .header("user-agent", "facebookexternalua")
            .header("x-hub-signature-256", signature)
            .body(())?
            .into_parts();
        let route = Route::find(&parts.method, parts.uri.path()).context("the API has no route for Meta")?;
        Ok(payload(&route, &parts, &Bytes::from(body)))
    }
}

/// A stream batch with one record: the write that made a notification accepted.
pub fn stream_batch(records: Vec<Value>) -> anyhow::Result<Value> {
    let state = |record: &Value, image: &str| {
        record.pointer(&format!("/dynamodb/{image}/state/S")).and_then(Value::as_str).map(str::to_owned)
    };
    let accepted = records.into_iter().find(|record| {
        state(record, "NewImage").as_deref() == Some("accepted")
            && state(record, "OldImage").is_some_and(|before| before != "accepted")
    });
    Ok(json!({ "Records": [accepted.context("the stream has no accepted notification")?] }))
}
