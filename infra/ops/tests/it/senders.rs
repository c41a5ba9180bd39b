//! Several senders: orders with the same number, and accounts of their own.

use insta::assert_snapshot;
use local::LocalOptions;
use local::environment::{CREDENTIALS_SECRET, WEBHOOK_SECRET};
use serde_json::{Value, json};
use shared::message::{OrderId, OrderNumber, Sender};
use shared::protocol::State;
use testkit::{Event, eventually};

use crate::support::{File, Rig, changed_catalogue, ops};

/// The number of the orders of both senders.
const ORDER: &str = "S-1";

/// The tests' catalogue, in which the cancellations have a sender.
fn catalogue() -> File {
    let before = "[notifications.order-cancelled]\n";
    changed_catalogue(before, &format!("{before}sender = \"detail.brand\"\n"))
}

/// A local run with the senders acme and beta, which have the simulator's only accounts, beta without those at 1MSG and Kaleyra.
async fn rig(catalogue: &File) -> Rig {
    let mut options = LocalOptions { timing: 0.1, ..LocalOptions::default() };
    options.catalogue = catalogue.path().into();
    let rig = Rig::with(options).await;
    let simulator = rig.local.simulator();
    let account = simulator.account();
    let mut credentials: Value = serde_json::from_str(&simulator.credentials_json()).unwrap();
    let all = credentials.clone();
    credentials["senders"] = json!({"acme": all, "beta": {"meta": all["meta"]}});
    rig.local.secrets().put(CREDENTIALS_SECRET, credentials.to_string());
    let mut webhook: Value = serde_json::from_str(&simulator.webhook_secrets_json()).unwrap();
    webhook["senders"] = json!({"acme": {"onemsg": {"url_secret": account.one_msg.url_secret}}});
    rig.local.secrets().put(WEBHOOK_SECRET, webhook.to_string());
    rig
}

/// A cancellation of this sender's order.
fn cancelled(sender: &str) -> Value {
    Event::sample("order-cancelled").order(ORDER).with("/detail/brand", sender).0
}

