//! One invocation.

use std::sync::Arc;

use lambda_runtime::LambdaEvent;
use serde_json::Value;

use crate::Notifier;

/// Takes an SQS batch of EventBridge events, or one bare EventBridge event.
pub async fn handle(
    _notifier: Arc<Notifier>,
    event: LambdaEvent<Value>,
) -> Result<Value, lambda_runtime::Error> {
    Ok(event.payload)
}
