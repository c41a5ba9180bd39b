//! Registers our webhook with the providers.

use insta::assert_snapshot;
use local::simulator::{Acknowledgements, Provider, WebhookList};
use serde_json::json;

use crate::support::Rig;

const CABINET: &str = "https://cabinet.onemsg.invalid/hooks";
const CRM: &str = "https://crm.example/hooks?token=s3cret-of-the-crm";

impl Rig {
    /// A local run whose channel doesn't have our webhook yet.
    async fn unregistered() -> Self {
        let rig = Self::start().await;
        let simulator = rig.local.simulator();
        simulator.set_one_msg_webhooks(vec![CABINET.to_owned(), CRM.to_owned()]);
        simulator.set_acknowledgements(Acknowledgements::Off);
        rig
    }

    fn our_url(&self) -> String {
        let secret = self.local.simulator().account().one_msg.url_secret;
        format!("{}/webhooks/onemsg/{secret}", self.local.webhook_url())
    }
}

#[tokio::test]
async fn our_url_is_added_and_other_urls_stay() {
    let rig = Rig::unregistered().await;
    assert_snapshot!("not_registered", rig.ops(&["webhook", "show"]).await);
    assert_snapshot!(rig.ops(&["webhook", "register", "onemsg"]).await, @"
    Done: our URL was added; acknowledgements were turned on.

    1MSG reported to
      https://cabinet.onemsg.invalid/…
      https://crm.example/…
    1MSG reports to
      https://cabinet.onemsg.invalid/…
      https://crm.example/…
      http://127.0.0.1:<port>/webhooks/onemsg/<url_secret> (ours)

    Test calls to the webhook
      the probe of the URL: HTTP 200, as expected
    ");
    let list = [CABINET.to_owned(), CRM.to_owned(), rig.our_url()];
    assert_eq!(rig.local.simulator().one_msg_webhooks(), list);
    assert_eq!(rig.local.simulator().acknowledgements(), Acknowledgements::On);

    assert_snapshot!(rig.ops(&["webhook", "register", "onemsg"]).await, @"
    Done: our URL was already in the list, which was written again; acknowledgements are on.

    1MSG reported to
      https://cabinet.onemsg.invalid/…
      https://crm.example/…
      http://127.0.0.1:<port>/webhooks/onemsg/<url_secret> (ours)
    1MSG reports to
      https://cabinet.onemsg.invalid/…
      https://crm.example/…
      http://127.0.0.1:<port>/webhooks/onemsg/<url_secret> (ours)

    Test calls to the webhook
      the probe of the URL: HTTP 200, as expected
    ");
    assert_eq!(rig.local.simulator().one_msg_webhooks(), list);
    rig.ops(&["webhook", "show"]).await.ended_with(0);
}

#[tokio::test]
async fn a_dry_run_writes_nothing() {
    let rig = Rig::unregistered().await;
    let dry = ["webhook", "register", "onemsg", "--dry-run"];
    assert_snapshot!(rig.ops(&dry).await, @"
    Dry run, nothing was written: our URL would be added; acknowledgements would be turned on.

    1MSG reported to
      https://cabinet.onemsg.invalid/…
      https://crm.example/…
    1MSG would report to
      https://cabinet.onemsg.invalid/…
      https://crm.example/…
      http://127.0.0.1:<port>/webhooks/onemsg/<url_secret> (ours)

    Test calls to the webhook
      the probe of the URL: HTTP 200, as expected
    ");
    assert_snapshot!(rig.ops(&[&dry[..], &["--json"]].concat()).await);
    assert_eq!(rig.local.simulator().one_msg_webhooks(), [CABINET, CRM]);
    assert_eq!(rig.local.simulator().acknowledgements(), Acknowledgements::Off);
}

#[tokio::test]
async fn a_list_in_one_text_is_extended_too() {
    let rig = Rig::unregistered().await;
    rig.local.simulator().set_one_msg_webhook_list_format(WebhookList::Text);
    rig.ops(&["webhook", "register", "onemsg"]).await.ended_with(0);
    assert_eq!(rig.local.simulator().one_msg_webhooks(), [CABINET.to_owned(), CRM.to_owned(), rig.our_url()]);
}

#[tokio::test]
async fn our_url_with_another_secret_is_marked_and_kept() {
    let rig = Rig::unregistered().await;
    let before = format!("{}/webhooks/onemsg/s3cret-of-before", rig.local.webhook_url());
    rig.local.simulator().set_one_msg_webhooks(vec![before.clone()]);
    assert_snapshot!(rig.ops(&["webhook", "register", "onemsg"]).await, @"
    Done: our URL was added; acknowledgements were turned on.

    1MSG reported to
      http://127.0.0.1:<port>/webhooks/onemsg/<url_secret> (ours, with another secret: remove it in 1MSG's cabinet after the rotation)
    1MSG reports to
      http://127.0.0.1:<port>/webhooks/onemsg/<url_secret> (ours, with another secret: remove it in 1MSG's cabinet after the rotation)
      http://127.0.0.1:<port>/webhooks/onemsg/<url_secret> (ours)

    Test calls to the webhook
      the probe of the URL: HTTP 200, as expected
    ");
    assert_eq!(rig.local.simulator().one_msg_webhooks(), [before, rig.our_url()]);
}

#[tokio::test]
async fn a_full_list_is_unchanged() {
    let rig = Rig::unregistered().await;
    let five: Vec<String> = (0..5).map(|number| format!("https://host{number}.example/s3cret")).collect();
    rig.local.simulator().set_one_msg_webhooks(five.clone());
    assert_snapshot!(rig.ops(&["webhook", "register", "onemsg"]).await, @"
    exit code 2
    stderr:
    error: nothing was written, because 1MSG accepts 5 URLs and the channel has 5 others:
      https://host0.example/…
      https://host1.example/…
      https://host2.example/…
      https://host3.example/…
      https://host4.example/…
    next: remove an unused URL in 1MSG's cabinet, then run the command again
    ");
    assert_eq!(rig.local.simulator().one_msg_webhooks(), five);
    assert_eq!(rig.local.simulator().acknowledgements(), Acknowledgements::Off);
}

#[tokio::test]
async fn a_webhook_that_does_not_answer_is_not_registered() {
    let rig = Rig::unregistered().await;
    let elsewhere = "http://127.0.0.1:1/webhooks/onemsg/s3cret";
    assert_snapshot!(rig.ops(&["webhook", "register", "onemsg", "--url", elsewhere]).await, @"
    exit code 4
    stderr:
    error: the webhook does not answer at the URL to be registered: the connection failed; nothing was written
    next: check WEBHOOK_URL or --url and the webhook secret, then run the command again
    ");
    let plain = rig.ops(&["webhook", "register", "onemsg", "--url", "http://shop.example/x"]).await;
    assert_snapshot!(plain, @"
    exit code 2
    stderr:
    error: --url must be https, because 1MSG's calls contain customers' phone numbers
    ");
    assert_eq!(rig.local.simulator().one_msg_webhooks(), [CABINET, CRM]);
}

#[tokio::test]
async fn refused_credentials_are_reported_and_not_shown() {
    let rig = Rig::unregistered().await;
    rig.local.simulator().rotate_credentials(Provider::OneMsg);
    assert_snapshot!(rig.ops(&["webhook", "show"]).await, @"
    exit code 4
    stderr:
    error: 1MSG does not take the credentials (HTTP 401)
    next: store valid onemsg credentials in the credentials secret; `ops doctor` checks them
    ");
    assert_snapshot!(rig.ops(&["webhook", "register", "onemsg"]).await, @"
    exit code 4
    stderr:
    error: 1MSG does not take the credentials (HTTP 401)
    next: store valid onemsg credentials in the credentials secret; `ops doctor` checks them
    ");
    rig.change_credentials(|secret| secret["onemsg"] = json!(null));
    assert_snapshot!(rig.ops(&["webhook", "show"]).await);
    assert_snapshot!(rig.ops(&["webhook", "register", "onemsg"]).await, @r#"
    exit code 2
    stderr:
    error: the secret order-notifications/provider-credentials has no entry for 1MSG
    next: add the entry "onemsg"; docs/deploy.md shows its format
    "#);
}

#[tokio::test]
async fn metas_settings_are_printed_and_checked() {
    let rig = Rig::start().await;
    let token = rig.local.simulator().account().meta.verify_token;
    let instructions = rig.ops(&["webhook", "register", "meta"]).await;
    instructions.told_no_secret(&rig);
    assert_snapshot!(instructions);

    let shown = rig.ops(&["webhook", "register", "meta", "--show-secrets"]).await.ended_with(0);
    assert!(shown.contains(&token), "{shown}");

    let report = rig.json(&["webhook", "register", "meta"]).await;
    let found: Vec<_> = report["checks"].as_array().unwrap().iter().map(|check| &check["found"]).collect();
    assert_eq!(
        found,
        [&json!("challenge"), &json!({"status": 403}), &json!({"status": 200}), &json!({"status": 401})]
    );
}

#[tokio::test]
async fn metas_registration_is_shown() {
    let rig = Rig::start().await;
    let shown = rig.json(&["webhook", "show"]).await;
    assert_eq!(shown["meta"]["callback_url"]["whose"], "ours");
    assert_eq!(shown["meta"]["subscribed_apps"], json!(["The shop's notifications"]));

    rig.local.simulator().change_subscribed_apps(Vec::clear);
    assert_snapshot!("no_app", rig.ops(&["webhook", "show"]).await);
    rig.change_credentials(|secret| {
        secret["meta"].as_object_mut().unwrap().remove("waba_id");
    });
    assert_snapshot!("no_waba_id", rig.ops(&["webhook", "show"]).await);
    rig.local.simulator().set_webhook_url("https://other.example/s3cret");
    assert_snapshot!("another_url", rig.ops(&["webhook", "show"]).await);
}

#[tokio::test]
async fn kaleyras_settings_are_printed_and_checked_for_every_authentication() {
    for (name, profile) in [
        ("header", json!({"header": {"name": "X-Callback-Key", "value": "the-hidden-one"}})),
        ("basic", json!({"basic": {"username": "shop", "password": "the-hidden-one"}})),
        ("bearer", json!({"bearer": "the-hidden-one"})),
    ] {
        let rig = Rig::start().await;
        rig.change_webhook_secret(|secret| secret["kaleyra"] = profile);
        assert_snapshot!(format!("kaleyra_{name}"), rig.ops(&["webhook", "register", "kaleyra"]).await);
        let shown = rig.ops(&["webhook", "register", "kaleyra", "--show-secrets"]).await.ended_with(0);
        assert!(shown.contains("the-hidden-one"), "{shown}");
    }
}

#[tokio::test]
async fn a_webhook_that_refuses_every_call_needs_attention() {
    let rig = Rig::start().await;
    for provider in ["meta", "kaleyra"] {
        let nowhere = ("WEBHOOK_URL", "http://127.0.0.1:1");
        assert_snapshot!(
            format!("no_webhook_{provider}"),
            rig.ops_with(&["webhook", "register", provider], nowhere).await
        );
    }
    // The simulator answers every unknown path with an error, as another server at a wrong URL would.
    let wrong = rig.local.simulator().base_url(Provider::Meta);
    assert_snapshot!(
        "another_server",
        rig.ops_with(&["webhook", "register", "meta"], ("WEBHOOK_URL", &wrong)).await
    );
}

#[tokio::test]
async fn a_provider_without_a_webhook_secret_is_named() {
    let rig = Rig::start().await;
    rig.change_webhook_secret(|secret| {
        for provider in ["onemsg", "kaleyra", "meta"] {
            secret.as_object_mut().unwrap().remove(provider);
        }
    });
    assert_snapshot!(rig.ops(&["webhook", "register", "onemsg"]).await, @r#"
    exit code 2
    stderr:
    error: the secret order-notifications/webhook-secrets has no entry for 1MSG
    next: add the entry "onemsg"; docs/deploy.md shows its format
    "#);
    assert_snapshot!(rig.ops(&["webhook", "register", "kaleyra"]).await, @r#"
    exit code 2
    stderr:
    error: the secret order-notifications/webhook-secrets has no entry for Kaleyra
    next: add the entry "kaleyra"; docs/deploy.md shows its format
    "#);
    assert_snapshot!(rig.ops(&["webhook", "register", "meta"]).await, @r#"
    exit code 2
    stderr:
    error: the secret order-notifications/webhook-secrets has no entry for Meta
    next: add the entry "meta"; docs/deploy.md shows its format
    "#);
}

#[tokio::test]
async fn messages_after_the_registration_get_their_delivery_reports() {
    let rig = Rig::unregistered().await;
    // The simulator posts nothing to 1MSG's cabinet, and a test must post nothing to a host that may exist.
    rig.local.simulator().set_one_msg_webhooks(vec![CABINET.to_owned()]);
    rig.ops(&["webhook", "register", "onemsg"]).await.ended_with(0);
    let events = local::samples::read(&[local::samples::shipped()]).unwrap();
    let mut samples: Vec<_> = events.into_iter().filter(|sample| sample.name == "order-cancelled").collect();
    samples[0].set_time(jiff::Timestamp::now());
    rig.local.publisher().unwrap().publish(&samples[0].event).await.unwrap();
    let number = shared::message::OrderNumber::parse("10482").unwrap();
    for _ in 0..200 {
        let found = serde_json::to_string(&rig.local.records().order(&number).await.unwrap()).unwrap();
        if found.contains("delivered_at\":\"") {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("no status came within ten seconds");
}
