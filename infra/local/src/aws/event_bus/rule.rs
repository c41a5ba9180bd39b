//! The bus's rule, and the delivery of the events that it matches.
//!
//! Sources: <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeRule.html> and
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html>, which lists the attributes of an event
//! that can't be delivered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::super::json_protocol::ServiceError;
use super::super::put_events::Event;
use super::super::queue::Queue;
use super::super::sqs;
use super::{NAME as BUS, arn, not_found};

/// The rule's name in the stack's template.
pub(super) const NAME: &str = "order-notifications-order-events";
/// The template's limits.
const MAX_AGE_SECONDS: u32 = 86_400;
const MAX_ATTEMPTS: u32 = 185;

/// The queues to which the rule delivers events.
#[derive(Debug, Clone)]
pub struct Target {
    /// The queue of order events.
    pub queue: Queue,
    /// The dead-letter queue for events that can't be delivered.
    pub undelivered: Queue,
}

/// Whether the rule can put events on the queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Delivering {
    /// Delivery succeeds; the default.
    #[default]
    Works,
    /// The queue's policy denies the delivery, which is final: the event goes to the rule's dead-letter queue at once.
    Denied,
}

/// The one rule of a bus. Clones share its state.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    sources: Arc<BTreeSet<String>>,
    target: Target,
    delivering: Arc<Mutex<Delivering>>,
}

impl Rule {
    pub(super) fn new(sources: BTreeSet<String>, target: Target) -> Self {
        Self { sources: Arc::new(sources), target, delivering: Arc::default() }
    }

    pub(super) fn set_delivering(&self, delivering: Delivering) {
        *self.delivering.lock().unwrap_or_else(PoisonError::into_inner) = delivering;
    }

    pub(super) fn matches(&self, event: &Event) -> bool {
        self.matches_source(&event.source)
    }

    pub(super) fn matches_source(&self, source: &str) -> bool {
        self.sources.contains(source)
    }

    /// Puts an event on the queue, or on the dead-letter queue if delivery is denied.
    pub(super) fn deliver(&self, envelope: &Value) {
        match *self.delivering.lock().unwrap_or_else(PoisonError::into_inner) {
            Delivering::Works => {
                self.target.queue.send(envelope.to_string());
            }
            Delivering::Denied => {
                let attributes = [
                    ("RULE_ARN", Self::arn()),
                    ("TARGET_ARN", sqs::queue_arn(sqs::ORDER_EVENTS)),
                    ("ERROR_CODE", "NO_PERMISSIONS".to_owned()),
                    ("ERROR_MESSAGE", "Not authorized to invoke the target.".to_owned()),
                    ("RETRY_ATTEMPTS", "0".to_owned()),
                ];
                let attributes: BTreeMap<String, String> =
                    attributes.map(|(name, value)| (name.to_owned(), value)).into();
                self.target.undelivered.send_with(envelope.to_string(), attributes);
            }
        }
    }

    pub(super) fn arn() -> String {
        arn(&format!("rule/{BUS}/{NAME}"))
    }

    /// The event pattern as JSON text.
    pub(super) fn pattern(&self) -> String {
        json!({ "source": *self.sources }).to_string()
    }

    fn to_json(&self) -> Value {
        json!({
            "Name": NAME,
            "Arn": Self::arn(),
            "EventPattern": self.pattern(),
            "State": "ENABLED",
            "Description": "Every order event goes to the queue; the catalogue decides which of them become notifications.",
            "EventBusName": BUS,
        })
    }

    pub(super) fn list(&self, prefix: &str) -> Vec<Value> {
        NAME.starts_with(prefix).then(|| self.to_json()).into_iter().collect()
    }

    pub(super) fn describe(&self, name: &str) -> Result<Value, ServiceError> {
        known(name)?;
        Ok(self.to_json())
    }

    #[expect(clippy::unused_self, reason = "the targets of this rule")]
    pub(super) fn targets(&self, name: &str) -> Result<Value, ServiceError> {
        known(name)?;
        Ok(json!({ "Targets": [{
            "Id": "order-events",
            "Arn": sqs::queue_arn(sqs::ORDER_EVENTS),
            "DeadLetterConfig": { "Arn": sqs::queue_arn(sqs::UNDELIVERED_EVENTS) },
            "RetryPolicy": retry_policy(),
        }] }))
    }
}

/// How long EventBridge tries to put an event on the queue.
pub(super) fn retry_policy() -> Value {
    json!({ "MaximumEventAgeInSeconds": MAX_AGE_SECONDS, "MaximumRetryAttempts": MAX_ATTEMPTS })
}

fn known(name: &str) -> Result<(), ServiceError> {
    if name == NAME {
        Ok(())
    } else {
        Err(not_found(format!("Rule {name} does not exist on EventBus {BUS}.")))
    }
}
