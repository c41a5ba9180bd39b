//! A message passes through its statuses at the provider, and the table agrees with the provider's ledger, whenever
//! the callbacks arrive.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use local::simulator::{AcceptedSend, CallbackAnswer};
use shared::delivery::{DeliveryStatus, FactKind};
use shared::provider::Provider;
use shared::table::NotificationRow;

use crate::support::{Event, Opening, Shop};
use crate::webhook::text;

/// Callbacks carry whole seconds, so a fact may seem up to a second earlier than its post; the other second allows for
/// a busy machine.
const ROUNDING: SignedDuration = SignedDuration::from_secs(2);

/// The last two digits of a magic number, the final status of its order, and the failure's code.
const LIFECYCLES: [(u8, DeliveryStatus, Option<&str>); 10] = [
    (0, DeliveryStatus::Read, None),
    (1, DeliveryStatus::Delivered, None),
    (2, DeliveryStatus::Failed, Some("131049")),
    (3, DeliveryStatus::Failed, Some("130472")),
    (4, DeliveryStatus::Read, None),
    (5, DeliveryStatus::Read, None),
    (6, DeliveryStatus::Accepted, None),
    (7, DeliveryStatus::Read, None),
    (8, DeliveryStatus::Read, None),
    (9, DeliveryStatus::Delivered, Some("131049")),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn onemsg_reports_match_the_ledger() {
    every_lifecycle_matches_the_ledger(Provider::OneMsg).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kaleyra_reports_match_the_ledger() {
    every_lifecycle_matches_the_ledger(Provider::Kaleyra).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn meta_reports_match_the_ledger() {
    every_lifecycle_matches_the_ledger(Provider::Meta).await;
}

async fn every_lifecycle_matches_the_ledger(provider: Provider) {
    let shop = Opening::default().preferring(provider).open().await;
    let order = |number: u8| format!("7{number:02}");
    for (number, ..) in LIFECYCLES {
        shop.publish(&Event::sample("stock-arrived").order(&order(number)).magic(number)).await;
    }
    shop.until_quiet().await;
    shop.simulator().callbacks_settled().await;
    for (number, status, code) in LIFECYCLES {
        let view = shop.until_status(&order(number), status).await;
        let send = shop.the_send_about(&order(number));
        assert_eq!(view.record.provider, Some(provider));
        let facts = view.facts();
        assert_eq!(
            facts.failure.as_ref().and_then(|failure| failure.code.as_deref()),
            code,
            "number {number}"
        );
        assert_facts_match_the_ledger(&view, &send);
        assert_every_id_leads_to_the_order(&shop, &order(number), &view, &send).await;
    }
    assert_early_reports_are_joined(&shop, &order(5)).await;
    assert_late_reports_were_late(&shop.the_send_about(&order(7)));
    let repeated =
        shop.the_send_about(&order(4)).callbacks.iter().map(|posted| posted.status).collect::<Vec<_>>();
    assert_eq!(repeated, ["read", "delivered", "sent", "read", "delivered", "sent"]);
}

/// The stored facts are those that the provider has posted, each at the time of its first report.
fn assert_facts_match_the_ledger(view: &NotificationRow, send: &AcceptedSend) {
    let facts = view.facts();
    for kind in FactKind::ALL {
        let posted = send.callbacks.iter().find(|posted| posted.status == kind.name());
        let posted_at: Option<Timestamp> = posted.map(|posted| posted.at.try_into().unwrap());
        match (facts.at(kind), posted_at) {
            (None, None) => {}
            (Some(at), Some(posted_at)) => {
                let earlier = posted_at.duration_since(at);
                assert!(
                    (SignedDuration::ZERO..ROUNDING).contains(&earlier),
                    "{} at {at}, posted at {posted_at}",
                    kind.name()
                );
            }
            (at, posted_at) => panic!("{}: {at:?} in the table, posted at {posted_at:?}", kind.name()),
        }
    }
    for posted in &send.callbacks {
        assert_eq!((posted.tries, posted.answer), (1, CallbackAnswer::Status(200)), "{}", posted.status);
    }
}

/// The mapping from a message's id to its order exists for every id that the provider has used for the message.
async fn assert_every_id_leads_to_the_order(
    shop: &Shop,
    order: &str,
    view: &NotificationRow,
    send: &AcceptedSend,
) {
    let provider = view.record.provider.unwrap();
    let used_in_callbacks = [&send.ids.wamid, &send.ids.status];
    for id in [&send.ids.reply]
        .into_iter()
        .chain(used_in_callbacks.into_iter().filter(|_| !send.callbacks.is_empty()))
    {
        let Some(item) = shop.item(&format!("MESSAGE#{provider}#{id}"), "MESSAGE").await else {
            // Kaleyra's flat failure report contains only the wamid.
            assert!(
                provider == Provider::Kaleyra && *id == send.ids.status && view.facts().sent_at.is_none()
            );
            continue;
        };
        assert_eq!(text(&item, "order_number"), Some(order), "{provider}");
        assert_eq!(text(&item, "notification_key"), Some(view.reference.key.as_str()), "{provider}");
        let known = view.messages.iter().any(|message| message.message.id.as_str() == id);
        assert!(known, "the order lacks one of its message's ids at {provider}");
    }
}

/// The reports were stored before the sender knew the id, and are joined with the sender's items.
async fn assert_early_reports_are_joined(shop: &Shop, order: &str) {
    let (view, send) = (shop.notification(order).await, shop.the_send_about(order));
    let accepted_at = view.messages.iter().find_map(|message| message.accepted_at).unwrap();
    let last_posted: Timestamp = send.callbacks.last().unwrap().at.try_into().unwrap();
    // The table stores milliseconds.
    assert!(accepted_at >= last_posted - Duration::from_millis(1), "{accepted_at} {last_posted}");
}

fn assert_late_reports_were_late(send: &AcceptedSend) {
    let (first, last) = (send.callbacks.first().unwrap(), send.callbacks.last().unwrap());
    // Ten times 0.2 s and 1.5 s, at a tenth of the usual delays.
    assert!(first.at.duration_since(send.at).unwrap() >= Duration::from_millis(200));
    assert!(last.at.duration_since(send.at).unwrap() >= Duration::from_millis(1500));
}
