//! How an operator has a notification sent again: `docs/operations.md`, "Send a notification again".

use jiff::Timestamp;
use local::environment::TABLE;
use local::simulator::Intake;
use shared::protocol::{Accepting, Resend, State, resend};
use shared::provider::Provider;
use shared::table::{NotificationRow, Table, Written};

use crate::rig::Rig;
use crate::support::{Event, Opening, simulated};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_rejected_or_held_unclear_goes_out_again_once_a_person_has_it_sent_and_not_before() {
    for (sample, fault, state) in [
        ("order-cancelled", Intake::NotOnWhatsApp, State::Rejected),
        ("order-cancelled", Intake::ServerError, State::Held),
        ("order-status-shipped", Intake::ServerError, State::Held),
    ] {
        let rig = Rig::open(Opening::default().unknown_outcome("hold", "1ms")).await;
        for provider in Provider::ALL {
            rig.shop.simulator().fail_next(simulated(provider), 1, fault);
        }
        let event = Event::sample(sample).order("A1").magic(0);
        // The later deliveries find the outcome, or hold the notification.
        for _delivery in 0..3 {
            rig.notify_of(&event).await;
            rig.time_passes().await;
        }
        let view = rig.shop.notification("A1").await;
        assert_eq!(view.record.state, state, "{sample}");
        assert!(rig.shop.sends_about("A1").is_empty(), "{sample}: {state}");

        let_go(&rig, &view).await;
        assert_eq!(rig.notify_of(&event).await, 0);
        assert_eq!(rig.shop.notification("A1").await.record.state, State::Accepted, "{sample}: {state}");
        rig.shop.the_send_about("A1");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_can_be_mended_goes_out_by_itself_once_it_is() {
    for sample in ["order-cancelled", "order-status-shipped"] {
        let rig = Rig::open(Opening::default()).await;
        for provider in Provider::ALL {
            // Refused credentials are read again once, so each provider is asked twice.
            rig.shop.simulator().fail_next(simulated(provider), 2, Intake::RefuseCredentialsAlways);
        }
        let event = Event::sample(sample).order("A2").magic(0);
        assert_eq!(rig.notify_of(&event).await, 1, "{sample}: it comes back");
        rig.time_passes().await;
        assert_eq!(rig.notify_of(&event).await, 0);
        assert_eq!(rig.shop.notification("A2").await.record.state, State::Accepted, "{sample}");
        rig.shop.the_send_about("A2");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_report_of_the_message_before_does_not_end_a_resend() {
    for provider in Provider::ALL {
        let rig = Rig::open(Opening::default().preferring(provider)).await;
        let event = Event::sample("order-cancelled").order("A1").magic(0);
        assert_eq!(rig.notify_of(&event).await, 0, "{provider}");
        let reports = rig.callbacks().await;
        assert!(!reports.is_empty(), "{provider}");
        let_go(&rig, &rig.shop.notification("A1").await).await;
        for report in reports {
            rig.shop.simulator().post_callback(simulated(provider), &report).await;
        }
        assert_eq!(rig.shop.notification("A1").await.record.state, State::Waiting, "{provider}");
        assert_eq!(rig.notify_of(&event).await, 0, "{provider}");
        assert_eq!(rig.shop.sends_about("A1").len(), 2, "{provider}");
    }
}

/// Releases the notification, as `ops resend` does when no event is stored.
async fn let_go(rig: &Rig, view: &NotificationRow) {
    let accepting = Accepting { twice: true, late: false };
    let Resend::Move(next) = resend(&view.record, accepting, "ann", Timestamp::now()) else {
        panic!("a move")
    };
    let table = Table::new(rig.shop.local.dynamodb().client().clone(), TABLE);
    let written = table.move_record(&view.reference, &view.record, &next, Timestamp::now()).await.unwrap();
    assert_eq!(written, Written::Done);
}
