//! Starts the delivery-sweeper function: builds its clients from the environment and runs the handler.

use std::sync::Arc;

use delivery_sweeper::{Sweeper, handler};
use lambda_runtime::{Error, run, service_fn};
use shared::settings::Environment;

// Single-threaded: below 1.8 GB of memory a function has at most one vCPU.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::from_process();
    shared::telemetry::start(&environment);
    let sweeper = Arc::new(Sweeper::from_environment(&environment).inspect_err(|error| {
        tracing::error!(error = format!("{error:#}"), "delivery-sweeper can't start");
    })?);
    run(service_fn(|event| handler::handle(Arc::clone(&sweeper), event))).await
}
