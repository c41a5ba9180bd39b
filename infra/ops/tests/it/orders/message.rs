//! `ops message`.

use insta::assert_snapshot;
use serde_json::json;
use shared::provider::Provider;

use crate::support::Rig;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_leads_to_its_order_if_it_has_one() {
    let rig = Rig::played().await;
    rig.until_quiet().await;
    let view = rig.order("10482").await.remove(0);
    let message = &view.messages[0].message;
    let (provider, id) = (message.provider.name(), message.id.as_str());

    assert_snapshot!("of_an_order", rig.ops(&["message", provider, id]).await);
    let json = rig.json(&["message", provider, id]).await;
    assert_eq!((&json["order"], &json["key"]), (&json!("10482"), &json!(view.reference.key)));
    assert_eq!((&json["status"], &json["read_at"]), (&json!("read"), &json!(view.facts().read_at)));

    let simulator = rig.local.simulator();
    let other =
        json!({"ack": [{"id": "wamid.unassigned", "status": "delivered", "timestamp": "1795165200"}]});
    simulator.post_callback(local::simulator::Provider::OneMsg, other.to_string().as_bytes()).await;
    let unassigned = rig.ops(&["message", "onemsg", "wamid.unassigned"]).await;
    assert_snapshot!("without_an_order", unassigned);
    assert!(unassigned.stdout.contains("2026-11-20 09:00:00 UTC"), "{unassigned}");
    assert_eq!(rig.json(&["message", "onemsg", "wamid.unassigned"]).await["order"], json!(null));

    // It is 1MSG's.
    assert_snapshot!(rig.ops(&["message", "meta", "wamid.unassigned"]).await, @"
    exit code 3
    stderr:
    error: this is a message of 1MSG, not of Meta
    next: ops message onemsg wamid.unassigned --local=<port>
    ");
    rig.ops(&["message", "1msg", "wamid.unassigned"]).await.ended_with(0);
    assert_snapshot!(rig.ops(&["message", "sms", "1"]).await, @"
    exit code 2
    stderr:
    error: invalid value 'sms' for '<PROVIDER>'
      [possible values: onemsg, kaleyra, meta]

    For more information, try '--help'.
    ");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ids_of_a_kaleyra_message_are_aliases() {
    let rig = Rig::played().await;
    let of_kaleyra = |view: &shared::table::NotificationRow| view.record.provider == Some(Provider::Kaleyra);
    let view = rig.order("10482").await.into_iter().find(of_kaleyra).unwrap();
    let ids: Vec<&str> = view.record.message_ids.iter().map(|key| key.id.as_str()).collect();
    assert!(ids.len() > 1, "its reply and its callbacks call a message by different names");
    for id in &ids {
        let json = rig.json(&["message", "kaleyra", id]).await;
        let others: Vec<&str> = ids.iter().copied().filter(|other| other != id).collect();
        assert_eq!((&json["order"], &json["aliases"]), (&json!("10482"), &json!(others)));
        assert_eq!(json["key"], json!(view.reference.key));
    }
}
