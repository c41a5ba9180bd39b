//! `docs/logging.md` and `docs/metrics.md` agree with the code.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use shared::metric_names::NameLimit;
use shared::protocol::State;
use shared::provider::Provider::{Meta, OneMsg};
use shared::telemetry::metric::{DEFINITIONS, Unit};

use super::harness::Harness;
use super::vocabulary;
use super::watch::Watched;
use crate::support::{Event, Opening};
use crate::webhook::call::Call;
use crate::webhook::{meta, meta_value, one_msg};

const LOGGING: &str = include_str!("../../../docs/logging.md");
const METRICS: &str = include_str!("../../../docs/metrics.md");

/// The kind of line, the field, and its type.
type Fields = BTreeSet<(String, String, String)>;

/// The kinds of lines that the page distinguishes.
const KINDS: [&str; 6] = ["record", "call", "events", "run", "batch", "other"];

/// The cells of a page's table rows whose first cell is one word in backticks.
fn rows(page: &str, cells: usize) -> Vec<Vec<String>> {
    let row = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let table = page.lines().filter(|line| line.starts_with("| `")).map(row);
    table.filter(|row| row.len() == cells + 2).map(|row| row[1..=cells].to_vec()).collect()
}

fn documented() -> Fields {
    let mut fields = Fields::new();
    for row in rows(LOGGING, 5) {
        let lines = if row[2] == "all" { KINDS.join(", ") } else { row[2].clone() };
        for kind in lines.split(", ") {
            assert!(KINDS.contains(&kind), "{kind}");
            let is_new =
                fields.insert((kind.to_owned(), row[0].trim_matches('`').to_owned(), row[1].clone()));
            assert!(is_new, "{} is listed twice", row[0]);
        }
    }
    fields
}

fn written(lines: &[Map<String, Value>]) -> Fields {
    let kind =
        |line: &Map<String, Value>| line.get("wide").and_then(Value::as_str).unwrap_or("other").to_owned();
    let of_type = |value: &Value| match value {
        Value::String(_) => "string",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_u64() => "integer",
        _ => "something else",
    };
    let fields =
        |line| move |(name, value): (&String, &Value)| (kind(line), name.clone(), of_type(value).to_owned());
    lines.iter().flat_map(|line| line.iter().map(fields(line))).collect()
}

/// Makes the functions write every kind of log line.
async fn write_every_line() {
    let harness = Harness::open(Meta).await;
    let cancelled = |order: &str, number| Event::sample("order-cancelled").order(order).magic(number);
    for number in [0, 12, 25] {
        harness.receive(&cancelled(&format!("L{number}"), number).0, 1).await;
    }
    for event in [cancelled("L50", 0).with("/source", "crm"), Event::sample("order-cancelled-invalid")] {
        harness.receive(&event.0, 1).await;
    }
    harness.receive_with(&cancelled("L51", 23).0, 1, &[("CONFIRMATION_WINDOW", "15m")]).await;
    harness.receive_with(&cancelled("L52", 0).0, 1, &[("TABLE_NAME", "nowhere")]).await;

    let status = |id: &str, status: &str| json!({"id": id, "status": status, "timestamp": "1795165200", "errors": [{"code": 131_049, "title": "t"}]});
    let statuses = [status("wamid.L1", "failed"), status("wamid.L1", "warned")];
    let call = meta(&harness.shop, &meta_value(&json!({"statuses": statuses})));
    harness.call(&call).await;
    harness.call(&Call::post("/webhooks/meta", "{}")).await;
    harness.call_with(&call, &[("TABLE_NAME", "nowhere")]).await;

    let event = json!({"source": "aws.social-messaging", "detail-type": "WhatsApp Message Delivered",
        "detail": {"messageId": "whatsapp-1", "status": "delivered"}});
    harness.deliver(&[event.to_string(), "no event".to_owned()], &[]).await;

    harness.lease_is_over("L51").await;
    harness.sweep(&[("STUCK_AFTER", "1ms")]).await;

    let harness = Harness::open(OneMsg).await;
    let message = harness.accepted("L53").await;
    harness
        .call(&one_msg(&harness.shop, &json!({"ack": [{"id": message.id.as_str(), "status": "sent"}]})))
        .await;
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let unreachable = [("ONEMSG_BASE_URL", "http://127.0.0.1:9/onemsg"), ("UNCONFIRMED_AFTER", "1ms")];
    harness.sweep(&unreachable).await;
    // An interrupted sender leaves its claim behind.
    let event = cancelled("L54", 20).0;
    tokio::select! {
        outcome = harness.receive_with(&event, 1, &[]) => panic!("it was not interrupted: {outcome}"),
        _claimed = harness.shop.until_state("L54", State::Sending) => {}
    }
    harness.lease_is_over("L54").await;
    harness.sweep(&[]).await;
    harness.publish(&[]).await;

    let harness = Harness::open_with(Opening::default().senders(&["acme"]).sender_by("'acme'"), Meta).await;
    harness.receive(&cancelled("L55", 0).0, 1).await;
    let secret = harness.shop.simulator().account_of("acme").meta.app_secret;
    let body = meta_value(&json!({"statuses": [status("wamid.L1", "sent")]})).to_string();
    harness.call(&Call::post("/webhooks/meta", body).signed(&secret)).await;
    harness.publish(&[("AWS_ENDPOINT_URL_EVENTBRIDGE", "http://127.0.0.1:9")]).await;
}

