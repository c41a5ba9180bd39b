//! An event that is delivered again after a change of the catalogue: a sent notification is not sent again, and an
//! unsent one is sent with the new catalogue's content.

use local::simulator::{Content, Intake};
use shared::delivery::DeliveryStatus;
use shared::message::Sender;
use shared::protocol::State;
use shared::provider::Provider;
use shared::table::NotificationRow;
use toml::Table;

use crate::support::{Event, Opening, Shop, eventually, simulated};

/// Renames the entry and reorders its variables.
fn reworded(catalogue: &mut Table) {
    let entries = catalogue["notifications"].as_table_mut().unwrap();
    let mut entry = entries.remove("order-cancelled").unwrap();
    entry["body"].as_array_mut().unwrap().swap(1, 2);
    entries.insert("cancellation".to_owned(), entry);
}

/// The notification, once every provider has refused it.
async fn until_refused_by_all(shop: &Shop, order: &str) -> NotificationRow {
    eventually("a wait for a repair", async || match shop.order(order).await.first() {
        Some(view) if view.record.rounds == 1 => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
    shop.until_state(order, State::Waiting).await
}

/// The event as an archive replays it.
fn replayed(event: &Event, id: &str) -> Event {
    event.clone().with("/id", id).with("/replay-name", "after-the-change")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_of_a_sent_event_sends_nothing_under_the_changed_catalogue() {
    let mut shop = Shop::open().await;
    let event = Event::sample("order-cancelled").order("C1");
    let id = shop.publish(&event).await;
    let accepted = shop.until_status("C1", DeliveryStatus::Read).await;
    shop.until_quiet().await;

    shop.change_catalogue(reworded);
    shop.redeliver(&replayed(&event, &id).0);
    shop.until_quiet().await;
    assert_eq!(shop.notification("C1").await, accepted);
    assert_eq!(shop.ledger().requests.len(), 1);

    // Another event about the same order is another notification.
    shop.publish(&event).await;
    shop.until_quiet().await;
    assert_eq!(shop.order("C1").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_notification_is_sent_once_as_the_changed_catalogue_words_it() {
    let mut shop = Shop::open().await;
    for provider in Provider::WITH_WEBHOOK {
        shop.simulator().fail_next(simulated(provider), 2, Intake::RefuseCredentialsAlways);
    }
    let event = Event::sample("order-cancelled").order("C2");
    shop.publish(&event).await;
    let waiting = until_refused_by_all(&shop, "C2").await;

    // The queue delivers the event again.
    shop.change_catalogue(reworded);
    shop.end_the_wait("C2").await;
    let accepted = shop.until_status("C2", DeliveryStatus::Read).await;
    shop.until_quiet().await;
    assert_eq!((accepted.reference, accepted.notification.as_str()), (waiting.reference, "cancellation"));
    assert_ne!(accepted.record.fingerprint, waiting.record.fingerprint);
    let Content::Body(said) = shop.the_send_about("C2").message.template.content else { panic!("a body") };
    let detail = &event.0["detail"];
    assert_eq!(Some(said[1].as_str()), detail["product"]["name"].as_str());
    assert_eq!(Some(said[2].as_str()), detail["order"]["number"].as_str());
}

/// Finds a sender for every event; before, every order was the default sender's.
fn of_acme(catalogue: &mut Table) {
    for (_, entry) in catalogue["notifications"].as_table_mut().unwrap() {
        entry.as_table_mut().unwrap().insert("sender".to_owned(), "'acme'".into());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_catalogue_that_begins_to_use_senders_sends_nothing_twice() {
    let acme = [Sender::parse("acme").unwrap()];
    let mut shop = Opening::default().options(|options| options.senders = acme.into()).open().await;
    let event = Event::sample("order-cancelled").order("C3");
    let id = shop.publish(&event).await;
    let accepted = shop.until_status("C3", DeliveryStatus::Read).await;
    shop.until_quiet().await;
    for provider in Provider::WITH_WEBHOOK {
        shop.simulator().fail_next(simulated(provider), 2, Intake::RefuseCredentialsAlways);
    }
    shop.publish(&Event::sample("order-cancelled").order("C4")).await;
    let waiting = until_refused_by_all(&shop, "C4").await;

    shop.change_catalogue(of_acme);
    shop.redeliver(&replayed(&event, &id).0);
    shop.end_the_wait("C4").await;
    shop.until_status("C4", DeliveryStatus::Read).await;
    shop.until_quiet().await;
    assert_eq!(shop.notification("C3").await, accepted);
    assert_eq!(shop.notification("C4").await.reference, waiting.reference);
    assert_eq!(
        (shop.orders_of("acme").order("C3").await, shop.orders_of("acme").order("C4").await),
        (vec![], vec![])
    );
    assert_eq!(shop.ledger().accepted.len(), 2);

    shop.publish(&Event::sample("order-cancelled").order("C5")).await;
    shop.orders_of("acme").until_status("C5", DeliveryStatus::Read).await;
}
