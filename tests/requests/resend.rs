//! Sending a notification again: `docs/operations.md`, "Send a notification again".

use jiff::Timestamp;
use local::environment::TABLE;
use local::simulator::Intake;
use shared::protocol::{AcceptedRisks, Resend, State, resend};
use shared::provider::Provider;
use shared::table::{NotificationRow, Table, Written};

use crate::harness::Harness;
use crate::support::{Event, Opening, simulated};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejected_or_unclear_notification_is_sent_again_only_after_an_operators_resend() {
    for (sample, fault, state) in [
        ("order-cancelled", Intake::NotOnWhatsApp, State::Rejected),
        ("order-cancelled", Intake::ServerError, State::Held),
        ("order-status-shipped", Intake::ServerError, State::Held),
    ] {
        let harness = Harness::open(Opening::default().unknown_outcome("hold", "1ms")).await;
        for provider in Provider::WITH_WEBHOOK {
            harness.shop.simulator().fail_next(simulated(provider), 1, fault);
        }
        let event = Event::sample(sample).order("A1").magic(0);
        // The later deliveries find the outcome, or hold the notification.
        for _delivery in 0..3 {
            harness.notify_one(&event).await;
            harness.end_waits().await;
        }
        let view = harness.shop.notification("A1").await;
        assert_eq!(view.record.state, state, "{sample}");
        assert!(harness.shop.sends_about("A1").is_empty(), "{sample}: {state}");

        release(&harness, &view).await;
        assert_eq!(harness.notify_one(&event).await, 0);
        assert_eq!(harness.shop.notification("A1").await.record.state, State::Accepted, "{sample}: {state}");
        harness.shop.the_send_about("A1");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notification_with_a_removable_cause_is_sent_automatically_once_it_is_removed() {
    for sample in ["order-cancelled", "order-status-shipped"] {
        let harness = Harness::open(Opening::default()).await;
        for provider in Provider::WITH_WEBHOOK {
            // The function reads refused credentials again and retries once, so each provider gets two requests.
            harness.shop.simulator().fail_next(simulated(provider), 2, Intake::RefuseCredentialsAlways);
        }
        let event = Event::sample(sample).order("A2").magic(0);
        assert_eq!(harness.notify_one(&event).await, 1, "{sample}: not delivered again");
        harness.end_waits().await;
        assert_eq!(harness.notify_one(&event).await, 0);
        assert_eq!(harness.shop.notification("A2").await.record.state, State::Accepted, "{sample}");
        harness.shop.the_send_about("A2");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_report_about_the_earlier_message_does_not_stop_a_resend() {
    for provider in Provider::WITH_WEBHOOK {
        let harness = Harness::open(Opening::default().preferring(provider)).await;
        let event = Event::sample("order-cancelled").order("A1").magic(0);
        assert_eq!(harness.notify_one(&event).await, 0, "{provider}");
        let reports = harness.callbacks().await;
        assert!(!reports.is_empty(), "{provider}");
        release(&harness, &harness.shop.notification("A1").await).await;
        for report in reports {
            harness.shop.simulator().post_callback(simulated(provider), &report).await;
        }
        assert_eq!(harness.shop.notification("A1").await.record.state, State::Waiting, "{provider}");
        assert_eq!(harness.notify_one(&event).await, 0, "{provider}");
        assert_eq!(harness.shop.sends_about("A1").len(), 2, "{provider}");
    }
}

/// Releases the notification, as `ops resend` does when no event is stored.
async fn release(harness: &Harness, view: &NotificationRow) {
    let accepting = AcceptedRisks { twice: true, late: false };
    let Resend::Move(next) = resend(&view.record, accepting, "ann", Timestamp::now()) else {
        panic!("resend refused")
    };
    let table = Table::new(harness.shop.local.dynamodb().client().clone(), TABLE);
    let written = table.move_record(&view.reference, &view.record, &next, Timestamp::now()).await.unwrap();
    assert_eq!(written, Written::Done);
}
