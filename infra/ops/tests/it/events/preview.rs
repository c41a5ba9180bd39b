//! `ops preview`: predicts an event's message without a send.

use insta::assert_snapshot;
use jiff::{SignedDuration, Timestamp};
use ops::events::file::set_time;
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;

use super::sample;
use crate::support::{File, Rig, changed_catalogue, command, ops};

const SAMPLE: &str = "tests/events/order-cancelled.json";

/// Runs `ops preview <arguments> --json` without a deployment. Returns the exit code and the report.
async fn preview(arguments: &[&str]) -> (i32, Value) {
    let ran = ops(&[&["preview"], arguments, &["--json"]].concat()).await;
    (ran.code, serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error} in {ran:?}")))
}

#[tokio::test]
async fn every_provider_and_every_language_is_shown_and_no_deployment_is_needed() {
    assert_snapshot!("every_provider", ops(&["preview", SAMPLE, "--now", "--json"]).await);
    assert_snapshot!(
        "spanish",
        ops(&["preview", SAMPLE, "--now", "--provider", "meta", "--language", "es"]).await
    );
    // It isn't there, so that English is sent.
    assert_snapshot!(
        "german",
        ops(&["preview", SAMPLE, "--now", "--provider", "meta", "--language", "de"]).await
    );
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
    let too_few = changed_catalogue(before, &too_few);
    assert_snapshot!(
        "too_few_variables",
        ops(&["preview", SAMPLE, "--now", "--provider", "onemsg", "--catalogue", too_few.path()]).await
    );
}

