//! The facts of a message depend on the set of its reports and on nothing else: whatever their order, however often
//! each comes, one after the other or all at once, the items that remain are the same to the last attribute.

use fastrand::Rng;
use futures_util::future::join_all;
use local::simulator::CallbackAnswer;
use serde_json::{Value, json};
use shared::provider::Provider;

use super::json_of;
use crate::support::{Item, Shop, simulated};
use crate::webhook::meta_value;

const AT: u64 = 1_795_165_200;
const TRIALS: u64 = 24;
const MOST_REPETITIONS: usize = 8;

/// One message's reports: every sort, some twice with different times, failures with and without a reason, before and
/// after each other, and two at the same time. Every report carries its time, because one without it is a fact of the
/// moment when it arrives.
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
                "extra_info": {"message_id": id, "ref": "notification/k-1/10482"}, "status": word})
        }
        Provider::Meta => {
            status["biz_opaque_callback_data"] = json!("notification/k-1/10482");
            meta_value(&json!({"statuses": [status]}))
        }
    }
}

/// The items of one trial without what says which trial it was: the id, and the time when they go, which counts from
/// the first report.
async fn remaining(shop: &Shop, provider: Provider, trial: u64) -> Vec<Option<Value>> {
    let without_trial = |mut item: Item| {
        item.remove("pk").unwrap();
        item.remove("expires_at").unwrap();
        json_of(item)
    };
    let mut items = Vec::new();
    for id in [format!("wamid.{trial}"), format!("status-{trial}")] {
        items.push(shop.item(&format!("MESSAGE#{provider}#{id}"), "MESSAGE").await.map(without_trial));
    }
    items
}

async fn every_permutation_is_the_same(provider: Provider) {
    let shop = Shop::open().await;
    let set = reports();
    let mut first = None;
    for trial in 0..TRIALS {
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
        let words: Vec<_> =
            posted.iter().map(|(word, at, errors)| format!("{word} {} {errors}", at - AT)).collect();
        assert_eq!(
            &items,
            first.get_or_insert_with(|| items.clone()),
            "{provider}, trial {trial}: {words:#?}"
        );
    }
    let item = first.unwrap().remove(0).unwrap();
    assert_eq!(item["sent_at"], "2026-11-20T09:00:00.000Z");
    assert_eq!(item["failed_at"], "2026-11-20T09:00:02.000Z");
    assert_eq!(item["failure"]["code"], "130472", "of two reasons at one time the first in order counts");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_one_msgs_reports() {
    every_permutation_is_the_same(Provider::OneMsg).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_kaleyras_reports() {
    every_permutation_is_the_same(Provider::Kaleyra).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_metas_reports() {
    every_permutation_is_the_same(Provider::Meta).await;
}
