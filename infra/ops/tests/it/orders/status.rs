//! `ops status`.

use insta::assert_snapshot;
use local::environment::TABLE;
use local::simulator::aws::{AwsService, AwsTrouble};
use local::simulator::{Intake, Provider};
use serde_json::json;
use shared::delivery::DeliveryStatus;
use shared::protocol::State;
use shared::table::Table;
use testkit::eventually;

use super::stage::{event, open, with_magic};
use crate::support::Rig;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_shown_with_its_messages_times_and_reasons() {
    let rig = Rig::played().await;
    let text = rig.ops(&["status", "10482"]).await.ended_with(0);
    let view = rig.order("10482").await.remove(0);
    let id = view.messages[0].message.id.as_str();
    assert!(text.contains(id) && !text.contains('\u{1b}'), "{text}");

    let json = rig.json(&["status", "10482"]).await;
    let notification = &json["notifications"][0];
    assert_eq!((&json["order"], &notification["state"]), (&json!("10482"), &json!("accepted")));
    assert_eq!((&notification["delivery"], &notification["messages"][0]["id"]), (&json!("read"), &json!(id)));
    let read_at = view.facts().read_at.unwrap();
    assert_eq!(notification["read_at"], json!(read_at), "RFC 3339, as the table has it");
    assert_eq!(json["progress"]["sent"]["status"], json!("completed"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_failures_suppressions_and_order_statuses_are_shown() {
    let rig = Rig::played().await;
    for (name, order) in [("permanently_refused", "10489"), ("failed", "10488"), ("without_consent", "10490")]
    {
        assert_snapshot!(name, rig.ops(&["status", order]).await);
    }
    let text = rig.ops(&["status", "10482"]).await.ended_with(0);
    assert!(text.contains("last order status sent: completed") && text.contains("it is final"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_and_held_notifications_are_shown_with_reason_and_next_step() {
    let rig = open().await;
    rig.publish(&with_magic(event("order-cancelled", "S1"), 11)).await;
    rig.until("S1", State::Waiting).await;
    assert_snapshot!("waiting", rig.ops(&["status", "S1"]).await);

    let (view, _) = rig.hold("S2").await;
    assert_snapshot!("held", rig.ops(&["status", "S2"]).await);
    let settle = format!("ops resolve {} --as not-sent --local=", view.reference);
    let next = &rig.json(&["status", "S2"]).await["notifications"][0]["next"];
    assert!(next["commands"][1].as_str().unwrap().starts_with(&settle), "{next}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn order_statuses_have_their_event_times_and_the_last_its_status() {
    let rig = Rig::played().await;
    let text = rig.ops(&["status", "10482"]).await.ended_with(0);
    let headings: Vec<&str> = text.lines().filter(|line| line.starts_with("order-status-changed")).collect();
    let different: std::collections::BTreeSet<&str> = headings.iter().copied().collect();
    assert!(headings.len() > 1 && different.len() == headings.len(), "{text}");
    assert!(text.contains("order-status-changed (completed), event of 2"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn earlier_providers_answers_are_shown_with_their_codes() {
    let rig = open().await;
    rig.local.simulator().fail_next(Provider::OneMsg, 1, Intake::AccountTrouble);
    rig.local.simulator().fail_next(Provider::Meta, 1, Intake::TemplateStopped);
    rig.publish(&with_magic(event("order-cancelled", "S3"), 0)).await;
    rig.until_it("S3", "read", |view| view.delivery_status() == Some(DeliveryStatus::Read)).await;
    // Its sender may write the message after the callbacks have come.
    rig.until_quiet().await;
    let view = rig.order("S3").await.remove(0);
    assert_snapshot!("answers", rig.ops(&["status", "S3"]).await);

    let json = rig.json(&["status", "S3"]).await;
    let notification = &json["notifications"][0];
    let kept = |answer: &serde_json::Value| {
        ["provider", "class", "code"].map(|name| answer[name].as_str().unwrap().to_owned())
    };
    let answers: Vec<_> = notification["answers"].as_array().unwrap().iter().map(kept).collect();
    let code = view.answers[0].reason.code.as_str();
    assert_eq!(answers, [["onemsg", "account", code], ["meta", "template", "132015"]]);
    assert_eq!(
        (&notification["requests"], &notification["refused_by"]),
        (&json!(3), &json!(["onemsg", "meta"]))
    );

    let id = view.messages[0].message.id.as_str();
    // Which of its three ids comes first is chance, and the report differs by it.
    let text = rig.ops(&["message", "kaleyra", id]).await.ended_with(0);
    assert!(text.contains("Meta refused it: ") && text.contains("(132015)"), "{text}");
    let json = rig.json(&["message", "kaleyra", id]).await;
    assert_eq!((&json["requests"], &json["answers"][1]["code"]), (&json!(3), &json!("132015")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_followed_a_failed_message_is_shown_and_when_the_customer_must_be_contacted() {
    let rig = Rig::start().await;
    let pickup = |order: &str, mobile_fails: bool| {
        let mut event = with_magic(event("pickup-ready", order), 2);
        let customer = &mut event["detail"]["customer"];
        customer["sms_opt_in"] = json!(true);
        customer["email_opt_in"] = json!(false);
        if mobile_fails {
            rig.local.simulator().set_aws_trouble(AwsService::Sms, Some(AwsTrouble::NotDelivered));
        }
        event
    };
    for (order, name, fails, delivery) in [
        ("S5", "followed_and_delivered", false, DeliveryStatus::Delivered),
        ("S6", "followed_and_failed", true, DeliveryStatus::Failed),
    ] {
        rig.publish(&pickup(order, fails)).await;
        rig.until_one(order, "a text message", |view| {
            view.record.provider == Some(shared::provider::Provider::AwsSms)
                && view.delivery_status() == Some(delivery)
        })
        .await;
        if fails {
            rig.until_nothing_else_follows(order).await;
        }
        assert_snapshot!(name, rig.ops(&["status", order]).await);
        let json = rig.json(&["status", order]).await;
        let notifications = json["notifications"].as_array().unwrap();
        let first = notifications.iter().find(|it| it["followed_by"] != json!([])).unwrap();
        assert_eq!(first["followed_by"][0]["delivery"], json!(delivery));
        assert_eq!(first["followed_by"][0]["message"], "a text message");
        assert_eq!(first["next"].is_null(), !fails, "{first}");
    }
}

impl Rig {
    /// Waits until the fallback of an order's message has ended, and its event is deleted.
    async fn until_nothing_else_follows(&self, order: &str) {
        let first = self.order(order).await[0].reference.first();
        let table = Table::new(self.local.dynamodb().client(), TABLE);
        eventually("an ended fallback", async || {
            let event = table.unfinished_event(&first).await.unwrap();
            if event.is_none() { Ok(()) } else { Err("its event is kept".to_owned()) }
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_order_is_not_found_and_names_its_invalid_event() {
    let rig = Rig::played().await;
    assert_snapshot!(rig.ops(&["status", "no-such-order"]).await, @"
    exit code 3
    stderr:
    error: order no-such-order has no notification
    next: check the number; or its event was ignored (no catalogue entry matches it), has not arrived yet, is older than 90 days, or was invalid without a readable order number: ops invalid list --local=<port>
    ");
    assert_snapshot!(rig.ops(&["status", "10491"]).await, @"
    exit code 3
    stderr:
    error: order 10491 has no notification, because 1 event about it was invalid
    next: show the faults: ops invalid show <uuid> --local=<port>
    ");
    assert_snapshot!(rig.ops(&["status", "10491", "--json"]).await, @r#"
    exit code 3
    stderr:
    {"error":"order 10491 has no notification, because 1 event about it was invalid","next":"show the faults: ops invalid show <uuid> --local=<port>"}
    "#);
}
