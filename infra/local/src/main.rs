//! The local run: AWS, the providers and the functions on this machine.

use std::process::ExitCode;

use anyhow::Context as _;
use local::options::Options;
use shared::settings::Environment;
use shared::telemetry;

/// The progress lines show each order's outcome; `RUST_LOG` enables the complete log.
const LOG: &str = "error,order_notifier::log=off";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(code) => code,
        Err(error) => {
            // `{:#}` shows the error with all its causes but no backtrace: such an error is not a bug of this
            // program.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<ExitCode> {
    let options = Options::from_process_arguments();
    let environment = Environment::from_process();
    let log = telemetry::subscriber(Some(environment.get("RUST_LOG").unwrap_or(LOG)), std::io::stderr);
    tracing::subscriber::set_global_default(log).context("the log can't be started")?;
    local::run(options).await
}