/// Publishes it, and waits until its notification is in this state.
async fn publish(rig: &Rig, sender: &str, state: State) {
    rig.local.publisher().unwrap().publish(&cancelled(sender)).await.unwrap();
    let id =
        OrderId { sender: Some(Sender::parse(sender).unwrap()), number: OrderNumber::parse(ORDER).unwrap() };
    eventually(&format!("{sender}: {state}"), async || {
        let rows = rig.local.records().order_by_id(&id).await.unwrap();
        if rows.iter().any(|row| row.record.state == state) { Ok(()) } else { Err(format!("{rows:?}")) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_shown_and_settled_for_its_sender() {
    let catalogue = catalogue();
    let rig = rig(&catalogue).await;
    publish(&rig, "acme", State::Accepted).await;
    publish(&rig, "unknown", State::Waiting).await;

    assert_snapshot!(rig.ops(&["status", ORDER]).await, @"
    exit code 3
    stderr:
    error: the default sender has no order S-1 with a notification, but the sender acme has
    next: show it: ops status S-1 --sender acme --local=<port>
    ");
    let acme = rig.json(&["status", ORDER, "--sender", "acme"]).await;
    assert_eq!((&acme["sender"], &acme["order"]), (&json!("acme"), &json!(ORDER)));
    let reference = acme["notifications"][0]["reference"].as_str().unwrap();
    assert!(reference.starts_with("notification:acme/"), "{reference}");
    let text = rig.ops(&["status", ORDER, "--sender", "acme"]).await.ended_with(0);
    assert!(text.starts_with("Order S-1 of acme: 1 notification"), "{text}");
    let waiting = rig.ops(&["status", ORDER, "--sender", "unknown"]).await.ended_with(0);
    assert!(waiting.contains("(unknown_sender)"), "{waiting}");

    let contradiction = rig.ops(&["resend", reference, "--sender", "beta"]).await;
    assert!(
        contradiction.code == 2 && contradiction.stderr.contains("of acme, not of beta"),
        "{contradiction:?}"
    );
    let resent = rig.ops(&["resend", reference, "--sender", "acme"]).await;
    assert!(resent.stdout.contains("order-cancelled of order S-1 of acme:"), "{resent:?}");
    let settled = rig.ops(&["resolve", reference, "--as", "sent"]).await;
    assert!(settled.stderr.contains("ops status S-1 --sender acme --local="), "{settled:?}");

    let message = &acme["notifications"][0]["messages"][0];
    let (provider, id) = (message["provider"].as_str().unwrap(), message["id"].as_str().unwrap());
    let message = rig.json(&["message", provider, id]).await;
    assert_eq!((&message["sender"], &message["order"]), (&json!("acme"), &json!(ORDER)));
    assert_eq!(rig.json(&["held", "--sender", "acme"]).await["held"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invalid_events_have_their_sender_or_null() {
    let catalogue = catalogue();
    let rig = rig(&catalogue).await;
    let publisher = rig.local.publisher().unwrap();
    publisher.publish(&Event(cancelled("acme")).without("/detail/customer/phone").0).await.unwrap();
    publisher.publish(&Event(cancelled("acme")).without("/detail/brand").0).await.unwrap();
    let listed = eventually("two invalid events", async || {
        let listed = rig.json(&["invalid", "list"]).await;
        if listed["invalid_events"].as_array().unwrap().len() == 2 {
            Ok(listed)
        } else {
            Err(listed.to_string())
        }
    })
    .await;
    let events = listed["invalid_events"].as_array().unwrap();
    let mut orders: Vec<_> =
        events.iter().map(|it| (it.get("sender").cloned(), it["order"].clone())).collect();
    orders.sort_by_key(|(sender, _)| sender.is_none());
    assert_eq!(orders, [(Some(json!("acme")), json!(ORDER)), (None, json!(null))]);
    assert!(events.iter().all(|it| it.get("order").is_some()), "{listed}");
    let of_acme = rig.json(&["invalid", "list", "--sender", "acme"]).await;
    assert_eq!(of_acme["invalid_events"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_are_those_of_the_sender_or_of_each_in_turn() {
    let catalogue = catalogue();
    let rig = rig(&catalogue).await;
    let each = rig.ops(&["webhook", "show"]).await.ended_with(0);
    let places: Vec<_> =
        ["The default sender", "Sender acme", "Sender beta", "1MSG: not in the credentials secret"]
            .iter()
            .map(|part| each.find(part).unwrap_or_else(|| panic!("no {part:?} in {each}")))
            .collect();
    assert!(places.is_sorted(), "{each}");
    let plan = rig.json(&["templates", "plan"]).await;
    assert_eq!(plan["senders"].as_array().unwrap().len(), 3);
    let names = |plan: &Value| {
        let names = plan["templates"].as_array().unwrap().iter();
        names.map(|it| it["template"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let of_acme = rig.json(&["templates", "plan", "--sender", "acme"]).await;
    assert_eq!(names(&of_acme), ["order_cancelled", "order_cancelled"]);
    assert!(!names(&plan["senders"][0]).contains(&"order_cancelled".to_owned()), "{plan}");

    assert_snapshot!(rig.ops(&["webhook", "register", "onemsg"]).await, @"
    exit code 2
    stderr:
    error: there are several senders: the default sender, acme
    next: name one with --sender NAME or --default-sender, or all of them with --all-senders
    ");
    assert_snapshot!(rig.ops(&["templates", "apply", "--waba-id", "1", "--all-senders"]).await, @"
    exit code 2
    stderr:
    error: --waba-id belongs to one sender's account, and there are several
    next: name the sender with --sender NAME or --default-sender
    ");
    let dry = rig.json(&["templates", "apply", "--all-senders", "--dry-run"]).await;
    assert_eq!(dry["senders"][1]["sender"], json!("acme"));
    let registered = rig.ops(&["webhook", "register", "onemsg", "--sender", "acme", "--dry-run"]).await;
    assert_eq!(registered.code, 0, "{registered:?}");
    assert_snapshot!(rig.ops(&["webhook", "register", "onemsg", "--sender", "gamma", "--dry-run"]).await, @r#"
    exit code 2
    stderr:
    error: the credentials secret has no sender "gamma": add it under "senders"
    next: check --sender; the secret's senders are acme, beta
    "#);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doctor_examines_every_sender() {
    let catalogue = catalogue();
    let rig = rig(&catalogue).await;
    let report = rig.json(&["doctor", "--only", "secrets,meta,onemsg,webhook"]).await;
    let findings_of = |sender: Option<&str>, area: &str| {
        let findings = report["findings"].as_array().unwrap().iter();
        findings
            .filter(|it| it.get("sender").and_then(Value::as_str) == sender && it["area"] == area)
            .map(|it| it["what"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    for sender in [None, Some("acme"), Some("beta")] {
        assert!(
            findings_of(sender, "meta").iter().any(|it| it.contains("Meta accepts")),
            "{sender:?} in {report:#}"
        );
    }
    assert!(
        findings_of(Some("acme"), "meta").iter().any(|it| it.contains("parts: 2 templates")),
        "{report:#}"
    );
    assert!(
        !findings_of(Some("acme"), "onemsg").is_empty() && findings_of(Some("beta"), "onemsg").is_empty(),
        "{report:#}"
    );
    assert!(findings_of(Some("acme"), "webhook").iter().any(|it| it.contains("1MSG")), "{report:#}");
    let same = "onemsg.url_secret and senders.acme.onemsg.url_secret are the same";
    assert!(findings_of(None, "secrets").iter().any(|it| it.contains(same)), "{report:#}");

    let one = rig.json(&["doctor", "--only", "meta", "--sender", "beta"]).await;
    let senders: Vec<_> = one["findings"].as_array().unwrap().iter().map(|it| &it["sender"]).collect();
    assert!(!senders.is_empty() && senders.iter().all(|it| **it == json!("beta")), "{one:#}");
    let unknown = rig.ops(&["doctor", "--only", "secrets", "--sender", "gamma"]).await;
    assert!(unknown.code == 1 && unknown.stdout.contains("has no sender gamma"), "{unknown:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_preview_has_the_senders_template_and_credentials() {
    let catalogue = catalogue();
    let rig = rig(&catalogue).await;
    let event = |sender: &str| File::with(&cancelled(sender).to_string());
    let text = rig.ops(&["preview", event("acme").path(), "--now"]).await.ended_with(0);
    assert!(text.contains("S-1 of acme"), "{text}");
    let json = rig.json(&["preview", event("acme").path(), "--now"]).await;
    assert_eq!((&json["sender"], &json["order"]), (&json!("acme"), &json!(ORDER)));
    let unknown = rig.ops(&["preview", event("gamma").path(), "--now"]).await;
    assert!(unknown.stderr.contains("has no sender \"gamma\""), "{unknown:?}");
    let sent = rig.json(&["send", event("acme").path(), "--now"]).await;
    assert_eq!(sent["sender"], json!("acme"));
    assert!(sent["follow"].as_str().unwrap().starts_with("ops status S-1 --sender acme"), "{sent}");
}

#[tokio::test]
async fn check_lists_the_senders_of_templates_and_samples() {
    let catalogue = changed_catalogue(
        "[notifications.order-cancelled]\n",
        "[notifications.order-cancelled]\nsender = \"'acme'\"\n",
    );
    let own = r#"meta    = { name = "order_cancelled", languages = ["en_US", "es"]"#;
    let text = std::fs::read_to_string(catalogue.path()).unwrap();
    assert!(text.contains(own), "{text}");
    let with = |senders: &str| File::with(&text.replace(own, &format!("{own}, senders = {{ {senders} }}")));
    let fine = with(r#"acme = { languages = ["es"] }"#);
    let json = ops(&["check", "--catalogue", fine.path(), "--json"]).await.ended_with(0);
    let report: Value = serde_json::from_str(&json).unwrap();
    let rows = report["notifications"].as_array().unwrap();
    let row = rows.iter().find(|row| row["notification"] == "order-cancelled").unwrap();
    let providers = row["providers"].as_array().unwrap();
    assert!(providers.contains(&json!("meta of acme: order_cancelled (es)")), "{row}");
    assert_eq!(row["samples"], json!(["order-cancelled.json of acme"]));

    let unknown = with(r#"acme = { languages = ["de"] }"#);
    let text = ops(&["check", "--catalogue", unknown.path()]).await.ended_with(1);
    let fault = "[notifications.order-cancelled.templates] meta senders.acme: wants order_cancelled in de, which isn't defined";
    assert!(text.contains(fault), "{text}");
}
