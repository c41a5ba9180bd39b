//! Starts the delivery-events function: builds its clients from the environment and runs the handler.

use std::sync::Arc;

use delivery_events::{DeliveryEvents, handler};
use lambda_runtime::{Error, run, service_fn};
use shared::settings::Environment;
use shared::warm_up;

// Single-threaded: below 1.8 GB of memory a function has at most one vCPU.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::from_process();
    shared::telemetry::start(&environment);
    let events = Arc::new(DeliveryEvents::from_environment(&environment).inspect_err(|error| {
        tracing::error!(error = format!("{error:#}"), "delivery-events can't start");
    })?);
    Box::pin(warm_up::during_init(&environment, events.warm_up())).await;
    run(service_fn(|event| handler::handle(Arc::clone(&events), event))).await
}
