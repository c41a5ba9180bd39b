//! Starts the status-publisher function: builds its clients from the environment and runs the handler.

use std::sync::Arc;

use lambda_runtime::{Error, run, service_fn};
use shared::settings::Environment;
use status_publisher::{Publisher, handler};

// Single-threaded: below 1.8 GB of memory a function has at most one vCPU.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::from_process();
    shared::telemetry::start(&environment);
    let publisher = Arc::new(Publisher::from_environment(&environment).inspect_err(|error| {
        tracing::error!(error = format!("{error:#}"), "status-publisher can't start");
    })?);
    run(service_fn(|event| handler::handle(Arc::clone(&publisher), event))).await
}