/// Single-threaded, because only this thread's log is captured.
#[tokio::test]
async fn the_fields_of_real_lines_match_the_page() {
    let log = Watched::start();
    Box::pin(write_every_line()).await;
    let lines = log.lines();
    // The shop runs in this process too.
    let of_functions = |line: &&Map<String, Value>| {
        let target = line["target"].as_str().unwrap();
        [
            "order_notifier",
            "delivery_webhook",
            "delivery_events",
            "delivery_sweeper",
            "status_publisher",
            "shared",
        ]
        .iter()
        .any(|ours| target.starts_with(ours))
    };
    let lines: Vec<_> = lines.iter().filter(of_functions).cloned().collect();
    // order-notifier's first line comes before any invocation.
    let is_of_an_invocation = |line: &&Map<String, Value>| !line.contains_key("recipients");
    for line in lines.iter().filter(is_of_an_invocation) {
        let id = if line.get("wide").is_some_and(|wide| wide == "call") { "request-2" } else { "request-1" };
        let known = line.get("requestId").and_then(Value::as_str);
        assert!(known == Some(id) || (line.get("wide").is_none() && known == Some("request-2")), "{line:?}");
    }
    let (documented, written) = (documented(), written(&lines));
    let unknown: Vec<_> = written.difference(&documented).collect();
    assert!(
        unknown.is_empty(),
        "logging.md, or otherwise: {unknown:?}/logging.md, or otherwise: {unknown:?}"
    );
    let unseen: Vec<_> = documented.difference(&written).collect();
    assert!(unseen.is_empty(), "in docs/logging.md and never written: {unseen:?}");
}

#[tokio::test]
async fn there_is_one_wide_event_for_each_unit_of_work() {
    let log = Watched::start();
    let harness = Harness::open(OneMsg).await;
    let event = Event::sample("order-cancelled").order("L60").0;
    harness.receive(&event, 1).await;
    harness.receive(&event, 2).await;
    harness.receive("no event", 1).await;
    harness.call(&one_msg(&harness.shop, &json!({"ack": []}))).await;
    harness.call(&Call::post("/webhooks/onemsg/guess", "")).await;
    harness.deliver(&["{}".to_owned(), "no event".to_owned()], &[]).await;
    harness.sweep(&[]).await;
    harness.publish(&[]).await;
    let mut wide: BTreeMap<String, Vec<Map<String, Value>>> = BTreeMap::new();
    for line in log.lines() {
        if let Some(kind) = line.get("wide") {
            wide.entry(kind.as_str().unwrap().to_owned()).or_default().push(line);
        }
    }
    let counts: Vec<(&str, usize)> = wide.iter().map(|(kind, lines)| (kind.as_str(), lines.len())).collect();
    assert_eq!(counts, [("batch", 1), ("call", 2), ("events", 1), ("record", 3), ("run", 1)]);
    let value = |index: usize, field: &str| wide["record"][index][field].clone();
    for (index, outcome, changed, count, attempts) in
        [(0, "accepted", true, 1, 1), (1, "accepted", false, 2, 0), (2, "invalid", true, 1, 0)]
    {
        assert_eq!(
            ["outcome", "changed", "receive_count", "attempts"].map(|field| value(index, field)),
            [outcome.into(), changed.into(), count.into(), Value::from(attempts)]
        );
    }
    assert_eq!((value(0, "order"), value(0, "provider")), ("L60".into(), "onemsg".into()));
}

#[test]
fn the_metrics_of_the_page_match_the_code() {
    let of_page: Vec<(String, String, String)> = rows(METRICS, 6)
        .into_iter()
        .map(|row| (row[0].trim_matches('`').to_owned(), row[1].clone(), row[2].replace('`', "")))
        .collect();
    let set = |set: &&[&str]| if set.is_empty() { "none".to_owned() } else { set.join(", ") };
    let of_code: Vec<(String, String, String)> = DEFINITIONS
        .iter()
        .map(|definition| {
            let unit = match definition.unit {
                Unit::Count => "Count",
                Unit::Milliseconds => "Milliseconds",
            };
            let sets = definition.sets.iter().map(set).collect::<Vec<_>>().join("; ");
            (definition.name.to_owned(), unit.to_owned(), sets)
        })
        .collect();
    assert_eq!(of_page, of_code);
}

#[test]
fn the_page_names_every_value_of_every_dimension_and_how_many_metrics_they_make() {
    let words = METRICS.split_whitespace().collect::<Vec<_>>().join(" ");
    for dimension in ["provider", "outcome", "answer", "alarm", "fact", "reason", "type"] {
        let list = vocabulary::values(dimension).join(", ");
        assert!(words.contains(&format!("`{dimension}`: {list}")), "{dimension}: {list}");
    }
    let count = |limit: NameLimit| -> usize {
        let values = |name: &&str| match *name {
            "template" | "sender" => limit.names(),
            name => vocabulary::values(name).len(),
        };
        let combinations = |set: &&[&str]| set.iter().map(values).product::<usize>();
        DEFINITIONS.iter().flat_map(|definition| definition.sets).map(combinations).sum()
    };
    let [none, one, default] = ["0", "1", "10"].map(|limit| count(limit.parse().unwrap()));
    assert_eq!(default, count(NameLimit::default()));
    // Templates and senders.
    let each = (default - none) / (2 * NameLimit::default().names());
    assert_eq!(one, none + 2 * 2 * each);
    for expected in [
        format!("Everything at once would be {default} metrics"),
        format!("{none} of them without names"),
        format!("{each} more for each template and each sender"),
        format!("{} US dollars", dollars(default)),
        format!("{} US dollars without names", dollars(none)),
    ] {
        assert!(words.contains(&expected), "{expected}");
    }
}

/// The price of so many metrics for a month, at 0.30 US dollars.
fn dollars(metrics: usize) -> String {
    let cents = metrics * 30;
    format!("{}.{:02}", cents / 100, cents % 100)
}
