//! Missing or incomplete credentials are an error of every run, beginning with the deployment.

use std::time::Duration;

use local::environment::CREDENTIALS_SECRET;
use serde_json::json;
use shared::protocol::State;

use super::notifications::{AT_ONCE, waiting, with_lost_event};
use super::{opening, run_within, sweep};

const TIMEOUT: Duration = Duration::from_mins(4);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_without_due_items_reports_incomplete_credentials() {
    let shop = opening().open().await;
    let right = shop.simulator().credentials_json();
    for (wrong, said) in [
        (json!({ "onemsg": { "channel": "C1" } }).to_string(), "missing field `token`"),
        (json!({ "onemsg": { "chanel": "C1", "token": "t" } }).to_string(), "unknown field `chanel`"),
        ("<fill me in>".to_owned(), "is not JSON"),
    ] {
        shop.local.secrets().put(CREDENTIALS_SECRET, wrong);
        let error = run_within(&shop, &[], TIMEOUT).await.unwrap_err().to_string();
        assert!(error.contains("credentials") && error.contains(said), "{error}");
    }
    let nowhere = [("CREDENTIALS_SECRET_ID", "not-filled-in")];
    let error = run_within(&shop, &nowhere, TIMEOUT).await.unwrap_err().to_string();
    assert!(error.contains("not-filled-in"), "{error}");

    shop.local.secrets().put(CREDENTIALS_SECRET, right);
    assert_eq!(sweep(&shop).await["due"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_that_needs_no_credentials_is_done_before_the_run_fails() {
    let (shop, _) = with_lost_event(opening(), &waiting().order("C9"), "C9", State::Waiting).await;
    shop.end_the_wait("C9").await;
    let ran =
        run_within(&shop, &[("CREDENTIALS_SECRET_ID", "not-filled-in"), AT_ONCE[0], AT_ONCE[1]], TIMEOUT)
            .await;
    assert!(ran.is_err());
    assert_eq!(shop.notification("C9").await.record.state, State::Held);
}
