//! The names of templates and senders in the metrics of outcomes and facts.

use local::environment::TABLE;
use serde_json::json;
use shared::message::{MessageId, MessageKey, Reference};
use shared::metric_names::MetricNames;
use shared::protocol::State;
use shared::provider::Provider::{Kaleyra, Meta, OneMsg};
use shared::table::Table;
use toml::Table as Toml;

use super::delivery::{status, statuses};
use super::harness::Harness;
use crate::support::{Event, Opening};
use crate::webhook::call::Call;
use crate::webhook::{authentic, meta};

fn cancelled(order: &str, number: u8) -> String {
    Event::sample("order-cancelled").order(order).magic(number).0.to_string()
}

/// Those of the metrics that may have names.
fn named(harness: &Harness) -> Vec<String> {
    let metrics = harness.out.metrics().into_iter();
    metrics.filter(|metric| metric.starts_with("Outcomes") || metric.starts_with("Facts")).collect()
}

fn of_acme(settings: &[(&str, &str)]) -> Opening {
    let opening = Opening::default().senders(&["acme"]).sender_by("'acme'");
    settings.iter().fold(opening, |opening, (name, value)| opening.setting(name, value))
}

/// Meta reports about acme's message, with its id alone.
async fn report_about_acme(harness: &Harness, order: &str, fact: &str) {
    let view = harness.shop.orders_of("acme").notification(order).await;
    let body = statuses(&[status(view.messages[0].message.id.as_str(), fact, None)]).to_string();
    let secret = harness.shop.simulator().account_of("acme").meta.app_secret;
    harness.call(&Call::post("/webhooks/meta", body).signed(&secret)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outcomes_and_facts_have_the_names_of_template_and_sender() {
    let harness = Harness::open_with(of_acme(&[]), Meta).await;
    harness.receive(&cancelled("N1", 0), 1).await;
    assert_eq!(
        named(&harness),
        [concat!(
            "Outcomes{outcome=accepted}{outcome=accepted,provider=meta}",
            "{outcome=accepted,template=order_cancelled}{outcome=accepted,sender=acme} 1"
        )]
    );
    for fact in ["sent", "read"] {
        report_about_acme(&harness, "N1", fact).await;
        let expected = format!(
            "Facts{{provider=meta,fact={fact}}}{{template=order_cancelled,fact={fact}}}{{sender=acme,fact={fact}}} 1"
        );
        assert_eq!(named(&harness), [expected]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_names_in_the_metrics_none_are_stored() {
    let harness = Harness::open_with(of_acme(&[("METRICS_NAMES", "0")]), Meta).await;
    harness.receive(&cancelled("N2", 0), 1).await;
    assert_eq!(named(&harness), ["Outcomes{outcome=accepted}{outcome=accepted,provider=meta} 1"]);
    report_about_acme(&harness, "N2", "sent").await;
    assert_eq!(named(&harness), ["Facts{provider=meta,fact=sent} 1"]);
    let items = harness.shop.scan().await;
    assert!(!items.is_empty());
    assert!(items.iter().all(|item| item.keys().all(|name| !name.starts_with("counted_"))), "{items:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_eleventh_template_is_other() {
    let ten_before = |catalogue: &mut Toml| {
        let templates = &mut catalogue["notifications"]["order-cancelled"]["templates"];
        let own = (0..10).map(|number| {
            let rule = Toml::from_iter([("name".to_owned(), format!("a_template_{number}").into())]);
            (format!("brand-{number}"), rule.into())
        });
        let meta = templates["meta"].as_table_mut().unwrap();
        meta.insert("senders".to_owned(), own.collect::<Toml>().into());
    };
    let harness = Harness::open_with(of_acme(&[]).catalogue(ten_before), Meta).await;
    harness.receive(&cancelled("N3", 0), 1).await;
    report_about_acme(&harness, "N3", "sent").await;
    assert_eq!(
        named(&harness),
        [
            "Facts{provider=meta,fact=sent}{template=other,fact=sent}{sender=acme,fact=sent} 1",
            concat!(
                "Outcomes{outcome=accepted}{outcome=accepted,provider=meta}",
                "{outcome=accepted,template=other}{outcome=accepted,sender=acme} 1"
            ),
        ]
    );
    let view = harness.shop.orders_of("acme").notification("N3").await;
    let pk = format!("MESSAGE#meta#{}", view.messages[0].message.id.as_str());
    let item = harness.shop.item(&pk, "MESSAGE").await.unwrap();
    let stored = ["counted_as", "counted_for"].map(|name| item[name].as_s().unwrap().as_str());
    assert_eq!(stored, ["other", "acme"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fact_before_the_acceptance_has_no_names_and_a_later_one_has() {
    let harness = Harness::open_with(Opening::default(), Meta).await;
    harness.call(&meta(&harness.shop, &statuses(&[status("wamid.N4", "sent", None)]))).await;
    assert_eq!(named(&harness), ["Facts{provider=meta,fact=sent} 1"]);
    let table = Table::new(harness.shop.local.dynamodb().client(), TABLE);
    let key = MessageKey { provider: Meta, id: MessageId::parse("wamid.N4").unwrap() };
    let reference = Reference::parse("notification/k-4/N4").unwrap();
    let names = MetricNames { template: Some("order_return".to_owned()), sender: None };
    let now = harness.shop.clock().now();
    table.store_message(&key, &reference, "return-registered", &names, None, now).await.unwrap();
    harness.call(&meta(&harness.shop, &statuses(&[status("wamid.N4", "read", None)]))).await;
    assert_eq!(named(&harness), ["Facts{provider=meta,fact=read}{template=order_return,fact=read} 1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kaleyras_callbacks_find_the_names_in_the_notification() {
    let harness = Harness::open_with(Opening::default(), Kaleyra).await;
    harness.receive(&cancelled("N5", 0), 1).await;
    harness.out.lines();
    let reference = harness.shop.sends_about("N5")[0].message.echo.key().unwrap().to_owned();
    let body = json!({"message_id": "wamid.N5", "status": "delivered", "extra_info": {"ref": reference}});
    harness.call(&authentic(&harness.shop, Kaleyra, &body)).await;
    let expected = "Facts{provider=kaleyra,fact=delivered}{template=order_cancelled,fact=delivered} 1";
    assert_eq!(named(&harness), [expected]);
    // The callback has mapped its id with the names, for reports without our reference.
    let item = harness.shop.item("MESSAGE#kaleyra#wamid.N5", "MESSAGE").await.unwrap();
    assert_eq!(item["counted_as"].as_s().unwrap(), "order_cancelled");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acceptance_that_a_callback_proves_has_the_names() {
    let harness = Harness::open_with(Opening::default(), Meta).await;
    harness.receive_with(&cancelled("N6", 24), 1, &[("CONFIRMATION_WINDOW", "1h")]).await;
    harness.out.lines();
    let mut sent = status("wamid.N6", "sent", None);
    sent["biz_opaque_callback_data"] =
        harness.shop.sends_about("N6")[0].message.echo.key().unwrap().to_owned().into();
    harness.call(&meta(&harness.shop, &statuses(&[sent]))).await;
    assert_eq!(
        named(&harness),
        [
            "Facts{provider=meta,fact=sent}{template=order_cancelled,fact=sent} 1",
            "Outcomes{outcome=accepted}{outcome=accepted,provider=meta}{outcome=accepted,template=order_cancelled} 1",
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sweeps_polls_and_outcomes_find_the_names_in_the_table() {
    let harness = Harness::open_with(Opening::default(), OneMsg).await;
    harness.receive(&cancelled("N7", 0), 1).await;
    harness.out.lines();
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    harness.sweep(&[]).await;
    let facts = ["delivered", "read", "sent"].map(|fact| {
        format!("Facts{{provider=onemsg,fact={fact}}}{{template=order_cancelled,fact={fact}}} 1")
    });
    assert_eq!(named(&harness), facts);

    let harness = Harness::open_with(of_acme(&[]), Meta).await;
    harness.receive_with(&cancelled("N8", 23), 1, &[("CONFIRMATION_WINDOW", "15m")]).await;
    harness.out.lines();
    let view = harness.shop.orders_of("acme").until_state("N8", State::Unknown).await;
    harness.shop.clock().advance(std::time::Duration::from_hours(1));
    assert!(view.record.due_at.is_some());
    harness.sweep(&[("STUCK_AFTER", "1ms")]).await;
    assert_eq!(
        named(&harness),
        [concat!(
            "Outcomes{outcome=held}{outcome=held,provider=meta}{outcome=held,reason=unclear}",
            "{outcome=held,template=order_cancelled}{outcome=held,sender=acme} 1"
        )]
    );
}
