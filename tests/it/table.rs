//! The table's replies, and the data that it must not contain.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use local::environment::TABLE;
use local::simulator::Intake;
use shared::delivery::DeliveryStatus;
use shared::message::{MessageId, MessageKey, OrderNumber};
use shared::protocol::State;
use shared::provider::Provider::{self, Kaleyra};
use shared::table::Table;

use crate::support::{Event, Item, Opening, Shop, simulated};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_order_of_a_message_is_one_get_by_any_of_its_ids() {
    for provider in Provider::WITH_WEBHOOK {
        let shop = Opening::default().preferring(provider).open().await;
        let table = Table::new(shop.local.dynamodb().client(), TABLE);
        shop.publish(&Event::sample("order-cancelled").order("G 1")).await;
        shop.until_status("G 1", DeliveryStatus::Read).await;
        let ids = shop.the_send_about("G 1").ids;
        let ids: BTreeSet<String> = match provider {
            // Kaleyra's reply and its callbacks use different ids for a message.
            Kaleyra => [ids.reply, ids.status].into(),
            _ => [ids.reply].into(),
        };
        for id in &ids {
            let item = shop.item(&format!("MESSAGE#{provider}#{id}"), "MESSAGE").await.unwrap();
            assert_eq!(item["order_number"].as_s().unwrap(), "G 1");
            let message = MessageKey { provider, id: MessageId::parse(id).unwrap() };
            let reference = table.message(&message).await.unwrap().unwrap().reference.unwrap();
            assert_eq!(reference.order, OrderNumber::parse("G 1").unwrap().into(), "{provider}");
        }
        let unknown = MessageKey { provider, id: MessageId::parse("wamid.unknown").unwrap() };
        assert_eq!(table.message(&unknown).await.unwrap(), None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_warm_up_reaches_the_table_and_stores_nothing() {
    let shop = Shop::open().await;
    let client = shop.local.dynamodb().client();
    // On an existing item the update succeeds and removes `nothing`: this proves that `warm_up` sends a request.
    let key = || AttributeValue::S("WARM_UP".to_owned());
    let put = client.put_item().table_name(TABLE).item("pk", key()).item("sk", key());
    put.item("nothing", AttributeValue::N("1".to_owned())).send().await.unwrap();
    Table::new(client.clone(), TABLE).warm_up().await;
    assert_eq!(shop.item("WARM_UP", "WARM_UP").await.unwrap().len(), 2);
    client.delete_item().table_name(TABLE).key("pk", key()).key("sk", key()).send().await.unwrap();
    Table::new(client.clone(), TABLE).warm_up().await;
    assert_eq!(client.scan().table_name(TABLE).send().await.unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_query_returns_everything_about_an_order() {
    let shop = Shop::open().await;
    let samples = ["return-registered", "return-updated", "order-cancelled", "order-status-shipped"];
    for sample in samples {
        shop.publish(&Event::sample(sample).order("Q1")).await;
        shop.publish(&Event::sample(sample).order("Q2")).await;
    }
    shop.until_quiet().await;
    let found = shop
        .local
        .dynamodb()
        .client()
        .query()
        .table_name(TABLE)
        .key_condition_expression("pk = :pk")
        .expression_attribute_values(":pk", AttributeValue::S("ORDER#Q1".to_owned()))
        .send()
        .await
        .unwrap();
    let names: BTreeSet<&str> = found
        .items()
        .iter()
        .filter_map(|item| item.get("notification"))
        .map(|name| name.as_s().unwrap().as_str())
        .collect();
    assert_eq!(
        names,
        BTreeSet::from(["return-registered", "return-updated", "order-cancelled", "order-status-changed"])
    );
    assert_eq!(found.count(), 5, "four notifications, and the order's progress");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_an_invalid_event_contains_personal_data() {
    let secrets = ["34600123456", "Perdita", "Astrolabe", "Nobody may read this", "Nor this"];
    let personal = |event: Event| {
        let event = event.phone("+34600123456").with("/detail/customer/name", "Perdita");
        match event.0.pointer("/detail/product") {
            Some(_) => event
                .with("/detail/product/name", "Astrolabe")
                .with("/detail/next_step", "Nobody may read this."),
            None => event.with("/detail/order/description", "Nor this."),
        }
    };
    for provider in Provider::WITH_WEBHOOK {
        let shop = Opening::default().preferring(provider).open().await;
        for sample in ["return-registered", "order-cancelled", "stock-arrived", "order-status-shipped"] {
            shop.publish(&personal(Event::sample(sample))).await;
        }
        shop.publish(&personal(Event::sample("return-registered-no-consent"))).await;
        let invalid = personal(Event::sample("order-cancelled").order("I1"));
        let invalid = shop.publish(&invalid.without("/detail/order/number")).await;
        shop.until_quiet().await;
        // The stored reason of a refusal may quote the provider.
        for fault in [Intake::NotOnWhatsApp, Intake::AccountTrouble, Intake::ServerError] {
            let order = format!("{fault:?}");
            shop.simulator().fail_next(simulated(provider), 1, fault);
            shop.publish(&personal(Event::sample("order-cancelled").order(&order))).await;
            shop.until(&order, "tried", |view| view.record.state != State::Sending).await;
        }
        shop.simulator().callbacks_settled().await;
        shop.until_invalid(&invalid).await;
        let items = shop.scan().await;
        assert!(items.len() > 10, "{}", items.len());
        for item in &items {
            let text = format!("{item:?}");
            let found: Vec<&str> = secrets.into_iter().filter(|secret| text.contains(secret)).collect();
            if pk(item).starts_with("INVALID#") {
                assert_eq!(found.len(), 4, "the raw event can be repaired");
            } else {
                assert!(found.is_empty(), "{found:?} in {}", pk(item));
            }
        }
    }
}

fn pk(item: &Item) -> &str {
    item["pk"].as_s().unwrap()
}
