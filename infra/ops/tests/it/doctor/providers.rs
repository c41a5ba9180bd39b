//! Faults at the providers.

use local::environment::WEBHOOK_SECRET;
use local::simulator::{Acknowledgements, Provider, Template, TemplateStatus};
use serde_json::json;

use super::examination::{assert_shows_no_secret, examine};
use crate::support::Rig;

#[tokio::test]
async fn a_token_that_was_rotated_at_the_provider_is_found() {
    let rig = Rig::start().await;
    let before = rig.local.simulator().account();
    for (provider, area, said) in [
        (Provider::OneMsg, "onemsg", "1MSG does not take the credentials (HTTP 401)"),
        (Provider::Kaleyra, "kaleyra", "Kaleyra does not take the credentials (HTTP 401)"),
        (Provider::Meta, "meta", "Meta does not take the credentials (HTTP 401)"),
    ] {
        rig.local.simulator().rotate_credentials(provider);
        let examined = examine(&rig, &["--only", area]).await;
        examined.assert_fault(area, said);
        assert_eq!(examined.faults(), 1, "{examined:#?}");
    }
    assert_shows_no_secret(&rig.ops(&["doctor"]).await, &before);
}

#[tokio::test]
async fn a_webhook_that_is_not_registered_at_1msg_is_found() {
    let rig = Rig::start().await;
    rig.local.simulator().set_one_msg_webhooks(vec!["https://crm.example/hooks/their-secret".to_owned()]);
    let ran = rig.ops(&["doctor", "--only", "onemsg"]).await;
    assert!(ran.stdout.contains(&format!("`ops webhook register onemsg {}`", rig.local_option())), "{ran:?}");
    assert!(ran.stdout.contains("crm.example") && !ran.stdout.contains("their-secret"), "{ran:?}");
    let examined = examine(&rig, &["--only", "onemsg"]).await;
    examined.assert_fault("onemsg", "its URL isn't registered");
}

#[tokio::test]
async fn acknowledgements_that_are_off_are_found() {
    let rig = Rig::start().await;
    rig.local.simulator().set_acknowledgements(Acknowledgements::Off);
    let examined = examine(&rig, &["--only", "onemsg"]).await;
    examined.assert_fault("onemsg", "ackNotificationsOn is off");
}

#[tokio::test]
async fn a_webhook_secret_that_differs_from_the_registered_one_is_found() {
    let rig = Rig::start().await;
    rig.local.simulator().rotate_webhook_secret(Provider::OneMsg);
    let examined = examine(&rig, &["--only", "onemsg"]).await;
    examined.assert_fault("onemsg", "with an invalid secret");

    let rig = Rig::start().await;
    let webhook = json!({ "onemsg": { "url_secret": "0c44e1b78d3f6a929f2c61d07be4835a" } });
    rig.local.secrets().put(WEBHOOK_SECRET, webhook.to_string());
    let examined = examine(&rig, &["--only", "onemsg"]).await;
    examined.assert_found("onemsg", "warning", "with the previous secret");
}

/// Changes one of an account's templates.
fn change_template(
    rig: &Rig,
    provider: Provider,
    name: &str,
    language: &str,
    change: impl FnOnce(&mut Template),
) {
    rig.local.simulator().change_templates(provider, |templates| {
        let is_it = |template: &&mut Template| template.name == name && template.language == language;
        change(templates.iter_mut().find(is_it).unwrap());
    });
}

#[tokio::test]
async fn a_paused_rejected_or_differently_filled_template_is_found() {
    for (provider, area, called) in
        [(Provider::Meta, "meta", "Meta"), (Provider::Kaleyra, "kaleyra", "Kaleyra")]
    {
        let rig = Rig::start().await;
        change_template(&rig, provider, "order_return", "es", |it| it.status = TemplateStatus::Paused);
        change_template(&rig, provider, "order_cancelled", "en_US", |it| {
            it.status = TemplateStatus::Rejected;
        });
        change_template(&rig, provider, "stock_arrived", "es", |it| {
            it.text = "Hola, {{1}}, {{2}}.".to_owned();
        });
        let examined = examine(&rig, &["--only", area]).await;
        examined.assert_fault(area, &format!("{called}'s template order_return (es) is paused"));
        examined.assert_fault(area, &format!("{called}'s template order_cancelled (en_US) was rejected"));
        examined.assert_fault(area, "stock_arrived (es) is not as the catalogue fills it: body fills 4 variables of stock_arrived, which has 2");
        assert_eq!(examined.faults(), 3, "{examined:#?}");
    }
}

#[tokio::test]
async fn a_missing_template_or_language_is_found() {
    let rig = Rig::start().await;
    rig.local.simulator().change_templates(Provider::Meta, |templates| {
        templates.retain(|it| {
            it.name != "stock_arrived" && (it.name.as_str(), it.language.as_str()) != ("order_status", "es")
        });
    });
    let examined = examine(&rig, &["--only", "meta"]).await;
    examined.assert_fault("meta", "stock_arrived (es) doesn't exist.");
    examined.assert_fault("meta", "order_status (es) doesn't exist; its languages are en_US");
}

#[tokio::test]
async fn a_missing_subscription_and_another_callback_url_are_found() {
    let rig = Rig::start().await;
    rig.local.simulator().change_subscribed_apps(Vec::clear);
    let examined = examine(&rig, &["--only", "meta"]).await;
    examined.assert_fault("meta", "No app is subscribed to the WhatsApp business account");
    assert_eq!(examined.faults(), 1, "{examined:#?}");

    rig.local.simulator().set_webhook_url("https://another.example");
    let examined = examine(&rig, &["--only", "meta"]).await;
    examined.assert_fault("meta", "Meta's callback URL is at another.example, not this deployment's webhook");
}
