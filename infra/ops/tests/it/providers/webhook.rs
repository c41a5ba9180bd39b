//! Registers our webhook with the providers.

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
async fn a_channel_is_set_up_and_keeps_the_urls_that_it_had() {
    let rig = Rig::unregistered().await;
    let shown = rig.ops(&["webhook", "show"]).await;
    shown.told_no_secret(&rig);
    let text = shown.ended_with(1);
    assert!(
        text.contains("our URL is not among them") && text.contains("acknowledgements are off"),
        "{text}"
    );

    let registered = rig.ops(&["webhook", "register", "onemsg"]).await;
    registered.told_no_secret(&rig);
    let text = registered.ended_with(0);
    assert!(text.contains("our URL was added") && text.contains("acknowledgements were turned on"), "{text}");
    assert!(text.contains("https://crm.example/…") && !text.contains("s3cret-of-the-crm"), "{text}");
    assert!(text.contains("/webhooks/onemsg/<url_secret>"), "{text}");
    let list = [CABINET.to_owned(), CRM.to_owned(), rig.our_url()];
    assert_eq!(rig.local.simulator().one_msg_webhooks(), list);
    assert_eq!(rig.local.simulator().acknowledgements(), Acknowledgements::On);

    let again = rig.ops(&["webhook", "register", "onemsg"]).await.ended_with(0);
    assert!(again.contains("our URL was there") && again.contains("acknowledgements are on"), "{again}");
    assert_eq!(rig.local.simulator().one_msg_webhooks(), list);
    rig.ops(&["webhook", "show"]).await.ended_with(0);
}

#[tokio::test]
async fn a_dry_run_writes_nothing() {
    let rig = Rig::unregistered().await;
    let text = rig.ops(&["webhook", "register", "onemsg", "--dry-run"]).await.ended_with(0);
    assert!(text.contains("nothing was written") && text.contains("would be added"), "{text}");
    let report = rig.json(&["webhook", "register", "onemsg", "--dry-run"]).await;
    assert_eq!(report["our_url"], "added");
    assert_eq!(report["before"].as_array().unwrap().len(), 2);
    assert_eq!(report["after"][2]["whose"], "ours");
    assert_eq!(report["acknowledgements"], "turned_on");
    assert_eq!(rig.local.simulator().one_msg_webhooks(), [CABINET, CRM]);
    assert_eq!(rig.local.simulator().acknowledgements(), Acknowledgements::Off);
}

#[tokio::test]
async fn a_list_that_comes_as_one_text_is_kept_too() {
    let rig = Rig::unregistered().await;
    rig.local.simulator().tell_one_msg_webhooks_as(WebhookList::Text);
    rig.ops(&["webhook", "register", "onemsg"]).await.ended_with(0);
    assert_eq!(rig.local.simulator().one_msg_webhooks(), [CABINET.to_owned(), CRM.to_owned(), rig.our_url()]);
}

#[tokio::test]
async fn a_url_with_the_secret_of_before_is_told_apart_and_kept() {
    let rig = Rig::unregistered().await;
    let before = format!("{}/webhooks/onemsg/s3cret-of-before", rig.local.webhook_url());
    rig.local.simulator().set_one_msg_webhooks(vec![before.clone()]);
    let text = rig.ops(&["webhook", "register", "onemsg"]).await.ended_with(0);
    assert!(text.contains("ours, with another secret") && !text.contains("s3cret-of-before"), "{text}");
    assert_eq!(rig.local.simulator().one_msg_webhooks(), [before, rig.our_url()]);
}

#[tokio::test]
async fn a_full_list_is_left_as_it_is() {
    let rig = Rig::unregistered().await;
    let five: Vec<String> = (0..5).map(|number| format!("https://host{number}.example/s3cret")).collect();
    rig.local.simulator().set_one_msg_webhooks(five.clone());
    let refused = rig.ops(&["webhook", "register", "onemsg"]).await;
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("https://host4.example/…"), "{refused:?}");
    assert!(!refused.stderr.contains("s3cret"), "{refused:?}");
    assert_eq!(rig.local.simulator().one_msg_webhooks(), five);
    assert_eq!(rig.local.simulator().acknowledgements(), Acknowledgements::Off);
}

#[tokio::test]
async fn a_webhook_that_does_not_answer_is_not_registered() {
    let rig = Rig::unregistered().await;
    let elsewhere = "http://127.0.0.1:1/webhooks/onemsg/s3cret";
    let refused = rig.ops(&["webhook", "register", "onemsg", "--url", elsewhere]).await;
    assert_eq!(refused.code, 4);
    assert!(refused.stderr.contains("nobody answers at its address. Nothing was written"), "{refused:?}");
    assert!(!refused.stderr.contains("s3cret"), "{refused:?}");
    let plain = rig.ops(&["webhook", "register", "onemsg", "--url", "http://shop.example/x"]).await;
    assert_eq!(plain.code, 2);
    assert_eq!(rig.local.simulator().one_msg_webhooks(), [CABINET, CRM]);
}

#[tokio::test]
async fn credentials_that_one_msg_does_not_take_are_named_and_not_shown() {
    let rig = Rig::unregistered().await;
    rig.local.simulator().rotate_credentials(Provider::OneMsg);
    for action in [&["webhook", "show"][..], &["webhook", "register", "onemsg"]] {
        let refused = rig.ops(action).await;
        refused.told_no_secret(&rig);
        assert!(refused.stderr.contains("1MSG does not take the credentials (HTTP 401)"), "{refused:?}");
        assert!(!refused.stderr.contains("eyJ"), "{refused:?}");
        assert_eq!(refused.code, 4);
    }
    rig.change_credentials(|secret| secret["onemsg"] = json!(null));
    let shown = rig.ops(&["webhook", "show"]).await.ended_with(0);
    assert!(shown.contains("1MSG: the credentials secret doesn't name it"), "{shown}");
    let refused = rig.ops(&["webhook", "register", "onemsg"]).await;
    assert!(refused.stderr.contains("says nothing of 1MSG"), "{refused:?}");
    assert_eq!(refused.code, 2);
}

