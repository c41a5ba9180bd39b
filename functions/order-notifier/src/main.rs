//! Starts the order-notifier function: builds its clients from the environment and runs the handler.

use std::sync::Arc;

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use order_notifier::payload::Payload;
use order_notifier::{Notifier, handler};
use shared::settings::Environment;
use shared::warm_up;

// Single-threaded: below 1.8 GB of memory a function has at most one vCPU.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::from_process();
    shared::telemetry::start(&environment);
    let notifier = Arc::new(Notifier::from_environment(&environment).inspect_err(|error| {
        tracing::error!(error = format!("{error:#}"), "order-notifier can't start");
    })?);
    Box::pin(warm_up::during_init(&environment, notifier.warm_up())).await;
    let service = service_fn(|event: LambdaEvent<Payload>| {
        handler::handle(Arc::clone(&notifier), LambdaEvent::new(event.payload.0, event.context))
    });
    Box::pin(run(service)).await
}
