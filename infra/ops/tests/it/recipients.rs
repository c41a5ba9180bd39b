//! The stage guard in the tool: the hash of a number, and what is said about recipients who are not allowed.

use insta::assert_snapshot;
use local::LocalOptions;
use shared::protocol::State;

use crate::support::{Rig, ops};

/// The number in this sample is +12025550100.
const SAMPLE: &str = "tests/events/order-cancelled.json";
const ORDER: &str = "10482";

async fn open(recipients: &str) -> Rig {
    let mut options = LocalOptions { timing: 0.1, ..LocalOptions::default() };
    options.settings.insert("RECIPIENTS".to_owned(), recipients.to_owned());
    Rig::with(options).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hash_that_the_tool_prints_lets_its_recipient_through_and_no_other() {
    let rig = open("none").await;
    let hashes =
        rig.ops(&["recipients", "hash", "+1 (202) 555-0100", "US.13491208655302741918"]).await.ended_with(0);
    let hashes: Vec<&str> = hashes.split_whitespace().collect();
    assert!(
        hashes.len() == 2 && hashes.iter().all(|it| it.starts_with("hmac:") && it.len() == 21),
        "{hashes:?}"
    );
    let json = rig.json(&["recipients", "hash", "0012025550100"]).await;
    assert_eq!(json["entries"], serde_json::json!([hashes[0]]), "every spelling has the same hash");

    for (hash, forecast) in [(hashes[0], "sent"), (hashes[1], "ended")] {
        let rig = open(hash).await;
        let report = rig.json(&["send", SAMPLE, "--now", "--dry-run"]).await;
        assert_eq!(report["forecast"], forecast);
    }
}

#[tokio::test]
async fn a_number_without_its_country_is_refused_and_not_repeated() {
    assert_snapshot!(ops(&["recipients", "hash", "+12025550100", "2025550100"]).await, @r#"
    exit code 2
    stderr:
    error: argument 2 is neither a phone number nor a WhatsApp user id
    next: write the number with a leading "+" and its country code, such as +12025550101
    "#);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_not_allowed_is_told_by_preview_send_status_resend_and_doctor() {
    let rig = open("+12025550101").await;
    let preview = rig.ops(&["preview", SAMPLE, "--now"]).await.ended_with(0);
    let lines: Vec<&str> = preview.lines().filter(|line| line.contains("RECIPIENTS")).collect();
    assert_snapshot!(lines.join("\n"), @"  now        would be suppressed: the setting RECIPIENTS does not allow this recipient");
    assert_snapshot!(rig.ops(&["send", SAMPLE, "--now"]).await, @"
    put on the bus order-notifications as event <uuid>
      notification  order-cancelled
      order         10482
      key           <id>
      now           will be suppressed: the setting RECIPIENTS does not allow this recipient
    follow it: ops status 10482 --local=<port>
    ");
    let view = rig.until(ORDER, State::Suppressed).await;
    let status = rig.ops(&["status", ORDER]).await.ended_with(0);
    let lines: Vec<&str> = status.lines().filter(|line| line.contains("RECIPIENTS")).collect();
    assert_snapshot!(lines.join("\n"), @"  deliberately not sent: the setting RECIPIENTS does not allow this recipient (not_allowed)");
    assert_snapshot!(rig.ops(&["resend", &view.reference.to_string(), "--apply"]).await, @"
    exit code 1
    order-cancelled of order 10482: deliberately not sent: the setting RECIPIENTS does not allow this recipient (not_allowed)
      not sent again: the setting RECIPIENTS did not allow its recipient. If it does now, put the event on the bus again, for example with `ops replay`
    ");
    let doctor = rig.ops(&["doctor", "--only", "settings"]).await.ended_with(0);
    let lines: Vec<&str> = doctor.lines().filter(|line| line.contains("RECIPIENTS")).collect();
    assert_snapshot!(lines.join("\n"), @"  fine     RECIPIENTS is a list of 1: no other customer gets a message.");
    assert!(!doctor.contains("2025550101"), "{doctor}");
    assert!(rig.local.simulator().ledger().accepted.is_empty());
}
