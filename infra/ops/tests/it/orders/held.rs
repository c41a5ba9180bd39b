//! `ops held`.

use serde_json::json;
use shared::protocol::State;

use super::stage::{open, reference};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_held_is_listed_from_the_oldest_on_until_it_is_settled() {
    let rig = open().await;
    let nothing = rig.ops(&["held"]).await.ended_with(0);
    assert!(nothing.contains("Nothing is held."), "{nothing}");

    let (first, _) = rig.hold("H1").await;
    let (second, event) = rig.hold("H2").await;
    let told = rig.ops(&["held"]).await.ended_with(1);
    assert!(told.contains("2 notifications are held"), "{told}");
    assert!(told.contains("nobody can tell whether 1MSG sent it") && told.contains("(http_500)"), "{told}");
    assert!(told.contains("UTC 1MSG gave no clear answer: "), "{told}");
    let settle = |order, view| format!("ops resolve {} --as sent", reference(order, view));
    let places = [("H1", &first), ("H2", &second)].map(|(order, view)| told.find(&settle(order, view)));
    assert!(places[0].is_some() && places[0] < places[1], "{told}");

    let json = rig.json(&["held"]).await;
    let held: Vec<_> = json["held"].as_array().unwrap().iter().map(|it| (&it["order"], &it["key"])).collect();
    assert_eq!(held, [(&json!("H1"), &json!(first.key)), (&json!("H2"), &json!(second.key))]);
    let held = &json["held"][0];
    assert_eq!((&held["provider"], &held["requests"]), (&json!("onemsg"), &json!(1)));
    assert_eq!(
        (&held["answers"][0]["provider"], &held["answers"][0]["code"]),
        (&json!("onemsg"), &json!("http_500"))
    );

    rig.ops(&["resolve", &first.key, "--as", "sent"]).await.ended_with(0);
    rig.ops(&["resolve", &second.key, "--as", "not-sent"]).await.ended_with(0);
    let json = rig.json(&["held"]).await;
    assert_eq!(json["held"], json!([]), "neither is held any more");
    let let_go = json["let_go"].as_array().unwrap();
    assert_eq!((let_go.len(), &let_go[0]["key"]), (1, &json!(second.key)), "its event must come again");
    let told = rig.ops(&["held"]).await.ended_with(1);
    assert!(told.contains("Nothing is held.") && told.contains("1 notification was let go"), "{told}");
    assert!(told.contains("ops replay --from") && !told.contains("order H1"), "{told}");

    rig.publish(&event).await;
    rig.until("H2", State::Accepted).await;
    rig.ops(&["held"]).await.ended_with(0);
}
