//! EventBridge Scheduler: invokes a function periodically, one invocation at a time.

use std::time::Duration;

use jiff::Timestamp;
use lambda_runtime::LambdaEvent;
use serde_json::json;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::event_source_mapping::{Function, context};

/// The schedule. Dropping it aborts the running invocation, as a crash would.
#[derive(Debug)]
pub struct Schedule(JoinHandle<()>);

impl Schedule {
    /// Invokes the function `name` at once and then at this interval, each time for at most `function_timeout`.
    pub fn start(
        every: Duration,
        name: &'static str,
        function_timeout: Duration,
        function: Function,
    ) -> Self {
        Self(tokio::spawn(async move {
            let mut ticks = interval(every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                let event = LambdaEvent::new(json!({}), context(name, function_timeout, Timestamp::now()));
                match timeout(function_timeout, function(event)).await {
                    Ok(Ok(_)) => {}
                    Ok(Err(error)) => tracing::error!(%error, name, "a scheduled function returned an error"),
                    Err(_) => tracing::error!(name, "a scheduled function timed out"),
                }
            }
        }))
    }
}

impl Drop for Schedule {
    fn drop(&mut self) {
        self.0.abort();
    }
}
