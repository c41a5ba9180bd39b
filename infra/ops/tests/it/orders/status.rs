//! `ops status`.

use local::simulator::{Intake, Provider};
use serde_json::json;
use shared::delivery::DeliveryStatus;
use shared::protocol::State;

use super::stage::{event, open, reference, with_magic};
use crate::support::Rig;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_told_with_its_message_its_times_and_its_reasons() {
    let rig = Rig::played().await;
    let told = rig.ops(&["status", "10482"]).await.ended_with(0);
    let view = rig.order("10482").await.remove(0);
    let id = view.messages[0].message.id.as_str();
    for text in [view.notification.as_str(), "delivered 2", ", read 2", "provider", ", 1 request\n", id] {
        assert!(told.contains(text), "{text:?} in\n{told}");
    }
    assert!(!told.contains("next:") && !told.contains('\u{1b}'), "{told}");

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
    let told_of = async |sample: &str| {
        let event: serde_json::Value = serde_json::from_str(
            &std::fs::read_to_string(format!(
                "{}/tests/events/{sample}.json",
                crate::support::repository().display()
            ))
            .unwrap(),
        )
        .unwrap();
        let order = event["detail"]["order"]["number"].as_str().unwrap().to_owned();
        rig.ops(&["status", &order]).await.ended_with(0)
    };
    for (sample, texts) in [
        (
            "return-registered-not-on-whatsapp",
            &["refused for good by 1MSG", "131026", "tell them in another way", "decided"][..],
        ),
        ("stock-arrived-failed", &["failed 2", "(131049)", "tell the customer in another way"]),
        ("return-registered-no-consent", &["not sent, on purpose", "(no_consent)", "decided"]),
        ("order-status-completed", &["order status told last: completed", "none follows it"]),
    ] {
        let told = told_of(sample).await;
        for text in texts {
            assert!(told.contains(text), "{sample}: {text:?} in\n{told}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_says_until_when_and_why_and_what_is_held_how_it_is_settled() {
    let rig = open().await;
    rig.publish(&with_magic(event("order-cancelled", "S1"), 11)).await;
    rig.until("S1", State::Waiting).await;
    let told = rig.ops(&["status", "S1"]).await.ended_with(0);
    assert!(told.contains("waiting until 2") && told.contains("because 1MSG throttles"), "{told}");

    let (view, _) = rig.hold("S2").await;
    let told = rig.ops(&["status", "S2"]).await.ended_with(0);
    assert!(
        told.contains("held (unclear) since 2") && told.contains("nobody can tell whether 1MSG sent it"),
        "{told}"
    );
    let settle = format!("ops resolve {} --as not-sent --local=", reference("S2", &view));
    assert!(told.contains(&settle), "{settle:?} in\n{told}");
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
    let view = rig.until_it("S3", "read", |view| view.delivery_status() == Some(DeliveryStatus::Read)).await;
    let told = rig.ops(&["status", "S3"]).await.ended_with(0);
    let places = ["UTC 1MSG refused it: ", "UTC Meta refused it: "].map(|text| told.find(text));
    assert!(places[0].is_some() && places[0] < places[1], "{told}");
    assert!(told.contains("Kaleyra, template order_cancelled in en_US, 3 requests\n"), "{told}");

    let json = rig.json(&["status", "S3"]).await;
    let notification = &json["notifications"][0];
    let kept = |answer: &serde_json::Value| {
        ["provider", "class", "code"].map(|name| answer[name].as_str().unwrap().to_owned())
    };
    let answers: Vec<_> = notification["answers"].as_array().unwrap().iter().map(kept).collect();
    let code = view.answers[0].reason.code.as_str();
    assert_eq!(answers, [["onemsg", "account", code], ["meta", "template", "132015"]]);
    assert!(told.contains(&format!("({code})")) && told.contains("(132015)"), "{told}");
    assert_eq!(
        (&notification["requests"], &notification["refused_by"]),
        (&json!(3), &json!(["onemsg", "meta"]))
    );

    let id = view.messages[0].message.id.as_str();
    let told = rig.ops(&["message", "kaleyra", id]).await.ended_with(0);
    assert!(told.contains("Meta refused it: ") && told.contains("(132015)"), "{told}");
    let json = rig.json(&["message", "kaleyra", id]).await;
    assert_eq!((&json["requests"], &json["answers"][1]["code"]), (&json!(3), &json!("132015")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_of_which_nothing_is_known_is_not_found_and_leads_to_its_invalid_event() {
    let rig = Rig::played().await;
    let unknown = rig.ops(&["status", "no-such-order"]).await;
    assert_eq!(unknown.code, 3);
    assert!(unknown.stderr.contains("ops invalid list"), "{}", unknown.stderr);

    let invalid = rig.ops(&["status", "10491"]).await;
    assert_eq!((invalid.code, invalid.stdout.as_str()), (3, ""));
    assert!(invalid.stderr.contains("1 event about it was invalid"), "{}", invalid.stderr);
    assert!(invalid.stderr.contains("ops invalid show"), "{}", invalid.stderr);

    let json = rig.ops(&["status", "10491", "--json"]).await;
    let error: serde_json::Value = serde_json::from_str(&json.stderr).unwrap();
    assert!(error["next"].as_str().unwrap().contains("ops invalid show"), "{error}");
}