#[tokio::test]
async fn what_to_enter_at_meta_is_printed_and_checked() {
    let rig = Rig::start().await;
    let token = rig.local.simulator().account().meta.verify_token;
    let recipe = rig.ops(&["webhook", "register", "meta"]).await;
    recipe.told_no_secret(&rig);
    let text = recipe.ended_with(0);
    assert!(text.contains(&format!("{}/webhooks/meta", rig.local.webhook_url())), "{text}");
    assert!(
        text.contains("the value of meta.verify_token in the secret order-notifications/webhook-secrets"),
        "{text}"
    );
    assert!(
        text.contains(&format!("/v25.0/{}/subscribed_apps", rig.local.simulator().account().meta.waba_id))
    );
    assert_eq!(text.matches("as it should be").count(), 4, "{text}");

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
async fn where_meta_reports_to_is_shown() {
    let rig = Rig::start().await;
    let shown = rig.json(&["webhook", "show"]).await;
    assert_eq!(shown["meta"]["callback_url"]["whose"], "ours");
    assert_eq!(shown["meta"]["subscribed_apps"], json!(["The shop's notifications"]));

    rig.local.simulator().change_subscribed_apps(Vec::clear);
    let text = rig.ops(&["webhook", "show"]).await.ended_with(1);
    assert!(text.contains("no app is subscribed"), "{text}");
    rig.change_credentials(|secret| {
        secret["meta"].as_object_mut().unwrap().remove("waba_id");
    });
    let text = rig.ops(&["webhook", "show"]).await.ended_with(0);
    assert!(text.contains("subscribed apps: not known"), "{text}");

    rig.local.simulator().set_webhook_url("https://other.example/s3cret");
    let other = rig.ops(&["webhook", "show"]).await;
    assert!(
        other.stdout.contains("https://other.example/…") && !other.stdout.contains("s3cret"),
        "{other:?}"
    );
    assert!(other.ended_with(1).contains("that is not our URL"));
}

#[tokio::test]
async fn what_to_enter_at_kaleyra_is_printed_and_checked_for_every_sort_of_authentication() {
    for (profile, named, hidden) in [
        (
            json!({"header": {"name": "X-Callback-Key", "value": "k-hidden"}}),
            "kaleyra.header.value",
            "k-hidden",
        ),
        (
            json!({"basic": {"username": "shop", "password": "p-hidden"}}),
            "kaleyra.basic.password",
            "p-hidden",
        ),
        (json!({"bearer": "b-hidden"}), "kaleyra.bearer", "b-hidden"),
    ] {
        let rig = Rig::start().await;
        rig.change_webhook_secret(|secret| secret["kaleyra"] = profile);
        let text = rig.ops(&["webhook", "register", "kaleyra"]).await.ended_with(0);
        assert!(text.contains(&format!("the value of {named} in the secret")), "{text}");
        assert!(text.contains(&format!("{}/webhooks/kaleyra", rig.local.webhook_url())), "{text}");
        assert!(!text.contains(hidden), "{text}");
        assert_eq!(text.matches("as it should be").count(), 2, "{text}");
        let shown = rig.ops(&["webhook", "register", "kaleyra", "--show-secrets"]).await.ended_with(0);
        assert!(shown.contains(hidden), "{shown}");
    }
}

#[tokio::test]
async fn a_webhook_that_lets_nobody_in_needs_attention() {
    let rig = Rig::start().await;
    for (provider, checks) in [("meta", 4), ("kaleyra", 2)] {
        let nowhere = ("WEBHOOK_URL", "http://127.0.0.1:1");
        let text = rig.ops_with(&["webhook", "register", provider], nowhere).await.ended_with(1);
        assert_eq!(text.matches("nobody answers at its address").count(), checks, "{text}");
    }
    // The simulator answers every unknown path with an error, as another server at a wrong URL would.
    let wrong = rig.local.simulator().base_url(Provider::Meta);
    let text = rig.ops_with(&["webhook", "register", "meta"], ("WEBHOOK_URL", &wrong)).await.ended_with(1);
    assert!(text.contains("HTTP 400, and should be HTTP 200 with the challenge"), "{text}");
}

#[tokio::test]
async fn a_provider_without_a_webhook_secret_is_named() {
    let rig = Rig::start().await;
    rig.change_webhook_secret(|secret| {
        for provider in ["onemsg", "kaleyra", "meta"] {
            secret.as_object_mut().unwrap().remove(provider);
        }
    });
    for provider in ["onemsg", "kaleyra", "meta"] {
        let refused = rig.ops(&["webhook", "register", provider]).await;
        assert_eq!(refused.code, 2);
        assert!(
            refused.stderr.contains("the secret order-notifications/webhook-secrets says nothing of"),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_message_that_is_sent_after_the_registration_is_followed_to_its_end() {
    let rig = Rig::unregistered().await;
    // The simulator posts nothing to 1MSG's cabinet, and a test must post nothing to a host that may exist.
    rig.local.simulator().set_one_msg_webhooks(vec![CABINET.to_owned()]);
    rig.ops(&["webhook", "register", "onemsg"]).await.ended_with(0);
    let events = local::samples::read(&[local::samples::shipped()]).unwrap();
    let mut samples: Vec<_> = events.into_iter().filter(|sample| sample.name == "order-cancelled").collect();
    local::samples::refresh(&mut samples, jiff::Timestamp::now()).unwrap();
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
