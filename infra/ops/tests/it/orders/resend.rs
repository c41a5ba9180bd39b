//! `ops resend`.

use std::time::Duration;

use local::LocalOptions;
use local::simulator::Intake;
use shared::delivery::DeliveryStatus;
use shared::protocol::State;
use shared::provider::Provider;

use super::stage::{event, reference, with_magic};
use crate::support::Rig;

/// 1MSG has queued it and never says more.
const QUEUED: u8 = 26;

/// A local run in which events are kept, and nobody waits long for a callback.
async fn open() -> Rig {
    let mut options = LocalOptions {
        timing: 0.1,
        sweep_every: Some(Duration::from_millis(300)),
        ..LocalOptions::default()
    };
    options.settings.insert("CONFIRMATION_WINDOW".to_owned(), "10ms".to_owned());
    Rig::with(options).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_have_been_sent_goes_out_from_the_table_only_for_who_takes_that_upon_themselves() {
    let rig = open().await;
    rig.publish(&with_magic(event("stock-arrived", "S1"), QUEUED)).await;
    let held = rig.until("S1", State::Held).await;
    let reference = reference("S1", &held);
    let refused = rig.ops(&["resend", &reference, "--apply"]).await.ended_with(1);
    assert!(refused.contains("--although-it-may-be-sent-twice"), "{refused}");
    let all = rig.ops(&["resend", "--held-unsent", "--apply"]).await.ended_with(0);
    assert!(all.contains("Nothing is held"), "{all}");

    let twice = ["resend", &reference, "--although-it-may-be-sent-twice"];
    let told = rig.ops(&twice).await.ended_with(0);
    assert!(told.contains("would be sent again") && told.contains("--apply does it"), "{told}");
    assert_eq!(rig.order("S1").await, std::slice::from_ref(&held));

    let told = rig.ops(&[&twice[..], &["--apply"]].concat()).await.ended_with(0);
    assert!(told.contains("is sent again"), "{told}");
    // It is queued once more, by the same provider.
    let again = rig.until_it("S1", "held again", |view| view.record.attempt > held.record.attempt + 1).await;
    assert_eq!(again.key, held.key);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_held_unsent_goes_out_at_once_without_anybody_sending_its_event() {
    let rig = open().await;
    for provider in Provider::ALL {
        let simulated =
            local::simulator::Provider::ALL.into_iter().find(|it| it.to_string() == provider.name());
        rig.local.simulator().fail_next(simulated.unwrap(), 2, Intake::RefuseCredentialsAlways);
    }
    rig.publish(&event("order-cancelled", "S2")).await;
    let waiting = rig.until_it("S2", "waiting", |view| view.record.rounds == 1).await;
    let told = rig.ops(&["resend", &reference("S2", &waiting), "--apply"]).await.ended_with(0);
    assert!(told.contains("let go: its event isn't kept"), "the queue has it: {told}");
    let read = |view: &shared::table::NotificationView| view.delivery_status() == Some(DeliveryStatus::Read);
    rig.local.queue().make_visible();
    rig.until_it("S2", "read", read).await;
    assert_eq!(rig.sends_about("S2").len(), 1);

    let known = rig.order("S2").await.remove(0);
    let refused = rig.ops(&["resend", &reference("S2", &known), "--apply"]).await.ended_with(1);
    assert!(refused.contains("it was sent, or may have been"), "{refused}");
}
