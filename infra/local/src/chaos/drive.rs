//! Carries a plan out.

use std::collections::BTreeMap;
use std::time::{Instant, SystemTime};

use anyhow::Context as _;
use serde_json::{Value, json};
use shared::provider::Provider;

use super::evidence::Delivery;
use super::order::PlannedEvent;
use super::plan::{Action, Plan};
use super::progress::Progress;
use crate::Local;
use crate::environment::{CREDENTIALS_SECRET, WEBHOOK_SECRET};
use crate::local::simulated;
use crate::publisher::Publisher;

/// What was done.
#[derive(Debug, Default)]
pub(super) struct Driven {
    /// Every message that came to the queue.
    pub deliveries: Vec<Delivery>,
    /// When order-notifier was killed.
    pub kills: Vec<SystemTime>,
}

/// Does all that is planned, each at its time or as soon as can be. What isn't done at the deadline is left out.
pub(super) async fn drive(
    local: &mut Local,
    plan: &Plan,
    deadline: Instant,
    progress: &Progress,
) -> anyhow::Result<Driven> {
    let publisher = local.publisher()?;
    // From here on the webhook knows its secrets: it reads refused ones anew ten seconds later at the earliest.
    let _handshake = local.simulator().verify_meta_webhook().await;
    let started = tokio::time::Instant::now();
    let mut driven = Driven::default();
    let mut first_ids = BTreeMap::new();
    for (done, step) in plan.steps.iter().enumerate() {
        if Instant::now() >= deadline {
            break;
        }
        tokio::time::sleep_until(started + step.at).await;
        progress
            .show(|| format!("{done} of {} steps done; {}", plan.steps.len(), super::progress::state(local)));
        match step.action {
            Action::Publish(event) => {
                let id = publish(&publisher, plan, event).await?;
                first_ids.entry(event).or_insert_with(|| id.clone());
                driven.deliveries.push(Delivery { event, id });
            }
            Action::Redeliver(event) => {
                let id: &String = first_ids.get(&event).context("it was never published")?;
                local.queue().send(with_id(planned(plan, event)?, id).to_string());
                driven.deliveries.push(Delivery { event, id: id.clone() });
            }
            Action::Kill => {
                local.crash_notifier();
                driven.kills.push(SystemTime::now());
            }
            Action::Start => local.start_notifier()?,
            Action::RotateCredentials(provider) => {
                local.simulator().rotate_credentials(simulated(provider));
                local.secrets().put(CREDENTIALS_SECRET, local.simulator().credentials_json());
            }
            Action::RotateWebhookSecrets => {
                for provider in Provider::ALL {
                    local.simulator().rotate_webhook_secret(simulated(provider));
                }
                local.secrets().put(WEBHOOK_SECRET, local.simulator().webhook_secrets_json());
            }
        }
    }
    Ok(driven)
}

async fn publish(publisher: &Publisher, plan: &Plan, event: usize) -> anyhow::Result<String> {
    publisher.publish(&planned(plan, event)?.envelope).await
}

fn planned(plan: &Plan, event: usize) -> anyhow::Result<&PlannedEvent> {
    plan.events.get(event).context("no such event is planned")
}

/// The envelope as a target receives it.
pub(super) fn with_id(event: &PlannedEvent, id: &str) -> Value {
    let mut envelope = event.envelope.clone();
    if let Some(fields) = envelope.as_object_mut() {
        fields.insert("id".to_owned(), json!(id));
    }
    envelope
}