#[tokio::test]
async fn a_fallback_is_shown_with_its_terms_and_the_text_of_each_channel() {
    let fallback = r#"[notifications.order-cancelled.fallback]
after = "2h"
retry = true

[[notifications.order-cancelled.fallback.channels]]
provider = "aws-sms"
consent  = "detail.customer.sms_opt_in"
text     = { en = "Hi {{1}}, your order {{2}} was cancelled – sorry!", es = "Hola {{1}}, tu pedido {{2}} se anuló aquí." }

[[notifications.order-cancelled.fallback.channels]]
provider  = "aws-email"
recipient = "detail.customer.email"
consent   = "detail.customer.email_opt_in"
subject   = { en = "Your order {{2}}", es = "Tu pedido {{2}}" }
text      = { en = "Hi {{1}},\n\nyour order {{2}} was cancelled. {{4}}.", es = "Hola {{1}}, se ha cancelado." }

[notifications.order-cancelled.templates]"#;
    let catalogue = changed_catalogue("[notifications.order-cancelled.templates]", fallback);
    let mut event = sample("order-cancelled");
    event["detail"]["customer"]["sms_opt_in"] = true.into();
    event["detail"]["customer"]["email"] = "alexey@shop.example".into();
    let file = File::with(&event.to_string());
    let arguments = [file.path(), "--now", "--provider", "onemsg", "--catalogue", catalogue.path()];
    assert_snapshot!("fallback", ops(&[&["preview"], &arguments[..]].concat()).await);

    let (code, report) = preview(&arguments).await;
    let sms = &report["fallback"]["channels"][0];
    assert_eq!((code, &sms["provider"], &sms["consent"]), (0, &"aws-sms".into(), &true.into()));
    assert_eq!(sms["texts"][0]["size"]["encoding"], "UCS-2");
    assert_eq!(sms["texts"][0]["size"]["beyond_gsm7"], serde_json::json!(["–"]));
    assert_eq!(report["fallback"]["channels"][1]["texts"][0]["subject"], "Your order 10482");

    event["detail"]["customer"].as_object_mut().unwrap().remove("email");
    let file = File::with(&event.to_string());
    let (code, report) = preview(&[file.path(), "--now", "--catalogue", catalogue.path()]).await;
    let email = &report["fallback"]["channels"][1];
    assert_eq!((code, &email["faults"][0]["problem"]), (0, &"is missing".into()), "{report}");
    assert!(report["remarks"].to_string().contains("message_send_ttl_seconds = 7200"), "{report}");

    // Without a phone number the e-mail is left.
    let customer = event["detail"]["customer"].as_object_mut().unwrap();
    customer.remove("phone");
    customer.insert("email".to_owned(), "alexey@shop.example".into());
    customer.insert("email_opt_in".to_owned(), true.into());
    let file = File::with(&event.to_string());
    let arguments = [file.path(), "--now", "--provider", "onemsg", "--catalogue", catalogue.path()];
    assert_snapshot!("fallback_without_a_number", ops(&[&["preview"], &arguments[..]].concat()).await);
    let (code, report) = preview(&arguments).await;
    assert_eq!((code, &report["recipient"], &report["state"]), (0, &Value::Null, &"rejected".into()));
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
    assert_snapshot!(ops(&["preview", SAMPLE, "--catalogue", faulty.path()]).await, @r#"
    exit code 1
    The catalogue <file> has faults:
      <file>: [defaults] max_age: is "soon", no duration such as "3d" or "36h": expected number at 0
      <file>: [notifications.return-registered] order: "detail.[" is not a JMESPath expression: Parse error: Unexpected nud token -- found Eof, at column 9
      <file>: [notifications.return-updated] order: "detail.[" is not a JMESPath expression: Parse error: Unexpected nud token -- found Eof, at column 9
      <file>: [notifications.order-cancelled] order: "detail.[" is not a JMESPath expression: Parse error: Unexpected nud token -- found Eof, at column 9
      <file>: [notifications.stock-arrived] order: "detail.[" is not a JMESPath expression: Parse error: Unexpected nud token -- found Eof, at column 9
      <file>: [notifications.pickup-ready] order: "detail.[" is not a JMESPath expression: Parse error: Unexpected nud token -- found Eof, at column 9
      <file>: [notifications.order-status-changed] order: "detail.[" is not a JMESPath expression: Parse error: Unexpected nud token -- found Eof, at column 9
    "#);
}

#[tokio::test]
async fn the_faults_of_an_event_and_its_nearest_entries_are_told_in_their_places() {
    assert_snapshot!(ops(&["preview", "tests/events/order-cancelled-invalid.json"]).await, @r#"
    exit code 1
    The event can't become a message (order-cancelled); it would be recorded as invalid:
      recipient (detail.customer.phone): the phone number has no country code: write it in E.164 form with a leading "+", or give the catalogue's `country`
      body[0] (detail.customer.name): is empty
      body[3] (detail.next_step): is missing; the event has no detail.next_step; detail has: customer, order, product
    "#);

    let mut event = sample("order-cancelled");
    event["detail-type"] = "Order Canceled".into();
    assert_snapshot!(ops(&["preview", File::with(&event.to_string()).path()]).await, @r#"
    exit code 1
    Nothing in notifications.toml listens to source "oms", detail type "Order Canceled": it would be ignored.
    The nearest:
      order-cancelled: its detail type is "Order Cancelled", not "Order Canceled"
      order-status-changed: its detail type is "Order Status Changed", not "Order Canceled"
    "#);
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
    assert_snapshot!("one_provider", ops(&["preview", SAMPLE, "--now", "--provider", "meta"]).await);

    let mut event = sample("order-cancelled");
    event["time"] = "2020-01-01T00:00:00Z".into();
    assert_snapshot!(
        "too_old",
        ops(&["preview", File::with(&event.to_string()).path(), "--provider", "meta"]).await
    );
}

#[tokio::test]
async fn a_template_that_is_not_defined_is_told_where_its_text_would_stand() {
    let misspelt = changed_catalogue(
        r#"meta    = { name = "order_cancelled""#,
        r#"meta    = { name = "order_canceled""#,
    );
    let text = ops(&["preview", SAMPLE, "--catalogue", misspelt.path()]).await.ended_with(0);
    let seen = text.split("What the customer sees").nth(1).unwrap();
    assert!(seen.contains("no text is defined for meta's order_canceled in en_US"), "{text}");
}

#[tokio::test]
async fn a_language_that_a_template_does_not_have_is_a_problem() {
    let wrong = changed_catalogue(
        r#"meta    = { name = "order_cancelled", languages = ["en_US", "es"] }"#,
        r#"meta    = { name = "order_cancelled", languages = ["en_US", "de"] }"#,
    );
    let text = ops(&["preview", SAMPLE, "--catalogue", wrong.path()]).await.ended_with(1);
    let problem = "[notifications.order-cancelled.templates] meta languages: names de, but order_cancelled is defined only in \
                   en_US, es: the provider refuses the message";
    assert!(text.contains(problem), "{text}");
}

#[tokio::test]
async fn a_file_that_holds_no_json_object_is_named_and_not_offered_to_force() {
    let rig = Rig::played().await;
    let id =
        rig.json(&["invalid", "list"]).await["invalid_events"][0]["event_id"].as_str().unwrap().to_owned();
    for (text, said) in
        [("{\"a\": 1,}", "is not JSON: line 1"), ("", "is empty"), ("[]", "is not a JSON object")]
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
        assert!(text.contains("was sent already under another key ("), "{text}");
    }
    event["time"] = (Timestamp::now() + SignedDuration::from_secs(30)).to_string().into();
    let report = rig.json(&["preview", File::with(&event.to_string()).path()]).await;
    assert_eq!(report["warning"], Value::Null, "another happening: {report}");
}

#[tokio::test]
async fn a_filled_body_that_whatsapp_would_refuse_is_a_problem() {
    for (chars, is_reported) in [(980, true), (10, false)] {
        let mut event = sample("order-cancelled");
        event["detail"]["next_step"] = "x".repeat(chars).into();
        let file = File::with(&event.to_string());
        let text = ops(&["preview", file.path(), "--now"]).await.ended_with(i32::from(is_reported));
        assert_eq!(text.contains("WhatsApp sends at most 1024"), is_reported, "{text}");
    }
}

#[tokio::test]
async fn a_second_notification_for_the_same_event_is_reported() {
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
    let text = ops(&["preview", SAMPLE, "--now", "--catalogue", file.path()]).await.ended_with(0);
    let said = "stock-arrived is for this event too and gets nothing: order-cancelled stands before it";
    assert!(text.contains(said), "{text}");
}

#[tokio::test]
async fn a_description_that_is_not_sent_as_it_is_written_is_reported() {
    for (description, expected) in [
        (serde_json::json!("On its way."), None),
        (serde_json::json!("Left the warehouse. ".repeat(7)), Some("is longer than the 120 characters")),
        (serde_json::json!(false), Some("is no text, and is left out")),
    ] {
        let mut event = sample("order-status-shipped");
        event["detail"]["order"]["description"] = description;
        let file = File::with(&event.to_string());
        let text = ops(&["preview", file.path(), "--now"]).await.ended_with(0);
        let remark = "description (detail.order.description)";
        assert_eq!(expected.is_some(), text.contains(remark), "{text}");
        assert!(expected.is_none_or(|expected| text.contains(expected)), "{text}");
    }
}

#[tokio::test]
async fn consent_in_other_words_than_true_is_reported() {
    for (consent, expected) in [
        (serde_json::json!(true), None),
        (serde_json::json!(false), None),
        (serde_json::json!("true"), Some("== 'true'")),
        (serde_json::json!(1), Some("== 'true'")),
        (serde_json::json!(["whatsapp"]), Some("contains(detail.customer.whatsapp_opt_in, 'whatsapp')")),
    ] {
        let mut event = sample("order-cancelled");
        event["detail"]["customer"]["whatsapp_opt_in"] = consent.clone();
        let file = File::with(&event.to_string());
        let text = ops(&["preview", file.path(), "--now"]).await.ended_with(0);
        assert_eq!(text.contains("only JSON's true is consent"), expected.is_some(), "{consent}: {text}");
        assert!(expected.is_none_or(|expected| text.contains(expected)), "{consent}: {text}");
        assert_eq!(text.contains("not given"), consent != true, "{consent}: {text}");
    }
}

#[tokio::test]
async fn a_condition_that_is_true_although_it_says_no_is_reported() {
    let with_when = "when = \"detail.paid\"\n[notifications.order-cancelled.templates]";
    let catalogue = changed_catalogue("[notifications.order-cancelled.templates]", with_when);
    for (paid, is_reported) in [
        (serde_json::json!("true"), true),
        (serde_json::json!("False"), true),
        (serde_json::json!(0), true),
        (serde_json::json!(true), false),
        (serde_json::json!("2026-11-20"), false),
    ] {
        let mut event = sample("order-cancelled");
        event["detail"]["paid"] = paid.clone();
        let file = File::with(&event.to_string());
        let arguments = ["preview", file.path(), "--now", "--catalogue", catalogue.path()];
        let text = ops(&arguments).await.ended_with(0);
        assert_eq!(text.contains("write when = \"detail.paid == 'true'\""), is_reported, "{paid}: {text}");
    }
    let with_when = "when = \"detail.paid || detail.settled\"\n[notifications.order-cancelled.templates]";
    let catalogue = changed_catalogue("[notifications.order-cancelled.templates]", with_when);
    let mut event = sample("order-cancelled");
    event["detail"]["paid"] = "false".into();
    let file = File::with(&event.to_string());
    let text = ops(&["preview", file.path(), "--now", "--catalogue", catalogue.path()]).await.ended_with(0);
    assert!(text.contains("write when = \"(detail.paid || detail.settled) == 'true'\""), "{text}");
}

#[tokio::test]
async fn an_amount_that_no_function_formats_is_reported() {
    for (last, is_reported) in [
        ("join(' ', [to_string(detail.total), detail.currency])", true),
        ("money(detail.total, detail.currency)", false),
        ("detail.currency_name", false),
    ] {
        let catalogue = changed_catalogue(
            "\"detail.product.name\", \"detail.next_step\"]

[notifications.order-cancelled.templates]",
            &format!(
                "\"detail.product.name\", \"{last}\"]

[notifications.order-cancelled.templates]"
            ),
        );
        let mut event = sample("order-cancelled");
        event["detail"]["total"] = 4250.into();
        event["detail"]["currency"] = "eur".into();
        event["detail"]["currency_name"] = "Euro".into();
        let file = File::with(&event.to_string());
        let arguments = ["preview", file.path(), "--now", "--catalogue", catalogue.path()];
        let text = ops(&arguments).await.ended_with(0);
        assert_eq!(text.contains("may write an amount as the event has it"), is_reported, "{last}: {text}");
    }
}

#[tokio::test]
async fn a_file_in_another_encoding_is_read() {
    let event = sample("order-cancelled").to_string();
    let utf16: Vec<u8> = format!("\u{feff}{event}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let file = File::with_bytes(&utf16);
    ops(&["preview", file.path(), "--now"]).await.ended_with(0);
}
