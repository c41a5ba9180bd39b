//! `ops status`.

use insta::assert_snapshot;
use local::simulator::{Intake, Provider};
use serde_json::json;
use shared::delivery::DeliveryStatus;
use shared::protocol::State;

use super::stage::{event, open, with_magic};
use crate::support::Rig;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_told_with_its_message_its_times_and_its_reasons() {
    let rig = Rig::played().await;
    let told = rig.ops(&["status", "10482"]).await.ended_with(0);
    let view = rig.order("10482").await.remove(0);
    let id = view.messages[0].message.id.as_str();
    assert!(told.contains(id) && !told.contains('\u{1b}'), "{told}");

    let json = rig.json(&["status", "10482"]).await;
    let notification = &json["notifications"][0];
    assert_eq!((&json["order"], &notification["state"]), (&json!("10482"), &json!("accepted")));
    assert_eq!((&notification["delivery"], &notification["messages"][0]["id"]), (&json!("read"), &json!(id)));
    let read_at = view.facts().read_at.unwrap();
    assert_eq!(notification["read_at"], json!(read_at), "RFC 3339, as the table has it");
    assert_eq!(json["progress"]["told"]["status"], json!("completed"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_failures_suppressions_and_order_statuses_are_told_in_plain_words() {
    let rig = Rig::played().await;
    for (name, order) in [("refused_for_good", "10489"), ("failed", "10488"), ("without_consent", "10490")] {
        assert_snapshot!(name, rig.ops(&["status", order]).await);
    }
    let told = rig.ops(&["status", "10482"]).await.ended_with(0);
    assert!(told.contains("order status told last: completed") && told.contains("none follows it"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_says_until_when_and_why_and_what_is_held_how_it_is_settled() {
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
async fn an_orders_statuses_are_told_apart_by_their_events_times_and_the_last_by_its_status() {
    let rig = Rig::played().await;
    let told = rig.ops(&["status", "10482"]).await.ended_with(0);
    let headings: Vec<&str> = told.lines().filter(|line| line.starts_with("order-status-changed")).collect();
    let different: std::collections::BTreeSet<&str> = headings.iter().copied().collect();
    assert!(headings.len() > 1 && different.len() == headings.len(), "{told}");
    assert!(told.contains("order-status-changed (completed), event of 2"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_each_provider_answered_before_another_one_took_it_is_told_with_its_code() {
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
    let told = rig.ops(&["message", "kaleyra", id]).await.ended_with(0);
    assert!(told.contains("Meta refused it: ") && told.contains("(132015)"), "{told}");
    let json = rig.json(&["message", "kaleyra", id]).await;
    assert_eq!((&json["requests"], &json["answers"][1]["code"]), (&json!(3), &json!("132015")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_of_which_nothing_is_known_is_not_found_and_leads_to_its_invalid_event() {
    let rig = Rig::played().await;
    assert_snapshot!(rig.ops(&["status", "no-such-order"]).await, @"
    exit code 3
    stderr:
    error: nothing is known of order no-such-order: it has no notification
    next: check the number; else its event was ignored (nothing in the catalogue listens to it), has not come yet, is older than 90 days, or was invalid without a readable order number: ops invalid list --local=<port>
    ");
    assert_snapshot!(rig.ops(&["status", "10491"]).await, @"
    exit code 3
    stderr:
    error: order 10491 has no notification, because 1 event about it was invalid
    next: see what is wrong: ops invalid show <uuid> --local=<port>
    ");
    assert_snapshot!(rig.ops(&["status", "10491", "--json"]).await, @r#"
    exit code 3
    stderr:
    {"error":"order 10491 has no notification, because 1 event about it was invalid","next":"see what is wrong: ops invalid show <uuid> --local=<port>"}
    "#);
}
