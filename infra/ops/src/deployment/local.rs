//! The variables of a local run.

use std::collections::BTreeMap;
use std::time::Duration;

use shared::settings::Environment;

use crate::failure::Failure;

/// The local run is on this machine.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The offset of the settings port from the local run's first port.
const SETTINGS_PORT_OFFSET: u16 = 5;

/// The variables of the local run whose first port is `port`.
pub(super) async fn environment(port: u16) -> Result<Environment, Failure> {
    let url = format!("http://127.0.0.1:{}/settings", port + SETTINGS_PORT_OFFSET);
    let absent = |error: reqwest::Error| absent(port, &error);
    let client = reqwest::Client::builder().timeout(TIMEOUT).no_proxy().build().map_err(absent)?;
    let answer =
        client.get(url).send().await.and_then(reqwest::Response::error_for_status).map_err(absent)?;
    let variables: BTreeMap<String, String> = answer.json().await.map_err(absent)?;
    Ok(variables.into_iter().collect())
}

/// The failure if the port has no server, or another program's. The URL is not shown, because its port is not the one
/// that the operator named.
fn absent(port: u16, error: &reqwest::Error) -> Failure {
    let problem = if error.is_connect() {
        format!("no local run is running at port {port}")
    } else if error.is_timeout() {
        format!("the local run at port {port} doesn't answer")
    } else {
        format!("the server at port {port} is not a local run")
    };
    Failure::unavailable(problem)
        .with_remedy("start one with `cargo run -p local -- --keep`, or name its port: --local=PORT")
}
