//! Starts the delivery-webhook function: builds its clients from the environment and runs the handler.

use delivery_webhook::incoming::Incoming;
use delivery_webhook::{Webhook, handler};
use lambda_http::{Adapter, Error, LambdaEvent, Service, lambda_runtime, service_fn};
use shared::settings::Environment;
use shared::warm_up;

// Single-threaded: below 1.8 GB of memory a function has at most one vCPU.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::from_process();
    shared::telemetry::start(&environment);
    let webhook = Webhook::from_environment(&environment).inspect_err(|error| {
        tracing::error!(error = format!("{error:#}"), "delivery-webhook can't start");
    })?;
    Box::pin(warm_up::during_init(&environment, webhook.warm_up())).await;
    let mut adapter = Adapter::from(service_fn(|request| handler::handle(&webhook, request)));
    lambda_runtime::run(service_fn(|event: LambdaEvent<Incoming>| {
        adapter.call(LambdaEvent::new(event.payload.into_lambda_request(), event.context))
    }))
    .await
}
