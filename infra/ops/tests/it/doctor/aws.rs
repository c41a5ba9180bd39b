//! Faults in AWS, in the settings and in the secrets.

use aws_sdk_dynamodb::types::{StreamSpecification, TimeToLiveSpecification};
use axum::http::StatusCode;
use local::LocalOptions;
use local::aws::event_bus::RULE;
use local::environment::{CREDENTIALS_SECRET, EVENT_BUS, KEY_SECRET, STACK, TABLE, WEBHOOK_SECRET};
use local::server::{Ports, Server};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::process::Command;

use super::examination::{examine, examine_by};
use crate::support::{Ran, Rig, changed_catalogue, command};

/// A privileged port without a listener.
const UNREACHABLE: &str = "http://127.0.0.1:1";

/// A local run whose functions have these settings.
async fn with_settings(settings: &[(&str, &str)]) -> Rig {
    let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Rig::with(LocalOptions { settings, ..LocalOptions::default() }).await
}

/// The tool with the functions' own variables in its environment.
fn in_the_environment(rig: &Rig, more: &[(&str, &str)]) -> Command {
    let mut command = command();
    command.args(["doctor", "--json"]);
    command.envs(rig.local.variables().environment().iter()).envs(more.iter().copied());
    command
}

#[tokio::test]
async fn settings_with_unexpected_effects_are_warnings() {
    let rig = with_settings(&[("UNKNOWN_OUTCOME", "onemsg=resend"), ("STUCK_AFTER", "1h")]).await;
    let examined = examine(&rig, &["--only", "settings"]).await;
    assert_eq!(examined.code, 0, "{examined:#?}");
    examined.assert_found("settings", "warning", "UNKNOWN_OUTCOME has onemsg=resend");
    examined.assert_found("settings", "warning", "STUCK_AFTER is 1h");
}

#[tokio::test]
async fn every_invalid_variable_is_a_fault() {
    let rig = Rig::start().await;
    let examined = examine_by(
        &mut in_the_environment(&rig, &[("STUCK_AFTER", "later"), ("CONFIRMATION_WINDOW", "soon")]),
        &rig,
    )
    .await;
    examined.assert_fault("settings", "STUCK_AFTER");
    examined.assert_fault("settings", "CONFIRMATION_WINDOW");
}

#[tokio::test]
async fn a_secret_without_a_value_or_with_faulty_fields_is_reported() {
    let rig = Rig::start().await;
    let account = rig.local.simulator().account();
    let broken = json!({
        "onemsg": {"chanel": "x", "token": account.one_msg.token},
        "meta": {"phone_number_id": account.meta.phone_number_id, "token": account.meta.token},
    });
    rig.local.secrets().put(CREDENTIALS_SECRET, broken.to_string());
    let examined = examine(&rig, &[]).await;
    examined.assert_fault("secrets", "onemsg.chanel: is unknown");
    examined.assert_fault("secrets", "onemsg.channel: is missing");
    examined.assert_found("meta", "fine", "Meta accepts the credentials");

    let nowhere =
        examine_by(&mut in_the_environment(&rig, &[("CREDENTIALS_SECRET_ID", "nowhere")]), &rig).await;
    nowhere.assert_fault("secrets", "nowhere, doesn't exist or has no value");
    nowhere.assert_fault("meta", "the provider credentials can't be read");
    nowhere.assert_found("catalogue", "fine", "loads");
}

#[tokio::test]
async fn secrets_that_do_not_match_or_are_guessable_are_found() {
    let rig = Rig::start().await;
    let account = rig.local.simulator().account();
    let webhook = json!({
        "onemsg": {"url_secret": "hunter2"},
        "meta": {"app_secret": account.meta.app_secret, "verify_token": account.meta.verify_token},
    });
    rig.local.secrets().put(WEBHOOK_SECRET, webhook.to_string());
    let examined = examine(&rig, &["--only", "secrets"]).await;
    examined.assert_fault("secrets", "onemsg.url_secret is short or simple enough to be guessed");
    examined.assert_fault("secrets", "There are credentials for kaleyra, but no webhook secret");
    examined.assert_found("secrets", "note", "AWSPREVIOUS");
}

