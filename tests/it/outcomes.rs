//! Every outcome besides an acceptance: rejected, suppressed, held and ignored; and the effect of `resend`.

use std::time::Duration;

use local::environment::key_secret_json;
use local::simulator::{Intake, Reply};
use serde_json::{Value, json};
use shared::delivery::DeliveryStatus;
use shared::protocol::{ReasonClass, State};
use shared::provider::Provider::{self, Kaleyra, Meta, OneMsg};
use shared::table::NotificationRow;

use crate::support::{Event, Opening, Shop, simulated};

/// The shipped catalogue's value.
const MAX_AGE: Duration = Duration::from_hours(3 * 24);
const NOT_ON_WHATSAPP: u8 = 12;
const ALWAYS_THROTTLED: u8 = 11;

fn reason(view: &NotificationRow) -> (ReasonClass, &str) {
    let reason = view.record.reason.as_ref().expect("a reason");
    (reason.class, &reason.code)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_not_on_whatsapp_is_rejected_by_one_provider_for_all() {
    for (provider, other) in [(OneMsg, Meta), (Meta, OneMsg)] {
        let shop = Opening::default().preferring(provider).open().await;
        shop.publish(&Event::sample("stock-arrived").order("R1").magic(NOT_ON_WHATSAPP)).await;
        let view = shop.until_state("R1", State::Rejected).await;
        assert_eq!(reason(&view), (ReasonClass::Recipient, "131026"), "{provider}");
        shop.until_quiet().await;
        assert_eq!((shop.sends_asked_of(provider), shop.sends_asked_of(other)), (1, 0));
        assert!(shop.sends_about("R1").is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_explicit_consent_nothing_is_sent() {
    let shop = Shop::open().await;
    let event = Event::sample("order-cancelled");
    for (order, consent) in
        [("false", json!(false)), ("text", json!("true")), ("number", json!(1)), ("null", Value::Null)]
    {
        shop.publish(&event.clone().order(order).with("/detail/customer/whatsapp_opt_in", consent)).await;
    }
    shop.publish(&event.order("missing").without("/detail/customer/whatsapp_opt_in")).await;
    for order in ["false", "text", "number", "null", "missing"] {
        let view = shop.until_state(order, State::Suppressed).await;
        assert_eq!(reason(&view), (ReasonClass::OurChoice, "no_consent"), "{order}");
    }
    shop.until_quiet().await;
    assert!(shop.ledger().requests.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_events_within_max_age_are_sent() {
    let shop = Shop::open().await;
    let minute = Duration::from_mins(1);
    let younger = MAX_AGE.saturating_sub(minute);
    shop.publish(&Event::sample("order-cancelled").order("old").ago(MAX_AGE + minute)).await;
    shop.publish(&Event::sample("order-cancelled").order("young").ago(younger)).await;
    shop.publish(&Event::sample("order-status-shipped").order("old-status").ago(MAX_AGE + minute)).await;
    for order in ["old", "old-status"] {
        let view = shop.until_state(order, State::Suppressed).await;
        assert_eq!(reason(&view), (ReasonClass::OurChoice, "stale"), "{order}");
        assert!(shop.sends_about(order).is_empty());
    }
    shop.until_state("young", State::Accepted).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notification_that_waits_beyond_max_age_is_held_and_an_order_status_dropped() {
    let shop = Opening::default().preferring(Meta).open().await;
    let body = Event::sample("order-cancelled").order("body").magic(ALWAYS_THROTTLED);
    let status = Event::sample("order-status-shipped").order("status").magic(ALWAYS_THROTTLED);
    for (event, order) in [(&body, "body"), (&status, "status")] {
        shop.invoke(event.0.clone()).await.unwrap_err();
        assert_eq!(shop.notification(order).await.record.state, State::Waiting);
        // The same event, days later: its time is not part of the notification's key.
        shop.invoke(event.clone().ago(MAX_AGE + Duration::from_mins(1)).0).await.unwrap();
    }
    let held = shop.notification("body").await;
    assert_eq!((held.record.state, reason(&held)), (State::Held, (ReasonClass::Throttled, "130429")));
    let suppressed = shop.notification("status").await;
    assert_eq!(
        (suppressed.record.state, reason(&suppressed)),
        (State::Suppressed, (ReasonClass::OurChoice, "stale"))
    );
    assert_eq!(shop.sends_asked_of(Meta), 6);
    assert!(shop.ledger().accepted.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_send_is_held_after_the_window_and_not_before() {
    let shop = Opening::default().unknown_outcome("hold", "1s").open().await;
    shop.simulator().fail_next(simulated(OneMsg), 1, Intake::ServerError);
    shop.publish(&Event::sample("order-cancelled").order("U1")).await;
    let unknown = shop.until_state("U1", State::Unknown).await;
    assert_eq!(reason(&unknown), (ReasonClass::Unclear, "http_500"));
    let held = shop.until_state("U1", State::Held).await;
    assert_eq!(reason(&held), (ReasonClass::Unclear, "http_500"), "the reason why it is held is kept");
    assert!(held.updated_at.duration_since(unknown.updated_at).as_secs() >= 1);
    shop.until_quiet().await;
    assert_eq!(shop.sends_asked_of(OneMsg), 1);
    assert_eq!(shop.sends_asked_of(Meta), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_resend_an_unknown_send_is_sent_again_by_the_same_provider() {
    for provider in Provider::WITH_WEBHOOK {
        let shop = Opening::default().preferring(provider).unknown_outcome("resend", "1s").open().await;
        shop.simulator().fail_next(simulated(provider), 1, Intake::ServerError);
        shop.publish(&Event::sample("order-cancelled").order("U2")).await;
        let view = shop.until_status("U2", DeliveryStatus::Read).await;
        assert_eq!((view.record.attempt, view.record.provider), (2, Some(provider)));
        assert_eq!(shop.sends_asked_of(provider), 2);
        shop.the_send_about("U2");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_resend_a_callback_about_the_first_send_prevents_a_second() {
    for provider in [Kaleyra, Meta] {
        let shop = Opening::default().preferring(provider).unknown_outcome("resend", "3s").open().await;
        shop.simulator().fail_next(simulated(provider), 1, Intake::Accept(Reply::Reset));
        shop.publish(&Event::sample("order-cancelled").order("U3")).await;
        shop.until_status("U3", DeliveryStatus::Read).await;
        shop.until_quiet().await;
        assert_eq!(shop.sends_asked_of(provider), 1);
        shop.the_send_about("U3");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_without_a_catalogue_entry_is_ignored() {
    let shop = Shop::open().await;
    shop.publish(&Event::sample("order-cancelled").with("/detail-type", "Order Created")).await;
    // A valid detail type from the wrong source.
    shop.publish(&Event::sample("order-cancelled").with("/source", "wms")).await;
    shop.until_quiet().await;
    assert!(shop.scan().await.is_empty());
    assert!(shop.ledger().requests.is_empty());
    let reply = shop.invoke(Event::sample("order-cancelled").with("/source", "crm").0).await.unwrap();
    assert_eq!(reply, json!({ "outcome": "ignored", "source": "crm", "detail_type": "Order Cancelled" }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_wait_until_the_key_secret_can_be_read() {
    let shop = Opening::default().setting("KEY_SECRET_ID", "later").open().await;
    shop.publish(&Event::sample("order-cancelled").order("K1")).await;
    // The event is received again after each failed try.
    shop.until_received(3).await;
    assert!(shop.scan().await.is_empty(), "neither claimed nor invalid");
    shop.local.secrets().put("later", key_secret_json());
    shop.until_state("K1", State::Accepted).await;
    assert_eq!(shop.sends_about("K1").len(), 1);
}
