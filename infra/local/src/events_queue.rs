//! AWS's delivery events: their queue, and the mapping that invokes delivery-events.

use shared::clock::Clock;
use simulator::aws::AwsEvent;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

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
}

impl EventsQueue {
    /// Starts delivery-events cold. Fails if the function doesn't start.
    pub(crate) fn start(
        functions: &Functions,
        variables: &Variables,
        clock: &Clock,
        options: MappingOptions,
    ) -> anyhow::Result<Self> {
        let queue = Queue::by_clock(MAX_RECEIVES, clock.clone());
        let function = functions.delivery_events(variables, clock, options.function_timeout)?;
        let mapping = EventSourceMapping::start(queue.clone(), options, "delivery-events", function);
        Ok(Self { queue, _mapping: mapping })
    }

    /// Puts the events of AWS's services on the queue until the services end, as a rule of the default bus and a topic do.
    pub(crate) fn forward(&self, mut events: Receiver<AwsEvent>) {
        let queue = self.queue.clone();
        tokio::spawn(async move {
            loop {
                match events.recv().await {
                    Ok(event) => drop(queue.send(event.body.to_string())),
                    Err(RecvError::Lagged(lost)) => tracing::warn!(lost, "delivery events of AWS were lost"),
                    Err(RecvError::Closed) => return,
                }
            }
        });
    }
}