#[tokio::test]
async fn an_unusable_key_of_the_notifications_is_a_fault() {
    let rig = Rig::start().await;
    rig.local.secrets().put(KEY_SECRET, r#"{"key": "too short"}"#);
    let examined = examine(&rig, &["--only", "secrets"]).await;
    examined.assert_fault("secrets", "the key is shorter than 32 characters");
    examined.assert_found("secrets", "warning", "The key of the notifications was changed");
}

#[tokio::test]
async fn the_rule_is_checked_on_the_bus_of_the_order_events() {
    let rig = Rig::start().await;
    let named = [
        ("ORDER_EVENTS_RULE_NAME", RULE),
        ("EVENT_BUS_NAME", "of-the-status-events"),
        ("ORDER_EVENT_BUS_NAME", EVENT_BUS),
    ];
    let examined = examine_by(&mut in_the_environment(&rig, &named[..2]), &rig).await;
    examined.assert_fault(
        "bus",
        "There is no rule order-notifications-order-events on the bus of-the-status-events",
    );
    let examined = examine_by(&mut in_the_environment(&rig, &named), &rig).await;
    examined.assert_found("bus", "fine", "matches the catalogue's events");
}

#[tokio::test]
async fn a_provider_of_the_catalogue_without_credentials_is_found() {
    let rig = Rig::start().await;
    let account = rig.local.simulator().account();
    let onemsg = json!({"onemsg": {"channel": account.one_msg.channel, "token": account.one_msg.token}});
    rig.local.secrets().put(CREDENTIALS_SECRET, onemsg.to_string());
    let examined = examine(&rig, &["--only", "secrets,kaleyra"]).await;
    examined.assert_fault("secrets", "no other provider can send order-status-changed");
    examined.assert_found("secrets", "warning", "webhook secret for kaleyra, but there are no credentials");
    examined.assert_found("kaleyra", "note", "Kaleyra isn't used");
}

#[tokio::test]
async fn a_faulty_catalogue_is_a_fault_and_the_rest_is_still_checked() {
    let rig = Rig::start().await;
    let faulty = changed_catalogue("max_age = \"3d\"", "max_age = \"soon\"");
    let examined = examine(&rig, &["--catalogue", faulty.path()]).await;
    examined.assert_fault("catalogue", "max_age");
    examined.assert_found("bus", "note", "is unknown");
    examined.assert_found("webhook", "fine", "1MSG");
}

#[tokio::test]
async fn a_catalogue_that_contradicts_a_definition_is_found() {
    let rig = Rig::start().await;
    let short = changed_catalogue(r#", "detail.product.name", "detail.next_step"]"#, "]");
    let examined = examine(&rig, &["--only", "catalogue,meta", "--catalogue", short.path()]).await;
    examined.assert_found("catalogue", "fault", "fills 2 variables of order_return, which has 4");
    examined.assert_fault("meta", "order_return (en_US) is not as the catalogue fills it: body fills 2 variables of order_return, which has 4");
}

#[tokio::test]
async fn a_rule_that_misses_a_source_of_the_catalogue_is_found() {
    let rig = Rig::start().await;
    let other = changed_catalogue("[\"wms\"]", "[\"warehouse\"]");
    let examined = examine(&rig, &["--only", "bus", "--catalogue", other.path()]).await;
    examined.assert_fault("bus", "doesn't match \"Stock Arrived\" of warehouse, which stock-arrived needs");
}

#[tokio::test]
async fn a_missing_rule_or_queue_is_found() {
    let rig = Rig::start().await;
    let elsewhere = [
        ("ORDER_EVENTS_RULE_NAME", "no-such-rule"),
        ("ORDER_EVENTS_QUEUE_URL", "http://127.0.0.1/1/no-such-queue"),
    ];
    let examined = examine_by(&mut in_the_environment(&rig, &elsewhere), &rig).await;
    examined.assert_fault("bus", "There is no rule no-such-rule");
    examined.assert_fault("queues", "The queue no-such-queue of order events doesn't exist");
}

#[tokio::test]
async fn a_missing_rule_of_the_delivery_events_is_a_fault() {
    let rig = Rig::start().await;
    let queues = [
        ("ORDER_EVENTS_RULE_NAME", RULE),
        ("DELIVERY_EVENTS_QUEUE_URL", "http://127.0.0.1/111122223333/delivery-events"),
        ("DELIVERY_EVENTS_RULE_NAME", "no-such-rule"),
    ];
    let examined = examine_by(&mut in_the_environment(&rig, &queues), &rig).await;
    examined.assert_fault("bus", "There is no rule no-such-rule on the bus default");
    examined.assert_found("bus", "fine", "matches the catalogue's events");
    let examined = examine_by(&mut in_the_environment(&rig, &queues[..2]), &rig).await;
    examined.assert_fault("bus", "DELIVERY_EVENTS_RULE_NAME is not set");
    // Without the queue there is no channel of AWS, and so no rule.
    let examined = examine_by(&mut in_the_environment(&rig, &queues[..1]), &rig).await;
    assert_eq!(examined.texts("bus", "fault"), Vec::<&str>::new(), "{examined:#?}");
}

#[tokio::test]
async fn dead_letters_are_counted_and_stay_in_their_queue() {
    let rig = Rig::start().await;
    let letters = rig.local.queue().dead_letter_queue().unwrap();
    letters.send("{}");
    letters.send("{}");
    rig.local.undelivered().send("{}");
    let examined = examine(&rig, &["--only", "queues"]).await;
    assert_eq!(examined.code, 0, "{examined:#?}");
    examined.assert_found("queues", "warning", "2 order events could not be processed");
    examined.assert_found("queues", "warning", ", one of them since 20");
    examined.assert_found("queues", "warning", "1 order event could not be queued");
    assert_eq!((letters.depth().visible, rig.local.undelivered().depth().visible), (2, 1));
}

#[tokio::test]
async fn a_missing_table_is_found() {
    let rig = with_settings(&[("TABLE_NAME", "another-table")]).await;
    let examined = examine(&rig, &["--only", "table"]).await;
    examined.assert_fault("table", "There is no table another-table");
}

#[tokio::test]
async fn a_table_that_was_changed_by_hand_is_found() {
    let rig = Rig::start().await;
    let client = rig.local.dynamodb().client();
    let expiry =
        TimeToLiveSpecification::builder().attribute_name("expires_at").enabled(false).build().unwrap();
    client.update_time_to_live().table_name(TABLE).time_to_live_specification(expiry).send().await.unwrap();
    let stream = StreamSpecification::builder().stream_enabled(false).build().unwrap();
    client.update_table().table_name(TABLE).stream_specification(stream).send().await.unwrap();
    let examined = examine(&rig, &["--only", "table"]).await;
    examined.assert_fault("table", "never expire");
    examined.assert_fault("table", "has no stream");
}

/// An AWS service that answers every request with this error.
async fn refusing(code: &'static str) -> Server {
    let answer = move || async move {
        (StatusCode::BAD_REQUEST, axum::Json::<Value>(json!({ "__type": code, "message": "not for you" })))
    };
    let listener = Ports::Any.listen(0, "a service that refuses").await.unwrap();
    Server::start(listener, axum::Router::new().fallback(answer)).unwrap()
}

#[tokio::test]
async fn a_missing_permission_is_a_warning_and_hides_no_other_finding() {
    let rig = Rig::start().await;
    let service = refusing("AccessDeniedException").await;
    let mut command = in_the_environment(&rig, &[("AWS_ENDPOINT_URL_DYNAMODB", &service.url())]);
    let examined = examine_by(&mut command, &rig).await;
    examined.assert_found("table", "warning", "may not dynamodb:DescribeTable");
    examined.assert_found("table", "warning", "may not dynamodb:GetItem");
    examined.assert_found("secrets", "fine", "has the correct format");
}

#[tokio::test]
async fn a_service_that_never_answers_is_found_within_the_time_limit() {
    let rig = Rig::start().await;
    // The listener accepts connections, and never reads from them.
    let service = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", service.local_addr().unwrap());
    let mut command = in_the_environment(&rig, &[("AWS_ENDPOINT_URL_DYNAMODB", &url)]);
    let examined = examine_by(command.args(["--timeout", "2s"]), &rig).await;
    examined.assert_fault("table", "took longer than 2s");
    examined.assert_found("secrets", "fine", "has the correct format");
}

#[tokio::test]
async fn the_exit_code_is_4_only_if_aws_answers_no_request() {
    let rig = Rig::start().await;
    let services = ["DYNAMODB", "SECRETS_MANAGER", "SQS", "EVENTBRIDGE"];
    let mut all = in_the_environment(&rig, &[("ORDER_EVENTS_RULE_NAME", "rule")]);
    all.envs(services.map(|service| (format!("AWS_ENDPOINT_URL_{service}"), UNREACHABLE)));
    let examined = examine_by(&mut all, &rig).await;
    assert_eq!(examined.code, 4, "{examined:#?}");
    assert_eq!(examined.texts("queues", "fault").len(), 1, "{examined:#?}");
    examined.assert_found("table", "fault", "no answer to dynamodb:DescribeTable");
    examined.assert_found("settings", "fine", "would start");

    let service = refusing("ExpiredTokenException").await;
    let mut one = in_the_environment(&rig, &[("AWS_ENDPOINT_URL_DYNAMODB", &service.url())]);
    let examined = examine_by(&mut one, &rig).await;
    examined.assert_fault("table", "doesn't accept these credentials (ExpiredTokenException)");
}

#[tokio::test]
async fn an_environment_without_a_deployment_is_a_usage_error() {
    let ran = Ran::from_output(command().args(["doctor"]).output().await.unwrap());
    assert!(ran.code == 2 && ran.stderr.contains("--stack NAME"), "{ran:?}");
    let ran = Ran::from_output(command().args(["doctor", "--only", "catalogue"]).output().await.unwrap());
    assert!(ran.ended_with(0).contains("notifications.toml loads: 6 notifications."));
}

#[tokio::test]
async fn a_stack_is_checked_more_strictly_than_a_local_run() {
    let rig = Rig::start().await;
    let mut stack = in_the_environment(&rig, &[("AWS_ENDPOINT_URL_CLOUDFORMATION", &rig.local.lookup_url())]);
    let examined = examine_by(stack.args(["--stack", STACK]).env_remove("KALEYRA_BASE_URL"), &rig).await;
    examined.assert_fault("webhook", "is not https");
    examined.assert_fault("queues", "UNPUBLISHED_STATUSES_QUEUE_URL is not set");
    examined.assert_found("settings", "warning", "ONEMSG_BASE_URL is http://127.0.0.1");
    examined.assert_found("settings", "warning", "CONFIRMATION_WINDOW is 10s");
    examined.assert_found("settings", "warning", "alarms have no receiver");
    examined.assert_found("table", "warning", "deletion protection is off");
    examined.assert_found("secrets", "fault", "kaleyra.base_url is not https");
    examined.assert_found("bus", "fine", "order-notifications-delivery-events puts AWS's events");
    examined.assert_found("bus", "fine", "matches the catalogue's events");
}
