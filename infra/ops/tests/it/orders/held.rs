//! `ops held`.

use insta::assert_snapshot;
use serde_json::json;
use shared::protocol::State;

use super::stage::open;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn held_notifications_are_listed_oldest_first_until_they_are_settled() {
    let rig = open().await;
    assert_snapshot!(rig.ops(&["held"]).await, @"Nothing is held.");

    let (first, _) = rig.hold("H1").await;
    let (second, event) = rig.hold("H2").await;
    assert_snapshot!("two_held", rig.ops(&["held"]).await);
    assert_snapshot!("two_held_as_json", rig.ops(&["held", "--json"]).await);
    let json = rig.json(&["held"]).await;
    let keys: Vec<_> = json["held"].as_array().unwrap().iter().map(|it| &it["key"]).collect();
    assert_eq!(keys, [&json!(first.reference.key), &json!(second.reference.key)]);

    rig.ops(&["resolve", first.reference.key.as_str(), "--as", "sent"]).await.ended_with(0);
    rig.ops(&["resolve", second.reference.key.as_str(), "--as", "not-sent"]).await.ended_with(0);
    let json = rig.json(&["held"]).await;
    assert_eq!(json["held"], json!([]), "neither is held any more");
    let released = json["let_go"].as_array().unwrap();
    assert_eq!(
        (released.len(), &released[0]["key"]),
        (1, &json!(second.reference.key)),
        "its event must come again"
    );
    assert_snapshot!("one_released", rig.ops(&["held"]).await);

    rig.publish(&event).await;
    rig.until("H2", State::Accepted).await;
    rig.ops(&["held"]).await.ended_with(0);
}
