//! AWS's delivery events: their queue, and the mapping that invokes delivery-events.

use shared::clock::Clock;
use simulator::aws::AwsEvent;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;

use crate::Functions;
use crate::aws::event_source_mapping::{EventSourceMapping, MappingOptions};
use crate::aws::queue::Queue;
use crate::environment::Variables;

/// After this many receives a delivery event becomes a dead letter; the template's value.
pub const MAX_RECEIVES: u32 = 20;

/// The queue with its consumer. Dropping it aborts the running invocations.
#[derive(Debug)]
pub(crate) struct EventsQueue {
    pub(crate) queue: Queue,
    _mapping: EventSourceMapping,
    feeding: Option<JoinHandle<()>>,
}

impl Drop for EventsQueue {
    fn drop(&mut self) {
        if let Some(feeding) = &self.feeding {
            feeding.abort();
        }
    }
}

impl EventsQueue {
    /// Puts the events of AWS's simulated services on the queue, as the rule of the default bus and a subscription of the queue
    /// to the topic do.
    pub(crate) fn fed_by(mut self, mut events: Receiver<AwsEvent>) -> Self {
        let queue = self.queue.clone();
        self.feeding = Some(tokio::spawn(async move {
            loop {
                match events.recv().await {
                    Ok(event) => drop(queue.send(event.body.to_string())),
                    Err(RecvError::Lagged(lost)) => tracing::error!(lost, "delivery events of AWS are lost"),
                    Err(RecvError::Closed) => return,
                }
            }
        }));
        self
    }

    /// Starts delivery-events cold. Fails if the function doesn't start.
    pub(crate) fn start(
        queue: Queue,
        functions: &Functions,
        variables: &Variables,
        clock: &Clock,
        options: MappingOptions,
    ) -> anyhow::Result<Self> {
        let function = functions.delivery_events(variables, clock, options.function_timeout)?;
        let mapping = EventSourceMapping::start(queue.clone(), options, "delivery-events", function);
        Ok(Self { queue, _mapping: mapping, feeding: None })
    }
}
