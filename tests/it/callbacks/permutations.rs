//! A message's facts depend only on the set of its reports: for any order and repetition, sequential or concurrent,
//! the final items are equal in every attribute, and every id leads to the order.

use aws_sdk_dynamodb::types::AttributeValue;
use fastrand::Rng;
use futures_util::future::join_all;
use local::environment::TABLE;
use local::simulator::CallbackAnswer;
use serde_json::{Value, json};
use shared::provider::Provider;

use super::json_of;
use crate::support::{Item, Shop, simulated};
use crate::webhook::meta_value;

const AT: u64 = 1_795_165_200;
const TRIALS: u64 = 24;
const MOST_REPETITIONS: usize = 8;

/// The reports of one message: every kind, some twice with different times, failures with and without a reason, before
/// and after each other, and two at the same time. Every report carries its time, because a report without one gets the
/// time of its arrival.
fn reports() -> Vec<(&'static str, u64, Value)> {
    let error = |code: u32| json!([{"code": code, "title": "t"}]);
    vec![
        ("sent", AT + 1, json!(null)),
        ("sent", AT, json!(null)),
        ("delivered", AT + 3, json!(null)),
        ("read", AT + 9, json!(null)),
        ("read", AT + 5, json!(null)),
        ("failed", AT + 4, error(131_049)),
        ("failed", AT + 2, error(130_472)),
        ("failed", AT + 2, error(131_026)),
        ("failed", AT + 2, json!(null)),
        ("failed", AT + 6, json!(null)),
    ]
}

fn callback(provider: Provider, trial: u64, (word, at, errors): &(&str, u64, Value)) -> Value {
    let id = format!("wamid.{trial}");
    let mut status = json!({"id": id, "status": word, "timestamp": at.to_string()});
    if !errors.is_null() {
        status["errors"] = errors.clone();
    }
    match provider {
        Provider::OneMsg => json!({"hooks": [status]}),
        Provider::Kaleyra => {
            status["id"] = json!(format!("status-{trial}"));
            json!({"meta_object": {"value": {"statuses": [status]}, "field": "messages"}, "message_id": id,
                "extra_info": {"message_id": id, "ref": reference(trial)}, "status": word})
        }
        Provider::Meta => {
            status["biz_opaque_callback_data"] = json!(reference(trial));
            meta_value(&json!({"statuses": [status]}))
        }
        _ => unreachable!("only providers with a webhook"),
    }
}

fn reference(trial: u64) -> String {
    format!("notification/k-{trial}/10482")
}

/// Creates the notification of a trial's reports in the state `sending`.
async fn begin(shop: &Shop, trial: u64) {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let put = shop.local.dynamodb().client().put_item().table_name(TABLE);
    let put = put.item("pk", text("ORDER#10482")).item("sk", text(&format!("NOTIFICATION#k-{trial}")));
    let put = put.item("state", text("sending")).item("notification", text("order-cancelled"));
    let put = put.item("attempt", AttributeValue::N("1".to_owned())).item("fingerprint", text("f"));
    put.item("updated_at", text("2026-11-20T09:00:00.000Z")).send().await.unwrap();
}

/// The items of one trial without the values that differ between trials: the ids, and the expiry, which counts from the
/// first report. The notification comes first, if the reports name one.
async fn remaining(shop: &Shop, provider: Provider, trial: u64) -> Vec<Option<Value>> {
    let without_trial = |item: Item| {
        let named = item.into_iter().filter_map(|(name, value)| {
            let name = name.split(':').next().unwrap().to_owned();
            let is_the_trials =
                ["pk", "sk", "notification_key", "message_ids", "expires_at"].contains(&&*name);
            (!is_the_trials).then_some((name, value))
        });
        json_of(named.collect())
    };
    let message = |id: String| (format!("MESSAGE#{provider}#{id}"), "MESSAGE".to_owned());
    let notification = ("ORDER#10482".to_owned(), format!("NOTIFICATION#k-{trial}"));
    let keys = [notification, message(format!("wamid.{trial}")), message(format!("status-{trial}"))];
    let mut items = Vec::new();
    for (pk, sk) in keys.into_iter().skip(usize::from(provider == Provider::OneMsg)) {
        items.push(shop.item(&pk, &sk).await.map(without_trial));
    }
    items
}

async fn assert_every_order_is_equivalent(provider: Provider) {
    let shop = Shop::open().await;
    let set = reports();
    let mut first = None;
    for trial in 0..TRIALS {
        begin(&shop, trial).await;
        let mut random = Rng::with_seed(trial);
        let mut posted = set.clone();
        if trial > 0 {
            let repetitions = random.usize(..=MOST_REPETITIONS);
            posted.extend((0..repetitions).map(|_| set[random.usize(..set.len())].clone()));
            random.shuffle(&mut posted);
        }
        let bodies: Vec<String> =
            posted.iter().map(|report| callback(provider, trial, report).to_string()).collect();
        let simulator = shop.simulator();
        let post = |body: &String| {
            let body = body.clone();
            async move { simulator.post_callback(simulated(provider), body.as_bytes()).await }
        };
        let answers = if trial % 3 == 2 {
            join_all(bodies.iter().map(post)).await
        } else {
            let mut answers = Vec::new();
            for body in &bodies {
                answers.push(post(body).await);
            }
            answers
        };
        assert_eq!(answers, vec![CallbackAnswer::Status(200); bodies.len()]);

        let items = remaining(&shop, provider, trial).await;
        assert!(items[0].is_some());
        let ids_of_the_order = items.iter().skip(1).flatten().filter(|item| item["order_number"] == "10482");
        let ids = match provider {
            Provider::OneMsg => 0,
            Provider::Kaleyra => 2,
            Provider::Meta => 1,
            _ => unreachable!("only providers with a webhook"),
        };
        assert_eq!(ids_of_the_order.count(), ids, "{provider}, trial {trial}");
        let words: Vec<_> =
            posted.iter().map(|(word, at, errors)| format!("{word} {} {errors}", at - AT)).collect();
        assert_eq!(
            &items,
            first.get_or_insert_with(|| items.clone()),
            "{provider}, trial {trial}: {words:#?}"
        );
    }
    let item = first.unwrap().remove(0).unwrap();
    if provider != Provider::OneMsg {
        assert_eq!(item["state"], "accepted");
    }
    assert_eq!(item["sent_at"], "2026-11-20T09:00:00.000Z");
    assert_eq!(item["failed_at"], "2026-11-20T09:00:02.000Z");
    assert_eq!(item["failure"]["code"], "130472", "of two simultaneous reasons the smaller one counts");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn onemsg_reports_in_any_order() {
    assert_every_order_is_equivalent(Provider::OneMsg).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kaleyra_reports_in_any_order() {
    assert_every_order_is_equivalent(Provider::Kaleyra).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn meta_reports_in_any_order() {
    assert_every_order_is_equivalent(Provider::Meta).await;
}
