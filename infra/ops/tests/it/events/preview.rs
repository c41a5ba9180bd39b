//! `ops preview`: predicts an event's message without a send.

use jiff::{SignedDuration, Timestamp};
use ops::events::file::set_time;
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;

use super::sample;
use crate::support::{File, Ran, Rig, changed_catalogue, command};

const SAMPLE: &str = "tests/events/order-cancelled.json";

/// Runs `ops preview <arguments> --json` without a deployment. Returns the exit code and the report.
async fn preview(arguments: &[&str]) -> (i32, Value) {
    let output = command().arg("preview").args(arguments).arg("--json").output().await.unwrap();
    let report =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error} in {output:?}"));
    (output.status.code().unwrap(), report)
}

#[tokio::test]
async fn every_provider_and_every_language_is_shown_and_no_deployment_is_needed() {
    let (code, report) = preview(&[SAMPLE, "--now"]).await;
    assert_eq!((code, &report["notification"]), (0, &Value::from("order-cancelled")));
    assert_eq!(report["forecast"], "sent", "however old the sample is");
    assert_eq!(report["key"], Value::Null, "it is made with a deployment's secret");
    let bodies: Vec<&str> =
        report["messages"].as_array().unwrap().iter().map(|look| look["body"].as_str().unwrap()).collect();
    assert_eq!(bodies.len(), 2, "English and Spanish: {bodies:?}");
    assert!(
        bodies.iter().all(|body| body.contains("Alexey") && body.contains("10482") && !body.contains("{{"))
    );
    let urls: Vec<&str> = report["routes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|route| route["request"]["url"].as_str().unwrap())
        .collect();
    assert_eq!(
        urls,
        [
            "https://api.1msg.io/CHANNEL/sendTemplate",
            "https://graph.facebook.com/v25.0/PHONE_NUMBER_ID/messages",
            "https://KALEYRA_BASE_URL/v2/SID/whatsapp/SENDER/messages",
        ]
    );
    let (_, spanish) = preview(&[SAMPLE, "--provider", "meta", "--language", "es"]).await;
    assert_eq!(spanish["routes"].as_array().unwrap().len(), 1);
    assert_eq!(spanish["routes"][0]["request"]["body"]["template"]["language"]["code"], "es");
    assert!(spanish["messages"][0]["body"].as_str().unwrap().starts_with("¡Hola"));
    let (code, german) = preview(&[SAMPLE, "--provider", "meta", "--language", "de"]).await;
    assert_eq!((code, &german["routes"][0]["language"]), (0, &Value::from("en_US")));
    assert!(german["remarks"][0].as_str().unwrap().contains("isn't there in de"), "{german}");
}

#[tokio::test]
async fn a_changed_catalogue_entry_is_previewed() {
    let before = r#"body        = ["detail.customer.name", "detail.order.number", "detail.product.name", "detail.next_step"]

[notifications.order-cancelled.templates]"#;
    let swapped = before.replace(
        r#""detail.product.name", "detail.next_step""#,
        r#""detail.next_step", "detail.product.name""#,
    );
    let (code, report) = preview(&[SAMPLE, "--catalogue", changed_catalogue(before, &swapped).path()]).await;
    assert_eq!(code, 0);
    let body = report["messages"][0]["body"].as_str().unwrap();
    assert!(body.ends_with("Wireless headphones."), "{body}");

    let too_few = before.replace(r#", "detail.next_step"]"#, "]");
    let (code, report) = preview(&[SAMPLE, "--catalogue", changed_catalogue(before, &too_few).path()]).await;
    assert_eq!(code, 1);
    let problem = report["problems"][0]["problem"].as_str().unwrap();
    assert!(problem.contains("gives 3 variables") && problem.contains("has 4"), "{problem}");
}

#[tokio::test]
async fn a_time_that_cannot_be_read_is_remarked() {
    let timed = "key = \"detail.order.number\"\ntime = \"detail.cancelled_at\"\n[notifications.order-cancelled.templates]";
    let catalogue = changed_catalogue("[notifications.order-cancelled.templates]", timed);
    let mut event = sample("order-cancelled");
    for (time, is_remarked) in [("2026-11-20 09:00:00", true), ("2026-11-20T09:00:00Z", false)] {
        event["detail"]["cancelled_at"] = time.into();
        let file = File::with(&event.to_string());
        let (code, report) = preview(&[file.path(), "--catalogue", catalogue.path()]).await;
        let remarks = report["remarks"].to_string();
        assert_eq!((code, remarks.contains("finds no time with a zone")), (0, is_remarked), "{report}");
    }
}

#[tokio::test]
async fn the_faults_of_a_catalogue_come_all_at_once() {
    let faulty = changed_catalogue(r#"max_age = "3d""#, r#"max_age = "soon""#);
    let text = std::fs::read_to_string(faulty.path())
        .unwrap()
        .replace("detail.order.number\"\nrecipient", "detail.[\"\nrecipient");
    std::fs::write(faulty.path(), text).unwrap();
    let (code, report) = preview(&[SAMPLE, "--catalogue", faulty.path()]).await;
    assert_eq!((code, &report["result"]), (1, &Value::from("catalogue_faulty")));
    assert!(report["faults"].as_array().unwrap().len() > 5, "{report}");
}

#[tokio::test]
async fn the_faults_of_an_event_and_its_nearest_entries_are_told_in_their_places() {
    let (code, report) = preview(&["tests/events/order-cancelled-invalid.json"]).await;
    assert_eq!((code, &report["result"]), (1, &Value::from("invalid")));
    let places: Vec<&str> =
        report["faults"].as_array().unwrap().iter().map(|fault| fault["place"].as_str().unwrap()).collect();
    assert_eq!(
        places,
        ["recipient (detail.customer.phone)", "body[0] (detail.customer.name)", "body[3] (detail.next_step)"]
    );

    let mut event = sample("order-cancelled");
    event["detail-type"] = "Order Canceled".into();
    let (code, report) = preview(&[File::with(&event.to_string()).path()]).await;
    assert_eq!((code, &report["result"]), (1, &Value::from("ignored")));
    assert_eq!(report["nearest"][0]["notification"], "order-cancelled");
}

#[tokio::test]
async fn a_queues_message_is_read_from_standard_input() {
    let message = serde_json::json!({ "Messages": [{ "Body": sample("order-cancelled").to_string() }] });
    let mut tool = command();
    tool.args(["preview", "-", "--json"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped());
    let mut running = tool.spawn().unwrap();
    running.stdin.take().unwrap().write_all(message.to_string().as_bytes()).await.unwrap();
    let report: Value = serde_json::from_slice(&running.wait_with_output().await.unwrap().stdout).unwrap();
    assert_eq!((&report["form"], &report["order"]), (&Value::from("queue_message"), &Value::from("10482")));
}

#[tokio::test]
async fn a_deployments_ids_stand_in_the_requests_its_secrets_never_and_what_was_told_is_not_told_again() {
    let rig = Rig::played().await;
    let accepted = rig.accepted();
    let report = rig.json(&["preview", SAMPLE]).await;
    assert_eq!((&report["forecast"], &report["state"]), (&Value::from("done"), &Value::from("accepted")));
    assert_eq!(rig.accepted(), accepted);
    let credentials: Value = serde_json::from_str(&rig.local.simulator().credentials_json()).unwrap();
    let channel = credentials["onemsg"]["channel"].as_str().unwrap();
    assert!(report["routes"][0]["request"]["url"].as_str().unwrap().contains(channel));
    let text = rig.ops(&["preview", SAMPLE]).await.ended_with(0);
    for secret in [
        &credentials["onemsg"]["token"],
        &credentials["meta"]["token"],
        &credentials["kaleyra"]["api_key"],
        &credentials["kaleyra"]["sender"],
    ] {
        let secret = secret.as_str().unwrap();
        assert!(!text.contains(secret) && !report.to_string().contains(secret));
    }
    assert!(text.contains("Bearer <token>") && text.contains("is accepted already"), "{text}");
}

#[tokio::test]
async fn an_order_status_that_a_newer_one_has_overtaken_would_be_suppressed() {
    let rig = Rig::played().await;
    let mut event = sample("order-status-shipped");
    set_time(&mut event, Timestamp::now() - SignedDuration::from_hours(1));
    event["detail"]["order"]["description"] = "another".into();
    let report = rig.json(&["preview", File::with(&event.to_string()).path()]).await;
    assert_eq!(
        (&report["forecast"], &report["reason"]["code"]),
        (&Value::from("ended"), &Value::from("superseded"))
    );
}

#[tokio::test]
async fn one_provider_is_spoken_of_alone_and_what_is_said_is_in_words() {
    let output = command().args(["preview", SAMPLE, "--provider", "meta"]).output().await.unwrap();
    let text = Ran::of(output).ended_with(0);
    assert!(!text.contains("onemsg") && !text.contains("kaleyra"), "{text}");
    assert!(text.contains("; at most 3 days\n"), "{text}");
    assert!(text.contains("detail.next_step ends with a full stop, which is left out"), "{text}");

    let mut event = sample("order-cancelled");
    event["time"] = "2020-01-01T00:00:00Z".into();
    let output = command().args(["preview", File::with(&event.to_string()).path()]).output().await.unwrap();
    let text = Ran::of(output).ended_with(0);
    assert!(text.contains("would be suppressed") && text.contains(" days "), "{text}");
    assert!(text.contains("What each provider would be asked otherwise"), "{text}");
}

#[tokio::test]
async fn a_template_that_is_not_defined_is_told_where_its_text_would_stand() {
    let misspelt = changed_catalogue(
        r#"meta    = { name = "order_cancelled""#,
        r#"meta    = { name = "order_canceled""#,
    );
    let output = command().args(["preview", SAMPLE, "--catalogue", misspelt.path()]).output().await.unwrap();
    let text = Ran::of(output).ended_with(0);
    let seen = text.split("What the customer sees").nth(1).unwrap();
    assert!(seen.contains("no text is defined for meta's order_canceled in en_US"), "{text}");
}

#[tokio::test]
async fn a_file_that_holds_no_json_object_is_named_and_not_offered_to_force() {
    let rig = Rig::played().await;
    let id =
        rig.json(&["invalid", "list"]).await["invalid_events"][0]["event_id"].as_str().unwrap().to_owned();
    for (text, said) in
        [("{\"a\": 1,}", "is not JSON: line 1"), ("", "is empty"), ("[]", "is no JSON object")]
    {
        let file = File::with(text);
        for arguments in [
            &["preview", file.path()][..],
            &["send", file.path()],
            &["invalid", "replay", &id, "--file", file.path()],
        ] {
            let ran = rig.ops(arguments).await;
            assert!(ran.code == 2 && ran.stderr.contains(&format!("{} {said}", file.path())), "{ran:?}");
            assert!(!ran.stdout.contains("--force") && !ran.stderr.contains("--force"), "{ran:?}");
        }
    }
}

#[tokio::test]
async fn what_was_told_is_warned_of_where_its_values_have_changed_since() {
    let rig = Rig::start().await;
    let mut event = sample("order-cancelled");
    rig.ops(&["send", File::with(&event.to_string()).path()]).await.ended_with(0);
    rig.waits_for_accepted(1).await;

    event["detail"]["product"]["name"] = "Wired headphones".into();
    let changed = File::with(&event.to_string());
    for arguments in [&["preview", changed.path()][..], &["send", changed.path(), "--dry-run"]] {
        let text = rig.ops(arguments).await.ended_with(0);
        assert!(text.contains("was told already under another key ("), "{text}");
    }
    event["time"] = (Timestamp::now() + SignedDuration::from_secs(1)).to_string().into();
    let report = rig.json(&["preview", File::with(&event.to_string()).path()]).await;
    assert_eq!(report["warning"], Value::Null, "another happening: {report}");
}

#[tokio::test]
async fn a_filled_body_that_whatsapp_would_refuse_is_a_problem() {
    for (chars, is_told) in [(980, true), (10, false)] {
        let mut event = sample("order-cancelled");
        event["detail"]["next_step"] = "x".repeat(chars).into();
        let file = File::with(&event.to_string());
        let output = command().args(["preview", file.path(), "--now"]).output().await.unwrap();
        let text = Ran::of(output).ended_with(i32::from(is_told));
        assert_eq!(text.contains("WhatsApp sends at most 1024"), is_told, "{text}");
    }
}

#[tokio::test]
async fn a_second_notification_for_the_same_event_is_told() {
    let catalogue = changed_catalogue(
        "[notifications.order-cancelled]\nsource      = [\"oms\"]\ndetail_type = [\"Order Cancelled\"]",
        "[notifications.order-cancelled]\nsource      = [\"oms\"]\ndetail_type = [\"Order Cancelled\"]\nwhen = \"detail.order\"",
    );
    let shipped = std::fs::read_to_string(catalogue.path()).unwrap();
    let second = shipped.replacen("[\"Stock Arrived\"]", "[\"Order Cancelled\"]", 1).replacen(
        "[\"wms\"]",
        "[\"oms\"]",
        1,
    );
    let file = File::with(&second);
    let arguments = ["preview", SAMPLE, "--now", "--catalogue", file.path()];
    let text = Ran::of(command().args(arguments).output().await.unwrap()).ended_with(0);
    assert!(
        text.contains(
            "stock-arrived is for this event too and gets nothing: order-cancelled stands before it"
        ),
        "{text}"
    );
}

#[tokio::test]
async fn a_description_that_is_not_sent_as_it_is_written_is_told() {
    for (description, told) in [
        (serde_json::json!("On its way."), None),
        (serde_json::json!("Left the warehouse. ".repeat(7)), Some("is longer than the 120 characters")),
        (serde_json::json!(false), Some("is no text, and is left out")),
    ] {
        let mut event = sample("order-status-shipped");
        event["detail"]["order"]["description"] = description;
        let file = File::with(&event.to_string());
        let output = command().args(["preview", file.path(), "--now"]).output().await.unwrap();
        let text = Ran::of(output).ended_with(0);
        let remark = "description (detail.order.description)";
        assert_eq!(told.is_some(), text.contains(remark), "{text}");
        assert!(told.is_none_or(|told| text.contains(told)), "{text}");
    }
}

#[tokio::test]
async fn consent_in_other_words_than_true_is_told() {
    for (consent, told) in [
        (serde_json::json!(true), None),
        (serde_json::json!(false), None),
        (serde_json::json!("true"), Some("== 'true'")),
        (serde_json::json!(1), Some("== 'true'")),
        (serde_json::json!(["whatsapp"]), Some("contains(detail.customer.whatsapp_opt_in, 'whatsapp')")),
    ] {
        let mut event = sample("order-cancelled");
        event["detail"]["customer"]["whatsapp_opt_in"] = consent.clone();
        let file = File::with(&event.to_string());
        let output = command().args(["preview", file.path(), "--now"]).output().await.unwrap();
        let text = Ran::of(output).ended_with(0);
        assert_eq!(text.contains("only JSON's true is consent"), told.is_some(), "{consent}: {text}");
        assert!(told.is_none_or(|told| text.contains(told)), "{consent}: {text}");
        assert_eq!(text.contains("not given"), consent != true, "{consent}: {text}");
    }
}
