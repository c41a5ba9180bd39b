//! The empty baseline: `lambda_runtime` alone. The function returns its event.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(|event: LambdaEvent<Value>| async { Ok::<Value, Error>(event.payload) })).await
}
